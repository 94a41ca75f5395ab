// @ts-check
/** A page that looks again when it is told to, when its line comes back, and every half minute, because a button on it changes with time. */
import { lookAgain } from "./again.js";
import { listen } from "./desk-line.js";

listen(() => void lookAgain());
window.setInterval(() => {
  if (!document.hidden) void lookAgain();
}, 30_000);
