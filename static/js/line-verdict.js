// @ts-check
/** What the figures of a test of the line mean. Knows no browser, only what getStats gives. */

/**
 * @typedef {"video" | "small" | "text"} Mode
 * @typedef {{delay: number, loss: number, bits: number}} Found delay: milliseconds there and back; loss: 0 to 1, the worse of both ways;
 *   bits: bits a second that came back
 */

/** Loss and delay that a mode bears: EN 301 549 6.5 wants pictures up to 5 %; sound is understood up to about 15 %. */
const BEARS = { video: { loss: 0.05, delay: 500, bits: 120_000 }, small: { loss: 0.15, delay: 1200, bits: 20_000 } };
/** Bits a second of one direction, packets' heads included: rungs.js says what a call sends; sound alone is silent half of the time. */
const SENDS = { video: 1_250_000, small: 290_000, sound: 44_000 };
const HALF_AN_HOUR = 1800;

/** @param {any[]} reports @param {string} type */
const of = (reports, type) => reports.filter((one) => one.type === type);
/** @param {any[]} reports @param {string} type @param {string} name */
const sum = (reports, type, name) => of(reports, type).reduce((total, one) => total + (one[name] ?? 0), 0);

/** What happened between two looks. @param {any[]} before @param {any[]} after @param {number} time milliseconds between them @returns {Found} */
export function found(before, after, time) {
  const grown = (/** @type {string} */ type, /** @type {string} */ name) => Math.max(0, sum(after, type, name) - sum(before, type, name));
  const lost = grown("inbound-rtp", "packetsLost");
  const came = grown("inbound-rtp", "packetsReceived");
  const went = grown("outbound-rtp", "packetsSent");
  const lostThere = grown("remote-inbound-rtp", "packetsLost");
  const pair = of(after, "candidate-pair").find((one) => one.nominated && one.state === "succeeded");
  const asked = (pair?.responsesReceived ?? 0) > 0 ? (pair.totalRoundTripTime ?? 0) / pair.responsesReceived : (pair?.currentRoundTripTime ?? 0);
  return {
    delay: 1000 * asked,
    // Nothing came back at all: all of it is lost.
    loss: came + lost === 0 ? 1 : Math.max(lost / (came + lost), went ? Math.min(1, lostThere / went) : 0),
    bits: (8000 * grown("inbound-rtp", "bytesReceived")) / time,
  };
}

/** What the line is good for. @param {Found} seen @returns {Mode} */
export function verdict(seen) {
  for (const mode of /** @type {("video" | "small")[]} */ (["video", "small"])) {
    const most = BEARS[mode];
    if (seen.loss <= most.loss && seen.delay <= most.delay && seen.bits >= most.bits) return mode;
  }
  return "text";
}

/** Megabytes of half an hour, both ways. @param {Mode} mode @returns {{picture: number, sound: number}} */
export function costs(mode) {
  const bits = mode === "video" ? SENDS.video : SENDS.small;
  const megabytes = (/** @type {number} */ one) => Math.round((2 * one * HALF_AN_HOUR) / 8e6 / 10) * 10;
  return { picture: megabytes(bits), sound: megabytes(SENDS.sound) };
}
