// @ts-check
/**
 * Between the straight way and the unit: the new connection is made first, what is shown moves over when its first picture is there, and the
 * old one ends only when the other side has moved as well. Fetched by who needs it.
 */
import * as check from "./check.js";
import { dropDirect, ensurePeer, play, relays, showOther, straight } from "./other.js";
import { outgoing, tellWhatISend } from "./own.js";
import { partner, shown, theirs } from "./people.js";
import { line, lineWords, media, now, part, tell, when, wire } from "./scene.js";
import { show, speaks } from "./tiles.js";
import { UnitPeer } from "./unit.js";

/** Milliseconds between two looks while there are two connections. */
const LOOK = 200;
/** Milliseconds after which a connected way counts though no picture came over it; and for which the other side may lag behind. */
const PATIENCE = 6000, LAG = 20_000;

/** @type {UnitPeer | null} */
let unit = null;
let movedAt = 0;
/** @type {number | undefined} */
let looking = undefined;
/** @type {Map<string, HTMLAudioElement>} by place */
const voices = new Map();

/** Go the way that the meeting goes now. */
export function follow() {
  if (now.way === "unit" && now.state === "stage") {
    if (!unit) build();
  } else if (unit && partner()?.here && media) {
    ensurePeer();
  }
  if (unit) looking ??= window.setInterval(() => void settle(), LOOK);
  refresh();
}

function build() {
  const made = new UnitPeer({
    ask: (name, told) => line.ask(name, told),
    // The unit learns every address anyway; a relay is one way more to reach it.
    ice: async () => (media && wire.relay ? { ...(await relays()), iceTransportPolicy: /** @type {RTCIceTransportPolicy} */ ("all") } : {}),
    tracks: outgoing,
    whose: () => partner()?.id ?? "",
    shares: (who) => Boolean(shown.get(who)?.shares),
  });
  unit = made;
  made.addEventListener("media", () => {
    play(made);
    listen();
  });
  made.addEventListener("places", refresh);
  made.addEventListener("changed", () => {
    if (made !== now.peer) return;
    tell("peer");
    showOther();
  });
  if (!now.peer && media) lineWords("connecting");
  void made.build();
}

/** End the connection to the unit. */
export function drop() {
  window.clearInterval(looking);
  looking = undefined;
  if (now.peer === unit) now.peer = null;
  unit?.close();
  unit = null;
  listen();
  refresh();
}

async function settle() {
  const direct = straight();
  if (!unit) {
    window.clearInterval(looking);
    looking = undefined;
    return;
  }
  if (now.way === "unit") {
    if (now.peer !== unit) {
      if (await carries(unit)) move(unit);
    } else if (direct && arrived("unit")) {
      dropDirect();
    }
  } else if (!partner()?.here || !media) {
    drop();
  } else if (now.peer === unit) {
    if (direct && (await carries(direct))) move(direct);
  } else if (arrived("direct")) {
    drop();
  }
}

/** Whether the other side has moved as well, or will not. @param {string} way */
function arrived(way) {
  return theirs()?.way === way || !partner()?.here || Date.now() - movedAt > LAG;
}

/** @type {WeakMap<RTCPeerConnection, number>} since when a connection stands */
const stood = new WeakMap();

/** Whether a connection brings what is to be seen. @param {import("./peer.js").Peer | UnitPeer} peer */
async function carries(peer) {
  const pc = peer.pc;
  if (pc?.connectionState !== "connected") return false;
  if (!stood.has(pc)) stood.set(pc, Date.now());
  // With nothing before it there is no picture to be kept.
  if (!now.peer?.pc || now.peer.pc.connectionState !== "connected") return true;
  const sends = theirs();
  if (Date.now() - (stood.get(pc) ?? 0) > PATIENCE) return true;
  if (!sends?.camera && !sends?.shares) return true;
  // Through the unit a third person's picture may be there before that of the one who is on the screen now.
  const place = peer === unit ? unit.placeOf(partner()?.id ?? "", sends.shares ? "screen" : "camera") : "";
  if (peer === unit && !place) return false;
  return [...(await pc.getStats()).values()].some(
    (one) => one.type === "inbound-rtp" && one.kind === "video" && one.framesDecoded > 0 && (!place || one.mid === place),
  );
}

/** From now on this one is seen and heard. @param {import("./peer.js").Peer | UnitPeer} next */
function move(next) {
  now.peer = next;
  movedAt = Date.now();
  if (next === unit) void unit.sync();
  else {
    const { audio, camera, screen } = outgoing();
    void next.swap("audio", audio, null).then(() => next.swap("video", screen ?? camera, null));
  }
  play(next);
  listen();
  refresh();
  tell("peer");
  tellWhatISend();
}

/** The voices of the others, while the unit carries them. */
function listen() {
  const carried = unit && now.peer === unit ? unit : null;
  const wanted = new Map(Object.entries(carried?.places.audio ?? {}).filter(([, who]) => who !== wire.me).map(([place]) => [`a${place}`, carried?.streams.get(`a${place}`)]));
  for (const [place, voice] of voices) {
    if (wanted.get(place)) continue;
    voice.srcObject = null;
    voices.delete(place);
  }
  for (const [place, stream] of wanted) {
    if (!stream) continue;
    const voice = voices.get(place) ?? new Audio();
    voices.set(place, voice);
    if (voice.srcObject === stream && !voice.paused) continue;
    voice.srcObject = stream;
    void speaker(voice);
    voice.play().catch((why) => {
      if (why instanceof DOMException && why.name === "NotAllowedError") part("hear").hidden = false;
    });
  }
}

/** @param {HTMLAudioElement} voice */
async function speaker(voice) {
  if (!check.chosen.speakerId || !("setSinkId" in voice)) return;
  await voice.setSinkId(check.chosen.speakerId).catch(() => undefined);
}

function refresh() {
  const carried = unit && now.peer === unit ? unit : null;
  part("through").hidden = !carried;
  show(carried);
  showOther();
}

part("hear").addEventListener("click", () => listen());
when("speaker", () => {
  for (const voice of voices.values()) void speaker(voice);
});
when("people", () => unit?.refresh());
when("shown", () => unit?.refresh());
when("state", () => {
  if (now.state !== "stage") drop();
});
when("entered", () => {
  if (unit && now.peer !== unit) unit.nudge();
});
line.addEventListener("places", (event) => unit?.take(/** @type {CustomEvent} */ (event).detail));
line.addEventListener("media_gone", (event) => unit?.gone(/** @type {CustomEvent} */ (event).detail));
line.addEventListener("speaking", (event) => speaks(/** @type {CustomEvent} */ (event).detail.participants));
