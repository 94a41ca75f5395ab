"""RTCP (RFC 3550, 4585, 5104) as far as the unit speaks it: read in one pass without objects of a library, written small."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from aiortc.rtp import pack_remb_fci, unpack_remb_fci

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, PLI, FIR, REMB = 1, 1, 4, 15
MOST_LOST = 512
"""Sequence numbers that one packet may ask for; more is no loss but an attack."""


@dataclass(slots=True)
class Report:
    """How somebody receives one stream: packets lost in all, the highest number (with its wraps), lsr and dlsr in 1/65,536 s."""

    ssrc: int
    lost: int
    highest: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(slots=True)
class Sent:
    """A sender's report: when, by its wall clock (NTP, 64 bits), which RTP time was."""

    ssrc: int
    ntp: int
    rtp: int


@dataclass(slots=True)
class Read:
    """What one compound packet said."""

    reports: list[Report] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    nacks: list[tuple[int, list[int]]] = field(default_factory=list)
    keyframes: list[int] = field(default_factory=list)
    remb: int | None = None
    gone: list[int] = field(default_factory=list)


def read(data: bytes | memoryview) -> Read:
    """Everything that is understood; the rest, and whatever is malformed, is passed over. Never raises."""
    told, at, size = Read(), 0, len(data)
    while at + 8 <= size:
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            break
        count = first & 31
        if kind in (SR, RR):
            _reports(told, data, at, end, kind, count)
        elif kind == RTPFB and count == NACK:
            _nack(told, data, at, end)
        elif kind == PSFB:
            _payload_feedback(told, data, at, end, count)
        elif kind == BYE:
            told.gone += [
                struct.unpack_from("!I", data, at + 4 + 4 * n)[0] for n in range(count) if at + 8 + 4 * n <= end
            ]
        at = end
    return told


def _reports(told: Read, data: bytes | memoryview, at: int, end: int, kind: int, count: int) -> None:
    place = at + 8
    if kind == SR:
        if at + 28 > end:
            return
        ssrc, ntp, rtp = struct.unpack_from("!IQI", data, at + 4)
        told.sent.append(Sent(ssrc, ntp, rtp))
        place = at + 28
    for _one in range(count):
        if place + 24 > end:
            return
        ssrc, lost, highest, jitter, lsr, dlsr = struct.unpack_from("!IIIIII", data, place)
        # The share in the first byte may stand for three packets; the total (24 bits, signed) is what counts.
        total = (lost & 0xFFFFFF) - ((lost & 0x800000) << 1)
        told.reports.append(Report(ssrc, total, highest, jitter, lsr, dlsr))
        place += 24


def _nack(told: Read, data: bytes | memoryview, at: int, end: int) -> None:
    if at + 12 > end:
        return
    (ssrc,) = struct.unpack_from("!I", data, at + 8)
    lost: list[int] = []
    for place in range(at + 12, end - 3, 4):
        first, mask = struct.unpack_from("!HH", data, place)
        lost.append(first)
        lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) > MOST_LOST:
            break
    told.nacks.append((ssrc, lost[:MOST_LOST]))


def _payload_feedback(told: Read, data: bytes | memoryview, at: int, end: int, form: int) -> None:
    if at + 12 > end:
        return
    if form == PLI:
        told.keyframes.append(struct.unpack_from("!I", data, at + 8)[0])
    elif form == FIR:
        told.keyframes += [struct.unpack_from("!I", data, place)[0] for place in range(at + 12, end - 7, 8)]
    elif form == REMB:
        try:
            told.remb = unpack_remb_fci(bytes(data[at + 12 : end]))[0]
        except (ValueError, IndexError, struct.error):
            return


def nack(sender: int, ssrc: int, lost: list[int]) -> bytes:
    """Ask for packets again; `lost` are sequence numbers, ascending from the oldest."""
    pairs: list[tuple[int, int]] = []
    for one in lost:
        if pairs and 0 < (step := (one - pairs[-1][0]) & 0xFFFF) <= 16:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] | 1 << (step - 1))
        else:
            pairs.append((one & 0xFFFF, 0))
    body = struct.pack("!II", sender, ssrc) + b"".join(struct.pack("!HH", *pair) for pair in pairs)
    return _packet(RTPFB, NACK, body)


def pli(sender: int, ssrc: int) -> bytes:
    """Ask for a keyframe."""
    return _packet(PSFB, PLI, struct.pack("!II", sender, ssrc))


def remb(sender: int, bits: int, ssrcs: list[int]) -> bytes:
    """Say how much may come at most, in bits a second, over these streams together."""
    return _packet(PSFB, REMB, struct.pack("!II", sender, 0) + pack_remb_fci(bits, ssrcs))


def receiver_report(sender: int, reports: list[tuple[int, float, int, int, int, int]]) -> bytes:
    """How streams arrive: of each (ssrc, share lost, total lost, highest sequence, lsr, dlsr)."""
    body = struct.pack("!I", sender)
    for ssrc, share, total, highest, lsr, dlsr in reports[:31]:
        lost = min(255, int(share * 256)) << 24 | min(max(0, total), 0x7FFFFF)
        body += struct.pack("!IIIIII", ssrc, lost, highest & 0xFFFFFFFF, 0, lsr, dlsr)
    return _packet(RR, len(reports[:31]), body)


def sender_report(ssrc: int, ntp: int, rtp: int, packets: int, octets: int) -> bytes:
    """When, by its own clock, a publisher's picture or sound was: what lips and voice are laid together by."""
    return _packet(SR, 0, struct.pack("!IQIII", ssrc, ntp, rtp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF))


def source(ssrc: int, name: str) -> bytes:
    """The canonical name of a stream (SDES CNAME); equal names are played in step."""
    item = bytes([1, len(name)]) + name.encode() + b"\0"
    return _packet(SDES, 1, struct.pack("!I", ssrc) + item + bytes(-len(item) % 4))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body
