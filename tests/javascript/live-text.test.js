// Text as it is typed: nothing lost, nothing doubled, in every script. Run by `node --test`, and by tests/javascript/test_javascript.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Incoming, LONGEST, Outgoing, Ripening, applied, clean, difference, holdsBack, tail } from "../../static/js/live-text.js";

const names = () => {
  let many = 0;
  return () => `line ${(many += 1)}`;
};
const TEXTS = ["", "a", "Good morning", "صباح الخير", "👩‍👩‍👧 family", "e\u0301te\u0301", "été", "नमस्ते", "你好，世界", "🏳️‍🌈🇪🇸", "x".repeat(500)];

test("an edit leads from every text to every other", () => {
  for (const before of TEXTS) {
    for (const after of TEXTS) {
      const edit = difference(before, after);
      assert.equal(applied(before, edit.erase, edit.text), after);
    }
  }
});

test("an edit never cuts a character in two", () => {
  const edit = difference("😀", "😁"); // the same first half in UTF-16
  assert.deepEqual(edit, { erase: 1, text: "😁" });
  assert.equal(clean("a\ud83db\u0007c\r\nd"), "abc d");
  assert.equal(clean("a\r\nb\u2028c\u0000", true), "a\nb\nc");
});

test("letter by letter, with a correction, and only what changed", () => {
  const [out, there] = [new Outgoing("line", names()), new Incoming()];
  for (const value of ["H", "He", "Hel", "Helo", "Hel", "Hell", "Hello"]) {
    const edit = out.next(value);
    assert.ok(edit && edit.text.length <= 1);
    assert.equal(there.take(edit), "changed");
    assert.equal(there.lines[0].text, value);
  }
  assert.equal(out.next("Hello"), null);
});

test("a random storm of edits, losses, doubles and questions ends with the same text", () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1e9);
  let state = seed;
  const dice = (/** @type {number} */ most) => (state = (state * 1103515245 + 12345) % 2147483648) % most;
  const [out, there] = [new Outgoing("line", names()), new Incoming()];
  const letters = ["a", "é", "e\u0301", "😀", "ب", "న", " ", "世"];
  let value = "";
  for (let step = 0; step < 3000; step += 1) {
    const all = [...value];
    const at = dice(all.length + 1);
    all.splice(at, dice(3), ...Array.from({ length: dice(3) }, () => letters[dice(letters.length)]));
    value = all.join("").slice(0, 400);
    const edit = out.next(value);
    if (!edit) continue;
    const lost = dice(10) === 0;
    if (lost && dice(2)) out.again(); // the sender learns of it
    if (!lost) {
      const answer = there.take(edit);
      if (answer === "gap") out.again(); // the reader asks
      else assert.equal(there.lines.at(-1)?.text, clean(value), `seed ${seed}`);
      if (dice(5) === 0) assert.notEqual(there.take(edit), "changed", `seed ${seed}: doubled`);
    }
    if (dice(50) === 0) {
      there.close(out.close());
      value = "";
    }
  }
  out.again();
  const last = out.next(value);
  assert.ok(last && there.take(last) === "changed");
  assert.equal(there.lines.at(-1)?.text, clean(value), `seed ${seed}`);
});

test("a closed line stays closed, and the next begins empty", () => {
  const [out, there] = [new Outgoing("line", names()), new Incoming()];
  const first = out.next("one");
  assert.ok(first);
  there.take(first);
  const closed = out.close();
  const second = out.next("two");
  assert.ok(second && second.n === 1 && second.line !== closed);
  assert.equal(there.take(second), "changed");
  assert.deepEqual(there.lines.map((one) => one.text), ["one", "two"]);
  there.close(closed);
  assert.deepEqual(there.lines.map((one) => one.text), ["two"]);
  assert.equal(there.take({ ...first, n: 9, whole: true }), "old");
});

test("another load of the page goes on with its line; another device replaces it", () => {
  const [name, there] = [names(), new Incoming()];
  const before = new Outgoing("line", name);
  for (const value of ["a", "ab"]) there.take(/** @type {any} */ (before.next(value)));
  const again = new Outgoing("line", name, { line: before.line, n: before.n });
  assert.equal(there.take(/** @type {any} */ (again.next("ab"))), "changed");
  assert.deepEqual(there.lines, [{ line: before.line, n: 3, text: "ab" }]);
  const other = new Outgoing("line", name);
  there.take(/** @type {any} */ (other.next("")));
  assert.deepEqual(there.lines.map((one) => one.text), [""]);
});

test("what is too much for one edit goes as a whole, and no more than its end", () => {
  const out = new Outgoing("captions", names());
  out.next("a");
  const edit = out.next("b".repeat(LONGEST + 5));
  assert.ok(edit?.whole && edit.text.length === LONGEST);
  assert.equal(tail("short"), "short");
  const cut = tail(`${"word ".repeat(200)}end`);
  assert.ok(cut.length <= 300 && cut.startsWith("word") && cut.endsWith("end"));
});

test("composed letters are kept back where they are other letters", () => {
  assert.ok(holdsBack("zh-CN", "") && holdsBack("ja", "") && holdsBack("en", "你"));
  assert.ok(!holdsBack("en", "hello") && !holdsBack("ar", "مرحبا") && !holdsBack("ko", "안녕"));
});

test("a reader hears whole sentences, once", () => {
  const ear = new Ripening();
  const heard = [];
  const text = "We open at 9.30 tomorrow. Come then. Or";
  for (let end = 1; end <= text.length; end += 1) heard.push(ear.next(text.slice(0, end), false));
  assert.deepEqual(heard.filter(Boolean), ["We open at 9.30 tomorrow.", "Come then."]);
  assert.equal(ear.next(text, false, true), "Or");
  assert.equal(ear.next(text, false, true), "");
});

test("or words as they are finished, and a corrected word once more", () => {
  const ear = new Ripening();
  assert.equal(ear.next("Good mo", true), "Good");
  assert.equal(ear.next("Good morming ", true), "morming");
  assert.equal(ear.next("Good mor", true), "");
  assert.equal(ear.next("Good morning ", true), "morning");
  assert.equal(ear.next("صباح الخير", true), "صباح الخير".startsWith("Good") ? "" : "صباح");
  assert.equal(new Ripening().next("你好。世", false), "你好。");
});
