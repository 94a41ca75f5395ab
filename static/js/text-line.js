// @ts-check
/** The text line under the picture: what I type goes out letter by letter, and the others' lines stand above it. Enter closes a line into the messages. */
import { keep } from "./chat.js";
import { Incoming, Outgoing, clean } from "./live-text.js";
import { labelOf, people } from "./people.js";
import { read } from "./read-out.js";
import { line, maybe, now, part, tell, when, wire, words } from "./scene.js";
import { chat } from "./talk.js";
import { askLines, Typist } from "./typist.js";
import { remember, remembered } from "./own-choice.js";

const SHOWN = 3;
const LEAP = 1000;
/** A line that was closed longer ago is history: it is not read aloud. In milliseconds. */
const FRESH = 30_000;
const memory = `line:${wire.meeting}`;
const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("text-line"));
const list = part("lines-list");
const opener = part("line");
/** @type {Map<string, Incoming>} */
const others = new Map();
/** @type {{line: string, from: string | null, text: string}[]} closed lines, the last few */
let closed = [];
/** The person closed the text line by hand: nobody's typing opens it again. */
let shut = remembered("text-line") === "off";

/* — my own line — */

const before = JSON.parse(keep(memory) || "null");
// An answer to somebody's question may have counted on after the last letter: far beyond it no number was used.
const mine = new Outgoing("line", () => crypto.randomUUID(), before && { line: before.line, n: before.n + LEAP });
field.value = before?.text ?? "";
const typist = new Typist(field, mine, () => field.value);
field.addEventListener("input", () => remind());
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  close();
});

function remind() {
  keep(memory, JSON.stringify({ line: mine.line, n: mine.n, text: field.value }));
}

function close() {
  const text = clean(field.value).trim();
  field.value = "";
  if (!text) return typist.soon();
  const name = mine.close();
  remind();
  chat.send(name, text, true);
  stands({ line: name, from: wire.me, text });
}

/* — the others — */

line.addEventListener("typed", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.kind !== "line" || told.from === wire.me) return;
  const one = others.get(told.from) ?? new Incoming();
  others.set(told.from, one);
  const what = one.take(told);
  if (what === "gap") askLines();
  if (what !== "changed") return;
  for (const open of one.lines) read(told.from, open.line, open.text);
  if (told.text && !shut) open(true);
  show();
});
line.addEventListener("happened", (event) => {
  const one = /** @type {CustomEvent} */ (event).detail;
  if (one.kind !== "said" || !one.data.line) return;
  if (one.from && one.from !== wire.me) {
    const fresh = Date.now() - Date.parse(one.at) < FRESH;
    if (fresh) read(one.from, one.data.line, one.data.text, true);
    const theirs = others.get(one.from) ?? new Incoming();
    others.set(one.from, theirs);
    theirs.close(one.data.line);
    if (fresh && !shut) open(true);
  }
  stands({ line: one.data.line, from: one.from, text: one.data.text });
});

line.addEventListener("entered", () => askLines());
// Somebody who has just been let in asks for what the others are typing.
let admitted = false;
when("people", () => {
  const inside = people.get(wire.me)?.standing === "admitted";
  if (inside && !admitted) {
    askLines();
    typist.whole();
  }
  admitted = inside;
  for (const id of [...others.keys()]) if (people.get(id)?.standing !== "admitted") others.delete(id);
  show();
});

/** @param {{line: string, from: string | null, text: string}} one */
function stands(one) {
  closed = [...closed.filter((old) => old.line !== one.line), one].slice(-SHOWN);
  show();
}

/** Closed lines, then those that are being typed; places are used again, so that nothing flickers. */
function show() {
  const lines = closed.map((one) => ({ ...one, live: false }));
  for (const [from, one] of others) {
    for (const { line: name, text } of one.lines) if (text) lines.push({ line: name, from, text, live: true });
  }
  const wanted = lines.map((one) => `${one.from} ${one.line}`);
  for (const old of [...list.children]) if (!wanted.includes(/** @type {HTMLElement} */ (old).dataset.of ?? "")) old.remove();
  for (const [place, one] of lines.entries()) {
    const id = wanted[place];
    const known = /** @type {HTMLElement | undefined} */ ([...list.children].find((old) => /** @type {HTMLElement} */ (old).dataset.of === id));
    const row = known ?? made(id);
    row.className = `lines__one${one.live ? " lines__one--now" : ""}${one.from === wire.me ? " lines__one--me" : ""}`;
    const [who, text] = [row.children[0], row.children[1]];
    const name = one.from === wire.me ? words.me : labelOf(one.from);
    if (who.textContent !== name) who.textContent = name;
    if (text.textContent !== one.text) text.textContent = one.text;
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  }
  list.scrollTop = list.scrollHeight;
}

/** @param {string} id */
function made(id) {
  const row = document.createElement("p");
  row.dataset.of = id;
  const who = document.createElement("bdi");
  who.className = "lines__who";
  const text = document.createElement("bdi");
  text.className = "lines__text";
  text.dir = "auto";
  row.append(who, ": ", text);
  return row;
}

/* — shown or hidden — */

/** @param {boolean} shown */
function open(shown) {
  part("lines").hidden = !shown;
  opener.setAttribute("aria-expanded", String(shown));
  tell("under");
}

opener.addEventListener("click", () => {
  const shown = part("lines").hidden;
  shut = !shown;
  remember("text-line", shown ? "on" : "off");
  open(Boolean(shown));
  if (shown) field.focus();
});
open(!shut && (remembered("text-line") === "on" || wire.media === "none" || window.innerWidth > 768) && !maybe("pad"));
when("state", () => {
  if (now.state === "stage") show();
});
