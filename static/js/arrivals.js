// @ts-check
/** Who is at the office: looks again when told, and every half minute. */
import { lookAgain } from "./again.js";
import { listen } from "./desk-line.js";

listen(() => void lookAgain());
window.setInterval(() => void lookAgain(), 30_000);
