// @ts-check
/**
 * The connection to the forwarding unit, with the same outside as `Peer`. The unit offers: a section for each thing that may be sent (`pa`
 * microphone, `pv` camera in two layers, `ps` screen) and a place for each voice and picture of the others (`a0`, `v0` …). Who stands in
 * which place is told over the wire, so that nothing is negotiated anew when somebody comes or goes.
 */
import { between, NOTHING, totals } from "./measure.js";
import { SMALL } from "./rungs.js";

/** Milliseconds before each try to join again. */
const PAUSES = [0, 300, 1000, 2000];
/** Milliseconds without a connection after which another way to the unit is looked for, and after which all begins anew. */
const RESTART = 3000, ANEW = 6000;
/** Milliseconds in which the estimate of what the line bears is still growing. */
const GROWS = 10_000;
const SECTIONS = /** @type {Record<string, string>} */ ({ audio: "pa", video: "pv", screen: "ps" });

/** @typedef {{audio: Record<string, string>, video: Record<string, {participant: string, kind: string}>}} Places */

export class UnitPeer extends EventTarget {
  /**
   * @param {{ask: (name: string, told: any) => Promise<any>, ice: () => Promise<RTCConfiguration>,
   *   tracks: () => {audio: MediaStreamTrack | null, camera: MediaStreamTrack | null, screen: MediaStreamTrack | null},
   *   whose: () => string, shares: (who: string) => boolean}} how `whose`: the one other whose picture `remote` has
   */
  constructor(how) {
    super();
    this.how = { ...how, polite: true };
    this.screens = true;
    this.closed = false;
    /** @type {RTCPeerConnection | null} */
    this.pc = null;
    this.remote = new MediaStream();
    this.id = "";
    this.unit = "";
    this.tries = 0;
    this.turn = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {Map<string, MediaStreamTrack>} by place */
    this.tracks = new Map();
    /** @type {Places} */
    this.places = { audio: {}, video: {} };
    /** @type {Map<string, MediaStream>} by place */
    this.streams = new Map();
    this.before = { ...NOTHING };
    this.spent = 0;
    /** When it was connected, in milliseconds, or 0. */
    this.since = 0;
    this.wanted = /** @type {any} */ (null);
  }

  /** Join, or join anew. */
  async build() {
    const turn = ++this.turn;
    window.clearTimeout(this.timer);
    const told = await this.how.ask("media_join", {});
    if (this.closed || turn !== this.turn) {
      if (told.ok) void this.how.ask("media_leave", { peer: told.peer });
      return;
    }
    if (!told.ok) return this.#again();
    try {
      await this.#connect(told, turn);
    } catch (why) {
      console.info("negotiation:", why instanceof Error ? why.message : why);
      if (turn === this.turn) this.#again();
    }
  }

  /** @param {any} told @param {number} turn */
  async #connect(told, turn) {
    const pc = new RTCPeerConnection(await this.how.ice());
    if (this.closed || turn !== this.turn) return pc.close();
    this.#drop();
    [this.pc, this.id, this.unit] = [pc, told.peer, told.unit];
    pc.addEventListener("track", (event) => {
      this.tracks.set(event.transceiver.mid ?? "", event.track);
      this.streams.set(event.transceiver.mid ?? "", new MediaStream([event.track]));
      event.track.addEventListener("unmute", () => this.#tell("media"));
    });
    pc.addEventListener("connectionstatechange", () => this.#changed(pc));
    await pc.setRemoteDescription({ type: "offer", sdp: told.offer });
    const { audio, camera, screen } = this.how.tracks();
    for (const one of pc.getTransceivers()) {
      if (!["pa", "pv", "ps"].includes(one.mid ?? "")) continue;
      one.direction = "sendonly";
      await one.sender.replaceTrack(one.mid === "pa" ? audio : one.mid === "pv" ? camera : screen);
    }
    await pc.setLocalDescription();
    await this.#layers(pc);
    await this.#answer(pc);
    if (this.wanted) void this.want(this.wanted);
  }

  /** @param {RTCPeerConnection} pc */
  async #answer(pc) {
    const placed = await this.how.ask("media_answer", { peer: this.id, sdp: pc.localDescription?.sdp });
    if (pc !== this.pc) return;
    if (!placed.ok) throw new Error(`the unit did not take it: ${placed.code}`);
    this.take(placed);
  }

  /** Which layer is the small one goes by its name. @param {RTCPeerConnection} pc */
  async #layers(pc) {
    const sender = pc.getTransceivers().find((one) => one.mid === "pv")?.sender;
    const settings = sender?.getParameters();
    if (!sender || !settings?.encodings?.length) return;
    for (const one of settings.encodings) Object.assign(one, one.rid === "l" ? SMALL : { active: true, scaleResolutionDownBy: 1, maxBitrate: 1_000_000 });
    await sender.setParameters(settings).catch((why) => console.info("layers:", why.message));
  }

  /** Who stands in which place. @param {Places} told */
  take(told) {
    this.places = { audio: told.audio ?? {}, video: told.video ?? {} };
    this.refresh();
  }

  /** Look again whose picture `remote` has. */
  refresh() {
    const who = this.how.whose();
    const [place] = [this.placeOf(who, this.how.shares(who) ? "screen" : "camera") || this.placeOf(who, "camera")];
    const track = this.tracks.get(place);
    for (const one of this.remote.getTracks()) if (one !== track) this.remote.removeTrack(one);
    if (track && !this.remote.getTracks().includes(track)) this.remote.addTrack(track);
    this.#tell("media");
    this.#tell("places");
  }

  /** The place of somebody's camera, screen or voice, or "". @param {string} who @param {string} kind "camera", "screen" or "audio" */
  placeOf(who, kind) {
    if (kind === "audio") {
      const found = Object.entries(this.places.audio).find(([, one]) => one === who);
      return found ? `a${found[0]}` : "";
    }
    const found = Object.entries(this.places.video).find(([, one]) => one.participant === who && one.kind === kind);
    return found ? `v${found[0]}` : "";
  }

  /** How much of whom is to be sent here. @param {{wants: Record<string, string>, rest: string, pinned: string[]}} told */
  async want(told) {
    this.wanted = told;
    const answer = await this.how.ask("media_want", { peer: this.id, ...told });
    if (answer.ok) this.take(answer);
  }

  /** A connection is lost at the unit: this one, or with no name every one of that unit. @param {{unit: string, peer?: string}} told */
  gone(told) {
    if (this.closed || (told.peer ? told.peer !== this.id : told.unit !== this.unit)) return;
    this.since = 0;
    void this.build();
  }

  /** The line is back: places may have changed meanwhile. */
  nudge() {
    if (!this.pc || this.closed) return;
    if (this.pc.connectionState === "connected") void this.want(this.wanted ?? { wants: {}, rest: "full", pinned: [] });
    else void this.#restart(this.pc);
  }

  /** Nothing comes in any more though it should. */
  stalled() {
    if (this.pc && this.pc.signalingState === "stable" && !["new", "connecting"].includes(this.pc.connectionState)) void this.#restart(this.pc);
  }

  /** Send another track of a kind, or none. @param {string} kind "audio", "video" or "screen" @param {MediaStreamTrack | null} track @param {MediaStream | null} [_stream] */
  async swap(kind, track, _stream) {
    await this.pc?.getTransceivers().find((one) => one.mid === SECTIONS[kind])?.sender.replaceTrack(track);
  }

  /** Send what this side has now. */
  async sync() {
    const { audio, camera, screen } = this.how.tracks();
    await Promise.all([this.swap("audio", audio), this.swap("video", camera), this.swap("screen", screen)]);
  }

  /** What the connection says of itself, since it began. */
  async totals() {
    const reports = this.pc ? [...(await this.pc.getStats()).values()] : [];
    return totals(reports, Date.now());
  }

  /** What went over the connection since the last look. */
  async measure() {
    const pc = this.pc;
    const now = await this.totals();
    const told = between(this.before, now);
    if (pc === this.pc) this.before = now;
    // The unit's estimate begins low and grows: in the beginning it says nothing about the line.
    const available = Date.now() - this.since > GROWS ? told.available : 0;
    return { ...told, available, bytes: told.bytes + this.spent, state: pc?.connectionState ?? "new", most: 0 };
  }

  /** End it. */
  close() {
    this.closed = true;
    this.turn += 1;
    if (this.id) void this.how.ask("media_leave", { peer: this.id });
    this.#drop();
  }

  /** @param {RTCPeerConnection} pc */
  #changed(pc) {
    if (pc !== this.pc) return;
    window.clearTimeout(this.timer);
    if (pc.connectionState === "connected") {
      this.tries = 0;
      this.since = Date.now();
    } else if (pc.connectionState === "failed" || pc.connectionState === "closed") {
      this.#again();
    } else if (pc.connectionState === "disconnected") {
      this.timer = window.setTimeout(() => void this.#restart(pc), RESTART);
    } else {
      this.timer = window.setTimeout(() => this.#again(), ANEW * 2);
    }
    this.#tell("changed");
  }

  /** Another way to the unit; keys and media go on. @param {RTCPeerConnection} pc */
  async #restart(pc) {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (pc === this.pc && pc.connectionState !== "connected") this.#again();
    }, ANEW);
    const told = await this.how.ask("media_restart", { peer: this.id });
    if (pc !== this.pc || this.closed) return;
    if (told.code === "gone") return this.#again();
    if (!told.ok) return;
    try {
      await pc.setRemoteDescription({ type: "offer", sdp: told.offer });
      await pc.setLocalDescription();
      await this.#answer(pc);
    } catch (why) {
      console.info("negotiation:", why instanceof Error ? why.message : why);
      this.#again();
    }
  }

  #again() {
    if (this.closed) return;
    this.since = 0;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.build(), PAUSES[Math.min(this.tries, PAUSES.length - 1)]);
    this.tries += 1;
  }

  #drop() {
    window.clearTimeout(this.timer);
    this.pc?.close();
    this.pc = null;
    this.id = "";
    this.since = 0;
    this.tracks.clear();
    this.streams.clear();
    this.spent += this.before.received + this.before.sent;
    this.before = { ...NOTHING };
  }

  /** @param {string} name */
  #tell(name) {
    this.dispatchEvent(new CustomEvent(name));
  }
}
