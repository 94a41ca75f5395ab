// @ts-check
/** The page of a meeting: moves between check, waiting room, call and end, and joins its parts to the line. */
import { hold } from "./address.js";
import { keep } from "./chat.js";
import * as check from "./check.js";
import { dropPeer, ensurePeer, followWay, hears } from "./other.js";
import { applyMute, changed, closeCamera, has, on, selfPicture, sending, showControls, showSelf, tellWhatISend, watchTrack } from "./own.js";
import { nameOf, partner, people, shown, take } from "./people.js";
import { line, lineWords, media, now, part, tell, wire, words } from "./scene.js";
import * as talk from "./talk.js";

const inside = `inside:${wire.meeting}`;
/** Milliseconds that the browser may take to ask for camera and microphone before the call begins without them. */
const PROMPT = 4000;

/* — states of the page — */

/** @param {"check" | "waiting" | "stage" | "over"} next */
function go(next) {
  if (now.state === next) return;
  now.state = next;
  for (const name of ["check", "waiting", "stage", "over"]) part(`state-${name}`).hidden = name !== next;
  document.body.classList.toggle("in-call", next === "stage");
  const picture = document.querySelector("[data-self]") ?? selfPicture();
  const place = document.querySelector(`[data-self-here="${next}"]`);
  if (media && place && picture) place.append(picture);
  /** @type {HTMLElement | null} */ (part(`state-${next}`).querySelector("[data-heading]"))?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  if (next !== "check") check.finish();
  showSelf();
  tell("state");
}

/** @param {string} reason @param {string} [message] */
function over(reason, message = "") {
  line.stop();
  dropPeer();
  for (const track of check.chosen.stream?.getTracks() ?? []) track.stop();
  keep(inside, "");
  part("over-title").textContent = words[`over_${reason}`] ?? words.over_completed;
  part("over-words").textContent = message || (words[`over_${reason}_words`] ?? words.over_completed_words);
  const again = /** @type {HTMLButtonElement} */ (part("back-in"));
  again.hidden = !["left", "elsewhere"].includes(reason);
  again.textContent = reason === "elsewhere" ? words.use_this : words.come_back;
  go("over");
}

part("back-in").addEventListener("click", async () => {
  if (media) await openDevices();
  void start();
});

/* — the line — */

/** The line broke while the rest of this page was fetched. Some browsers remember for ever that a module did not come. */
let incomplete = false;

async function start() {
  keep(inside, "yes");
  part("not-loaded").hidden = true;
  try {
    await import("./inside.js");
  } catch {
    incomplete = true;
    part("not-loaded").hidden = false;
    return;
  }
  line.last = 0;
  line.start();
}

line.addEventListener("entered", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.phase === "ended") return;
  if (told.took_over) part("took-over").hidden = false;
  lineWords("");
  void talk.chat.flush();
  tellWhatISend();
  now.peer?.nudge();
  tell("entered");
});
line.addEventListener("away", () => {
  if (now.state === "stage" || now.state === "waiting") lineWords("away");
});
line.addEventListener("refused", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (told.code === "meeting_over") over(told.reason ?? "completed");
  else over("refused", told.message ?? "");
});
line.addEventListener("taken_over", () => over("elsewhere"));
line.addEventListener("removed", () => over("removed"));
line.addEventListener("state", (event) => look(/** @type {CustomEvent} */ (event).detail));
line.addEventListener("happened", (event) => {
  const one = /** @type {CustomEvent} */ (event).detail;
  talk.happened(one);
  if (one.kind === "wishes_call" || one.kind === "call_taken") tell("phone");
});
line.addEventListener("signalled", async (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  if (!media) return;
  // An offer may overtake the news that its sender is inside.
  if (told.from !== partner()?.id) await line.catchUp();
  if (told.from === partner()?.id) void ensurePeer()?.receive(told.kind, told.data);
});
line.addEventListener("shown", (event) => {
  const told = /** @type {CustomEvent} */ (event).detail;
  shown.set(told.from, told);
  tell("shown");
});
line.addEventListener("fallen_silent", (event) => {
  const id = /** @type {CustomEvent} */ (event).detail.from;
  if (id !== wire.me) lineWords("they_away", nameOf(id));
});
line.addEventListener("heard_again", (event) => {
  const id = /** @type {CustomEvent} */ (event).detail.from;
  if (id !== wire.me) lineWords("they_back", nameOf(id));
});

/** @param {import("./signalling.js").State} told */
function look(told) {
  const before = partner();
  take(told.people);
  now.phase = told.phase;
  now.way = told.way ?? "direct";
  const me = people.get(wire.me);
  if (now.phase === "ended") {
    over(told.reason ?? "completed");
    return;
  }
  if (now.state === "over" || !me) return;
  if (me.standing === "admitted") {
    go("stage");
    if (!now.begun) now.begun = Date.now();
  } else if (me.standing === "waiting") {
    go("waiting");
  }
  const them = partner();
  if (them?.here && (before?.id !== them.id || !before.here)) tellWhatISend();
  if (media && now.phase === "live" && me.standing === "admitted" && them?.here) {
    if (!before?.here || !now.peer) ensurePeer();
    if (before && !before.here) now.peer?.nudge();
  }
  if ((media || hears) && now.phase === "live" && me.standing === "admitted") followWay();
  if (before?.here && them && !them.here) lineWords("they_away", them.name);
  tell("people");
}

/* — leaving — */

const ask = /** @type {HTMLDialogElement} */ (document.querySelector("[data-ask-leave]"));
part("took-over-seen").addEventListener("click", () => {
  part("took-over").hidden = true;
  part("line").focus();
});
part("hang-up").addEventListener("click", () => ask.showModal());
part("stay").addEventListener("click", () => ask.close());
part("leave-now").addEventListener("click", async () => {
  ask.close();
  await line.ask("leave");
  over("left");
});
document.querySelector("[data-end]")?.addEventListener("click", async () => {
  ask.close();
  await line.ask("end", { reason: "completed" });
  over("completed");
});
part("leave").addEventListener("click", async () => {
  await line.ask("leave");
  over("left");
});

/* — begin — */

const enter = /** @type {HTMLButtonElement} */ (part("go"));
enter.hidden = false;
enter.addEventListener("click", async () => {
  if (incomplete) location.reload();
  else if (await hold()) await start();
});

/** Come back in with what was on before. */
async function openDevices() {
  check.chosen.camera = on.camera;
  await check.open();
}

/** What the check opened is watched from now on, and follows the buttons. */
document.addEventListener("devices-opened", () => {
  if (has("video")) on.camera = true;
  for (const track of check.chosen.stream?.getTracks() ?? []) watchTrack(track);
  applyMute();
  showControls();
});

/** The devices are there, perhaps long after the call began. @param {boolean} camera whether the picture is wanted */
function settle(camera) {
  if (now.state === "over") {
    for (const track of check.chosen.stream?.getTracks() ?? []) track.stop();
    return;
  }
  on.camera = camera;
  if (!on.camera) closeCamera();
  for (const track of check.chosen.stream?.getTracks() ?? []) watchTrack(track);
  applyMute();
  for (const track of sending()?.getTracks() ?? []) void now.peer?.swap(track.kind, track, sending());
  changed();
}

async function begin() {
  if (media) {
    const wanted = on.camera;
    // Whoever overlooks the browser's question must not be kept out of the call by it.
    const opened = check.opened.then(() => settle(keep("camera") ? keep("camera") !== "off" : wanted));
    await Promise.race([opened, new Promise((done) => window.setTimeout(done, PROMPT))]);
  }
  if (!media && wire.role !== "captioner") talk.openTalk(true);
  if (wire.hosts || keep(inside) === "yes") await start();
}

void begin();
