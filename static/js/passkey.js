// @ts-check
/** Passkeys: a form asks the browser for one, puts the answer into its hidden field, and goes on its way like any other form. */

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** @param {ArrayBuffer | null | undefined} buffer */
function words(buffer) {
  if (!buffer) return undefined;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {Array<{id: string, type: PublicKeyCredentialType}> | undefined} listed */
function described(listed) {
  return (listed ?? []).map((one) => ({ type: one.type, id: bytes(one.id) }));
}

/** @param {any} told @returns {Promise<PublicKeyCredential>} */
async function make(told) {
  const publicKey = {
    ...told,
    challenge: bytes(told.challenge),
    user: { ...told.user, id: bytes(told.user.id) },
    excludeCredentials: described(told.excludeCredentials),
  };
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
}

/** @param {any} told @returns {Promise<PublicKeyCredential>} */
async function use(told) {
  const publicKey = {
    ...told,
    challenge: bytes(told.challenge),
    allowCredentials: described(told.allowCredentials),
  };
  return /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
}

/** @param {PublicKeyCredential} found */
function asText(found) {
  const answer = /** @type {any} */ (found.response);
  return JSON.stringify({
    id: found.id,
    rawId: words(found.rawId),
    type: found.type,
    response: {
      clientDataJSON: words(answer.clientDataJSON),
      attestationObject: words(answer.attestationObject),
      authenticatorData: words(answer.authenticatorData),
      signature: words(answer.signature),
      userHandle: words(answer.userHandle),
    },
  });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const field = /** @type {HTMLInputElement} */ (form.querySelector("[data-answer]"));
  const failed = /** @type {HTMLElement} */ (form.querySelector("[data-failed]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button[type=submit]"));
  const token = /** @type {HTMLInputElement} */ (form.querySelector("[name=csrf_token]"));
  failed.hidden = true;
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.options ?? "", { method: "POST", headers: { "X-CSRFToken": token.value } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const told = await answer.json();
    field.value = asText(await (form.dataset.passkey === "new" ? make(told) : use(told)));
    form.submit();
  } catch {
    button.disabled = false;
    failed.hidden = false;
  }
}

if ("PublicKeyCredential" in window) {
  for (const note of document.querySelectorAll("[data-no-passkeys]")) /** @type {HTMLElement} */ (note).hidden = true;
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void ask(form);
    });
  }
}
