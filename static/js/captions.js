// @ts-check
/** Captions: a captioner's big field whose text goes to everybody, and the dock under the picture with the last of it. */
import { keep } from "./chat.js";
import { Incoming, Outgoing, STREAM, tail } from "./live-text.js";
import { people } from "./people.js";
import { read, skip } from "./read-out.js";
import { line, maybe, part, put, say, tell, when, wire } from "./scene.js";
import { askLines, Typist } from "./typist.js";
import { remember, remembered } from "./own-choice.js";

/* — the captioner writes — */

const pad = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("captions-pad"));
if (pad) write(pad);

/** @param {HTMLTextAreaElement} field */
function write(field) {
  const memory = `captions:${wire.meeting}`;
  field.value = keep(memory) ?? "";
  let start = 0;
  const out = new Outgoing("captions", () => crypto.randomUUID());
  const typist = new Typist(field, out, () => {
    // Whoever corrects what has long gone by changes nothing there.
    start = Math.min(start, field.value.length);
    const text = field.value.slice(start);
    if ([...text].length <= STREAM) return text;
    const end = tail(text);
    start = field.value.length - end.length;
    out.close();
    out.again();
    return end;
  });
  field.addEventListener("input", () => keep(memory, field.value.slice(-1000)));
  when("state", () => typist.soon());
}

/* — everybody reads — */

const dock = part("captions");
const opener = part("captions-button");
/** @type {Map<string, Incoming>} */
const streams = new Map();
let latest = "";

function captioners() {
  return [...people.values()].filter((one) => one.role === "captioner" && one.standing === "admitted" && one.id !== wire.me);
}

line.addEventListener("typed", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.kind !== "captions") return;
  const one = streams.get(told.from) ?? new Incoming();
  streams.set(told.from, one);
  const goesOn = told.whole && !one.lines.some((known) => known.line === told.line);
  const what = one.take(told);
  if (what === "gap") askLines();
  if (what !== "changed") return;
  latest = told.from;
  if (goesOn) skip(told.line, told.text);
  if (on()) read(told.from, told.line, text());
  show();
});

function text() {
  return streams.get(latest)?.lines.at(-1)?.text ?? "";
}

/** Captions come by themselves when somebody writes them, until they are switched off. */
function on() {
  return captioners().length > 0 && remembered("captions") !== "off";
}

function show() {
  const writers = captioners();
  if (!writers.some((one) => one.id === latest)) latest = writers[0]?.id ?? "";
  opener.hidden = writers.length === 0;
  opener.setAttribute("aria-pressed", String(on()));
  const changed = dock.hidden === on();
  dock.hidden = !on();
  put(part("captions-who"), latest ? say("captions_by", { name: people.get(latest)?.name ?? "" }) : "");
  put(part("captions-text"), text());
  if (changed) tell("under");
}

opener.addEventListener("click", () => {
  remember("captions", on() ? "off" : "on");
  show();
});
when("people", show);
if (maybe("pad")) tell("under");
