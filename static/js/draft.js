// @ts-check
/**
 * Keeps what is typed into a form marked `data-draft="name"`: in this browser at every stroke, on the server two seconds after the last.
 * A crash, a closed tab or a lost line loses nothing; what was not saved comes back with a word about it. Where another window saved
 * in between, its words stay and what was typed here comes below them.
 */

const PAUSE = 2000;

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-draft]"))) keep(form);

/** @param {HTMLFormElement} form */
function keep(form) {
  const area = /** @type {HTMLTextAreaElement | null} */ (form.querySelector("textarea"));
  const revision = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=revision]"));
  const said = form.querySelector("[data-saved]");
  if (!area || !revision || !said) return;
  const key = `draft:${form.dataset.draft}`;
  let saved = area.value;
  /** @type {number | undefined} */
  let timer;

  const kept = read(key);
  const over = kept?.revision === Number(revision.value);
  if (kept && (kept.text === saved || (!over && saved.endsWith(kept.text)))) {
    remove(key);
  } else if (kept) {
    const goesOn = over || kept.text.startsWith(saved);
    area.value = goesOn ? kept.text : `${saved}\n\n${kept.text}`;
    write(key, { revision: Number(revision.value), text: area.value });
    say(form.dataset.restored ?? "");
    timer = window.setTimeout(save, PAUSE);
  }
  area.addEventListener("input", () => {
    write(key, { revision: Number(revision.value), text: area.value });
    form.toggleAttribute("data-typing", true);
    window.clearTimeout(timer);
    timer = window.setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => window.clearTimeout(timer));
  window.addEventListener("online", () => void save());
  window.addEventListener("pagehide", () => void save(true));

  /** @param {boolean} [leaving] */
  async function save(leaving = false) {
    window.clearTimeout(timer);
    if (!area || !revision || area.value === saved) return;
    const sent = area.value;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(/** @type {any} */ (new FormData(form))),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
        keepalive: leaving && sent.length < 20000,
      });
      const told = await answer.json();
      if (!answer.ok) {
        say(told.message ?? form.dataset.failed ?? "");
        return;
      }
      saved = sent;
      revision.value = String(told.revision);
      if (area.value === sent) {
        remove(key);
        form.removeAttribute("data-typing");
      } else {
        write(key, { revision: told.revision, text: area.value });
      }
      say(told.saved);
    } catch {
      say(form.dataset.failed ?? "");
      timer = window.setTimeout(save, PAUSE * 3);
    }
  }

  /** @param {string} words */
  function say(words) {
    if (said) said.textContent = words;
  }
}

/**
 * What was typed, and over which saved revision.
 * @typedef {{ revision: number, text: string }} Draft
 */

/** @param {string} key @returns {Draft | null} */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null");
    return typeof kept?.text === "string" ? kept : null;
  } catch {
    return null;
  }
}

/** @param {string} key @param {Draft} draft */
function write(key, draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    return;
  }
}

/** @param {string} key */
function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    return;
  }
}
