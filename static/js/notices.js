// @ts-check
/** A sound and a browser notification, both only after the person asked for them by a button. */

const KEY = "notices";
/** @type {AudioContext | null} */
let audio = null;

/** Show the button that turns notices on, unless they are on already. */
export function offerNotices() {
  const offer = /** @type {HTMLElement | null} */ (document.querySelector("[data-notices-offer]"));
  const turnOn = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-notices-on]"));
  if (!offer || !turnOn) return;
  if (wanted()) {
    document.addEventListener("pointerdown", unlock, { once: true });
    document.addEventListener("keydown", unlock, { once: true });
  } else {
    offer.hidden = false;
  }
  turnOn.addEventListener("click", async () => {
    remember();
    unlock();
    chime();
    offer.hidden = true;
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  });
}

/** Two soft tones, if sound was asked for. */
export function chime() {
  const speaker = audio;
  if (!wanted() || !speaker) return;
  [659, 880].forEach((pitch, position) => {
    const at = speaker.currentTime + position * 0.22;
    const tone = new OscillatorNode(speaker, { frequency: pitch });
    const loudness = new GainNode(speaker, { gain: 0 });
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(0.2, at + 0.03);
    loudness.gain.linearRampToValueAtTime(0, at + 0.4);
    tone.connect(loudness).connect(speaker.destination);
    tone.start(at);
    tone.stop(at + 0.45);
  });
}

/** @param {string} title @param {string} body */
export function notify(title, body) {
  if (!wanted() || !("Notification" in window) || Notification.permission !== "granted" || !document.hidden) return;
  const note = new Notification(title, { body, tag: "waiting" });
  note.addEventListener("click", () => {
    window.focus();
    note.close();
  });
}

function unlock() {
  audio ??= new AudioContext();
  void audio.resume();
}

function wanted() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(KEY, "on");
  } catch {
    return;
  }
}
