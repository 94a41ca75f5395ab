// @ts-check
/** Every two seconds: does it really flow, how well, what is sent next, and all of that in words for both sides. */
import { Hearing } from "./hearing.js";
import { Ladder } from "./ladder.js";
import { between, halfHour, NOTHING } from "./measure.js";
import { has, on, sent, tellWhatISend } from "./own.js";
import { labelOf, partner, theirs } from "./people.js";
import { apply } from "./rungs.js";
import { line, lineWords, maybe, media, now, part, put, say, strip, tell, when, wire, words } from "./scene.js";
import { shares } from "./share.js";
import { chat, openTalk } from "./talk.js";

const EVERY = 2000;
/** Who hears badly is asked more often, so that the picture is back soon after the trouble ends; in milliseconds. */
const SOON = 1000;
/** Words about devices and people stay this long before words about the line replace them. */
const STAY = 6000;

export const ladder = new Ladder({ signs: wire.signs, start: "video" });
const hearing = new Hearing();
let silentLooks = 0;
let stayUntil = 0;
/** The last rung or answer that the other side told, so that a change of it is said once. */
let told = "";
/** How the other side heard when it told last. */
let heard = "";

/** How the ladder and the senders are to behave now. */
function how() {
  return { signs: ladder.signs, saver: sent.saver, shares: shares() };
}

/** Let the senders follow the rung, and tell the other side. */
export async function follow() {
  const rung = ladder.rung;
  sent.rung = rung;
  sent.camera = rung !== "audio" && rung !== "text";
  sent.microphone = rung !== "text" && !(ladder.signs && rung !== "video");
  const pc = now.peer?.pc;
  if (pc) await apply(pc, rung, how());
  tellWhatISend();
  tell("rung");
  put(maybe("rung"), words[`rung_${rung}`] ?? "");
}

/** The person stays on a rung, or with "" lets the line decide. @param {string} rung */
export function pin(rung) {
  ladder.pin(/** @type {any} */ (rung));
  void follow();
}

/** @param {boolean} signs */
export function sign(signs) {
  sent.signs = signs;
  signing();
}

function signing() {
  ladder.sign(Boolean(wire.signs || sent.signs || theirs()?.signs));
  document.body.classList.toggle("signs", ladder.signs);
  void follow();
}

/** @param {Awaited<ReturnType<import("./peer.js").Peer["measure"]>>} seen */
function climb(seen) {
  const picture = ((on.camera && has("video")) || shares()) && sent.camera;
  const something = picture || (on.microphone && sent.microphone && has("audio"));
  const look = {
    at: Date.now(),
    connected: seen.state === "connected",
    loss: seen.theirLoss,
    delay: seen.delay,
    // The estimate speaks of what is sent; nothing but silence says nothing.
    available: picture ? seen.available : 0,
    frozen: Boolean(something) && seen.stuck && seen.state === "connected",
    badly: theirs()?.hears === "badly",
    most: seen.most,
  };
  const step = ladder.look(look);
  if (step.changed) console.info(`rung: ${step.rung}`, JSON.stringify(look));
  take(step);
}

/** @param {import("./ladder.js").Told} step */
function take(step) {
  if (!step.changed) return;
  void follow();
  sayStep(step.rung, step.why);
}

/** Who hears well after hearing badly gets the picture back at once. */
function relief() {
  const hears = theirs()?.hears ?? "";
  if (heard === "badly" && hears === "well") take(ladder.relieved(Date.now()));
  heard = hears;
}

/** @param {string} rung @param {string} why */
function sayStep(rung, why) {
  const key = why === "up" ? `up_${rung}` : ladder.signs && rung === "text" ? "signs_impossible" : `down_${rung}`;
  const kind = why === "up" ? "connected" : "weak";
  strip(kind, words[key] ?? "");
  stayUntil = Date.now() + STAY;
  offer(rung === "text");
  if (rung === "text") openTalk(true, false);
}

/** What can be done instead: shown in the strip while picture and sound do not go. @param {boolean} open */
function offer(open) {
  const place = maybe("instead");
  if (place) place.hidden = !open;
}

/** How the other side's line is, in words, once for each change. */
function theirWords() {
  const them = partner();
  const sends = theirs();
  const state = `${sends?.rung ?? ""}/${sends?.hears ?? ""}`;
  if (!them || !sends || state === told) return;
  const [rungBefore] = told.split("/");
  told = state;
  if (sends.hears === "badly") strip("weak", say("hears_badly", { name: them.name }));
  else if (sends.rung && sends.rung !== rungBefore && rungBefore && words[`they_${sends.rung}`]) strip("they_weak", say(`they_${sends.rung}`, { name: them.name }));
  else return;
  stayUntil = Date.now() + STAY;
}

/** @param {number} bytes */
function used(bytes) {
  const place = maybe("used");
  if (!place || !now.begun) return;
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
  const seconds = (Date.now() - now.begun) / 1000;
  const half = seconds < 20 ? "" : say("half_hour", { n: number.format(halfHour(bytes, seconds)) });
  put(place, `${say("used", { n: number.format(bytes / 1e6) })} ${half}`.trim());
}

async function look() {
  if (now.state === "stage" && now.begun) {
    const seconds = Math.floor((Date.now() - now.begun) / 1000);
    part("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  // A word whose answer was lost on a line that stayed open.
  if (line.entered) void chat.flush();
  if (now.state !== "stage" || !media || !now.peer || !partner()?.here) return;
  const peer = now.peer;
  const seen = await peer.measure();
  // Meanwhile the call may have ended, or gone another way.
  if (now.peer !== peer) return;
  const they = theirs();
  // Nothing comes from somebody who sends nothing, without camera and microphone: then the connection itself is what counts.
  const quiet = they?.microphone === false && !they.camera && !they.shares;
  const flows = seen.flows || (seen.state === "connected" && quiet);
  silentLooks = flows ? 0 : silentLooks + 1;
  // The host looks first: one that asks is enough.
  if (silentLooks === (peer.how.polite ? 2 : 1)) peer.stalled();
  if (flows !== now.flowed) {
    now.flowed = flows;
    tellWhatISend();
    tell("flows");
  }
  climb(seen);
  used(seen.bytes);
  lineState(flows, Boolean(flows && they?.flows), seen.state);
}

let listened = NOTHING;

/** Whether I hear them well, told to them when it changes. */
async function listen() {
  const flowing = now.state === "stage" && media && now.peer && partner()?.here;
  // A connection that ends while it is asked must not end the asking.
  const totals = flowing ? await now.peer?.totals().catch(() => null) : null;
  if (totals) {
    const seen = between(totals.received < listened.received ? NOTHING : listened, totals);
    listened = totals;
    const hears = hearing.look(seen, seen.flows);
    if (hears !== sent.hears) {
      sent.hears = hears;
      tellWhatISend();
    }
  }
  window.setTimeout(() => void listen(), sent.hears === "badly" ? SOON : EVERY);
}

/** @param {boolean} flows @param {boolean} both @param {string} state */
function lineState(flows, both, state) {
  if (!line.entered) return;
  const kind = part("line-words").dataset.kind ?? "";
  if (!flows && silentLooks > 2) lineWords(state === "connected" ? "frozen" : "still_connecting");
  else if (Date.now() < stayUntil) return;
  else if (ladder.rung === "text" && !ladder.pinned) strip("weak", words[ladder.signs ? "signs_impossible" : "down_text"]);
  else if (flows && ladder.rung !== "video" && !ladder.pinned) strip("weak", words[`down_${ladder.rung}`]);
  else if (both && kind !== "connected" && kind !== "they_back" && kind !== "") lineWords("connected");
  else if (both && kind === "connected") lineWords("");
  if (ladder.rung !== "text" || ladder.pinned) offer(false);
}

when("shown", () => {
  theirWords();
  relief();
  if (ladder.signs !== Boolean(wire.signs || sent.signs || theirs()?.signs)) signing();
});
when("peer", () => {
  if (now.peer?.pc?.connectionState === "connected") void follow();
});
line.addEventListener("heard", (event) => {
  const one = /** @type {CustomEvent} */ (event).detail;
  if (one.how !== "badly" || now.way !== "unit") return;
  strip("weak", say("hears_badly", { name: labelOf(one.from) }));
  stayUntil = Date.now() + STAY;
});
when("share", () => void follow());
when("sends", () => {
  const pc = now.peer?.pc;
  if (pc) void apply(pc, ladder.rung, how());
  const kind = part("line-words").dataset.kind;
  if (kind === "device" || kind === "device_back") stayUntil = Date.now() + STAY;
});
when("entered", () => (told = ""));
signing();
window.setInterval(() => void look(), EVERY);
void listen();
