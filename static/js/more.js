// @ts-check
/** The sheet "More": devices, loudspeaker, data saver, a fixed quality, signing, a blurred background, a small window; what a browser can not do is hidden. */
import { keep } from "./chat.js";
import * as check from "./check.js";
import * as device from "./device.js";
import { camera, changed, on, reopen, sent } from "./own.js";
import { maybe, now, part, tell, when } from "./scene.js";
import { ladder, pin, sign, follow } from "./quality.js";
import { shares } from "./share.js";

const sheet = maybe("device-sheet");
const opener = maybe("devices");
const other = /** @type {HTMLVideoElement} */ (part("other"));

/** @param {boolean} open */
async function show(open) {
  if (!sheet || !opener) return;
  sheet.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (!open) return;
  sheet.scrollIntoView({ block: "nearest" });
  await fill();
}

async function fill() {
  const lists = /** @type {[string, MediaDeviceKind, string][]} */ ([
    ["call-camera", "videoinput", check.chosen.cameraId],
    ["call-microphone", "audioinput", check.chosen.microphoneId],
    ["call-speaker", "audiooutput", check.chosen.speakerId],
  ]);
  for (const [id, kind, chosen] of lists) {
    const choice = /** @type {HTMLSelectElement | null} */ (document.getElementById(id));
    if (!choice) continue;
    const found = await device.devices(kind);
    check.fill(choice, found, chosen);
    if (kind === "audiooutput") choice.closest("div")?.toggleAttribute("hidden", !("setSinkId" in other) || found.length < 2);
  }
  const track = check.chosen.stream?.getVideoTracks()[0];
  maybe("blur-row")?.toggleAttribute("hidden", !device.blurs(track));
  const blur = input("blur");
  if (blur) blur.checked = Boolean(/** @type {any} */ (track?.getSettings())?.backgroundBlur);
}

/** @param {string} id @returns {HTMLInputElement | null} */
function input(id) {
  return /** @type {HTMLInputElement | null} */ (document.getElementById(id));
}

/** @param {string} id @param {(value: string, box: HTMLInputElement) => void} act */
function chosen(id, act) {
  input(id)?.addEventListener("change", (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    act(box.value, box);
  });
}

opener?.addEventListener("click", () => void show(Boolean(sheet?.hidden)));
sheet?.addEventListener("keydown", (event) => {
  if (/** @type {KeyboardEvent} */ (event).key !== "Escape") return;
  void show(false);
  opener?.focus();
});
chosen("call-camera", async (id) => {
  check.chosen.cameraId = id;
  check.remember("camera", id);
  on.camera = true;
  await reopen("camera");
  changed();
});
chosen("call-microphone", async (id) => {
  check.chosen.microphoneId = id;
  check.remember("microphone", id);
  await reopen("microphone");
  changed();
});
chosen("call-speaker", (id) => {
  check.chosen.speakerId = id;
  check.remember("speaker", id);
  void speaker();
});
chosen("quality", async (rung) => {
  pin(rung);
  // Sound only is meant: the camera's light goes out as well.
  if (rung === "audio" || rung === "text") {
    if (on.camera) await camera(false);
  } else if (rung && !on.camera) {
    await camera(true);
  }
});
chosen("saver", (_value, box) => {
  sent.saver = box.checked;
  keep("saver", box.checked ? "on" : "off");
  void follow();
});
chosen("signs", (_value, box) => {
  keep("signs", box.checked ? "on" : "off");
  sign(box.checked);
  // The camera is asked for enough pictures a second.
  if (on.camera && box.checked) void reopen("camera").then(changed);
});
chosen("blur", (_value, box) => {
  const track = check.chosen.stream?.getVideoTracks()[0];
  void track?.applyConstraints(/** @type {any} */ ({ backgroundBlur: box.checked })).catch(() => (box.checked = !box.checked));
});
maybe("move-self")?.addEventListener("click", () => {
  const box = /** @type {HTMLElement} */ (document.querySelector(".stage__self"));
  box.dataset.corner = String((Number(box.dataset.corner) + 1) % 4);
});
/** Who chose to send no picture, and then wants one to be seen, has changed their mind. */
function unpin() {
  if (ladder.pinned !== "audio" && ladder.pinned !== "text") return;
  pin("");
  const choice = /** @type {HTMLSelectElement | null} */ (document.getElementById("quality"));
  if (choice) choice.value = "";
}

maybe("camera")?.addEventListener("click", () => {
  if (on.camera) unpin();
});
when("share", () => {
  if (shares()) unpin();
});

/* — a small window over other windows — */

const small = maybe("small-window");
if (small && document.pictureInPictureEnabled) {
  small.hidden = false;
  small.addEventListener("click", async () => {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await other.requestPictureInPicture();
    } catch (why) {
      console.info("small window:", why instanceof Error ? why.message : why);
    }
  });
  for (const name of ["enterpictureinpicture", "leavepictureinpicture"]) {
    other.addEventListener(name, () => small.setAttribute("aria-pressed", String(name.startsWith("enter"))));
  }
}

async function speaker() {
  const sink = check.chosen.speakerId;
  if (!sink || !("setSinkId" in other)) return;
  try {
    await other.setSinkId(sink);
  } catch {
    check.chosen.speakerId = "";
  }
  tell("speaker");
}

when("state", () => {
  if (now.state === "stage") void speaker();
  if (now.state !== "stage") void show(false);
});
const saver = input("saver");
if (saver) saver.checked = sent.saver;
const signs = input("signs");
if (signs) signs.checked = ladder.signs || keep("signs") === "on";
if (keep("signs") === "on") sign(true);
