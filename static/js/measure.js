// @ts-check
/** What a connection's own figures (getStats) say, as plain numbers: totals, and what happened between two looks. */

/**
 * @typedef {{at: number, received: number, sent: number, lost: number, packets: number,
 *   soundBytes: number, concealed: number, samples: number, delay: number, available: number, out: number,
 *   went: Record<string, number>, told: Record<string, Told>}} Totals
 *   went: packets of each kind that this side sent; told: what the other side reported last, of each kind
 * @typedef {{stamp: number, lost: number, went: number, share: number, missed: number}} Told stamp: when, in milliseconds; lost: packets since the
 *   beginning; went: packets sent until then;
 *   share: 0 to 1 as the report itself says; missed: 0 to 1 of those between this report and the one looked at before
 * @typedef {{flows: boolean, loss: number, came: number, theirLoss: number, delay: number, available: number, stuck: boolean, bytes: number, concealed: number}} Between
 *   loss: 0 to 1 of what comes in; came: packets of it that arrived; theirLoss: of what goes out, as the other side reports it;
 *   stuck: nothing of ours goes out; bytes: both ways, since the connection began; concealed: 0 to 1 of the sound that had to be made up
 */

/** @type {Readonly<Totals>} */
export const NOTHING = Object.freeze({
  at: 0, received: 0, sent: 0, lost: 0, packets: 0, soundBytes: 0, concealed: 0, samples: 0, delay: 0,
  available: 0, out: 0, went: {}, told: {},
});

/** Milliseconds after which a report of the other side is old; they come about every five seconds for sound, every second for pictures. */
const STALE = { audio: 12_000, video: 4_000 };

/** @param {Iterable<any>} reports @param {number} at milliseconds @returns {Totals} */
export function totals(reports, at) {
  /** @type {Totals} */
  const now = { ...NOTHING, at, went: {}, told: {} };
  for (const one of reports) {
    if (one.type === "inbound-rtp") {
      now.received += one.bytesReceived ?? 0;
      now.lost += one.packetsLost ?? 0;
      now.packets += one.packetsReceived ?? 0;
      now.concealed += one.concealedSamples ?? 0;
      now.samples += one.totalSamplesReceived ?? 0;
      if (one.kind === "audio") now.soundBytes += one.bytesReceived ?? 0;
    } else if (one.type === "outbound-rtp") {
      now.sent += one.bytesSent ?? 0;
      now.out += one.packetsSent ?? 0;
      now.went[one.kind] = (now.went[one.kind] ?? 0) + (one.packetsSent ?? 0);
    } else if (one.type === "remote-inbound-rtp") {
      // What is not sent any more is not reported on: its last words would say for ever that the line is bad.
      if (at - (one.timestamp ?? at) > STALE[one.kind === "video" ? "video" : "audio"]) continue;
      const lost = (now.told[one.kind]?.lost ?? 0) + Math.max(0, one.packetsLost ?? 0);
      now.told[one.kind] = { stamp: one.timestamp ?? at, lost, went: 0, share: one.fractionLost ?? 1, missed: 0 };
      now.delay = Math.max(now.delay, (one.roundTripTime ?? 0) * 1000);
    } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      now.delay = Math.max(now.delay, (one.currentRoundTripTime ?? 0) * 1000);
      now.available = Math.max(now.available, one.availableOutgoingBitrate ?? 0);
    }
  }
  for (const kind of Object.keys(now.told)) now.told[kind].went = now.went[kind] ?? 0;
  return now;
}

/** @param {Totals} before @param {Totals} now @returns {Between} */
export function between(before, now) {
  const came = now.packets - before.packets;
  const lost = Math.max(0, now.lost - before.lost);
  const samples = now.samples - before.samples;
  return {
    flows: now.received > before.received,
    loss: came + lost > 0 ? lost / (came + lost) : 0,
    came,
    theirLoss: theirLoss(before, now),
    delay: now.delay,
    available: now.available,
    stuck: before.at > 0 && now.out === before.out,
    bytes: now.received + now.sent,
    // Where no sound comes all of it is made up, and that says nothing.
    concealed: samples > 0 && now.soundBytes > before.soundBytes ? Math.min(1, (now.concealed - before.concealed) / samples) : 0,
  };
}

/** Fewer packets say nothing about a line. */
const FEW = 50;

/**
 * What the other side misses of all that went out: the lesser of what its totals and its last report say. The share in a report may
 * stand for three packets, and totals are a little older than what was sent meanwhile; a bad line looks bad in both.
 * Each kind counts as much as was sent of it. Fills in `now.told`.
 * @param {Totals} before @param {Totals} now
 */
function theirLoss(before, now) {
  let lost = 0, all = 0;
  for (const [kind, told] of Object.entries(now.told)) {
    const last = before.told[kind] ?? { stamp: 0, lost: 0, went: 0, share: 0, missed: 0 };
    const went = now.went[kind] ?? 0;
    const fresh = told.stamp !== last.stamp && went - last.went >= FEW;
    const counted = Math.max(0, told.lost - last.lost) / (went - last.went);
    const missed = fresh ? Math.min(told.share, counted) : last.missed;
    now.told[kind] = fresh ? { ...told, missed } : last;
    const weight = Math.max(0, went - (before.went[kind] ?? 0));
    lost += missed * weight;
    all += weight;
  }
  return all ? lost / all : 0;
}

/** Megabytes that half an hour costs at the pace so far. @param {number} bytes @param {number} seconds */
export function halfHour(bytes, seconds) {
  return seconds > 0 ? (bytes / seconds) * 1800 / 1e6 : 0;
}
