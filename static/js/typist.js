// @ts-check
/** A field whose text goes to the others while it is typed: at once, then at most every 200 ms; after a lost line, as a whole. */
import { holdsBack } from "./live-text.js";
import { line, now } from "./scene.js";

/** Between two edits, in milliseconds: five keys a second go out one by one, and no letter waits longer. */
const EVERY = 200;
/** Before an edit that was not taken is sent again as a whole. */
const REST = 1000;

/** @type {number | undefined} */
let asking;
let askedAt = -REST;

/** Something may be missing: everybody sends the whole of their lines once more. Asked by many at once or in a row, it goes out once a second. */
export function askLines() {
  if (asking !== undefined) return;
  const due = Math.max(0, askedAt + REST - performance.now());
  asking = window.setTimeout(() => {
    asking = undefined;
    askedAt = performance.now();
    void line.ask("ask_lines");
  }, due);
}
export class Typist {
  /**
   * @param {HTMLTextAreaElement} field
   * @param {import("./live-text.js").Outgoing} out
   * @param {() => string} text what of the field is sent
   */
  constructor(field, out, text) {
    this.field = field;
    this.out = out;
    this.text = text;
    this.sentAt = -EVERY;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.composing = false;
    /** What stood there before letters were composed. */
    this.settled = "";
    field.addEventListener("compositionstart", () => {
      this.settled = this.text();
      this.composing = holdsBack(document.documentElement.lang, this.settled);
    });
    field.addEventListener("compositionend", () => {
      this.composing = false;
      this.soon();
    });
    field.addEventListener("input", () => this.soon());
    line.addEventListener("entered", () => this.whole());
    line.addEventListener("lines_asked", () => {
      if (this.out.n > 0) this.whole();
    });
  }

  /** Send everything, not only what changed: somebody may not know it. */
  whole() {
    this.out.again();
    this.soon();
  }

  /** Send when it is time. @param {number} [least] milliseconds from now */
  soon(least = 0) {
    if (this.timer !== undefined) return;
    const wait = Math.max(least, this.sentAt + EVERY - performance.now());
    if (wait <= 0) void this.send();
    else {
      this.timer = window.setTimeout(() => {
        this.timer = undefined;
        void this.send();
      }, wait);
    }
  }

  async send() {
    // Without a line nothing is lost: the field keeps it, and the whole line is sent on entering.
    if (!line.entered || now.state !== "stage") return this.out.again();
    const edit = this.out.next(this.composing ? this.settled : this.text());
    if (!edit) return;
    this.sentAt = performance.now();
    const answer = await line.ask("type", edit);
    if (answer.ok) return;
    this.out.again();
    if (line.entered && answer.code !== "not_found") this.soon(REST);
  }
}
