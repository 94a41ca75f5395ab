// Figures of a connection as plain numbers, and words in its description. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { between, halfHour, NOTHING, totals } from "../../static/js/measure.js";
import { lean, most } from "../../static/js/sdp.js";

const reports = (/** @type {number} */ n) => [
  { type: "inbound-rtp", kind: "audio", bytesReceived: 100 * n, packetsLost: n, packetsReceived: 9 * n, totalSamplesReceived: 1000 * n, concealedSamples: 100 * n },
  { type: "inbound-rtp", kind: "video", bytesReceived: 900 * n, packetsLost: 0, packetsReceived: 0 },
  { type: "outbound-rtp", kind: "video", bytesSent: 500 * n, packetsSent: 50 * n },
  { type: "remote-inbound-rtp", kind: "video", timestamp: 1000 * n, packetsLost: 5 * n, fractionLost: 1, roundTripTime: 0.2 },
  { type: "candidate-pair", nominated: true, state: "succeeded", availableOutgoingBitrate: 300_000, currentRoundTripTime: 0.25 },
  { type: "candidate-pair", nominated: false, state: "succeeded", availableOutgoingBitrate: 9_000_000 },
];

/** What a sender and its other side say. @param {string} kind @param {number} sent @param {number} lost @param {number} timestamp */
const said = (kind, sent, lost, timestamp) => [
  { type: "outbound-rtp", kind, packetsSent: sent },
  { type: "remote-inbound-rtp", kind, packetsLost: lost, timestamp },
];

test("two looks give what happened between them", () => {
  const seen = between(totals(reports(1), 1000), totals(reports(3), 3000));
  assert.ok(seen.flows && !seen.stuck);
  assert.equal(seen.loss, 0.1);
  assert.equal(seen.concealed, 0.1);
  assert.equal(seen.theirLoss, 0.1);
  assert.equal(seen.delay, 250);
  assert.equal(seen.available, 300_000);
  assert.equal(seen.bytes, 3 * 1500);
});

test("a line that brings nothing and one that sends nothing are seen", () => {
  const same = between(totals(reports(2), 1000), totals(reports(2), 3000));
  assert.ok(!same.flows && same.stuck);
  assert.equal(same.loss, 0);
});

test("what the other side said long ago about a stream that ended says nothing now", () => {
  const early = totals([...said("video", 400, 40, 20_000), ...said("audio", 100, 1, 20_000)], 20_000);
  assert.equal(between(NOTHING, early).theirLoss, 41 / 500);
  const late = totals([...said("video", 400, 40, 20_000), ...said("audio", 200, 2, 29_000)], 30_000);
  assert.equal(between(early, late).theirLoss, 0.01);
});

test("pictures are reported on every second, so their last report is old sooner than that of sound", () => {
  assert.equal(between(NOTHING, totals(said("audio", 100, 20, 24_000), 30_000)).theirLoss, 0.2);
  assert.equal(between(NOTHING, totals(said("video", 100, 20, 24_000), 30_000)).theirLoss, 0);
});

test("between two reports the last one holds, and a handful of packets says nothing", () => {
  const first = totals(said("audio", 100, 10, 1000), 1000);
  assert.equal(between(NOTHING, first).theirLoss, 0.1);
  const same = totals(said("audio", 200, 10, 1000), 3000);
  assert.equal(between(first, same).theirLoss, 0.1, "no new report");
  const fresh = totals(said("audio", 300, 12, 5000), 5000);
  assert.equal(between(same, fresh).theirLoss, 0.01, "two of the two hundred since the first");
  const few = totals(said("audio", 303, 15, 5100), 5100);
  assert.equal(between(fresh, few).theirLoss, 0.01, "three lost of three packets");
  const [sent, report] = said("audio", 500, 112, 9000);
  const late = totals([sent, { ...report, fractionLost: 0.05 }], 9000);
  assert.equal(between(few, late).theirLoss.toFixed(2), "0.05", "what its totals say beyond its report is not believed");
});

test("a report counts as much as was sent of its kind: one of few packets of sound does not take the picture away", () => {
  const first = totals([...said("audio", 100, 0, 1000), ...said("video", 300, 0, 1000)], 1000);
  between(NOTHING, first);
  const next = totals([...said("audio", 200, 20, 3000), ...said("video", 600, 12, 3000)], 3000);
  assert.equal(between(first, next).theirLoss, 0.08);
});

test("silence of somebody who sends none is not bad sound", () => {
  const silent = { ...NOTHING, samples: 1000, concealed: 1000, soundBytes: 500 };
  assert.equal(between({ ...NOTHING, soundBytes: 500 }, silent).concealed, 0);
});

test("nothing reported is nothing, not an error", () => {
  assert.deepEqual(totals([], 5), { ...NOTHING, at: 5 });
  assert.equal(between(NOTHING, totals([], 5)).loss, 0);
  assert.equal(halfHour(0, 0), 0);
});

test("half an hour of sound at 20 kbit/s each way is about 9 megabytes", () => {
  assert.equal(Math.round(halfHour((2 * 20_000) / 8, 1)), 9);
});

const SDP = ["v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1", ""].join("\r\n");

test("a thrifty description asks for little sound in long packets, once", () => {
  const asked = lean(SDP);
  assert.match(asked, /a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=20000;usedtx=1\r\n/);
  assert.match(asked, /a=ptime:60\r\n/);
  assert.equal(lean(asked), asked);
  assert.equal(lean("v=0\r\n"), "v=0\r\n");
});

test("how much picture is asked for at most is read from the picture's own part", () => {
  const asked = [SDP.trim(), "b=AS:40", "m=video 9 UDP/TLS/RTP/SAVPF 97", "c=IN IP4 0.0.0.0", "b=AS:150", ""].join("\r\n");
  assert.equal(most(asked), 150_000);
  assert.equal(most(asked.replace("b=AS:150", "b=TIAS:128500")), 128_500);
  assert.equal(most(SDP), 0);
  assert.equal(most(""), 0);
});
