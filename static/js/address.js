// @ts-check
/** "Hide my internet address": the choice on the page of the check, kept by the server, which then passes on relay addresses only. */
import { maybe, media, wire } from "./scene.js";

const box = /** @type {HTMLInputElement | null} */ (document.getElementById("hide-address"));
let keeping = Promise.resolve(true);

/** @param {boolean} wanted @returns {Promise<boolean>} whether it was kept */
async function store(wanted) {
  const data = new FormData();
  data.set("csrf_token", wire.csrf);
  data.set("hide", wanted ? "yes" : "no");
  try {
    const answer = await fetch(wire.address, { method: "POST", body: data, credentials: "same-origin", signal: AbortSignal.timeout(6000) });
    if (answer.ok) return true;
  } catch {
    // Falls through: what is not kept must not look as if it were.
  }
  // A later choice is under way and says what becomes of it.
  if (box?.checked !== wanted) return false;
  maybe("hide-failed")?.removeAttribute("hidden");
  box.checked = wire.hidden = !wanted;
  show();
  // Said once to who goes in; then they may, as the box stands.
  keeping = Promise.resolve(true);
  return false;
}

function show() {
  maybe("no-relay")?.toggleAttribute("hidden", !(wire.hidden && !wire.relay && !wire.unit));
}

/** Says whether the choice was kept; who goes in while it fails stays and reads so first. @returns {Promise<boolean>} */
export function hold() {
  return keeping;
}

if (box && media) {
  box.checked = Boolean(wire.hidden);
  box.addEventListener("change", () => {
    maybe("hide-failed")?.setAttribute("hidden", "");
    const wanted = (wire.hidden = box.checked);
    show();
    // One after the other: the last choice is the one that stays.
    keeping = keeping.then(() => store(wanted));
  });
  show();
}
