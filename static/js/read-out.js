// @ts-check
/** How text under the picture is read: its size, and what a screen reader is told of it: whole sentences, or words while somebody types. */
import { Ripening } from "./live-text.js";
import { labelOf } from "./people.js";
import { part, when } from "./scene.js";
import { remember, remembered } from "./own-choice.js";

const KEPT = 30;
const log = part("read-out");
const choice = /** @type {HTMLSelectElement} */ (document.getElementById("reading"));
/** @type {Map<string, Ripening>} */
const ears = new Map();
let last = "";

/**
 * A text has grown: what is ripe of it goes to the screen reader, after the name when somebody else spoke before.
 * @param {string} from @param {string} name of the line @param {string} text @param {boolean} [over] the line is closed
 */
export function read(from, name, text, over = false) {
  const ear = ears.get(name) ?? new Ripening();
  ears.set(name, ear);
  const ripe = ear.next(text, choice.value === "words", over);
  if (over) ears.delete(name);
  // The panel of messages reads closed lines by itself.
  const twice = over && !part("talk").hidden;
  if (!ripe || twice || choice.value === "off") return;
  const row = document.createElement("p");
  const words = document.createElement("bdi");
  words.dir = "auto";
  words.textContent = ripe;
  if (last !== from) {
    const who = document.createElement("bdi");
    who.textContent = labelOf(from);
    row.append(who, ": ");
  }
  last = from;
  row.append(words);
  log.append(row);
  while (log.children.length > KEPT) log.firstElementChild?.remove();
}

/** What stands there already is not read: it was read under another name, or long ago. @param {string} name @param {string} text */
export function skip(name, text) {
  const ear = new Ripening();
  ear.next(text, choice.value === "words");
  ears.set(name, ear);
}

choice.value = remembered("reading") || "sentences";
choice.addEventListener("change", () => remember("reading", choice.value));

/* — size — */

const under = part("under");
const sizes = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll("[data-text-size]")]);

/** @param {string} size */
function take(size) {
  under.dataset.size = size;
  for (const one of sizes) one.setAttribute("aria-pressed", String(one.dataset.textSize === size));
}

for (const one of sizes) {
  one.addEventListener("click", () => {
    remember("text-size", one.dataset.textSize ?? "");
    take(one.dataset.textSize ?? "");
  });
}
take(remembered("text-size") || "small");
when("under", () => {
  under.hidden = part("lines").hidden && part("captions").hidden && !document.querySelector("[data-pad]");
});
