// @ts-check
/** Written messages: a log without gaps, a draft that survives a reload, and an outbox that sends again with the same key. */

export class Chat {
  /**
   * @param {{meeting: string, me: string, ask: (name: string, told: any) => Promise<any>, name: (id: string | null) => string, words: Record<string, string>}} how
   */
  constructor(how) {
    this.how = how;
    this.log = /** @type {HTMLElement} */ (document.querySelector("[data-log]"));
    this.area = /** @type {HTMLTextAreaElement} */ (document.getElementById("say"));
    this.key = `say:${how.meeting}`;
    /** @type {{key: string, text: string, live: boolean, line: HTMLElement}[]} */
    this.outbox = [];
    /** @type {Set<string>} */
    this.mine = new Set();
    this.sending = false;
    this.area.value = keep(this.key) ?? "";
    this.area.addEventListener("input", () => keep(this.key, this.area.value));
    this.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say();
    });
    document.querySelector("[data-say]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    for (const one of JSON.parse(keep(`${this.key}:outbox`) ?? "[]")) this.#queue(one.key, one.text, one.live ?? false);
  }

  /** Put what is typed into the outbox. */
  say() {
    const text = this.area.value.trim();
    if (!text) return;
    this.area.value = "";
    keep(this.key, "");
    this.send(crypto.randomUUID(), text);
  }

  /** Send a message under a name of its own. @param {string} key @param {string} text @param {boolean} [live] it was typed on the text line, whose name the key is */
  send(key, text, live = false) {
    this.#queue(key, text, live);
    void this.flush();
  }

  /** Send what waits, in order; called again when the line is back. */
  async flush() {
    if (this.sending) return;
    this.sending = true;
    try {
      while (this.outbox.length) {
        const first = this.outbox[0];
        const answer = await this.how.ask("say", { text: first.text, key: first.key, line: first.live });
        if (!answer.ok && answer.code !== "input_wrong") {
          this.#mark(first.line, this.how.words.not_sent);
          return;
        }
        if (!answer.ok) this.#mark(first.line, answer.message ?? "");
        else if (first.line.isConnected) this.#sent(first.line, answer.seq);
        this.outbox.shift();
        this.#keepOutbox();
      }
    } finally {
      this.sending = false;
    }
  }

  /** One message of the log. @param {{seq: number, at: string, from: string | null, data: any}} one */
  heard(one) {
    const known = this.log.querySelector(`[data-seq="${one.seq}"]`);
    if (known) return;
    if (one.from === this.how.me) {
      const waiting = this.outbox.find((mine) => mine.text === one.data.text && !mine.line.dataset.seq);
      if (waiting) {
        this.#sent(waiting.line, one.seq, one.at);
        return;
      }
    }
    const line = this.#line(one.from, one.data.text, one.at);
    line.dataset.seq = String(one.seq);
    this.#insert(line, one.seq);
  }

  /** A quiet line about somebody coming or going. @param {string} words @param {number} seq */
  note(words, seq) {
    if (this.log.querySelector(`[data-seq="${seq}"]`)) return;
    const line = document.createElement("p");
    line.className = "talk__note";
    line.textContent = words;
    line.dataset.seq = String(seq);
    this.#insert(line, seq);
  }

  /** @param {string} key @param {string} text @param {boolean} live */
  #queue(key, text, live) {
    const line = this.#line(this.how.me, text, new Date().toISOString());
    this.#mark(line, this.how.words.sending);
    this.log.append(line);
    this.#bottom();
    this.outbox.push({ key, text, live, line });
    this.#keepOutbox();
  }

  #keepOutbox() {
    keep(`${this.key}:outbox`, JSON.stringify(this.outbox.map(({ key, text, live }) => ({ key, text, live }))));
  }

  /** @param {HTMLElement} line @param {number} seq @param {string} [at] */
  #sent(line, seq, at) {
    const known = this.log.querySelector(`[data-seq="${seq}"]`);
    if (known && known !== line) {
      line.remove();
      return;
    }
    line.dataset.seq = String(seq);
    this.#mark(line, "");
    if (at) line.querySelector("time")?.replaceWith(time(at));
    this.#insert(line, seq);
  }

  /** @param {string | null} from @param {string} text @param {string} at */
  #line(from, text, at) {
    const line = document.createElement("p");
    line.className = from === this.how.me ? "talk__line talk__line--me" : "talk__line";
    const who = document.createElement("strong");
    const name = document.createElement("bdi");
    name.textContent = from === this.how.me ? this.how.words.me : this.how.name(from);
    who.append(name);
    const said = document.createElement("span");
    said.className = "talk__text";
    said.dir = "auto";
    said.textContent = text;
    const state = document.createElement("em");
    state.className = "talk__state";
    line.append(who, " ", time(at), said, state);
    return line;
  }

  /** @param {HTMLElement} line @param {string} words */
  #mark(line, words) {
    const state = line.querySelector(".talk__state");
    if (state) state.textContent = words;
  }

  /** @param {HTMLElement} line @param {number} seq */
  #insert(line, seq) {
    const after = [...this.log.children].find((one) => {
      const number = Number(/** @type {HTMLElement} */ (one).dataset.seq ?? Infinity);
      return one !== line && number > seq;
    });
    if (after) {
      if (line.nextElementSibling !== after) this.log.insertBefore(line, after);
    } else if (this.log.lastElementChild !== line) {
      this.log.append(line);
    }
    this.#bottom();
  }

  #bottom() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

/** @param {string} at */
function time(at) {
  const shown = document.createElement("time");
  shown.dateTime = at;
  shown.textContent = new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" });
  return shown;
}

/** Read or write this tab's own memory. @param {string} key @param {string} [text] @returns {string | null} */
export function keep(key, text) {
  try {
    if (text === undefined) return sessionStorage.getItem(key);
    sessionStorage.setItem(key, text);
  } catch {
    return null;
  }
  return text;
}
