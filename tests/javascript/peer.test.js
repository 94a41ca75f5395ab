// What a connection says again, and when, with made-up connections. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";

/** @type {Fake[]} */
const made = [];

class Fake extends EventTarget {
  constructor() {
    super();
    made.push(this);
    this.connectionState = "new";
    this.signalingState = "stable";
    this.localDescription = this.remoteDescription = null;
    this.restarts = 0;
  }

  getSenders() {
    return [];
  }

  addTransceiver() {}

  restartIce() {
    this.restarts += 1;
  }

  async setLocalDescription() {
    this.localDescription = { type: "offer", sdp: "ours", toJSON: () => ({ type: "offer", sdp: "ours" }) };
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription(/** @type {any} */ told) {
    this.remoteDescription = told;
    this.signalingState = "stable";
  }

  close() {}

  /** @param {string} state */
  becomes(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

/** @type {{act: () => void, after: number}[]} */
const timers = [];

/** Let every timer of so many milliseconds go off, the newest only. @param {number} after */
function ring(after) {
  timers.findLast((one) => one.after === after)?.act();
}

Object.assign(globalThis, {
  window: { setTimeout: (/** @type {() => void} */ act, /** @type {number} */ after) => timers.push({ act, after }), clearTimeout: () => undefined },
  RTCPeerConnection: Fake,
  MediaStream: class {
    getTracks() {
      return [];
    }
  },
});
const { Peer } = await import("../../static/js/peer.js");
const settled = () => new Promise((done) => setImmediate(done));

/** A host whose first offer went out and was answered. */
async function connected(receipt = () => Promise.resolve()) {
  const sent = /** @type {string[]} */ ([]);
  const send = (/** @type {string} */ kind) => {
    sent.push(kind);
    return receipt();
  };
  const peer = new Peer({ polite: false, send, ice: async () => ({}), stream: () => null });
  await peer.build();
  const pc = /** @type {Fake} */ (made.at(-1));
  pc.dispatchEvent(new Event("negotiationneeded"));
  await settled();
  await peer.receive("answer", { epoch: 1, sdp: "theirs" });
  pc.becomes("connected");
  sent.length = 0;
  return { peer, pc, sent };
}

test("an offer that was lost is said again when the line is back, also while media flows", async () => {
  const { peer, pc, sent } = await connected();
  peer.nudge();
  assert.deepEqual(sent, [], "with nothing open there is nothing to say");
  pc.dispatchEvent(new Event("negotiationneeded"));
  await settled();
  assert.deepEqual(sent, ["offer"]);
  peer.nudge();
  assert.deepEqual(sent, ["offer", "offer"]);
  assert.equal(pc.restarts, 0);
});

test("a broken connection whose offer is unanswered says it again instead of waiting for it", async () => {
  const { pc, sent } = await connected();
  pc.dispatchEvent(new Event("negotiationneeded"));
  await settled();
  sent.length = 0;
  pc.becomes("failed");
  assert.deepEqual(sent, ["offer"]);
});

test("while our offer waits for its receipt their offer after the answer is no clash", async () => {
  const { peer, pc, sent } = await connected(() => new Promise(() => undefined));
  await peer.receive("offer", { epoch: 1, sdp: "new" });
  assert.equal(pc.remoteDescription.sdp, "new");
  assert.ok(!peer.ignoring);
  void sent;
});

test("a stalled connection looks for another way at once, but not twice while it asks", async () => {
  const { peer, pc } = await connected();
  peer.stalled();
  assert.equal(pc.restarts, 1);
  pc.signalingState = "have-local-offer";
  peer.stalled();
  assert.equal(pc.restarts, 1);
});

test("two restarts, then a new connection, which has two of its own", async () => {
  const { pc } = await connected();
  const before = made.length;
  pc.becomes("failed");
  pc.becomes("failed");
  assert.deepEqual([pc.restarts, made.length], [2, before]);
  pc.becomes("failed");
  await settled();
  assert.equal(made.length, before + 1);
  const next = /** @type {Fake} */ (made.at(-1));
  next.remoteDescription = /** @type {any} */ ({ sdp: "theirs" });
  next.becomes("failed");
  next.becomes("failed");
  assert.deepEqual([next.restarts, made.length], [2, before + 1]);
});

test("the polite side waits a moment for the other's first offer, and makes its own when none comes", async () => {
  const sent = /** @type {string[]} */ ([]);
  const how = { polite: true, send: async (/** @type {string} */ kind) => void sent.push(kind), ice: async () => ({}), stream: () => null };
  const first = new Peer(how);
  await first.build();
  made.at(-1)?.dispatchEvent(new Event("negotiationneeded"));
  await settled();
  assert.deepEqual(sent, []);
  ring(700);
  await settled();
  assert.deepEqual(sent, ["offer"]);

  sent.length = 0;
  const second = new Peer(how);
  await second.build();
  made.at(-1)?.dispatchEvent(new Event("negotiationneeded"));
  await second.receive("offer", { epoch: 1, sdp: "theirs" });
  ring(700);
  await settled();
  assert.deepEqual(sent, ["answer"], "theirs came: no offer of ours crosses it");
});

test("a search that never begins is begun anew, and counts as no way only the second time", async () => {
  const peer = new Peer({ polite: true, send: async () => undefined, ice: async () => ({}), stream: () => null });
  let failed = 0;
  peer.addEventListener("failed", () => (failed += 1));
  await peer.build();
  for (const times of [0, 1]) {
    const before = made.length;
    await peer.receive("offer", { epoch: times + 1, sdp: `theirs ${times}` });
    ring(4000);
    await settled();
    assert.equal(made.length, before + 1, "a new connection");
    assert.equal(failed, times);
  }
});
