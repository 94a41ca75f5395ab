// @ts-check
/** The other person: the connection to them, their picture, and words for what can not be seen. */
import { Peer } from "./peer.js";
import { partner, theirs } from "./people.js";
import { line, lineWords, media, now, part, put, say, tell, when, wire, words } from "./scene.js";
import { sending, thrifty } from "./own.js";

let other = "";
/** @type {Peer | null} the straight connection, also while the unit carries what is seen and heard */
let direct = null;
/** Who writes what is said hears the others and sends nothing. */
export const hears = Boolean(wire.listens);

/**
 * The straight connection to the partner; a new one when the partner is somebody else. Through the unit only what is left of an older
 * one; none for who writes only.
 * @returns {Peer | null}
 */
export function ensurePeer() {
  if (now.way === "unit") return direct;
  if (wire.hidden && !wire.relay) {
    if (!wire.unit) lineWords("hidden_no_relay");
    return null;
  }
  const id = partner()?.id ?? "";
  if (direct && other === id) return direct;
  dropDirect();
  other = id;
  const made = new Peer({
    polite: !wire.hosts,
    send: (kind, data) => line.ask("signal", { to: id, kind, data }),
    ice: relays,
    stream: sending,
    thrifty,
  });
  direct = made;
  // What the unit carries goes on until this one does.
  now.peer ??= made;
  made.addEventListener("media", () => play(made));
  made.addEventListener("changed", () => {
    if (made !== now.peer) return;
    tell("peer");
    showOther();
  });
  made.addEventListener("failed", () => {
    if (made === direct && wire.unit && line.entered && partner()?.here) void line.ask("direct_failed");
  });
  void made.build();
  if (now.peer === made) lineWords("connecting");
  return made;
}

/** The straight connection, if there is one. */
export function straight() {
  return direct;
}

/** End the straight connection; the next `ensurePeer` makes a new one. */
export function dropDirect() {
  if (now.peer === direct) now.peer = null;
  direct?.close();
  direct = null;
  other = "";
}

/** End every connection. */
export function dropPeer() {
  dropDirect();
  void through?.then((it) => it?.drop());
}

/** @type {Promise<typeof import("./through.js") | null> | null} fetched by who needs it */
let through = null;

/** Go the way that the meeting goes now. */
export function followWay() {
  if (now.way !== "unit" && !through) return;
  through ??= import("./through.js").catch(() => {
    through = null;
    window.setTimeout(followWay, 1000);
    return null;
  });
  void through.then((it) => it?.follow());
}

/** @type {RTCConfiguration} the last answer about relays, for when there is none: its names and passwords hold for hours */
let known = {};

export async function relays() {
  try {
    const answer = await fetch(wire.ice, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(6000) });
    if (answer.ok) known = await answer.json();
  } catch {
    // Goes on with what is known.
  }
  // Who hides gets nothing but relays, whatever the answer says.
  return wire.hidden ? { ...known, iceTransportPolicy: /** @type {RTCIceTransportPolicy} */ ("relay") } : known;
}

/** Show what a connection brings, if it is the one that carries. @param {Peer | import("./unit.js").UnitPeer} from */
export function play(from) {
  if (from !== now.peer) return;
  const video = /** @type {HTMLVideoElement} */ (part("other"));
  if (video.srcObject !== from.remote) video.srcObject = from.remote;
  const hear = part("hear");
  video.play().then(
    () => (hear.hidden = true),
    (why) => {
      if (why instanceof DOMException && why.name === "NotAllowedError") hear.hidden = false;
    },
  );
  showOther();
}

/** Their picture, or words. */
export function showOther() {
  const them = partner();
  const sends = theirs();
  const video = /** @type {HTMLVideoElement} */ (part("other"));
  // Asked of the picture itself: Chromium may call a track muted for ever though its frames arrive.
  if (document.body.classList.contains("tiled")) {
    for (const name of ["nobody", "they-share"]) put(part(name), "");
    return;
  }
  const picture = media && Boolean(them) && video.videoWidth > 0 && (sends?.camera !== false || Boolean(sends.shares));
  video.classList.toggle("stage__other--none", !picture);
  let text = "";
  if (!media) text = words.text_only;
  else if (!them) text = words.nobody;
  else if (!them.here) text = say("they_gone", { name: them.name });
  else if (!picture && now.flowed) text = say("no_camera", { name: them.name });
  if (them && sends && !sends.microphone && media) text = `${text} ${say("muted_them", { name: them.name })}`.trim();
  put(part("nobody"), text);
  put(part("they-share"), them && sends?.shares ? say("they_share", { name: them.name }) : "");
}

part("other").addEventListener("resize", showOther);
part("hear").addEventListener("click", () => {
  void (/** @type {HTMLVideoElement} */ (part("other")).play());
  part("hear").hidden = true;
  part("text").focus();
});
when("people", showOther);
when("shown", showOther);
when("flows", showOther);
