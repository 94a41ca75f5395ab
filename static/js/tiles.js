// @ts-check
/**
 * More than one other: everybody in a grid, or one large and the rest in a strip; whoever is pinned stays large. What is not shown is not
 * asked for: tiles get the small picture, the large one the full, those on another page only their voice.
 */
import { hears } from "./other.js";
import { labelOf, people, shown } from "./people.js";
import { keep } from "./chat.js";
import { media, part, put, say, tell, wire, words } from "./scene.js";

/** Tiles on a page; a phone is narrower than the second figure. */
const PAGE = 12, PHONE_PAGE = 6, PHONE = 480;
/** Milliseconds in which changes of what is wanted are gathered. */
const GATHER = 300;

/** @typedef {{key: string, who: string, kind: "camera" | "screen", program?: boolean}} Item */

const list = part("tiles");
const bar = part("tiles-bar");
/** @type {Map<string, HTMLElement>} */
const made = new Map();
/** @type {import("./unit.js").UnitPeer | null} */
let unit = null;
let pinned = keep(`pin:${wire.meeting}`) ?? "";
let loudest = "";
let speaker = keep("view") === "speaker";
let page = 0;
let asked = "";
/** @type {number | undefined} */
let asking = undefined;

/** Show what a connection brings; with none, or one other only, nothing. @param {import("./unit.js").UnitPeer | null} from */
export function show(from) {
  unit = from;
  const items = from ? all() : [];
  const tiled = items.length > 1 || (hears && items.length > 0) || items.some((one) => one.program);
  if (document.body.classList.contains("tiled") !== tiled) {
    document.body.classList.toggle("tiled", tiled);
    tell("way");
  }
  list.hidden = bar.hidden = !tiled;
  draw(tiled ? items : []);
  if (from) want(tiled ? items : []);
}

/** Who speaks now. @param {string[]} who */
export function speaks(who) {
  loudest = who.find((one) => one !== wire.me) ?? loudest;
  for (const [key, tile] of made) tile.classList.toggle("tile--speaks", who.includes(key));
  if (unit && speaker) show(unit);
}

/** @returns {Item[]} screens before cameras, in the order of the seats */
function all() {
  const others = [...people.values()].filter((one) => one.id !== wire.me && !one.text_only && one.standing === "admitted" && one.here);
  // Whoever publishes and is nobody's seat is a program (WHIP).
  const programs = Object.values(unit?.places.video ?? {}).filter((one) => one.participant !== wire.me && !people.has(one.participant));
  const screens = others.filter((one) => shown.get(one.id)?.shares && unit?.placeOf(one.id, "screen"));
  return [
    ...screens.map((one) => /** @type {Item} */ ({ key: `${one.id}:screen`, who: one.id, kind: "screen" })),
    ...programs.map((one) => /** @type {Item} */ ({ key: `${one.participant}:program`, who: one.participant, kind: one.kind, program: true })),
    ...others.map((one) => /** @type {Item} */ ({ key: one.id, who: one.id, kind: "camera" })),
  ];
}

/** The one that is large, or "". @param {Item[]} items */
function large(items) {
  const there = (/** @type {string} */ key) => (items.some((one) => one.key === key) ? key : "");
  return there(pinned) || items.find((one) => one.kind === "screen")?.key || (speaker ? there(loudest) || items[0]?.key || "" : "");
}

/** Those on this page, the large one first. @param {Item[]} items */
function seen(items) {
  const first = large(items);
  const ordered = [...items.filter((one) => one.key === first), ...items.filter((one) => one.key !== first)];
  const many = list.clientWidth && list.clientWidth < PHONE ? PHONE_PAGE : PAGE;
  const pages = Math.max(1, Math.ceil(ordered.length / many));
  page = Math.min(page, pages - 1);
  return { first, pages, items: ordered.slice(page * many, (page + 1) * many) };
}

/** @param {Item[]} items */
function draw(items) {
  const now_ = seen(items);
  for (const [key, tile] of made) {
    if (now_.items.some((one) => one.key === key)) continue;
    tile.remove();
    made.delete(key);
  }
  const hasLarge = Boolean(now_.first) && page === 0;
  list.classList.toggle("tiles--large", hasLarge);
  now_.items.forEach((one, at) => {
    const tile = made.get(one.key) ?? create(one);
    // Moving an element takes the focus from it and stops its picture: only what stands elsewhere is moved.
    if (list.children[at] !== tile) list.insertBefore(tile, list.children[at] ?? null);
    tile.classList.toggle("tile--large", hasLarge && one.key === now_.first);
    fill(tile, one);
  });
  list.style.setProperty("--columns", String(columns(hasLarge ? Math.max(1, now_.items.length - 1) : now_.items.length, hasLarge)));
  controls(now_.pages);
}

/** Columns by which tiles of 16 to 9 become largest. @param {number} many @param {boolean} strip */
function columns(many, strip) {
  if (strip) return many;
  const [width, height] = [list.clientWidth || 1280, list.clientHeight || 720];
  if (width < PHONE) return many < 3 && height > width ? 1 : 2;
  let best = 1, size = 0;
  for (let one = 1; one <= Math.min(many, 4); one += 1) {
    const fits = Math.min(width / one, (height / Math.ceil(many / one)) * (16 / 9));
    if (fits > size) [best, size] = [one, fits];
  }
  return best;
}

/** @param {Item} one */
function create(one) {
  const tile = document.createElement("li");
  tile.className = `tile tile--${one.kind}`;
  const picture = document.createElement("video");
  picture.muted = picture.playsInline = picture.autoplay = true;
  const nothing = document.createElement("p");
  nothing.className = "tile__nothing";
  const name = document.createElement("p");
  name.className = "tile__name";
  const pin = document.createElement("button");
  pin.type = "button";
  pin.className = "stage__button tile__pin";
  pin.textContent = words.large;
  pin.addEventListener("click", () => {
    pinned = pinned === one.key ? "" : one.key;
    keep(`pin:${wire.meeting}`, pinned);
    page = 0;
    if (unit) show(unit);
    pin.focus();
  });
  picture.addEventListener("resize", () => fill(tile, one));
  tile.append(picture, nothing, name, pin);
  made.set(one.key, tile);
  return tile;
}

/** @param {HTMLElement} tile @param {Item} one */
function fill(tile, one) {
  const [picture, nothing, name, pin] = /** @type {[HTMLVideoElement, HTMLElement, HTMLElement, HTMLButtonElement]} */ (/** @type {unknown} */ ([...tile.children]));
  const stream = unit?.streams.get(unit.placeOf(one.who, one.kind)) ?? null;
  if (picture.srcObject !== stream) picture.srcObject = stream;
  if (stream && picture.paused) void picture.play().catch(() => undefined);
  const sends = shown.get(one.who);
  const label = one.program ? words.program : labelOf(one.who);
  const off = one.kind === "camera" && (sends?.camera === false || !stream);
  picture.hidden = off;
  picture.setAttribute("aria-label", say("picture_of", { name: label }));
  put(nothing, off ? say("no_camera", { name: label }) : "");
  const silent = one.kind === "camera" && sends && !sends.microphone ? `, ${words.microphone_is_off}` : "";
  put(name, one.kind === "screen" ? say("screen_of", { name: label }) : label + silent);
  pin.setAttribute("aria-pressed", String(pinned === one.key));
  pin.setAttribute("aria-label", say("pin", { name: one.kind === "screen" ? say("screen_of", { name: label }) : label }));
}

/** @param {number} pages */
function controls(pages) {
  part("view-speaker").setAttribute("aria-pressed", String(speaker));
  part("view-grid").setAttribute("aria-pressed", String(!speaker));
  part("tile-pages").hidden = pages < 2;
  put(part("tile-page"), say("page_of", { n: page + 1, all: pages }));
  /** @type {HTMLButtonElement} */ (part("tiles-before")).disabled = page === 0;
  /** @type {HTMLButtonElement} */ (part("tiles-after")).disabled = page + 1 >= pages;
}

/** Ask the unit for what is shown. @param {Item[]} items */
function want(items) {
  const { first, items: here } = seen(items);
  const few = here.length < 3 && list.clientWidth > 900;
  /** @type {Record<string, string>} */
  const wants = {};
  for (const one of here) if (wants[one.who] !== "full") wants[one.who] = one.key === first || one.kind === "screen" || few ? "full" : "small";
  const owner = items.find((one) => one.key === first)?.who;
  const told = items.length ? { wants, rest: "audio", pinned: owner ? [owner] : [] } : { wants: {}, rest: "full", pinned: [] };
  const said = JSON.stringify(told);
  if (said === asked) return;
  asked = said;
  window.clearTimeout(asking);
  asking = window.setTimeout(() => void unit?.want(told), GATHER);
}

/** @param {boolean} wanted */
function view(wanted) {
  speaker = wanted;
  keep("view", speaker ? "speaker" : "grid");
  page = 0;
  if (unit) show(unit);
}

part("view-speaker").addEventListener("click", () => view(true));
part("view-grid").addEventListener("click", () => view(false));
for (const [name, step] of /** @type {[string, number][]} */ ([["tiles-before", -1], ["tiles-after", 1]])) {
  part(name).addEventListener("click", () => {
    page = Math.max(0, page + step);
    if (unit) show(unit);
  });
}
new ResizeObserver(() => {
  if (unit && !list.hidden) show(unit);
}).observe(list);
if (!media) document.body.classList.add("listens");
