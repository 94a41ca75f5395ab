// @ts-check
/**
 * "Look again": fetches this page anew and exchanges the parts marked `data-again="name"`.
 * The only Trusted Types policy of the site lives here; it reads documents of our own origin and nothing else.
 */

/** @type {{createHTML(text: string): any} | null} */
const pages = /** @type {any} */ (window).trustedTypes?.createPolicy("pages", { createHTML: (/** @type {string} */ text) => text }) ?? null;

/** @type {Promise<void> | null} */
let looking = null;
let again = false;

/**
 * Read the page again; calls while one is under way are joined into one more.
 * A part that holds the focus, or is marked `data-typing`, stays as it is.
 * @param {string} [address] default: this page's own address
 * @returns {Promise<void>}
 */
export function lookAgain(address = location.href) {
  if (looking) {
    again = true;
    return looking;
  }
  looking = exchange(address)
    .catch(() => undefined)
    .finally(() => {
      looking = null;
      if (again) {
        again = false;
        void lookAgain(address);
      }
    });
  return looking;
}

/** @param {string} address */
async function exchange(address) {
  const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) return;
  const text = await answer.text();
  const fresh = new DOMParser().parseFromString(pages ? pages.createHTML(text) : text, "text/html");
  for (const old of document.querySelectorAll("[data-again]")) {
    const name = old.getAttribute("data-again") ?? "";
    const made = fresh.querySelector(`[data-again="${CSS.escape(name)}"]`);
    if (!made || old.querySelector("[data-typing]") || old.outerHTML === made.outerHTML) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement?.id : "";
    old.replaceWith(document.adoptNode(made));
    if (focused) document.getElementById(focused)?.focus();
  }
  if (document.title !== fresh.title) document.title = fresh.title;
  document.dispatchEvent(new CustomEvent("looked-again"));
}
