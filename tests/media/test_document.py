"""docs/media-protocol.md has every request, event, code and claim of the unit, and its examples are true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from realtime.media import control, frames, tokens

ROOT = Path(__file__).resolve().parents[2]
WORDS = (ROOT / "docs" / "media-protocol.md").read_text()
SOURCES = {path.name: path.read_text() for path in (ROOT / "realtime" / "media").glob("*.py")}
CODE = "\n".join(SOURCES.values())


def rows(heading: str) -> set[str]:
    """First words of the table rows of a section."""
    section = WORDS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([a-z_]+)", section, re.MULTILINE))


def test_every_request() -> None:
    acts = SOURCES["unit.py"].partition("async def act")[2].partition("\n    def ")[0]
    known = set(re.findall(r'^ +"([a-z]+)": self\.', acts, re.MULTILINE)) | set(re.findall(r'do == "([a-z]+)"', acts))
    assert rows("Requests") == known | {"hello"}


def test_every_event() -> None:
    told = set(re.findall(r'tell\(\s*"([a-z]+)"', CODE)) | set(re.findall(r'"event": "([a-z]+)"', CODE))
    assert rows("Events") == told


def test_every_code() -> None:
    refused = set(re.findall(r'Refused\(\s*"([a-z_]+)"', CODE)) | set(re.findall(r'"code": "([a-z_]+)"', CODE))
    assert rows("Codes") == refused


def test_every_claim() -> None:
    claims = {field.name for field in fields(tokens.Claims)}
    section = WORDS.partition("\n## Tokens\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z]+)`", "".join(re.findall(r"^\| (`[^|]*)\|", section, re.MULTILINE)))) == claims


@pytest.mark.parametrize(
    "number",
    [
        f"{frames.LARGEST:,} bytes",
        f"At most {control.MOST_ASKED} requests",
        f"beyond {control.MOST_HELD >> 20} MiB",
        f"nothing at all for {control.PATIENCE:.0f} s",
        f"beyond {control.MOST_FED >> 20} MiB that wait",
        f"at most {tokens.LONGEST:,} characters",
        f"at most {tokens.LIFE} ahead",
        f"at most {tokens.REMEMBERED:,}",
        f"0 to {tokens.MOST_PLACES}",
        f"1 to {tokens.WORD} characters",
    ],
)
def test_every_limit(number: str) -> None:
    assert number in WORDS


def test_the_token_of_the_example_opens() -> None:
    (secret,) = re.findall(r"With the secret `([^`]+)`", WORDS)
    (token,) = re.findall(r"^(eyJ\S+)$", WORDS, re.MULTILINE)
    claims = tokens.Tokens(tokens.key(secret), "media-0").take(token, 1_800_000_000)
    assert (claims.role, claims.publish, claims.places.video) == ("counselor", ("audio", "video"), 12)


def test_the_frames_of_the_examples_are_whole() -> None:
    found = [bytes.fromhex(line) for line in re.findall(r"^((?:[0-9a-f]{2} +)+[0-9a-f]{2})$", WORDS, re.MULTILINE)]
    request, packet = (raw for whole in found for raw in frames.Frames().take(whole))
    assert frames.decode(request) == {"id": 7, "do": "figures"}
    assert len(packet) == 26 and packet[0] == 0 and packet[10:12] == b"p7" and packet[12] == 1
    assert int.from_bytes(packet[1:9], "big") == 1_795_726_571_000_000
