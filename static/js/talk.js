// @ts-check
/** The panel of written messages: opened, closed, and how many nobody has read yet. */
import { Chat } from "./chat.js";
import { labelOf, nameOf } from "./people.js";
import { line, now, part, say, wire, words } from "./scene.js";

export const chat = new Chat({ meeting: wire.meeting, me: wire.me, ask: (name, told) => line.ask(name, told), name: labelOf, words });
let unread = 0;

/** @param {boolean} open @param {boolean} [focus] whether the person meant it, and goes on there */
export function openTalk(open, focus = true) {
  part("talk").hidden = !open;
  part("text").setAttribute("aria-expanded", String(open));
  document.body.classList.toggle("talking", open);
  if (open) {
    unread = 0;
    showUnread();
    if (focus) document.getElementById("say")?.focus();
  }
}

/** @param {import("./signalling.js").Happening} one */
export function happened(one) {
  if (one.kind === "said") {
    chat.heard(one);
    if (one.from !== wire.me && part("talk").hidden && now.state === "stage") {
      unread += 1;
      showUnread();
    }
  } else if (["admitted", "left", "gone", "wishes_call", "call_taken"].includes(one.kind) && one.from !== wire.me && nameOf(one.from)) {
    chat.note(say(`event_${one.kind}`, { name: nameOf(one.from) }), one.seq);
  }
}

function showUnread() {
  const badge = part("unread");
  const name = part("text").querySelector("span")?.textContent ?? "";
  badge.hidden = unread === 0;
  badge.textContent = String(unread);
  part("text").setAttribute("aria-label", unread ? `${name}, ${say("unread", { n: unread })}` : name);
}

part("text").addEventListener("click", () => openTalk(Boolean(part("talk").hidden)));
