// @ts-check
/** The page of a meeting: moves between check, waiting room, call and end. Only this file touches the page; wire, peer, chat and devices do not know it. */
import { chime, notify } from "./notices.js";
import { Chat, keep } from "./chat.js";
import * as check from "./check.js";
import * as device from "./device.js";
import { Peer } from "./peer.js";
import { Line } from "./signalling.js";

const wire = JSON.parse(document.getElementById("wire")?.textContent ?? "{}");
/** @type {Record<string, string>} */
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const inside = `inside:${wire.meeting}`;
const media = wire.media !== "none";

/** @param {string} name */
const part = (name) => /** @type {HTMLElement} */ (document.querySelector(`[data-${name}]`));
/** @param {string} key @param {Record<string, string | number>} [values] */
const say = (key, values = {}) => Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words[key] ?? "");

const line = new Line(wire);
/** @type {Map<string, import("./signalling.js").Somebody>} */
const people = new Map();
/** @type {Map<string, {microphone: boolean, camera: boolean, flows: boolean}>} */
const shown = new Map();
const on = { microphone: keep("microphone") !== "off", camera: keep("camera") !== "off" };
const chat = new Chat({ meeting: wire.meeting, me: wire.me, ask: (name, told) => line.ask(name, told), name: nameOf, words });
/** @type {Peer | null} */
let peer = null;
let other = "";
let phase = "lobby";
let unread = 0;
let begun = 0;
let silentLooks = 0;
let flowed = false;
let waitingBefore = new Set();
let state = "check";

/** @param {string | null} id */
function nameOf(id) {
  return people.get(id ?? "")?.name ?? "";
}

/* — states of the page — */

/** @param {"check" | "waiting" | "stage" | "over"} next */
function go(next) {
  if (state === next) return;
  state = next;
  for (const name of ["check", "waiting", "stage", "over"]) part(`state-${name}`).hidden = name !== next;
  document.body.classList.toggle("in-call", next === "stage");
  const picture = document.querySelector("[data-self]") ?? selfPicture();
  const place = document.querySelector(`[data-self-here="${next}"]`);
  if (media && place && picture) place.append(picture);
  /** @type {HTMLElement | null} */ (part(`state-${next}`).querySelector("[data-heading]"))?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  if (next !== "check") check.finish();
  showSelf();
}

function selfPicture() {
  const made = document.createElement("video");
  made.dataset.self = "";
  made.muted = made.playsInline = made.autoplay = true;
  made.setAttribute("aria-label", words.your_picture);
  return made;
}

function showSelf() {
  const picture = /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-self]"));
  if (!picture) return;
  if (picture.srcObject !== check.chosen.stream) picture.srcObject = check.chosen.stream;
  picture.hidden = state !== "check" && !check.chosen.stream?.getVideoTracks().some((track) => track.enabled && track.readyState === "live");
  if (!picture.hidden) void picture.play().catch(() => undefined);
}

/** @param {string} reason @param {string} [message] */
function over(reason, message = "") {
  line.stop();
  peer?.close();
  peer = null;
  for (const track of check.chosen.stream?.getTracks() ?? []) track.stop();
  keep(inside, "");
  part("over-title").textContent = words[`over_${reason}`] ?? words.over_completed;
  part("over-words").textContent = message || (words[`over_${reason}_words`] ?? words.over_completed_words);
  const again = /** @type {HTMLButtonElement} */ (part("back-in"));
  again.hidden = !["left", "elsewhere"].includes(reason);
  again.textContent = reason === "elsewhere" ? words.use_this : words.come_back;
  go("over");
}

part("back-in").addEventListener("click", async () => {
  if (media) await check.open();
  start();
});

/* — the line — */

function start() {
  keep(inside, "yes");
  line.last = 0;
  line.start();
}

line.addEventListener("entered", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.phase === "ended") return;
  silentLooks = 0;
  lineWords("");
  void chat.flush();
  tellWhatISend();
  peer?.nudge();
});
line.addEventListener("away", () => {
  if (state === "stage" || state === "waiting") lineWords("away");
});
line.addEventListener("refused", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.code === "meeting_over") over(told.reason ?? "completed");
  else over("refused", told.message ?? "");
});
line.addEventListener("taken_over", () => over("elsewhere"));
line.addEventListener("removed", () => over("removed"));
line.addEventListener("state", (event) => take(/** @type {CustomEvent} */ (event).detail));
line.addEventListener("happened", (event) => happened(/** @type {CustomEvent} */ (event).detail));
line.addEventListener("signalled", async (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (!media) return;
  // An offer may overtake the news that its sender is inside.
  if (told.from !== partner()?.id) await line.catchUp();
  if (told.from === partner()?.id) void ensurePeer().receive(told.kind, told.data);
});
line.addEventListener("shown", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  shown.set(told.from, told);
  showOther();
});
line.addEventListener("fallen_silent", (event) => {
  const id = /** @type {CustomEvent} */ (event).detail.from;
  if (id !== wire.me) lineWords("they_away", nameOf(id));
});
line.addEventListener("heard_again", (event) => {
  const id = /** @type {CustomEvent} */ (event).detail.from;
  if (id !== wire.me) lineWords("they_back", nameOf(id));
});

/** @param {import("./signalling.js").State} told */
function take(told) {
  const before = partner();
  for (const one of told.people) people.set(one.id, one);
  for (const id of [...people.keys()]) if (!told.people.some((one) => one.id === id)) people.delete(id);
  phase = told.phase;
  const me = people.get(wire.me);
  if (phase === "ended") {
    over(told.reason ?? "completed");
    return;
  }
  if (state === "over" || !me) return;
  if (me.standing === "admitted") {
    go("stage");
    if (!begun) begun = Date.now();
  } else if (me.standing === "waiting") {
    go("waiting");
  }
  const now = partner();
  if (now?.here && (before?.id !== now.id || !before.here)) tellWhatISend();
  if (media && phase === "live" && me.standing === "admitted" && now?.here) {
    if (!before?.here || !peer) ensurePeer();
    if (before && !before.here) peer?.nudge();
  }
  if (before?.here && now && !now.here) lineWords("they_away", now.name);
  showLobby();
  showOther();
}

/** @param {import("./signalling.js").Happening} one */
function happened(one) {
  if (one.kind === "said") {
    chat.heard(one);
    if (one.from !== wire.me && part("talk").hidden && state === "stage") {
      unread += 1;
      showUnread();
    }
  } else if (["admitted", "left", "gone"].includes(one.kind) && one.from !== wire.me && nameOf(one.from)) {
    chat.note(say(`event_${one.kind}`, { name: nameOf(one.from) }), one.seq);
  }
}

/** @param {string} key @param {string} [name] */
function lineWords(key, name = "") {
  for (const place of document.querySelectorAll("[data-line-words], [data-waiting-line]")) {
    const text = key ? say(key, { name }) : "";
    if (place.textContent !== text) place.textContent = text;
  }
  part("line-words").dataset.kind = key;
}

/* — the other person — */

/** The other side of the picture: a jobseeker for the host, the host for the jobseeker. */
function partner() {
  const admitted = [...people.values()].filter((one) => one.id !== wire.me && !one.text_only && one.standing === "admitted");
  return admitted.find((one) => one.hosts !== wire.hosts) ?? admitted[0];
}

function ensurePeer() {
  const id = partner()?.id ?? "";
  if (peer && other === id) return peer;
  peer?.close();
  other = id;
  const made = new Peer({
    polite: !wire.hosts,
    send: (kind, data) => line.ask("signal", { to: id, kind, data }),
    ice: relays,
    stream: () => check.chosen.stream,
  });
  peer = made;
  made.addEventListener("media", () => play(made));
  made.addEventListener("changed", () => showOther());
  void made.build();
  lineWords("connecting");
  return made;
}

async function relays() {
  try {
    const answer = await fetch(wire.ice, { credentials: "same-origin", cache: "no-store" });
    if (answer.ok) return await answer.json();
  } catch {
    return {};
  }
  return {};
}

/** @param {Peer} from */
function play(from) {
  const video = /** @type {HTMLVideoElement} */ (part("other"));
  if (video.srcObject !== from.remote) video.srcObject = from.remote;
  const hear = part("hear");
  video.play().then(
    () => (hear.hidden = true),
    (why) => {
      if (why instanceof DOMException && why.name === "NotAllowedError") hear.hidden = false;
    },
  );
  showOther();
}

part("other").addEventListener("resize", showOther);

part("hear").addEventListener("click", () => {
  void (/** @type {HTMLVideoElement} */ (part("other")).play());
  part("hear").hidden = true;
  part("text").focus();
});

function showOther() {
  const them = partner();
  const sends = shown.get(them?.id ?? "");
  const video = /** @type {HTMLVideoElement} */ (part("other"));
  const place = part("nobody");
  // Asked of the picture itself: Chromium may call a track muted for ever though its frames arrive.
  const picture = media && Boolean(them) && video.videoWidth > 0 && sends?.camera !== false;
  video.classList.toggle("stage__other--none", !picture);
  let text = "";
  if (!media) text = words.text_only;
  else if (!them) text = words.nobody;
  else if (!them.here) text = say("they_gone", { name: them.name });
  else if (!picture && flowed) text = say("no_camera", { name: them.name });
  if (them && sends && !sends.microphone && media) text = `${text} ${say("muted_them", { name: them.name })}`.trim();
  if (place.textContent !== text) place.textContent = text;
}

function showLobby() {
  if (!wire.hosts) return;
  const place = part("lobby");
  const waiting = [...people.values()].filter((one) => one.standing === "waiting");
  const ids = new Set(waiting.map((one) => one.id));
  const fresh = waiting.find((one) => !waitingBefore.has(one.id));
  if (fresh) {
    chime();
    notify(say("waits", { name: fresh.name }), "");
  }
  waitingBefore = ids;
  if ([...place.children].map((one) => /** @type {HTMLElement} */ (one).dataset.id).join() === [...ids].join()) return;
  const held = place.contains(document.activeElement);
  place.replaceChildren(
    ...waiting.map((one) => {
      const row = document.createElement("p");
      row.className = "lobby__one";
      row.dataset.id = one.id;
      const text = document.createElement("span");
      text.textContent = say("waits", { name: one.name });
      const button = document.createElement("button");
      button.type = "button";
      button.className = "stage__button stage__button--now";
      button.textContent = say("let_in", { name: one.name });
      button.addEventListener("click", async () => {
        // Not `disabled`: that would take the focus away from who presses it by keyboard; letting in twice changes nothing.
        button.setAttribute("aria-disabled", "true");
        const answer = await line.ask("admit", { participant: one.id });
        if (!answer.ok) button.removeAttribute("aria-disabled");
        void line.catchUp();
      });
      row.append(text, " ", button);
      return row;
    }),
  );
  // Who pressed the button by keyboard stays in the call's own row of controls.
  if (held) (place.querySelector("button") ?? part("hang-up").parentElement?.querySelector("button"))?.focus();
}

/* — own controls — */

function tellWhatISend() {
  if (!media) return;
  void line.ask("show", { microphone: on.microphone && has("audio"), camera: on.camera && has("video"), flows: flowed });
}

/** @param {"audio" | "video"} kind */
function has(kind) {
  return Boolean(check.chosen.stream?.getTracks().some((track) => track.kind === kind && track.readyState === "live"));
}

function showControls() {
  for (const name of /** @type {("microphone" | "camera")[]} */ (["microphone", "camera"])) {
    const button = document.querySelector(`[data-${name}]`);
    const works = on[name] && has(name === "camera" ? "video" : "audio");
    button?.setAttribute("aria-pressed", String(works));
    button?.setAttribute("aria-label", words[`${name}_${works ? "on" : "off"}`]);
  }
  showSelf();
}

function applyMute() {
  for (const track of check.chosen.stream?.getAudioTracks() ?? []) track.enabled = on.microphone;
  for (const track of check.chosen.stream?.getVideoTracks() ?? []) track.enabled = on.camera;
}

document.querySelector("[data-microphone]")?.addEventListener("click", async () => {
  on.microphone = !(on.microphone && has("audio"));
  keep("microphone", on.microphone ? "on" : "off");
  if (on.microphone && !has("audio")) await reopen("microphone");
  applyMute();
  showControls();
  tellWhatISend();
});

document.querySelector("[data-camera]")?.addEventListener("click", async () => {
  on.camera = !(on.camera && has("video"));
  keep("camera", on.camera ? "on" : "off");
  if (on.camera) {
    await reopen("camera");
  } else {
    for (const track of check.chosen.stream?.getVideoTracks() ?? []) {
      track.stop();
      check.chosen.stream?.removeTrack(track);
    }
    await peer?.swap("video", null, null);
  }
  showControls();
  tellWhatISend();
});

/** Open one kind of device anew and send it. @param {"camera" | "microphone"} kind */
async function reopen(kind) {
  const track = kind === "camera" ? "video" : "audio";
  const got = await device.open({
    camera: kind === "camera",
    microphone: kind === "microphone",
    cameraId: check.chosen.cameraId,
    microphoneId: check.chosen.microphoneId,
  });
  const fresh = got.stream?.getTracks()[0];
  if (!fresh) {
    lineWords("");
    part("line-words").textContent = JSON.parse(document.getElementById("device-words")?.textContent ?? "{}")[got[kind]]?.[kind] ?? "";
    return;
  }
  const stream = check.chosen.stream ?? new MediaStream();
  for (const old of stream.getTracks().filter((one) => one.kind === track)) {
    old.stop();
    stream.removeTrack(old);
  }
  stream.addTrack(fresh);
  check.chosen.stream = stream;
  watchTrack(fresh);
  await peer?.swap(track, fresh, stream);
  applyMute();
  showSelf();
}

/** A device that is unplugged or taken away says so, and is opened again when it can be. @param {MediaStreamTrack} track */
function watchTrack(track) {
  track.addEventListener("ended", () => {
    if (state !== "stage") return;
    showControls();
    tellWhatISend();
    void reopen(track.kind === "video" ? "camera" : "microphone").then(() => {
      showControls();
      tellWhatISend();
    });
  });
}

const sheet = document.querySelector("[data-device-sheet]");
document.querySelector("[data-devices]")?.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  if (!(sheet instanceof HTMLElement)) return;
  sheet.hidden = !sheet.hidden;
  button.setAttribute("aria-expanded", String(!sheet.hidden));
  if (sheet.hidden) return;
  const lists = /** @type {[string, MediaDeviceKind, string][]} */ ([
    ["call-camera", "videoinput", check.chosen.cameraId],
    ["call-microphone", "audioinput", check.chosen.microphoneId],
  ]);
  for (const [id, kind, now] of lists) check.fill(/** @type {HTMLSelectElement} */ (document.getElementById(id)), await device.devices(kind), now);
});
sheet?.addEventListener("keydown", (event) => {
  if (/** @type {KeyboardEvent} */ (event).key !== "Escape" || !(sheet instanceof HTMLElement)) return;
  sheet.hidden = true;
  const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-devices]"));
  button?.setAttribute("aria-expanded", "false");
  button?.focus();
});
document.getElementById("call-camera")?.addEventListener("change", async (event) => {
  check.chosen.cameraId = /** @type {HTMLSelectElement} */ (event.target).value;
  check.remember("camera", check.chosen.cameraId);
  on.camera = true;
  await reopen("camera");
  showControls();
});
document.getElementById("call-microphone")?.addEventListener("change", async (event) => {
  check.chosen.microphoneId = /** @type {HTMLSelectElement} */ (event.target).value;
  check.remember("microphone", check.chosen.microphoneId);
  await reopen("microphone");
  showControls();
});
document.querySelector("[data-move-self]")?.addEventListener("click", () => {
  const box = /** @type {HTMLElement} */ (document.querySelector(".stage__self"));
  box.dataset.corner = String((Number(box.dataset.corner) + 1) % 4);
});

/* — writing — */

part("text").addEventListener("click", () => openTalk(part("talk").hidden));

/** @param {boolean} open */
function openTalk(open) {
  part("talk").hidden = !open;
  part("text").setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("talking", open);
  if (open) {
    unread = 0;
    showUnread();
    document.getElementById("say")?.focus();
  }
}

function showUnread() {
  const badge = part("unread");
  badge.hidden = unread === 0;
  badge.textContent = String(unread);
  part("text").setAttribute("aria-label", unread ? `${part("text").querySelector("span")?.textContent}, ${say("unread", { n: unread })}` : (part("text").querySelector("span")?.textContent ?? ""));
}

/* — leaving — */

const ask = /** @type {HTMLDialogElement} */ (document.querySelector("[data-ask-leave]"));
part("hang-up").addEventListener("click", () => ask.showModal());
part("stay").addEventListener("click", () => ask.close());
part("leave-now").addEventListener("click", async () => {
  ask.close();
  await line.ask("leave");
  over("left");
});
document.querySelector("[data-end]")?.addEventListener("click", async () => {
  ask.close();
  await line.ask("end", { reason: "completed" });
  over("completed");
});
part("leave").addEventListener("click", async () => {
  await line.ask("leave");
  over("left");
});

/* — every two seconds: does it really flow? — */

window.setInterval(async () => {
  if (state === "stage" && begun) {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    part("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  // A word whose answer was lost on a line that stayed open.
  if (line.entered) void chat.flush();
  if (state !== "stage" || !media || !peer || !partner()?.here) return;
  const told = await peer.measure();
  const theirs = shown.get(partner()?.id ?? "");
  // Nothing comes from somebody who sends nothing, without camera and microphone: then the connection itself is what counts.
  const flows = told.flows || (told.state === "connected" && theirs?.microphone === false && !theirs.camera);
  silentLooks = flows ? 0 : silentLooks + 1;
  if (flows !== flowed) {
    flowed = flows;
    tellWhatISend();
    showOther();
  }
  const both = flows && theirs?.flows;
  const kind = part("line-words").dataset.kind ?? "";
  if (!line.entered) return;
  if (flows && (told.loss > 0.1 || told.delay > 800)) lineWords("weak");
  else if (both && kind !== "connected" && kind !== "they_back" && kind !== "") lineWords("connected");
  else if (both && kind === "connected") lineWords("");
  else if (!flows && silentLooks > 2) lineWords(told.state === "connected" ? "frozen" : "still_connecting");
}, 2000);

/* — begin — */

const enter = /** @type {HTMLButtonElement} */ (part("go"));
enter.hidden = false;
enter.addEventListener("click", start);

async function begin() {
  if (media && !check.chosen.stream) await check.open();
  if (!on.camera) {
    for (const track of check.chosen.stream?.getVideoTracks() ?? []) {
      track.stop();
      check.chosen.stream?.removeTrack(track);
    }
  }
  for (const track of check.chosen.stream?.getTracks() ?? []) watchTrack(track);
  applyMute();
  showControls();
  if (!media) openTalk(true);
  if (wire.hosts || keep(inside) === "yes") start();
}

void begin();
