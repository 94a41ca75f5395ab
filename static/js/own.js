// @ts-check
/** What I send: microphone, camera or screen, the buttons for them, and devices that are unplugged, taken or changed. */
import { keep } from "./chat.js";
import * as check from "./check.js";
import * as device from "./device.js";
import { line, maybe, media, now, strip, tell, when, wire, words } from "./scene.js";

/** @typedef {"camera" | "microphone"} Kind */

/** How long a device may be silent (a call on the phone has it) before it is opened anew, in milliseconds; and between two tries. */
const PATIENCE = 2500;
const KINDS = /** @type {Kind[]} */ (["microphone", "camera"]);
const deviceWords = JSON.parse(document.getElementById("device-words")?.textContent ?? "{}");

export const on = { microphone: keep("microphone") !== "off", camera: keep("camera") ? keep("camera") !== "off" : check.chosen.camera };
/** What of it is really sent: the ladder may leave picture or sound out for a while. Told to the other side with `show`. */
export const sent = { microphone: true, camera: true, rung: "video", hears: "", signs: false, saver: keep("saver") ? keep("saver") === "on" : device.thriftyLine() };
/** @type {MediaStreamTrack | null} the screen, while it is shown */
let screen = null;
/** @type {Record<Kind, {since: number, tried: number, busy: boolean, told?: boolean} | null>} devices that worked and do not now; `told`: the person was */
const lost = { camera: null, microphone: null };

/** @type {WeakSet<MediaStreamTrack>} */
const watched = new WeakSet();

/** @param {Kind} kind */
const trackKind = (kind) => (kind === "camera" ? "video" : "audio");

/** What goes to the other side: sound, and the screen or else the camera. @returns {MediaStream | null} */
export function sending() {
  const own = check.chosen.stream;
  if (!screen) return own;
  return new MediaStream([...(own?.getAudioTracks() ?? []), screen]);
}

/** The same apart: what the unit takes on a line each. @returns {{audio: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null}} */
export function outgoing() {
  const own = check.chosen.stream;
  return { audio: own?.getAudioTracks()[0] ?? null, camera: own?.getVideoTracks()[0] ?? null, screen };
}

/** Whether this side wants to be sent little: told in the descriptions of the connection. */
export function thrifty() {
  return sent.saver && !on.camera;
}

/** @param {"audio" | "video"} kind */
export function has(kind) {
  return Boolean(check.chosen.stream?.getTracks().some((track) => track.kind === kind && track.readyState === "live"));
}

/** Tell the other side what comes, for as far as it can not see it itself. */
export function tellWhatISend() {
  if (!media) return;
  const shares = sent.camera && Boolean(screen);
  const seen = sent.camera && on.camera && has("video");
  const apart = now.peer?.screens ?? false;
  const told = { microphone: sent.microphone && on.microphone && has("audio"), camera: seen || (shares && !apart), flows: now.flowed };
  void line.ask("show", { ...told, rung: sent.rung, hears: sent.hears, shares, signs: sent.signs, way: apart ? "unit" : "direct" });
}

/** The buttons, as things are. */
export function showControls() {
  for (const name of KINDS) {
    const button = maybe(name);
    const works = on[name] && has(trackKind(name));
    button?.setAttribute("aria-pressed", String(works));
    button?.setAttribute("aria-label", words[`${name}_${works ? "on" : "off"}`]);
  }
  showSelf();
}

/** Own picture, wherever it stands on the page now. */
export function showSelf() {
  const picture = /** @type {HTMLVideoElement | null} */ (document.querySelector("[data-self]"));
  if (!picture) return;
  if (picture.srcObject !== check.chosen.stream) picture.srcObject = check.chosen.stream;
  picture.hidden = now.state !== "check" && !check.chosen.stream?.getVideoTracks().some((track) => track.enabled && track.readyState === "live");
  if (!picture.hidden) void picture.play().catch(() => undefined);
}

/** The box of the own picture, where the page has none yet. */
export function selfPicture() {
  const made = document.createElement("video");
  made.dataset.self = "";
  made.muted = made.playsInline = made.autoplay = true;
  made.setAttribute("aria-label", words.your_picture);
  return made;
}

/** Let the tracks follow the buttons. */
export function applyMute() {
  for (const track of check.chosen.stream?.getAudioTracks() ?? []) track.enabled = on.microphone;
  for (const track of check.chosen.stream?.getVideoTracks() ?? []) track.enabled = on.camera;
}

/** Switch the microphone on or off. @param {boolean} wanted */
export async function microphone(wanted) {
  on.microphone = wanted;
  keep("microphone", wanted ? "on" : "off");
  if (wanted && !has("audio")) await reopen("microphone");
  applyMute();
  changed();
}

/** Switch the camera on or off; off means that its light goes out. @param {boolean} wanted */
export async function camera(wanted) {
  on.camera = wanted;
  keep("camera", wanted ? "on" : "off");
  if (wanted) {
    await reopen("camera");
  } else {
    closeCamera();
    if (!screen || now.peer?.screens) await now.peer?.swap("video", null, null);
  }
  changed();
}

/** Let go of the camera. */
export function closeCamera() {
  lost.camera = null;
  for (const track of check.chosen.stream?.getVideoTracks() ?? []) {
    track.stop();
    check.chosen.stream?.removeTrack(track);
  }
}

/** Send the screen, instead of the camera where there is one place for both, or with null no screen any more. @param {MediaStreamTrack | null} track */
export async function showScreen(track) {
  screen = track;
  const picture = track ?? check.chosen.stream?.getVideoTracks()[0] ?? null;
  if (now.peer?.screens) await now.peer.swap("screen", track, null);
  else await now.peer?.swap("video", picture, sending());
  changed();
}

/**
 * Open one kind of device anew and send it.
 * @param {Kind} kind @param {boolean} [quietly] without words where it fails @returns {Promise<string>} "" or the code of what is wrong
 */
export async function reopen(kind, quietly = false) {
  const track = trackKind(kind);
  const wanted = { camera: kind === "camera", microphone: kind === "microphone", signs: sent.signs };
  let got = await device.open({ ...wanted, cameraId: check.chosen.cameraId, microphoneId: check.chosen.microphoneId });
  // The remembered one is gone for good, or only its name is another one now: any other serves. The memory is kept for its return.
  if (got[kind] === "missing" && (kind === "camera" ? check.chosen.cameraId : check.chosen.microphoneId)) got = await device.open(wanted);
  const fresh = got.stream?.getTracks()[0];
  if (!fresh) {
    if (!quietly) strip("device", deviceWords[got[kind]]?.[kind] ?? "");
    return got[kind];
  }
  const stream = check.chosen.stream ?? new MediaStream();
  for (const old of stream.getTracks().filter((one) => one.kind === track)) {
    old.stop();
    stream.removeTrack(old);
  }
  stream.addTrack(fresh);
  check.chosen.stream = stream;
  watchTrack(fresh);
  if (kind === "microphone" || !screen || now.peer?.screens) await now.peer?.swap(track, fresh, stream);
  applyMute();
  showSelf();
  return "";
}

/** Notice when a device is unplugged, or taken by something else for a while. @param {MediaStreamTrack} track */
export function watchTrack(track) {
  if (watched.has(track)) return;
  watched.add(track);
  const kind = track.kind === "video" ? "camera" : "microphone";
  track.addEventListener("ended", () => {
    lost[kind] = { since: 0, tried: 0, busy: false };
    changed();
    void mend(kind);
  });
  track.addEventListener("mute", () => (lost[kind] ??= { since: Date.now(), tried: 0, busy: false }));
  track.addEventListener("unmute", () => found(kind));
}

/** A device that was lost is opened again as soon as it can be; looked at every two seconds and when devices change. @param {Kind} kind */
async function mend(kind) {
  const one = lost[kind];
  if (!one || one.busy || now.state !== "stage" || !on[kind]) return;
  if (Date.now() - one.since < PATIENCE || Date.now() - one.tried < PATIENCE) return;
  one.busy = true;
  const first = one.tried === 0 && !one.told;
  one.told = true;
  one.tried = Date.now();
  const trouble = await reopen(kind, !first);
  one.busy = false;
  if (!trouble) found(kind);
  // Asking again and again somebody who said no would be a nuisance.
  else if (trouble === "denied") lost[kind] = null;
}

/** @param {Kind} kind */
function found(kind) {
  const was = lost[kind];
  lost[kind] = null;
  if (was?.tried) strip("device_back", words[`${kind}_back`]);
  changed();
}

/** Devices were plugged in or out, or the system's own choice is another one. */
async function devicesChanged() {
  for (const kind of KINDS) {
    if (lost[kind]) lost[kind].tried = 0;
    void mend(kind);
  }
  if (!on.microphone || check.chosen.microphoneId || now.state !== "stage" || lost.microphone) return;
  const before = usual;
  usual = await usualMicrophone();
  if (!before || !usual || usual === before) return;
  if (!(await reopen("microphone"))) {
    strip("device_back", words.microphone_changed);
    changed();
  }
}

async function usualMicrophone() {
  return (await device.devices("audioinput")).find((one) => one.deviceId === "default")?.groupId ?? "";
}

let usual = "";

/** Buttons and the other side follow what happened to the own tracks. */
export function changed() {
  showControls();
  tellWhatISend();
  tell("sends");
}

maybe("microphone")?.addEventListener("click", () => void microphone(!(on.microphone && has("audio"))));
maybe("camera")?.addEventListener("click", () => void camera(!(on.camera && has("video"))));
when("state", async () => {
  if (now.state === "stage" && !usual) usual = await usualMicrophone();
});
if (media) {
  navigator.mediaDevices?.addEventListener?.("devicechange", () => void devicesChanged());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const kind of KINDS) void mend(kind);
  });
  window.setInterval(() => {
    for (const kind of KINDS) void mend(kind);
  }, wire.beat * 1000);
}
