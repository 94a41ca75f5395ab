// @ts-check
/** What somebody chose on this device and wants to find again: the size of text, whether captions are shown. */

/** @param {string} name */
export function remembered(name) {
  try {
    return localStorage.getItem(`choice:${name}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    localStorage.setItem(`choice:${name}`, value);
  } catch {
    // Without memory it holds for this page.
  }
}
