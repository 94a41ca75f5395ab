// @ts-check
/** The button that goes into a meeting carries the person's yes: it is written down first, then the press counts. */

const asked = /** @type {HTMLElement | null} */ (document.querySelector("[data-consent]"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-consent-form]"));
let given = asked ? "consentGiven" in asked.dataset : true;
let writing = false;

document.addEventListener(
  "click",
  (event) => {
    const button = event.target instanceof Element ? /** @type {HTMLButtonElement | null} */ (event.target.closest("[data-go]")) : null;
    if (!button || given || !form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!writing) void agree(form, button);
  },
  { capture: true },
);

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button */
async function agree(form, button) {
  writing = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(6000) });
    given = answer.type === "opaqueredirect" || answer.ok;
  } catch {
    given = false;
  } finally {
    writing = false;
  }
  // Without a line the server says so when the page goes in: the words there lead on.
  if (given) button.click();
  else location.reload();
}
