// @ts-check
/** Showing the screen: begun by a button, ended by it or by the browser's own bar; offered only where the browser can. */
import { sent, showScreen } from "./own.js";
import { maybe, media, part, put, say, strip, tell, when, now, words } from "./scene.js";

/** @type {MediaStreamTrack | null} */
let track = null;

/** Whether the screen is shown now. */
export function shares() {
  return track !== null;
}

async function begin() {
  try {
    const got = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
    track = got.getVideoTracks()[0];
  } catch (why) {
    // Who closes the browser's question has changed their mind; that needs no words.
    if (!(why instanceof DOMException && why.name === "NotAllowedError")) strip("device", words.no_share);
    else if (why.message.toLowerCase().includes("system")) strip("device", words.share_blocked);
    return;
  }
  track.addEventListener("ended", () => void end());
  await showScreen(track);
  show();
}

async function end() {
  if (!track) return;
  track.stop();
  track = null;
  await showScreen(null);
  show();
}

function show() {
  const button = maybe("share");
  button?.setAttribute("aria-pressed", String(shares()));
  button?.setAttribute("aria-label", say(shares() ? "share_on" : "share_off"));
  tell("share");
}

/** Whether the others see it: the ladder may leave the picture out for a while. */
function showWords() {
  put(part("i-share"), shares() ? words[sent.camera ? "i_share" : "i_share_waits"] : "");
}

const button = maybe("share");
if (button && media && "getDisplayMedia" in (navigator.mediaDevices ?? {})) {
  button.hidden = false;
  show();
  when("rung", showWords);
  button.addEventListener("click", () => void (shares() ? end() : begin()));
  when("state", () => {
    if (now.state === "over") void end();
  });
}
