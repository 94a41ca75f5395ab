"""How the product speaks: every visible English sentence is short, plain and blames nobody."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

ROOT = Path(__file__).resolve().parent.parent.parent
NEVER = re.compile(
    r"\b(please|sorry|invalid|oops|forbidden|unauthori[sz]ed|submit|click here|no-show|parked|tout|overtaken|client|user)\b|!",
    re.IGNORECASE,
)
PLACE = re.compile(r"%\(\w+\)[sd]")
LONGEST_SENTENCE = 30
"""Words (research on plain language: none above 30, mean at most 18)."""
MEAN = 18


@cache
def said() -> tuple[str, ...]:
    """Every message of the product, as the catalogues get it."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        keywords=keywords,
        directory_filter=lambda folder: Path(folder).name not in {".venv", "node_modules", ".git", "tests", "instance"},
    )
    messages: set[str] = set()
    for _file, _line, message, _comments, _context in found:
        messages.update([message] if isinstance(message, str) else [part for part in message if part])
    return tuple(sorted(messages))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence; a placeholder counts as one."""
    parts = re.split(r"(?<=[.?:])\s+", PLACE.sub("X", text))
    return [words for part in parts if (words := re.findall(r"[\w'’-]+", part))]


def test_there_is_something_to_read() -> None:
    assert len(said()) > 300


def test_tone() -> None:
    assert [text for text in said() if NEVER.search(text)] == []


def test_sentences_are_short() -> None:
    counts = {text: max(map(len, sentences(text)), default=0) for text in said()}
    assert [text for text, longest in counts.items() if longest > LONGEST_SENTENCE] == []
    lengths = [len(words) for text in said() for words in sentences(text)]
    assert sum(lengths) / len(lengths) <= MEAN


def test_the_tone_can_fail() -> None:
    assert all(NEVER.search(text) for text in ("Please wait", "Invalid date", "Saved!", "Submit"))
