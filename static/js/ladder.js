// @ts-check
/**
 * Which of picture and sound this side sends, by how the line has been: down fast, up slowly. A pure state machine; it knows no browser.
 *
 * Speakers give up the picture before the sound; who signs gives up the sound before the picture, and the size of the picture before its
 * motion. Thresholds: EN 301 549 6.5 (20 pictures a second, 320 × 240) up to 5 % loss, so "video" holds there; sound needs 16 kbit/s.
 */

/**
 * @typedef {"video" | "silent" | "small" | "audio" | "text"} Rung
 * @typedef {{at: number, connected: boolean, loss: number, delay: number, available: number, frozen: boolean, badly?: boolean, most?: number}} Look
 *   at: milliseconds; loss: 0 to 1 of what this side sent; delay: milliseconds there and back; available: bits a second, 0 when unknown;
 *   frozen: nothing gets out though it should; badly: the other side says that it hears or sees badly; most: bits a second of picture that
 *   the other side wants at most, 0 or left out where it did not say
 * @typedef {{rung: Rung, changed: boolean, why: "" | "down" | "up" | "pinned" | "unpinned"}} Told
 */

/** Best first. */
export const SPEAKS = /** @type {Rung[]} */ (["video", "small", "audio", "text"]);
export const SIGNS = /** @type {Rung[]} */ (["video", "silent", "small", "text"]);

/** Milliseconds of trouble before a step down; two steps fit into ten seconds. */
const DOWN = 4000;
/** Milliseconds of a steady line before a step up; doubled after a step that did not hold, up to the longest. */
const UP = 15_000;
const LONGEST = 60_000;
/** A step up that fails sooner than this was taken too early. */
const HELD = 30_000;
/** After the other side has said that it hears well again, for so long its older reports of loss may still come in; in milliseconds. */
const LINGER = 10_000;
/** Above this loss or delay the rung is too much; below the second figure, or four fifths of the delay that the next rung bears, it is carried well. */
const LOSS = { video: 0.08, silent: 0.08, small: 0.16, audio: 0.4, text: 2 };
const FINE = { loss: 0.03, delay: 0.8 };
const SLOW = { video: 900, silent: 900, small: 1200, audio: 3000, text: Infinity };
/** Bits a second under which a rung starves. */
const NEEDS = { video: 180_000, silent: 180_000, small: 70_000, audio: 16_000, text: 0 };

/** Bits a second under which a rung starves; where the other side wants little, that is no weakness of the line. @param {Rung} rung @param {Look} seen */
function needs(rung, seen) {
  return seen.most ? Math.min(NEEDS[rung], seen.most / 2) : NEEDS[rung];
}

export class Ladder {
  /** @param {{signs?: boolean, start?: Rung}} [how] */
  constructor(how = {}) {
    this.signs = Boolean(how.signs);
    /** @type {Rung} */
    this.rung = how.start ?? "video";
    /** @type {Rung | ""} a rung that the person chose */
    this.pinned = "";
    /** @type {number | null} */
    this.badSince = null;
    /** @type {number | null} */
    this.goodSince = null;
    this.wait = UP;
    this.climbed = -Infinity;
    this.relievedAt = -Infinity;
  }

  get steps() {
    return this.signs ? SIGNS : SPEAKS;
  }

  /** The person signs, or does not: the same place on the other ladder. @param {boolean} signs */
  sign(signs) {
    if (this.signs === signs) return;
    this.signs = signs;
    if (!this.steps.includes(this.rung)) this.rung = signs ? "small" : this.rung === "silent" ? "video" : "audio";
    if (this.pinned && !this.steps.includes(this.pinned)) this.pinned = "";
  }

  /** Stay on a rung, or with "" follow the line again. @param {Rung | ""} rung @returns {Told} */
  pin(rung) {
    const chosen = this.pinned;
    this.pinned = rung && this.steps.includes(rung) ? rung : "";
    const before = this.rung;
    if (this.pinned) this.rung = this.pinned;
    // Below a choice nothing was learned about the line but that it carried it: the best is tried, and left as soon as it is too much.
    else if (chosen && this.badSince === null) this.rung = this.steps[0];
    this.badSince = this.goodSince = null;
    this.wait = UP;
    return { rung: this.rung, changed: this.rung !== before, why: this.pinned ? "pinned" : "unpinned" };
  }

  /**
   * The other side heard badly and now hears well: the trouble is over, whatever older reports say, so one step up at once.
   * @param {number} at milliseconds @returns {Told}
   */
  relieved(at) {
    if (this.pinned || this.rung === this.steps[0]) return this.#same();
    this.relievedAt = at;
    return this.#step(-1, { at, connected: true, loss: 0, delay: 0, available: 0, frozen: false });
  }

  /** How the line is now; asked every few seconds. @param {Look} look @returns {Told} */
  look(look) {
    const late = look.at - this.relievedAt < LINGER && !look.badly;
    const seen = late ? { ...look, loss: 0 } : look;
    // Without a connection nothing can be learned about the line, and the rung is kept for when it is back.
    if (!seen.connected) {
      this.badSince = this.goodSince = null;
      return this.#same();
    }
    if (this.#bad(seen)) {
      this.goodSince = null;
      this.badSince ??= seen.at;
      if (this.pinned || seen.at - this.badSince < DOWN) return this.#same();
      return this.#step(1, seen);
    }
    this.badSince = null;
    if (!this.#fine(seen)) {
      this.goodSince = null;
      return this.#same();
    }
    this.goodSince ??= seen.at;
    if (seen.at - this.climbed > HELD * 2) this.wait = UP;
    if (this.pinned || seen.at - this.goodSince < this.wait) return this.#same();
    return this.#step(-1, seen);
  }

  /** @param {1 | -1} way @param {Look} seen @returns {Told} */
  #step(way, seen) {
    const at = this.steps.indexOf(this.rung);
    // Half of the line's words lost: the rung below would not hold either.
    const far = way === 1 && (seen.loss > 0.3 || (seen.available > 0 && seen.available < needs(this.rung, seen) / 3)) ? 2 : 1;
    const to = Math.min(this.steps.length - 1, Math.max(0, at + way * far));
    const lowest = this.#carries(seen);
    const next = this.steps[way === 1 ? Math.max(at, Math.min(to, lowest)) : to];
    this.badSince = this.goodSince = null;
    if (next === this.rung) return this.#same();
    if (way === 1 && seen.at - this.climbed < HELD) this.wait = Math.min(LONGEST, this.wait * 2);
    if (way === -1) this.climbed = seen.at;
    this.rung = next;
    return { rung: next, changed: true, why: way === 1 ? "down" : "up" };
  }

  /** The first rung that this line carries; so that a far step never goes below it. @param {Look} seen */
  #carries(seen) {
    const found = this.steps.findIndex((rung) => seen.loss <= LOSS[rung] && (seen.available === 0 || seen.available >= needs(rung, seen)));
    return Math.max(this.steps.indexOf(this.rung) + 1, found === -1 ? this.steps.length - 1 : found);
  }

  /** @param {Look} seen */
  #bad(seen) {
    if (this.rung === "text") return false;
    // Who is heard badly gives up the best rung only: a tenth lost keeps a small picture (research R-14), and badly heard sound is better than none.
    const heard = this.rung === this.steps[0] && Boolean(seen.badly) && seen.loss > FINE.loss;
    const starves = seen.available > 0 && seen.available < needs(this.rung, seen);
    return seen.frozen || starves || seen.loss > LOSS[this.rung] || seen.delay > SLOW[this.rung] || heard;
  }

  /** @param {Look} seen */
  #fine(seen) {
    if (this.rung === this.steps[0]) return false;
    const above = this.steps[this.steps.indexOf(this.rung) - 1];
    return seen.loss < FINE.loss && seen.delay < SLOW[above] * FINE.delay && !seen.badly;
  }

  /** @returns {Told} */
  #same() {
    return { rung: this.rung, changed: false, why: "" };
  }
}
