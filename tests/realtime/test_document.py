"""docs/signalling.md has every message, code, kind and limit of the running product."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from foundation.errors import Busy, InputWrong, NotFound, Refusal, TooMany
from realtime import limits, meetings, typed
from realtime.desk import Desk
from realtime.meetings import Meetings
from virtual_office.meetings import commands, happenings
from virtual_office.meetings import meetings as rules

ROOT = Path(__file__).resolve().parent.parent.parent
WORDS = (ROOT / "docs" / "signalling.md").read_text()
LINES_OWN = {"connect", "disconnect", "unknown"}


def handlers(door: type) -> set[str]:
    return {name.removeprefix("on_") for name in dir(door) if name.startswith("on_")} - LINES_OWN


def sources() -> str:
    """The code that pushes or writes events."""
    files = [*(ROOT / "realtime").glob("*.py"), *(ROOT / "virtual_office" / "meetings").glob("*.py")]
    return "\n".join(path.read_text() for path in files)


def test_every_message_up(app: Flask) -> None:
    up = WORDS.partition("## `/meeting`, up")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+)", up, re.MULTILINE)) == handlers(Meetings) and handlers(Desk) == set()


def test_every_message_down() -> None:
    down = WORDS.partition("## `/meeting`, down")[2].partition("\n## ")[0]
    told = set(re.findall(r"`([a-z_]+) \{[^`]*\}`", down.partition("Kinds of events")[0]))
    pushed = set(re.findall(r"(?:(?:nudge|say)\([^\n]*?, |emit\(\s*|_to_the_others\()\"([a-z_]+)\"", sources()))
    assert told == pushed and len(pushed) >= 8


def test_every_kind_of_event() -> None:
    kinds = WORDS.partition("Kinds of events: ")[2].partition("\n\n")[0]
    written = set(re.findall(r"append\(\s*\w+,\s*\"([a-z_]+)\"", sources())) | {"entered", "waits"}
    assert (
        set(re.findall(r"`([a-z_]+)[ `]", kinds)) - {"said"} == (written | {"unheard"}) - {"said"} and "said" in written
    )


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal,
        NotFound,
        InputWrong,
        TooMany,
        Busy,
        rules.TooEarly,
        rules.MeetingOver,
        rules.NotAdmitted,
        meetings.SignalTooLarge,
        meetings.AlreadySeated,
    ],
)
def test_every_code(refusal: type[Refusal]) -> None:
    assert f"`{refusal.code}`" in WORDS.partition("## Answers")[2].partition("\n## ")[0]


def test_every_limit_and_reason() -> None:
    assert all(f"`{reason}`" in WORDS for reason in rules.END_REASONS) and all(
        f"`{kind}`" in WORDS for kind in meetings.SIGNALS
    )
    assert (limits.WINDOW, limits.FRAMES, limits.BYTES, limits.LARGEST, limits.HANDSHAKES) == (
        10,
        300,
        4_000_000,
        100_000,
        300,
    )
    assert (Meetings.allowed, Desk.allowed, meetings.LARGEST_SDP, meetings.LARGEST_CANDIDATE) == (50, 20, 65_536, 1024)
    assert (typed.LONGEST_EDIT, typed.MANY_EDITS, typed.MANY_ASKED) == (1000, 80, 10)
    assert (happenings.MOST, commands.LONGEST) == (500, 2000)
