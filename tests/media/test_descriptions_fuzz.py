"""Mutated descriptions: nothing but a refusal comes out, and soon."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from realtime.media import sdp
from realtime.media.answers import Remote, SdpWrong, answer, read_answer, read_offer
from realtime.media.grammar import parse
from realtime.media.sdp import Section
from tests.tiers import examples

from .descriptions import ANSWERS, OFFERS, local, mirrored, places, recorded

LONGEST = 0.25
"""Seconds of processor time for one description, however it is made; a usual one takes a thousandth."""
SPLINTERS = (
    *("", " ", ":", ";", ",", "=", "/", "-", "~", "*", "\r", "\n", "\0", "\t", "\x0b", "\u2028", "\ud800", "é", "٣", "²"),
    *("0", "1", "15", "64", "127", "128", "255", "65536", "4294967296", "9" * 40, "-1", "1e9", "0x10", "a" * 300),
    *("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:", "a=rid:h send", "a=simulcast:send h;l", "a=bundle-only", "a=inactive"),
    *("a=ssrc-group:FID 1 2", "a=fingerprint:sha-256 AA", "a=extmap:0 x", "a=rtpmap:96", "a=fmtp:96 apt=97;;=", "a=group:BUNDLE"),
)  # fmt: skip


def mutated(dice: random.Random, texts: list[str]) -> str:
    """One of them, changed in a few places: letters, words, lines, whole halves."""
    text = dice.choice(texts)
    for _turn in range(dice.choice((1, 1, 1, 2, 3, 8, 30))):
        text = dice.choice(WAYS)(dice, text, texts)
    return text


def _letter(dice: random.Random, text: str, _texts: list[str]) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + chr(dice.choice((dice.randrange(128), dice.randrange(0x3000)))) + text[at + dice.randrange(2) :]


def _splinter(dice: random.Random, text: str, _texts: list[str]) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(SPLINTERS) + text[at + dice.choice((0, 0, 1, 5)) :]


def _word(dice: random.Random, text: str, _texts: list[str]) -> str:
    words = text.split(" ")
    words[dice.randrange(len(words))] = dice.choice((*SPLINTERS, dice.choice(words)))
    return " ".join(words)


def _lines(dice: random.Random, text: str, _texts: list[str]) -> str:
    lines = text.split("\r\n")
    at, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    match dice.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines.insert(at, dice.choice(SPLINTERS))
        case _:
            lines[at:at] = [lines[other]] * dice.choice((2, 20, 90, 3_000))
    return "\r\n".join(lines)


def _half(dice: random.Random, text: str, texts: list[str]) -> str:
    other = dice.choice(texts)
    return text[: dice.randrange(len(text) + 1)] + dice.choice(("", other[dice.randrange(len(other) + 1) :]))


WAYS: tuple[Callable[[random.Random, str, list[str]], str], ...] = (_letter, _splinter, _word, _lines, _lines, _half)


@pytest.mark.fuzz
def test_a_mutated_description_is_read_or_refused_soon(seed: int) -> None:
    dice = random.Random(seed)
    sections = places()
    answers = [*map(recorded, ANSWERS), mirrored(sections)]
    offers = [*map(recorded, OFFERS), sdp.offer(local(), sections).replace("a=ice-lite\r\n", "")]
    read = refused = 0
    for turn in range(examples(5_000)):
        asked = turn % 2 == 0
        text = mutated(dice, offers if asked else answers)
        began = time.process_time()
        try:
            if asked:
                _answered(read_offer(text))
            else:
                read_answer(text, sections)
            read += 1
        except SdpWrong as why:
            refused += 1
            assert len(why.reason) < 80, f"seed {seed}, turn {turn}: {text!r}"
        except Exception as why:
            raise AssertionError(f"seed {seed}, turn {turn}: {text!r}") from why
        spent = time.process_time() - began
        assert spent < LONGEST, f"seed {seed}, turn {turn}: {spent} s for {text!r}"
    assert min(read, refused) > examples(5_000) // 20, f"seed {seed}: {read} read, {refused} refused: the dice are dull"


def _answered(remote: Remote) -> None:
    """Our answer to what was read is a description again, with as many sections."""
    ours = [Section(one.mid, one.kind, "recvonly", rids=("h", "l")) for one in remote.sections]
    text = answer(local(), remote, ours)
    text.encode()
    assert len(parse(text).media) == len(remote.sections)
