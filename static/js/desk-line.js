// @ts-check
/** The wire of every "look again" page: namespace /desk. What it says is only "look again"; the page reads itself anew. */
import { io } from "../vendor/socket.io.esm.min.js";

/**
 * Call `look` when something of this person's changed, and whenever the line has come back.
 * @param {() => void} look
 */
export function listen(look) {
  const line = io("/desk", { transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 7000, randomizationFactor: 0.5 });
  let met = false;
  line.on("connect", () => {
    if (met) look();
    met = true;
  });
  line.on("look_again", look);
  const wake = () => {
    if (document.hidden) return;
    if (!line.connected) line.connect();
    look();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) wake();
  });
}
