// @ts-check
/** The counselor's day: looks again when told, and says aloud when somebody begins to wait. */
import { lookAgain } from "./again.js";
import { listen } from "./desk-line.js";
import { chime, offerNotices, notify } from "./notices.js";

let waiting = count();
let wishes = count("wish");
offerNotices();
listen(() => void lookAgain());
window.setInterval(() => void lookAgain(), 60_000);

document.addEventListener("looked-again", () => {
  const now = count();
  const calls = count("wish");
  if (now > waiting) {
    const last = document.querySelector(".waiting-list__one:last-child strong");
    chime();
    notify(document.querySelector("[data-again=waiting] h2")?.textContent ?? "", last?.textContent ?? "");
  }
  if (calls > wishes) {
    chime();
    notify(document.querySelector("[data-again=phone-wishes] h2")?.textContent ?? "", document.querySelector(".phone-wish:last-child strong")?.textContent ?? "");
  }
  waiting = now;
  wishes = calls;
});

/** @param {"waiting" | "wish"} what */
function count(what = "waiting") {
  return Number(document.querySelector(`[data-${what}-count]`)?.getAttribute(`data-${what}-count`) ?? 0);
}
