// @ts-check
/** Third persons (interpreter, captioner, companion) stand beside the picture with what they do, so that nobody takes them for the jobseeker. */
import { labelOf, people } from "./people.js";
import { part, put, when, wire } from "./scene.js";

const list = part("beside");
const THIRD = ["interpreter", "captioner", "companion"];

function show() {
  const there = [...people.values()].filter((one) => THIRD.includes(one.role) && one.standing === "admitted" && one.here && one.id !== wire.me && !(one.text_only === false && document.body.classList.contains("tiled")));
  list.hidden = there.length === 0;
  while (list.children.length > there.length) list.lastElementChild?.remove();
  there.forEach((one, place) => {
    const row = list.children[place] ?? list.appendChild(document.createElement("li"));
    put(row, labelOf(one.id));
  });
}

when("people", show);
when("way", show);
