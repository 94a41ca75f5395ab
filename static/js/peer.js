// @ts-check
/**
 * One connection to the other person, by perfect negotiation. Each RTCPeerConnection has an epoch; a message says whose it is from and
 * for, so that words meant for an older connection (before a reload, before a rebuild) are never mixed into the new one.
 */

import { between, NOTHING, totals } from "./measure.js";
import { lean, most } from "./sdp.js";

const WATCH = 10_000;
/** Milliseconds without a connection after which ICE is restarted; Chromium's own `failed` comes only after about fifteen seconds. */
const COURTESY = 700;
/**
 * Milliseconds that the polite side waits for the other's first offer before it makes its own. Both begin when one is let in, so two first
 * offers would often cross; and a Chromium that takes back an offer a few milliseconds old may never begin to look for a way.
 */
const BEGINS = 4000;
/** Milliseconds after an answer in which the search for a way should have begun: on a slow line their candidates take as long as that. */

export class Peer extends EventTarget {
  /**
   * @param {{polite: boolean, send: (kind: string, data: any) => Promise<any>, ice: () => Promise<RTCConfiguration>, stream: () => MediaStream | null,
   *   thrifty?: () => boolean}} how `thrifty`: whether this side asks to be sent little
   */
  constructor(how) {
    super();
    this.how = how;
    this.epoch = 0;
    this.theirs = 0;
    this.failures = 0;
    /** Connections in a row whose search never began. */
    this.idle = 0;
    this.closed = false;
    /** The screen goes in the camera's place. */
    this.screens = false;
    this.connected = false;
    /** @type {RTCPeerConnection | null} */
    this.pc = null;
    this.remote = new MediaStream();
    /** @type {RTCIceCandidateInit[]} */
    this.early = [];
    this.offering = false;
    this.ignoring = false;
    /** @type {number | undefined} */
    this.watch = undefined;
    /** @type {Promise<void>} */
    this.inTurn = Promise.resolve();
    this.before = { ...NOTHING };
    /** Bytes of connections that were replaced. */
    this.spent = 0;
  }

  /** Begin, or begin anew with a fresh connection. */
  async build() {
    this.#drop();
    this.epoch = Math.max(Date.now(), this.epoch + 1);
    const mine = this.epoch;
    const settings = await this.how.ice();
    if (this.closed || mine !== this.epoch) return;
    const pc = new RTCPeerConnection(settings);
    this.pc = pc;
    this.early = [];
    this.offering = this.ignoring = false;
    this.failures = 0;
    pc.addEventListener("negotiationneeded", () => {
      if (!this.how.polite || this.theirs) void this.#offer(pc);
      else window.setTimeout(() => pc === this.pc && !pc.remoteDescription && !this.offering && void this.#offer(pc), COURTESY);
    });
    pc.addEventListener("icecandidate", (event) => void this.#send("candidate", event.candidate ? event.candidate.toJSON() : {}));
    pc.addEventListener("track", (event) => {
      for (const track of this.remote.getTracks()) if (track.kind === event.track.kind) this.remote.removeTrack(track);
      this.remote.addTrack(event.track);
      event.track.addEventListener("unmute", () => this.#tell("media"));
      event.track.addEventListener("mute", () => this.#tell("media"));
      this.#tell("media");
    });
    pc.addEventListener("connectionstatechange", () => this.#changed(pc));
    const stream = this.how.stream();
    for (const track of stream?.getTracks() ?? []) pc.addTrack(track, stream ?? new MediaStream());
    if (!this.how.polite) {
      for (const kind of ["audio", "video"]) {
        if (!pc.getSenders().some((sender) => sender.track?.kind === kind)) pc.addTransceiver(kind, { direction: "recvonly" });
      }
    }
    this.#guard(pc);
  }

  /**
   * A message of the other side; they are taken one after the other.
   * @param {string} kind @param {any} data
   */
  receive(kind, data) {
    this.inTurn = this.inTurn.then(() => this.#receive(kind, data)).catch((why) => this.#note(why));
    return this.inTurn;
  }

  /** The line is back, or the other side is: say again what may have been lost. */
  nudge() {
    const pc = this.pc;
    if (!pc) return;
    // An offer without an answer holds up everything that follows, also while the old connection still carries.
    if (pc.signalingState === "have-local-offer" && pc.localDescription) void this.#send("offer", pc.localDescription.toJSON());
    else if (pc.connectionState !== "connected" && pc.remoteDescription) pc.restartIce();
  }

  /**
   * Nothing comes in any more though it should: look for another way, seconds before the browser itself calls the connection broken.
   * What still flows goes on meanwhile.
   */
  stalled() {
    const pc = this.pc;
    // While the first way is still being looked for, another search would only begin anew.
    if (pc?.remoteDescription && pc.signalingState === "stable" && !["new", "connecting"].includes(pc.connectionState)) pc.restartIce();
  }

  /** Send another track of a kind (device changed, camera switched on), or none. @param {string} kind @param {MediaStreamTrack | null} track @param {MediaStream | null} stream */
  async swap(kind, track, stream) {
    const pc = this.pc;
    if (!pc) return;
    const transceiver = pc.getTransceivers().find((one) => (one.sender.track ?? one.receiver.track)?.kind === kind && one.currentDirection !== "stopped");
    if (!transceiver) {
      if (track) pc.addTrack(track, stream ?? new MediaStream());
      return;
    }
    await transceiver.sender.replaceTrack(track);
    if (track && transceiver.direction === "recvonly") transceiver.direction = "sendrecv";
  }

  /** What the connection says of itself, since it began. */
  async totals() {
    const reports = this.pc ? [...(await this.pc.getStats()).values()] : [];
    return totals(reports, Date.now());
  }

  /** What went over the connection since the last look; `bytes` of both ways, of all connections to this person. */
  async measure() {
    const pc = this.pc;
    const now = await this.totals();
    const told = between(this.before, now);
    if (pc === this.pc) this.before = now;
    const wanted = most(pc?.remoteDescription?.sdp ?? "");
    return { ...told, bytes: told.bytes + this.spent, state: pc?.connectionState ?? "new", most: wanted };
  }

  /** End it. */
  close() {
    this.closed = true;
    this.#drop();
  }

  /** @param {RTCPeerConnection} pc */
  async #offer(pc) {
    try {
      this.offering = true;
      await pc.setLocalDescription();
    } catch (why) {
      this.#note(why);
      return;
    } finally {
      // Before it is sent: an offer of theirs that comes while ours waits for its receipt is no clash once ours was answered.
      this.offering = false;
    }
    if (pc === this.pc && pc.localDescription) void this.#send(pc.localDescription.type, pc.localDescription.toJSON());
  }

  /** @param {string} kind @param {any} data */
  async #receive(kind, data) {
    const from = data?.epoch ?? 0;
    const fresh = from > this.theirs;
    // An offer of a connection that is new to us may have left before its sender knew of our newest one.
    if (this.closed || (data?.to && data.to !== this.epoch && !(fresh && kind === "offer"))) return;
    if (from < this.theirs) return;
    if (fresh) {
      this.theirs = from;
      this.early = [];
      // A connection that has heard nobody yet serves as well for the new one: else two that begin anew at once never meet.
      if (!this.pc || this.pc.remoteDescription) await this.build();
    }
    const pc = this.pc;
    if (!pc) return;
    if (kind === "restart") {
      this.nudge();
    } else if (kind === "offer" || kind === "answer") {
      const clash = kind === "offer" && (this.offering || pc.signalingState !== "stable");
      this.ignoring = !this.how.polite && clash;
      if (this.ignoring) {
        // They may never have heard our offer: it left before their connection was made.
        if (fresh) this.nudge();
        return;
      }
      if (kind === "offer" && pc.signalingState === "stable" && data.sdp === pc.remoteDescription?.sdp && pc.localDescription) {
        void this.#send("answer", pc.localDescription.toJSON());
        return;
      }
      if (kind === "answer" && pc.signalingState === "stable") return;
      await pc.setRemoteDescription({ type: kind, sdp: data.sdp });
      for (const one of this.early.splice(0)) await pc.addIceCandidate(one);
      if (kind === "offer") {
        await pc.setLocalDescription();
        // Nobody waits for the receipt: their next words may be in the queue behind this one.
        if (pc.localDescription) void this.#send("answer", pc.localDescription.toJSON());
        if (!this.connected) this.#guard(pc, BEGINS);
      }
    } else if (kind === "candidate") {
      const { epoch: _from, to: _to, ...candidate } = data;
      if (!pc.remoteDescription) {
        this.early.push(candidate);
        return;
      }
      try {
        await pc.addIceCandidate(candidate.candidate === undefined ? undefined : candidate);
      } catch (why) {
        if (!this.ignoring) this.#note(why);
      }
    }
  }

  /** @param {string} kind @param {any} data */
  #send(kind, data) {
    const told = data.sdp && this.how.thrifty?.() ? { ...data, sdp: lean(data.sdp) } : data;
    return this.how.send(kind, { ...told, epoch: this.epoch, to: this.theirs });
  }

  /** @param {RTCPeerConnection} pc */
  #changed(pc) {
    if (pc !== this.pc) return;
    if (pc.connectionState === "connected") {
      this.failures = this.idle = 0;
      this.connected = true;
      window.clearTimeout(this.watch);
    } else if (pc.connectionState === "failed") {
      this.#mend(pc);
    } else if (pc.connectionState === "disconnected") {
      window.clearTimeout(this.watch);
      this.watch = window.setTimeout(() => {
        if (pc === this.pc && pc.connectionState !== "connected") this.#mend(pc);
      }, 3000);
    }
    this.#tell("changed");
  }

  /** @param {RTCPeerConnection} pc @param {number} [patience] shorter than `WATCH`: only for a search to begin */
  #guard(pc, patience = WATCH) {
    window.clearTimeout(this.watch);
    this.watch = window.setTimeout(() => {
      if (pc !== this.pc || pc.connectionState === "connected") return;
      if (patience < WATCH && pc.connectionState !== "new") this.#guard(pc, WATCH);
      else this.#mend(pc);
    }, patience);
  }

  /** Twice a restart of ICE, then a new connection; at once a new one where nothing was even tried. @param {RTCPeerConnection} pc */
  #mend(pc) {
    this.failures += 1;
    // A way that was never there, or that two searches did not bring back.
    const begun = pc.connectionState !== "new";
    this.idle = begun ? 0 : this.idle + 1;
    // That nothing was tried once says nothing of the way.
    if ((begun || this.idle > 1) && pc.remoteDescription && (!this.connected || this.failures > 2)) this.#tell("failed");
    if (this.failures > 2 || !begun) {
      void this.build();
    } else {
      this.nudge();
      this.#guard(pc);
    }
    this.#tell("changed");
  }

  #drop() {
    window.clearTimeout(this.watch);
    this.pc?.close();
    this.pc = null;
    this.spent += this.before.received + this.before.sent;
    this.before = { ...NOTHING };
  }

  /** @param {string} name */
  #tell(name) {
    this.dispatchEvent(new CustomEvent(name));
  }

  /** @param {unknown} why */
  #note(why) {
    console.info("negotiation:", why instanceof Error ? why.message : why);
  }
}
