// @ts-check
/** For the host: who waits, and the button that lets them in. */
import { chime, notify } from "./notices.js";
import { labelOf, people } from "./people.js";
import { line, part, say, when, wire } from "./scene.js";

let waitingBefore = new Set();

function show() {
  if (!wire.hosts) return;
  const place = part("lobby");
  const waiting = [...people.values()].filter((one) => one.standing === "waiting");
  const ids = new Set(waiting.map((one) => one.id));
  const fresh = waiting.find((one) => !waitingBefore.has(one.id));
  if (fresh) {
    chime();
    notify(say("waits", { name: labelOf(fresh.id) }), "");
  }
  waitingBefore = ids;
  if ([...place.children].map((one) => /** @type {HTMLElement} */ (one).dataset.id).join() === [...ids].join()) return;
  const held = place.contains(document.activeElement);
  place.replaceChildren(...waiting.map(row));
  // Who pressed the button by keyboard stays in the call's own row of controls.
  if (held) (place.querySelector("button") ?? part("hang-up").parentElement?.querySelector("button"))?.focus();
}

/** @param {import("./signalling.js").Somebody} one */
function row(one) {
  const made = document.createElement("p");
  made.className = "lobby__one";
  made.dataset.id = one.id;
  const text = document.createElement("span");
  text.textContent = say("waits", { name: labelOf(one.id) });
  const button = document.createElement("button");
  button.type = "button";
  button.className = "stage__button stage__button--now";
  button.textContent = say("let_in", { name: one.name });
  button.addEventListener("click", async () => {
    // Not `disabled`: that would take the focus away from who presses it by keyboard; letting in twice changes nothing.
    button.setAttribute("aria-disabled", "true");
    const answer = await line.ask("admit", { participant: one.id });
    if (!answer.ok) button.removeAttribute("aria-disabled");
    void line.catchUp();
  });
  made.append(text, " ", button);
  return made;
}

when("people", show);
