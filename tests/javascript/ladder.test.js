// What is sent on a good and on a bad line. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ladder, SIGNS, SPEAKS } from "../../static/js/ladder.js";
import { meaning } from "../../static/js/rungs.js";

const GOOD = { connected: true, loss: 0, delay: 40, available: 2_000_000, frozen: false };
const BAD = { ...GOOD, loss: 0.2 };
const DEAD = { ...GOOD, loss: 1, available: 1000, frozen: true };

/** Look every two seconds for a while. @returns {string[]} every rung that it came to, in order */
function run(ladder, seconds, seen, from = 0) {
  const rungs = [];
  for (let at = from; at <= from + seconds * 1000; at += 2000) {
    const told = ladder.look({ ...seen, at });
    if (told.changed) rungs.push(told.rung);
  }
  return rungs;
}

test("a good line changes nothing", () => {
  const ladder = new Ladder();
  assert.deepEqual(run(ladder, 600, GOOD), []);
  assert.equal(ladder.rung, "video");
});

test("five hundredths lost keep the picture, as EN 301 549 asks", () => {
  for (const signs of [false, true]) assert.deepEqual(run(new Ladder({ signs }), 120, { ...GOOD, loss: 0.05 }), []);
});

test("a bad line steps down within ten seconds, one rung after the other", () => {
  const ladder = new Ladder();
  const rungs = run(ladder, 10, BAD);
  assert.ok(rungs.length >= 1 && rungs[0] === "small", rungs.join());
  assert.deepEqual(run(new Ladder(), 60, { ...GOOD, loss: 0.5 }).at(-1), "text");
});

test("speakers give up the picture before the sound, signers the sound before the picture", () => {
  assert.deepEqual(SPEAKS, ["video", "small", "audio", "text"]);
  assert.deepEqual(SIGNS, ["video", "silent", "small", "text"]);
  const spoken = meaning("audio", { signs: false, saver: false, shares: false });
  assert.ok(spoken.audio.active && !spoken.video.active);
  for (const rung of ["silent", "small"]) {
    const signed = meaning(rung, { signs: true, saver: false, shares: false });
    assert.ok(signed.video.active && !signed.audio.active, rung);
  }
});

test("for a signer every rung with a picture keeps at least twenty of them a second and gives up size first", () => {
  for (const rung of SIGNS.slice(0, 3)) {
    for (const saver of [false, true]) {
      const sent = meaning(rung, { signs: true, saver, shares: false });
      assert.equal(sent.preference, "maintain-framerate");
      assert.equal(sent.hint, "motion");
      assert.ok((sent.video.maxFramerate ?? 0) >= 20, rung);
    }
  }
});

test("up slowly: fifteen good seconds, and longer after a step that did not hold", () => {
  const ladder = new Ladder();
  run(ladder, 6, BAD);
  assert.equal(ladder.rung, "small");
  assert.deepEqual(run(ladder, 12, GOOD, 10_000), [], "not before fifteen seconds");
  assert.deepEqual(run(ladder, 6, GOOD, 24_000), ["video"]);
  assert.deepEqual(run(ladder, 6, BAD, 32_000), ["small"], "it did not hold");
  assert.deepEqual(run(ladder, 26, GOOD, 40_000), [], "so it waits twice as long");
  assert.deepEqual(run(ladder, 10, GOOD, 68_000), ["video"]);
});

test("a line that sways never makes it sway: hysteresis", () => {
  const ladder = new Ladder();
  run(ladder, 6, BAD);
  const rungs = [];
  for (let at = 10_000; at < 300_000; at += 2000) {
    const told = ladder.look({ ...GOOD, at, loss: (at / 2000) % 2 ? 0.05 : 0.01 });
    if (told.changed) rungs.push(told.rung);
  }
  assert.deepEqual(rungs, []);
});

test("without a connection it waits and forgets nothing", () => {
  const ladder = new Ladder();
  run(ladder, 6, BAD);
  assert.deepEqual(run(ladder, 300, { ...DEAD, connected: false }, 10_000), []);
  assert.equal(ladder.rung, "small");
});

test("a fifth lost ends at sound, not at silence, however badly it is heard", () => {
  const ladder = new Ladder();
  run(ladder, 120, { ...GOOD, loss: 0.2, badly: true });
  assert.equal(ladder.rung, "audio");
});

test("a rung that was chosen is kept on every line, until it is given back", () => {
  const ladder = new Ladder();
  ladder.pin("audio");
  assert.deepEqual(run(ladder, 60, GOOD), []);
  assert.deepEqual(run(ladder, 60, DEAD, 100_000), []);
  ladder.pin("");
  assert.equal(run(ladder, 60, GOOD, 200_000).at(-1), "video");
});

test("who begins to sign takes the same place on the other ladder", () => {
  const ladder = new Ladder();
  ladder.pin("audio");
  ladder.sign(true);
  assert.equal(ladder.rung, "small");
  assert.equal(ladder.pinned, "");
  ladder.sign(false);
  assert.equal(ladder.rung, "small");
});

test("a saver sends at most 300 kbit/s of picture and 20 of sound", () => {
  for (const rung of SPEAKS) {
    const sent = meaning(rung, { signs: false, saver: true, shares: false });
    if (sent.video.active) assert.ok((sent.video.maxBitrate ?? Infinity) <= 300_000);
    if (sent.audio.active) assert.ok((sent.audio.maxBitrate ?? Infinity) <= 20_000);
  }
});

test("a screen is never made small, on no rung that shows it", () => {
  for (const rung of ["video", "small"]) {
    const sent = meaning(rung, { signs: false, saver: false, shares: true });
    assert.equal(sent.video.scaleResolutionDownBy, 1);
    assert.equal(sent.preference, "maintain-resolution");
  }
});

test("who hears well again after hearing badly gets the next rung at once, whatever older reports say", () => {
  const ladder = new Ladder();
  run(ladder, 12, { ...BAD, badly: true });
  assert.equal(ladder.rung, "audio");
  assert.deepEqual(ladder.relieved(14_000), { rung: "small", changed: true, why: "up" });
  assert.deepEqual(run(ladder, 8, { ...GOOD, loss: 0.2 }, 14_500), [], "a report of loss from before");
  assert.deepEqual(run(ladder, 4, GOOD, 24_500), [], "the rungs above it wait as ever");
});

test("a relief is taken back as soon as it is heard badly again", () => {
  const ladder = new Ladder();
  run(ladder, 12, { ...BAD, badly: true });
  assert.ok(ladder.relieved(14_000).changed);
  run(ladder, 8, { ...BAD, badly: true }, 16_000);
  assert.equal(ladder.rung, "audio", "who hears badly again is believed");
  assert.ok(ladder.relieved(26_000).changed, "and so is who hears well again");
});

test("a relief changes nothing for who chose, or has everything", () => {
  assert.ok(!new Ladder().relieved(1000).changed);
  const ladder = new Ladder();
  ladder.pin("audio");
  assert.ok(!ladder.relieved(1000).changed);
});

test("a long way is no weak line: the delay that the next rung bears is fine", () => {
  const ladder = new Ladder();
  run(ladder, 6, BAD);
  assert.deepEqual(run(ladder, 20, { ...GOOD, delay: 650 }, 10_000), ["video"]);
  run(ladder, 6, BAD, 100_000);
  assert.deepEqual(run(ladder, 60, { ...GOOD, delay: 800 }, 110_000), [], "too near to what it would not bear");
});

test("who is asked for little has no weak line because little may go", () => {
  assert.deepEqual(run(new Ladder(), 60, { ...GOOD, available: 150_000, most: 150_000 }), []);
  assert.deepEqual(run(new Ladder(), 8, { ...GOOD, available: 150_000 }), ["small"], "without being asked it starves");
  assert.deepEqual(run(new Ladder(), 8, { ...GOOD, available: 60_000, most: 150_000 })[0], "small");
});

test("a relief is believed on a line that has had other troubles before", () => {
  const ladder = new Ladder();
  run(ladder, 6, BAD);
  run(ladder, 18, GOOD, 8000);
  assert.equal(ladder.rung, "video");
  run(ladder, 12, { ...BAD, badly: true }, 30_000);
  assert.equal(ladder.rung, "audio", "the step up did not hold");
  assert.equal(ladder.relieved(43_000).rung, "small");
});
