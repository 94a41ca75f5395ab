// @ts-check
/** "Call my phone": the jobseeker asks, the counselor sees the number in the call and says when it is being called. Nothing dials by itself. */
import { chime } from "./notices.js";
import { maybe, now, part, put, say, strip, when, wire, words } from "./scene.js";

/** @typedef {{id: string, name: string, number: string, taken: boolean}} Wish */

const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-ask-phone]"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-phone-form]"));
/** What each wish that is shown says: a corrected number is a new one. */
let known = new Set();

for (const button of document.querySelectorAll("[data-call-me]")) {
  button.addEventListener("click", () => {
    put(document.querySelector("[data-phone-said]"), "");
    dialog?.showModal();
  });
}
maybe("phone-no")?.addEventListener("click", () => dialog?.close());
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await post(form.action, new FormData(form));
  const place = document.querySelector("[data-phone-said]");
  if (!told?.ok) return put(place, told?.body.message ?? words.phone_failed);
  dialog?.close();
  strip("device_back", told.body.said);
});

/** @param {string} address @param {FormData} data */
async function post(address, data) {
  try {
    const answer = await fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" }, credentials: "same-origin", signal: AbortSignal.timeout(6000) });
    return { ok: answer.ok, body: await answer.json() };
  } catch {
    return null;
  }
}

/** For the host: every wish of this meeting that nobody has taken yet. */
async function look() {
  const place = maybe("wishes");
  if (!place || !wire.wishes || now.state !== "stage") return;
  /** @type {Wish[]} */
  let wishes;
  try {
    const answer = await fetch(wire.wishes, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(6000) });
    if (!answer.ok) return;
    wishes = (await answer.json()).wishes;
  } catch {
    // What stands there stays; it is read again when the line is back.
    return;
  }
  const open = wishes.filter((one) => !one.taken);
  const said = open.map((one) => `${one.id} ${one.number} ${one.name}`);
  if (said.some((one) => !known.has(one))) chime();
  if (said.join() === [...known].join()) return;
  known = new Set(said);
  place.replaceChildren(...open.map(row));
}

/** @param {Wish} one */
function row(one) {
  const made = document.createElement("p");
  made.className = "lobby__one";
  const text = document.createElement("span");
  text.textContent = say("wishes_call", { name: one.name });
  const link = document.createElement("a");
  link.href = `tel:${one.number.replaceAll(" ", "")}`;
  link.dir = "ltr";
  link.className = "lobby__phone";
  link.textContent = one.number;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "stage__button stage__button--now";
  button.textContent = words.i_call;
  button.addEventListener("click", async () => {
    const data = new FormData();
    data.set("csrf_token", wire.csrf);
    const told = await post(`/phone-wishes/${one.id}/acknowledgement`, data);
    if (!told?.ok) return strip("device", told?.body.message ?? words.phone_failed);
    await look();
    part("text").focus();
  });
  made.append(text, " ", link, " ", button);
  return made;
}

when("phone", () => void look());
when("entered", () => void look());
when("state", () => void look());
