// What a test of the line says about it. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { costs, found, verdict } from "../../static/js/line-verdict.js";

const look = (lost, came, bytes, lostThere, went) => [
  { type: "inbound-rtp", kind: "video", packetsLost: lost, packetsReceived: came, bytesReceived: bytes },
  { type: "remote-inbound-rtp", kind: "video", packetsLost: lostThere },
  { type: "outbound-rtp", kind: "video", packetsSent: went },
  { type: "candidate-pair", nominated: true, state: "succeeded", totalRoundTripTime: 0.4, responsesReceived: 10 },
  { type: "candidate-pair", nominated: false, state: "failed", totalRoundTripTime: 9, responsesReceived: 1 },
];

test("figures are those between two looks, and the worse of both ways counts", () => {
  const seen = found(look(10, 100, 10_000, 0, 100), look(14, 196, 85_000, 20, 200), 6000);
  assert.equal(Math.round(seen.delay), 40);
  assert.equal(seen.loss, 0.2);
  assert.equal(seen.bits, 100_000);
});

test("what never comes back is all lost", () => {
  assert.equal(found(look(0, 0, 0, 0, 0), look(0, 0, 0, 0, 300), 6000).loss, 1);
});

test("a repair that came late does not make the loss negative", () => {
  assert.equal(found(look(5, 100, 0, 5, 0), look(3, 200, 9, 3, 100), 6000).loss, 0);
});

test("good, small, too weak", () => {
  assert.equal(verdict({ delay: 40, loss: 0, bits: 300_000 }), "video");
  assert.equal(verdict({ delay: 40, loss: 0.05, bits: 300_000 }), "video");
  assert.equal(verdict({ delay: 40, loss: 0.06, bits: 300_000 }), "small");
  assert.equal(verdict({ delay: 600, loss: 0, bits: 300_000 }), "small");
  assert.equal(verdict({ delay: 40, loss: 0, bits: 60_000 }), "small");
  assert.equal(verdict({ delay: 40, loss: 0.3, bits: 300_000 }), "text");
  assert.equal(verdict({ delay: 2000, loss: 0, bits: 300_000 }), "text");
  assert.equal(verdict({ delay: 40, loss: 0, bits: 5_000 }), "text");
});

test("megabytes agree with what the page says before the test", () => {
  assert.deepEqual(costs("small"), { picture: 130, sound: 20 });
  assert.deepEqual(costs("video"), { picture: 560, sound: 20 });
});
