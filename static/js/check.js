// @ts-check
/** The device check: opens camera and microphone, says in words what works and what to do about what does not. */
import * as device from "./device.js";

const words = JSON.parse(document.getElementById("device-words")?.textContent ?? "{}");

/** What the person chose; the call takes it over. */
export const chosen = {
  /** @type {MediaStream | null} */
  stream: null,
  camera: !device.thriftyLine(),
  microphone: true,
  cameraId: stored("camera"),
  microphoneId: stored("microphone"),
  speakerId: stored("speaker"),
};
/** The opening that runs, or the last one. */
export let opened = Promise.resolve();
/** @type {() => void} */
let stopMeter = () => undefined;

/** Open what was chosen and say how it went. @returns {Promise<void>} */
export function open() {
  opened = openChosen();
  return opened;
}

async function openChosen() {
  const panel = document.querySelector("[data-check]");
  for (const track of chosen.stream?.getTracks() ?? []) track.stop();
  let result = await device.open(chosen);
  if (!result.stream && (chosen.cameraId || chosen.microphoneId) && result.camera !== "denied") {
    chosen.cameraId = chosen.microphoneId = "";
    result = await device.open(chosen);
  }
  chosen.stream = result.stream;
  document.dispatchEvent(new Event("devices-opened"));
  if (!panel) return;
  for (const kind of ["camera", "microphone"]) {
    const code = kind === "camera" ? result.camera : result.microphone;
    const place = panel.querySelector(`[data-said=${kind}]`);
    if (place) place.textContent = words[code || "fine"]?.[kind] ?? "";
    panel.querySelector(`[data-said=${kind}]`)?.classList.toggle("check__bad", Boolean(code) && code !== "off");
  }
  show(panel);
  await list(panel);
}

/** Fill the lists of devices. @param {ParentNode} panel */
async function list(panel) {
  for (const [kind, wanted] of /** @type {[string, MediaDeviceKind][]} */ ([["camera", "videoinput"], ["microphone", "audioinput"]])) {
    const group = /** @type {HTMLElement | null} */ (panel.querySelector(`[data-choice=${kind}]`));
    const choice = group?.querySelector("select");
    if (!group || !choice) continue;
    const found = await device.devices(wanted);
    group.hidden = found.length < 2;
    fill(choice, found, kind === "camera" ? chosen.cameraId : chosen.microphoneId);
  }
}

/** @param {HTMLSelectElement} choice @param {MediaDeviceInfo[]} found @param {string} now */
export function fill(choice, found, now) {
  choice.replaceChildren(
    ...found.map((one, position) => new Option(one.label || `${words.unnamed} ${position + 1}`, one.deviceId, false, one.deviceId === now)),
  );
}

/** @param {ParentNode} panel */
function show(panel) {
  const picture = /** @type {HTMLVideoElement | null} */ (panel.querySelector("[data-self]"));
  const nobody = /** @type {HTMLElement | null} */ (panel.querySelector("[data-no-picture]"));
  const sees = Boolean(chosen.stream?.getVideoTracks().length);
  if (picture) {
    picture.srcObject = chosen.stream;
    picture.hidden = !sees;
    void picture.play().catch(() => undefined);
  }
  if (nobody) nobody.hidden = sees;
  stopMeter();
  const bar = /** @type {HTMLElement | null} */ (panel.querySelector("[data-loud]"));
  stopMeter = chosen.stream && bar ? device.meter(chosen.stream, (loud) => bar.style.setProperty("inline-size", `${Math.round(loud * 100)}%`)) : () => undefined;
}

/** Stop listening to the loudness (the call begins). */
export function finish() {
  stopMeter();
  stopMeter = () => undefined;
}

/** Remember a device for the next time. @param {string} kind @param {string} id */
export function remember(kind, id) {
  try {
    localStorage.setItem(`device:${kind}`, id);
  } catch {
    return;
  }
}

/** @param {string} kind */
function stored(kind) {
  try {
    return localStorage.getItem(`device:${kind}`) ?? "";
  } catch {
    return "";
  }
}

/** Test the line, where this page can; the test is fetched only now, for most people never need it. */
export async function testLine() {
  if (!document.querySelector("[data-line-test]:not([hidden])")) return;
  try {
    await (await import("./line-test.js")).test();
  } catch (why) {
    console.info("line test:", why instanceof Error ? why.message : why);
  }
}

const panel = document.querySelector("[data-check]");
if (panel) {
  panel.querySelector("[data-thrift]")?.toggleAttribute("hidden", !device.thriftyLine());
  panel.querySelector("[data-tones]")?.addEventListener("click", () => void device.playTones());
  panel.querySelector("[data-retry]")?.addEventListener("click", () => {
    chosen.camera = chosen.microphone = true;
    void open();
  });
  panel.querySelector("[data-without-camera]")?.addEventListener("click", () => {
    chosen.camera = false;
    void open();
  });
  panel.querySelector("#camera-choice")?.addEventListener("change", (event) => {
    chosen.cameraId = /** @type {HTMLSelectElement} */ (event.target).value;
    remember("camera", chosen.cameraId);
    void open();
  });
  panel.querySelector("#microphone-choice")?.addEventListener("change", (event) => {
    chosen.microphoneId = /** @type {HTMLSelectElement} */ (event.target).value;
    remember("microphone", chosen.microphoneId);
    void open();
  });
  const tests = panel.querySelector("[data-line-test]");
  tests?.toggleAttribute("hidden", !("RTCPeerConnection" in window));
  tests?.addEventListener("click", () => void testLine());
  navigator.mediaDevices?.addEventListener?.("devicechange", () => void list(panel));
  void open();
}
