// @ts-check
/** The waiting room's line about a counselor who runs late: read again now and then while somebody waits. */
import { lookAgain } from "./again.js";

window.setInterval(() => {
  const waiting = document.querySelector("[data-state-waiting]");
  if (waiting && !waiting.hasAttribute("hidden") && !document.hidden) void lookAgain();
}, 20_000);
