// @ts-check
/** What the parts of the meeting's page share: its settings and words, who does what now, and a way to tell each other. Knows none of them. */
import { Line } from "./signalling.js";

export const wire = JSON.parse(document.getElementById("wire")?.textContent ?? "{}");
/** @type {Record<string, string>} */
export const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
export const media = wire.media !== "none";
export const line = new Line(wire);

/** How things stand on this page. */
export const now = {
  /** @type {"check" | "waiting" | "stage" | "over"} */
  state: "check",
  phase: "lobby",
  /** Milliseconds since 1970 at which the call began for this page, or 0. */
  begun: 0,
  flowed: false,
  /** How picture and sound are to go: straight to the other, or through the unit. */
  way: "direct",
  /** @type {import("./peer.js").Peer | import("./unit.js").UnitPeer | null} what carries them now */
  peer: null,
};

/** @param {string} name @returns {HTMLElement} a place of the page that is always there */
export function part(name) {
  return /** @type {HTMLElement} */ (document.querySelector(`[data-${name}]`));
}

/** @param {string} name @returns {HTMLElement | null} a place that only some people's pages have */
export function maybe(name) {
  return document.querySelector(`[data-${name}]`);
}

/** A sentence of the page. @param {string} key @param {Record<string, string | number>} [values] */
export function say(key, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words[key] ?? "");
}

/** Put words into a place, but only when they are others: a screen reader reads every change aloud. @param {Element | null} place @param {string} text */
export function put(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

/** What also concerns who waits: their own line and devices, not those of people they do not hear yet. */
const FOR_WAITING = new Set(["", "away", "device", "device_back", "hidden_no_relay"]);

/** The strip about the line. @param {string} key @param {string} [name] */
export function lineWords(key, name = "") {
  strip(key, key ? say(key, { name }) : "");
}

/** The same with a text of one's own. @param {string} key what kind of words these are @param {string} text */
export function strip(key, text) {
  put(part("line-words"), text);
  part("line-words").dataset.kind = key;
  if (FOR_WAITING.has(key)) put(maybe("waiting-line"), key === "away" ? words.away_waiting : text);
}

const bell = new EventTarget();

/** Tell the other parts of the page: `sends` (what I send changed), `shown` (what they send), `people`, `state`, `peer`, `way`, `speaker`. @param {string} what */
export function tell(what) {
  bell.dispatchEvent(new Event(what));
}

/** @param {string} what @param {() => void} act */
export function when(what, act) {
  bell.addEventListener(what, act);
}
