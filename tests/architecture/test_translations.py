"""Every catalogue says all that the product says: nothing missing, nothing stale, no placeholder lost, the machine's work marked."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUES = sorted((ROOT / "translations").glob("*/LC_MESSAGES/messages.po"))
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
NOT_OURS = {".venv", "node_modules", ".git", "tests", "instance"}
PLACE = re.compile(r"%\(\w+\)[sd]")
EASTERN_DIGITS = re.compile("[٠-٩۰-۹]")
PLURAL_FORMS = {"ar": 6, "es": 2, "fr": 2}


def code_of(path: Path) -> str:
    """The language of a catalogue."""
    return path.parent.parent.name


def catalogue(path: Path) -> Catalog:
    """One catalogue as it lies in the tree."""
    with path.open("rb") as file:
        return read_po(file, locale=code_of(path))


@cache
def said() -> frozenset[str | tuple[str, ...]]:
    """Every message that the product's code and templates hold today."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, directory_filter=lambda folder: Path(folder).name not in NOT_OURS
    )
    return frozenset(key(message) for _file, _line, message, _comments, _context in found)


def key(message: object) -> str | tuple[str, ...]:
    """A message's own text; of a counted one both."""
    return message if isinstance(message, str) else tuple(part for part in message if part)  # type: ignore[attr-defined]


def forms(message: Message) -> list[str]:
    """The translations of one message: one, or one for each count."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def lost_places(message: Message) -> list[str]:
    """Placeholders that differ between a message and its translation. "One" and "two" may say the count as a word."""
    counted = not isinstance(message.id, str)
    wanted = sorted(PLACE.findall(message.id if isinstance(message.id, str) else message.id[-1]))
    found = []
    for at, text in enumerate(forms(message)):
        here = sorted(PLACE.findall(text))
        as_word = counted and at < 3 and here == [place for place in wanted if place != "%(num)s"]
        if here != wanted and not as_word:
            found.append(f"{message.id!r}: {text!r}")
    return found


def test_there_are_catalogues() -> None:
    assert {code_of(path) for path in CATALOGUES} == {"ar", "es", "fr"}
    assert len(said()) > 300


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_a_catalogue_is_what_the_product_says_today(path: Path) -> None:
    written = {key(message.id) for message in catalogue(path) if message.id}
    assert sorted(map(str, said() - written)) == [], "run `make translations` and translate these"
    assert sorted(map(str, written - said())) == [], "nobody says these any more: run `make translations`"


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_a_catalogue_is_complete(path: Path) -> None:
    messages = [message for message in catalogue(path) if message.id]
    assert [message.id for message in messages if not all(forms(message))] == []
    assert [message.id for message in messages if message.fuzzy] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_placeholders_are_kept(path: Path) -> None:
    assert [line for message in catalogue(path) if message.id for line in lost_places(message)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_counted_messages_have_every_form(path: Path) -> None:
    book = catalogue(path)
    assert book.num_plurals == PLURAL_FORMS[code_of(path)]
    counted = [message for message in book if message.id and isinstance(message.id, tuple | list)]
    assert counted
    assert [message.id for message in counted if len(forms(message)) != book.num_plurals] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_a_machines_work_is_marked(path: Path) -> None:
    assert "NEEDS NATIVE REVIEW" in catalogue(path).header_comment


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_digits_are_the_same_everywhere(path: Path) -> None:
    assert [text for m in catalogue(path) for text in forms(m) if EASTERN_DIGITS.search(text)] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=code_of)
def test_the_compiled_catalogue_is_fresh(path: Path) -> None:
    compiled = path.with_suffix(".mo")
    assert compiled.is_file(), "run `make compile`"
    assert compiled.stat().st_mtime >= path.stat().st_mtime, "run `make compile`"


def test_the_place_finder_can_fail() -> None:
    assert lost_places(Message("Until %(time)s", "حتى"))
    assert lost_places(Message("Until %(time)s", "حتى %(day)s"))
    assert not lost_places(Message("Until %(time)s", "حتى %(time)s"))
    two = ("%(num)s time of %(day)s", "%(num)s times of %(day)s")
    assert not lost_places(Message(two, ("%(day)s", "%(day)s", "%(day)s", "%(num)s %(day)s")))
    assert lost_places(Message(two, ("", "", "", "%(day)s")))
