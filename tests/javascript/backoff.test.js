// The pauses of a page that lost its line. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../../static/js/backoff.js";

const LONGEST = 7000;
const dice = [0, 0.25, 0.5, 0.75, 0.999999, 1];
const whole = (/** @type {number} */ tries) => pause(tries, () => 1);

test("the first try is at once, the second soon, both without dice", () => {
  for (const random of dice) {
    assert.equal(pause(0, () => random), 0);
    assert.equal(pause(1, () => random), 300);
  }
});

test("later pauses grow, reach seven seconds and stay there for ever", () => {
  for (let tries = 1; tries < 60; tries += 1) assert.ok(whole(tries) >= whole(tries - 1), `${tries}`);
  for (const tries of [20, 50, 1e6]) assert.equal(whole(tries), LONGEST);
});

test("dice only shorten a pause, and by no more than seven tenths", () => {
  for (let tries = 2; tries < 30; tries += 1) {
    for (const random of dice) {
      const found = pause(tries, () => random);
      assert.ok(Number.isInteger(found) && found >= 0.3 * whole(tries) - 1 && found <= whole(tries), `${tries} ${random}: ${found}`);
    }
  }
});

test("a crowd does not come back in one moment", () => {
  const found = new Set(Array.from({ length: 200 }, () => pause(5)));
  assert.ok(found.size > 100, `${found.size} different pauses`);
});

test("the end of an outage of up to ten seconds is noticed within five", () => {
  for (const random of dice) {
    let at = 0;
    for (let tries = 0; at <= 10_000; tries += 1) {
      const wait = pause(tries, () => random);
      assert.ok(wait <= 5000, `${wait} ms without a try, ${at} ms after the cut, with ${random}`);
      at += wait;
    }
  }
});
