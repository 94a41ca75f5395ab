// @ts-check
/**
 * The wire of a meeting, the other half of realtime/meetings.py; docs/signalling.md has every message.
 * What happened is numbered without gaps: a gap, or a line that was away, is filled over HTTP. Media knows nothing of this file.
 */
import { io } from "../vendor/socket.io.esm.min.js";
import { pause } from "./backoff.js";
import { keep } from "./chat.js";

/**
 * @typedef {{seq: number, at: string, kind: string, from: string | null, data: any}} Happening
 * @typedef {{id: string, name: string, role: string, standing: string, hosts: boolean, text_only: boolean, here: boolean, since: string | null}} Somebody
 * @typedef {{phase: string, reason: string | null, seq: number, people: Somebody[], events: Happening[], me?: any, media?: string, way?: string}} State
 * @typedef {{ok: boolean, code?: string, message?: string, [more: string]: any}} Answer
 */

export class Line extends EventTarget {
  /** @param {{meeting: string, events: string, beat: number}} where */
  constructor(where) {
    super();
    this.where = where;
    this.last = 0;
    this.page = ownName(where.meeting);
    this.entered = false;
    this.stopped = true;
    this.tries = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Promise<void>} */
    this.catching = Promise.resolve();
    this.socket = io("/meeting", { transports: ["websocket"], autoConnect: false, reconnection: false, timeout: 8000 });
    this.socket.on("connect", () => void this.#enter());
    this.socket.on("connect_error", () => this.#again());
    this.socket.on("disconnect", () => {
      this.entered = false;
      this.#tell("away", {});
      this.#again();
    });
    this.socket.on("happened", (/** @type {Happening} */ one) => this.#happened(one));
    this.socket.on("look_again", () => void this.catchUp());
    this.socket.on("ended", () => void this.catchUp());
    for (const name of ["signalled", "shown", "typed", "lines_asked", "fallen_silent", "heard_again", "places", "speaking", "heard", "media_gone"]) {
      this.socket.on(name, (/** @type {any} */ told) => this.#tell(name, told));
    }
    for (const name of ["taken_over", "removed"]) {
      this.socket.on(name, () => {
        this.stop();
        this.#tell(name, {});
      });
    }
    const wake = () => {
      if (!this.stopped && !this.socket.connected) this.#soon(0);
    };
    window.addEventListener("online", wake);
    window.addEventListener("pageshow", wake);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) wake();
    });
    window.setInterval(() => {
      if (this.entered) this.socket.emit("beat", {});
    }, where.beat * 1000);
  }

  /** Connect, and stay connected. */
  start() {
    this.stopped = false;
    this.tries = 0;
    this.#soon(0);
  }

  /** Close the line for good. */
  stop() {
    this.stopped = true;
    this.entered = false;
    window.clearTimeout(this.timer);
    this.socket.disconnect();
  }

  /**
   * Send a command and wait for its answer. Without an answer in time, or without a line, the answer has the code `no_line`.
   * @param {string} name @param {any} [told] @returns {Promise<Answer>}
   */
  async ask(name, told = {}) {
    if (!this.socket.connected) return { ok: false, code: "no_line" };
    try {
      return await this.socket.timeout(6000).emitWithAck(name, told);
    } catch {
      return { ok: false, code: "no_line" };
    }
  }

  /** Read over HTTP what was missed, and how things stand. @returns {Promise<void>} */
  catchUp() {
    this.catching = this.catching.then(() => this.#fetch()).catch(() => undefined);
    return this.catching;
  }

  async #enter() {
    const answer = await this.ask("enter", { meeting: this.where.meeting, after: this.last, page: this.page });
    if (!answer.ok) {
      if (answer.code === "no_line" || answer.code === "busy" || answer.code === "too_many") {
        this.socket.disconnect();
        return;
      }
      this.stop();
      this.#tell("refused", answer);
      return;
    }
    this.tries = 0;
    this.entered = true;
    this.#take(/** @type {any} */ (answer));
    this.#tell("entered", answer);
  }

  async #fetch() {
    const answer = await fetch(`${this.where.events}?after=${this.last}`, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(6000) });
    if (answer.ok) this.#take(await answer.json());
  }

  /** @param {State} state */
  #take(state) {
    for (const one of state.events) this.#apply(one);
    if (state.seq > this.last) void this.catchUp();
    this.#tell("state", state);
  }

  /** @param {Happening} one */
  #happened(one) {
    if (one.seq === this.last + 1) this.#apply(one);
    else if (one.seq > this.last) void this.catchUp();
  }

  /** @param {Happening} one */
  #apply(one) {
    if (one.seq <= this.last) return;
    this.last = one.seq;
    this.#tell("happened", one);
  }

  #again() {
    if (this.stopped) return;
    this.#soon(pause(this.tries));
    this.tries += 1;
  }

  /** @param {number} after milliseconds */
  #soon(after) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (!this.stopped && !this.socket.connected) this.socket.connect();
    }, after);
  }

  /** @param {string} name @param {any} told */
  #tell(name, told) {
    this.dispatchEvent(new CustomEvent(name, { detail: told }));
  }
}

/**
 * This page's name for itself: the same after it was loaded again, another one in another window or on another device.
 * @param {string} meeting @returns {string}
 */
function ownName(meeting) {
  const memory = `page:${meeting}`;
  const [how] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const before = how?.type === "reload" ? keep(memory) : "";
  const name = before || crypto.randomUUID();
  keep(memory, name);
  return name;
}
