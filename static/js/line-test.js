// @ts-check
/** "Test the line": sends a made picture and sound to the forwarding unit, gets them back, and says in plain words what the line is good for. */
import { chosen, open, opened } from "./check.js";
import { costs, found, verdict } from "./line-verdict.js";

/** Milliseconds to get through, and to measure. */
const THROUGH = 8000;
const MEASURE = 6000;
/** Bits a second of the made picture: what a data saver's call sends. */
const PICTURE = 300_000;
const wire = JSON.parse(document.getElementById("wire")?.textContent ?? "{}");
const button = /** @type {HTMLElement} */ (document.querySelector("[data-line-test]"));
const place = /** @type {HTMLElement} */ (document.querySelector("[data-line-said]"));
const use = /** @type {HTMLElement} */ (document.querySelector("[data-line-use]"));
/** @type {import("./line-verdict.js").Mode} */
let mode = "video";
/** @type {Record<string, string>} */
let words = {};
let busy = false;

/** @param {string} path @param {Record<string, string>} [fields] */
async function post(path, fields = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries({ csrf_token: wire.csrf, ...fields })) data.set(name, value);
  const answer = await fetch(path, { method: "POST", body: data, credentials: "same-origin", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** A picture that changes all over, so that it needs its bits, and a tone that nobody would hear. */
function made() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const timer = window.setInterval(() => {
    for (let one = 0; one < 60; one += 1) {
      pen.fillStyle = `hsl(${Math.random() * 360} 60% 50%)`;
      pen.fillRect(Math.random() * 320, Math.random() * 180, 40, 30);
    }
  }, 66);
  const audio = new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: 440 });
  const soft = new GainNode(audio, { gain: 0.003 });
  const out = new MediaStreamAudioDestinationNode(audio);
  tone.connect(soft).connect(out);
  tone.start();
  const picture = canvas.captureStream(15);
  return {
    tracks: { pa: out.stream.getAudioTracks()[0], pv: picture.getVideoTracks()[0] },
    stop: () => {
      window.clearInterval(timer);
      for (const track of picture.getTracks()) track.stop();
      void audio.close();
    },
  };
}

/** @param {RTCPeerConnection} pc */
function through(pc) {
  return new Promise((done) => {
    const look = () => {
      if (pc.connectionState === "connected") done(true);
      else if (pc.connectionState === "failed") done(false);
    };
    pc.addEventListener("connectionstatechange", look);
    window.setTimeout(() => done(pc.connectionState === "connected"), THROUGH);
    look();
  });
}

/** @param {RTCPeerConnection} pc @param {Record<string, MediaStreamTrack>} tracks @param {string} offer */
async function negotiate(pc, tracks, offer) {
  await pc.setRemoteDescription({ type: "offer", sdp: offer });
  for (const one of pc.getTransceivers()) {
    const track = tracks[one.mid ?? ""];
    if (!track) continue;
    one.direction = "sendonly";
    await one.sender.replaceTrack(track);
  }
  await pc.setLocalDescription();
  for (const sender of pc.getSenders()) {
    if (sender.track?.kind !== "video") continue;
    const settings = sender.getParameters();
    // One layer is enough to measure by.
    settings.encodings.forEach((one, at) => Object.assign(one, at === 0 ? { active: true, maxBitrate: PICTURE } : { active: false }));
    await sender.setParameters(settings).catch(() => undefined);
  }
}

/** @param {number} time milliseconds */
const pause = (time) => new Promise((done) => window.setTimeout(done, time));

/** @returns {Promise<import("./line-verdict.js").Found | null>} null: nothing gets through */
async function measure() {
  const sources = made();
  const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  try {
    const begun = await post(button.dataset.lineTest ?? "");
    words = begun.words;
    await negotiate(pc, sources.tracks, begun.offer);
    await post(`${button.dataset.lineTest}/${begun.peer}`, { sdp: pc.localDescription?.sdp ?? "" });
    if (!(await through(pc))) return null;
    // The first second is that of keys and of the first, large picture.
    await pause(1000);
    const before = [...(await pc.getStats()).values()];
    await pause(MEASURE);
    return found(before, [...(await pc.getStats()).values()], MEASURE);
  } finally {
    pc.close();
    sources.stop();
  }
}

/** @param {string} key @param {Record<string, number>} values */
const say = (key, values) => Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words[key] ?? "");

/** Test the line and say what was found; does nothing while a test runs. */
export async function test() {
  if (busy) return;
  busy = true;
  use.hidden = true;
  button.setAttribute("aria-disabled", "true");
  place.classList.remove("check__bad");
  place.textContent = button.dataset.running ?? "";
  try {
    const seen = await measure();
    mode = seen ? verdict(seen) : "text";
    const mb = costs(mode);
    place.dataset.mode = seen ? mode : "blocked";
    place.classList.toggle("check__bad", mode === "text");
    place.textContent = seen
      ? [words[mode], say("figures", { ms: Math.round(seen.delay), loss: Math.round(seen.loss * 100) }), say("costs", mb)].join(" ")
      : words.blocked;
    use.hidden = false;
  } catch (why) {
    console.info("line test:", why instanceof Error ? why.message : why);
    place.dataset.mode = "failed";
    place.textContent = button.dataset.failed ?? "";
  } finally {
    busy = false;
    button.removeAttribute("aria-disabled");
  }
}

/** @param {string} key @param {string} text */
function keep(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // Without memory it holds for this page.
  }
}

/** The call begins as the line bears it. */
async function useIt() {
  const camera = mode !== "text";
  keep("saver", mode === "video" ? "off" : "on");
  keep("camera", camera ? "on" : "off");
  if (document.querySelector("[data-state-stage]")) {
    // The page of the call has read its memory already.
    const own = await import("./own.js");
    own.sent.saver = mode !== "video";
    own.on.camera = camera;
  }
  await opened;
  if (chosen.camera !== camera) {
    chosen.camera = camera;
    await open();
  }
  place.textContent = words[`use_${mode}`];
  // The button goes away under who pressed it.
  button.focus();
  use.hidden = true;
}

use.addEventListener("click", () => void useIt());
