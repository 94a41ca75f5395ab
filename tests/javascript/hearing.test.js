// The one word about how well somebody hears, alone and with the ladder that listens to it. Run by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hearing } from "../../static/js/hearing.js";
import { Ladder } from "../../static/js/ladder.js";

const lost = (/** @type {number} */ loss, came = 100) => ({ loss, came, concealed: 0 });

test("badly needs two looks, and well needs a line that is clearly better", () => {
  const one = new Hearing();
  const heard = [0, 0.2, 0, 0.2, 0.2, 0.09, 0.06, 0.04, 0.06, 0.04, 0.04, 0.04, 0.04, 0.04, 0.04, 0.09].map((loss) => one.look(lost(loss), true));
  const expected = ["well", "well", "well", "well", ...Array(10).fill("badly"), "well", "well"];
  assert.deepEqual(heard, expected);
  assert.equal(one.look({ ...lost(0), concealed: 0.2 }, true), "well");
  assert.equal(one.look({ ...lost(0), concealed: 0.2 }, true), "badly", "sound that is made up counts as well");
  assert.equal(one.look(lost(0), false), "", "nothing comes: nothing is said");
  assert.equal(one.look(lost(0), true), "well");
});

test("where nothing is lost any more it is well at once, as soon as enough came to know", () => {
  for (const [came, looks] of [[50, 1], [17, 2]]) {
    const one = new Hearing();
    for (let n = 0; n < 5; n += 1) one.look(lost(0.2, came), true);
    const heard = Array.from({ length: looks }, () => one.look(lost(0, came), true));
    assert.equal(heard.indexOf("well"), looks - 1, `${came} packets a look`);
  }
});

/** Numbers from 0 to 1 that are the same in every run (mulberry32). @param {number} seed */
function dice(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Ten minutes on a line that loses a share of its packets at random: how often the rung changes, and for how much of the time a picture goes.
 * @param {number} share @param {number} sound packets of it between two looks @param {() => number} next
 */
function tenMinutes(share, sound, next) {
  const ladder = new Ladder(), hearing = new Hearing();
  const packets = { video: 300 + sound, silent: 300, small: 60 + sound, audio: sound, text: 0 };
  const losing = (/** @type {number} */ many) => (many ? Array.from({ length: many }, next).filter((one) => one < share).length / many : 0);
  let heard = "", changes = 0, pictures = 0;
  for (let at = 0; at < 600_000; at += 1000) {
    const often = hearing.says === "badly";
    if (!often && at % 2000) continue;
    const sent = Math.round(packets[ladder.rung] / (often ? 2 : 1));
    const loss = losing(sent);
    const hears = hearing.look(lost(loss, sent * (1 - loss)), sent > 0);
    if (heard === "badly" && hears === "well" && ladder.relieved(at).changed) changes += 1;
    heard = hears;
    if (at % 2000) continue;
    const look = { at, connected: true, loss: losing(packets[ladder.rung] / 2), delay: 60, available: 0, frozen: false, badly: hears === "badly" };
    if (ladder.look(look).changed) changes += 1;
    if (ladder.rung === "video" || ladder.rung === "small") pictures += 1 / 300;
  }
  return { changes, pictures };
}

test("on a line at the edge the picture does not come and go, and up to a tenth lost it stays", () => {
  for (const sound of [100, 33]) {
    for (const share of [0.05, 0.08, 0.1, 0.12, 0.14, 0.2]) {
      const next = dice(Math.round(share * 1000));
      const runs = Array.from({ length: 10 }, () => tenMinutes(share, sound, next));
      const mean = (/** @type {(one: ReturnType<typeof tenMinutes>) => number} */ of) => runs.reduce((sum, one) => sum + of(one), 0) / runs.length;
      const changes = mean((one) => one.changes), pictures = mean((one) => one.pictures);
      console.info(`${share} lost, ${sound} packets of sound: ${changes} changes in ten minutes, a picture for ${pictures.toFixed(2)} of them`);
      assert.ok(changes < 12, `${share}: ${changes} changes`);
      if (share <= 0.1) assert.ok(pictures > 0.9, `${share}: a picture for ${pictures}`);
    }
  }
});
