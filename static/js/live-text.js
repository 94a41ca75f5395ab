// @ts-check
/**
 * Text as it is typed, the arithmetic of it: what changed in a line, in which order it is applied, and what of it is ripe to be read aloud.
 * Knows no page and no wire. docs/signalling.md has the message; realtime/typed.py is the other half. A character is a code point.
 */

/** Characters that one edit may add or take away; realtime/typed.py has the same number. */
export const LONGEST = 1000;
/** A stream longer than this goes on as a new line that begins with its own end, of at most `TAIL` characters. */
export const STREAM = 700;
const TAIL = 300;
const KEPT = 3;

/** @typedef {{kind: string, line: string, n: number, erase: number, text: string, whole: boolean}} Edit */

/** What can be sent: no controls, no halves of characters; line breaks only where there are lines. @param {string} text @param {boolean} [breaks] */
export function clean(text, breaks = false) {
  const unified = text.replace(/\r\n?|[\u2028\u2029]/g, "\n");
  return (breaks ? unified : unified.replaceAll("\n", " ")).replace(/[\p{Cc}\p{Cs}]/gu, (one) => (breaks && one === "\n" ? one : ""));
}

/** How to get from one text to the other at its end. @param {string} before @param {string} after */
export function difference(before, after) {
  const [old, fresh] = [[...before], [...after]];
  let same = 0;
  while (same < old.length && same < fresh.length && old[same] === fresh[same]) same += 1;
  return { erase: old.length - same, text: fresh.slice(same).join("") };
}

/** @param {string} text @param {number} erase @param {string} more */
export function applied(text, erase, more) {
  const old = [...text];
  return old.slice(0, Math.max(0, old.length - erase)).join("") + more;
}

/**
 * Whether letters that are still being composed are kept back: Chinese and Japanese are composed from other letters, which nobody wants to read.
 * On phones every word of the other languages is "composed", and goes out letter by letter.
 * @param {string} language @param {string} text what was composed before
 */
export function holdsBack(language, text) {
  return /^(zh|ja)\b/i.test(language) || /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
}

/** What one person types: numbers the edits of a line and says what has to be sent. */
export class Outgoing {
  /** @param {string} kind @param {() => string} name a new name for a line @param {{line: string, n: number} | null} [before] the line as another load of the page left it */
  constructor(kind, name, before = null) {
    this.kind = kind;
    this.name = name;
    this.line = before?.line ?? name();
    this.n = before?.n ?? 0;
    this.sent = "";
    // The others may know an older state of it, or nothing.
    this.whole = true;
  }

  /** The next edit, or null when the others know it all. @param {string} value @returns {Edit | null} */
  next(value) {
    const text = clean(value, this.kind === "captions");
    if (!this.whole && text === this.sent) return null;
    const edit = difference(this.sent, text);
    const whole = this.whole || edit.erase > LONGEST || [...edit.text].length > LONGEST;
    this.n += 1;
    this.sent = text;
    this.whole = false;
    if (!whole) return { kind: this.kind, line: this.line, n: this.n, ...edit, whole };
    return { kind: this.kind, line: this.line, n: this.n, erase: 0, text: [...text].slice(-LONGEST).join(""), whole };
  }

  /** An edit did not arrive, or somebody missed one: the next carries the whole line. */
  again() {
    this.whole = true;
  }

  /** The line is closed; a new one begins. @returns {string} the name of the closed one */
  close() {
    const closed = this.line;
    this.line = this.name();
    this.n = 0;
    this.sent = "";
    this.whole = false;
    return closed;
  }
}

/** The end of a stream with which it goes on, cut between words. @param {string} text */
export function tail(text) {
  const all = [...text];
  if (all.length <= TAIL) return text;
  const end = all.slice(-TAIL).join("");
  const cut = end.search(/\s/);
  return cut < 0 ? end : end.slice(cut + 1);
}

/** What one other person types: applies edits in order, once each. */
export class Incoming {
  constructor() {
    /** @type {{line: string, n: number, text: string}[]} lines that are not closed yet, oldest first */
    this.lines = [];
    /** @type {string[]} */
    this.closed = [];
  }

  /** @param {Edit} told @returns {"changed" | "old" | "gap"} `gap`: something before it is missing, ask for the whole */
  take(told) {
    if (this.closed.includes(told.line)) return "old";
    const known = this.lines.find((one) => one.line === told.line);
    if (known && told.n <= known.n) return "old";
    if (told.whole) {
      this.lines = [{ line: told.line, n: told.n, text: told.text }];
      return "changed";
    }
    if (!known && told.n !== 1) return "gap";
    if (known && told.n !== known.n + 1) return "gap";
    const line = known ?? { line: told.line, n: 0, text: "" };
    line.text = applied(line.text, told.erase, told.text);
    line.n = told.n;
    if (!known) this.lines = [...this.lines, line].slice(-KEPT);
    return "changed";
  }

  /** A line is closed: its text stands in the log now. @param {string} line */
  close(line) {
    this.closed = [...this.closed, line].slice(-50);
    this.lines = this.lines.filter((one) => one.line !== line);
  }
}

/** What a screen reader is told of a growing text: whole sentences, or words as they are finished. */
export class Ripening {
  constructor() {
    this.told = "";
  }

  /** @param {string} text @param {boolean} words @param {boolean} [over] nothing more comes @returns {string} what is to be read now, or "" */
  next(text, words, over = false) {
    let from = 0;
    while (from < this.told.length && this.told[from] === text[from]) from += 1;
    // A word that was told and then corrected is told again from its beginning.
    if (from < this.told.length) from = text.slice(0, from).search(/\S*$/u);
    const ripe = over ? text.length : ripeness(text, words);
    if (ripe <= from) {
      // Also when a correction took more away than is ripe now: the rest is told anew when it is.
      if (from < this.told.length) this.told = text.slice(0, Math.max(ripe, 0));
      return "";
    }
    this.told = text.slice(0, ripe);
    return text.slice(from, ripe).trim();
  }
}

/** @param {string} text @param {boolean} words */
function ripeness(text, words) {
  const ends = words ? /[\s。！？]/gu : /[.!?…؟۔।](?=\s)|[。！？\n]/gu;
  let last = 0;
  for (const found of text.matchAll(ends)) last = found.index + found[0].length;
  return last;
}
