// @ts-check
/** The counselor's day: looks again when told, and says aloud when somebody begins to wait. */
import { lookAgain } from "./again.js";
import { listen } from "./desk-line.js";
import { chime, offerNotices, notify } from "./notices.js";

let waiting = count();
offerNotices();
listen(() => void lookAgain());
window.setInterval(() => void lookAgain(), 60_000);

document.addEventListener("looked-again", () => {
  const now = count();
  if (now > waiting) {
    const last = document.querySelector(".waiting-list__one:last-child strong");
    chime();
    notify(document.querySelector("[data-again=waiting] h2")?.textContent ?? "", last?.textContent ?? "");
  }
  waiting = now;
});

function count() {
  return Number(document.querySelector("[data-waiting-count]")?.getAttribute("data-waiting-count") ?? 0);
}
