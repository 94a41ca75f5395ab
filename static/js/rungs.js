// @ts-check
/** What each rung of the ladder means to the senders of a connection: a table, and how it is applied. */

/** @typedef {{active: boolean, maxBitrate?: number, scaleResolutionDownBy?: number, maxFramerate?: number}} Sent */

/** Bits a second of the picture at most; a data saver and a phone on mobile data get the second. */
export const CAP = { usual: 1_200_000, saver: 300_000 };
/** Opus: beside a picture, and alone. */
const SOUND = { beside: 32_000, alone: 20_000 };
const OFF = { active: false };
/** @type {Promise<void>} */
let turn = Promise.resolve();

/**
 * @param {import("./ladder.js").Rung} rung @param {{signs: boolean, saver: boolean, shares: boolean}} how
 * @returns {{video: Sent, audio: Sent, preference: string, hint: string}} what a sender of each kind gets
 */
export function meaning(rung, how) {
  const most = how.saver ? CAP.saver : CAP.usual;
  const sound = { active: true, maxBitrate: rung === "audio" || how.saver ? SOUND.alone : SOUND.beside };
  // A screen is read: few pictures, none of them made small. Hands are read too: never fewer than twenty pictures a second.
  const preference = how.shares ? "maintain-resolution" : how.signs ? "maintain-framerate" : "balanced";
  const hint = how.shares ? "detail" : how.signs ? "motion" : "";
  const pictures = how.shares ? 10 : how.signs ? 30 : 24;
  const whole = { active: true, maxBitrate: most, scaleResolutionDownBy: 1, maxFramerate: pictures };
  const small = {
    active: true,
    maxBitrate: how.signs ? 200_000 : 150_000,
    scaleResolutionDownBy: how.shares ? 1 : 2,
    maxFramerate: how.shares ? 5 : how.signs ? 30 : 20,
  };
  const video = { video: whole, silent: whole, small, audio: OFF, text: OFF }[rung];
  const audio = rung === "text" || (how.signs && rung !== "video") ? OFF : sound;
  return { video, audio, preference, hint };
}

/** The small layer of a camera: a tile's worth, for who has little line or shows many. */
export const SMALL = { active: true, maxBitrate: 120_000, scaleResolutionDownBy: 4, maxFramerate: 20 };

/** What a layer gets; which one is small is said by its name, for browsers guess it by its place. @param {string | undefined} rid @param {string} rung @param {Sent} whole */
function layer(rid, rung, whole) {
  if (rid !== "l" || !whole.active) return whole;
  // A thin line carries one layer.
  return rung === "small" ? OFF : SMALL;
}

/**
 * Let the senders of a connection follow; what a browser does not know of it is left out by the browser.
 * @param {RTCPeerConnection} pc @param {import("./ladder.js").Rung} rung @param {{signs: boolean, saver: boolean, shares: boolean}} how
 */
export function apply(pc, rung, how) {
  // One after the other: settings that were read before another change are refused.
  turn = turn.then(() => set(pc, rung, how)).catch(() => undefined);
  return turn;
}

/** @param {RTCPeerConnection} pc @param {import("./ladder.js").Rung} rung @param {{signs: boolean, saver: boolean, shares: boolean}} how */
async function set(pc, rung, how) {
  for (const { sender, mid } of pc.getTransceivers()) {
    const track = sender.track;
    if (!track) continue;
    // Through the unit the camera has a place of its own beside the screen.
    const wanted = meaning(rung, { ...how, shares: how.shares && mid !== "pv" });
    if (track.kind === "video" && "contentHint" in track && track.contentHint !== wanted.hint) track.contentHint = wanted.hint;
    const settings = sender.getParameters();
    if (!settings.encodings?.length) continue;
    for (const encoding of settings.encodings) Object.assign(encoding, track.kind === "audio" ? wanted.audio : layer(encoding.rid, rung, wanted.video));
    if (track.kind === "video") /** @type {any} */ (settings).degradationPreference = wanted.preference;
    // Longer packets on a thin line, where the browser can.
    else /** @type {any} */ (settings.encodings[0]).adaptivePtime = true;
    try {
      await sender.setParameters(settings);
    } catch (why) {
      console.info("rung:", why instanceof Error ? why.message : why);
    }
  }
}
