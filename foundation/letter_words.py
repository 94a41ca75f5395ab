"""An office's own words in letters: checked when they are saved, filled with facts when a letter is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from . import audit, clock, segments
from .db import db, insert_into, lock, table
from .errors import InputWrong, Refusal
from .languages import speaking
from .letters import Rendered
from .models import LetterWording

PARTS = ("intro", "bring", "closing", "short")
PLACE = re.compile(r"\{([a-z]*)\}")


class WordsChanged(Refusal):
    """Somebody else saved in between."""

    code = "changed_meanwhile"
    message = _l("A colleague changed this while you were writing. Compare, then save again.")


@dataclass(frozen=True)
class Words:
    """The parts of a letter that an office may say itself; an empty one leaves the standard. `version` 0 is never saved."""

    intro: str = ""
    bring: str = ""
    closing: str = ""
    short: str = ""
    version: int = 0

    def filled(self, facts: Mapping[str, str]) -> Words:
        """The same with its placeholders filled."""
        told = {part: fill(getattr(self, part), facts) for part in PARTS}
        return Words(told["intro"], told["bring"], told["closing"], told["short"], self.version)

    @property
    def own(self) -> bool:
        """Whether the office says anything itself."""
        return any(getattr(self, part) for part in PARTS)


STANDARD = Words()
Preview = Callable[[int, str, Words, bool], Rendered]
"""(office row id, kind, own words, as a text message) → an invented letter, in the language in force."""


@dataclass(frozen=True)
class Kind:
    """A kind of letter whose words can be changed: an invented one, and the facts that text and text message can name."""

    code: str
    preview: Preview
    places: tuple[str, ...]
    short_places: tuple[str, ...]


_kinds: dict[str, Kind] = {}


def offer(kind: Kind) -> None:
    """Let offices say this kind of letter in their own words."""
    _kinds[kind.code] = kind


def kinds() -> list[Kind]:
    """Every kind that can be changed, in the order in which they were offered."""
    return list(_kinds.values())


def kind_of(code: str) -> Kind | None:
    """One kind."""
    return _kinds.get(code)


def of(office_id: int | None, kind: str, language: str) -> Words:
    """What an office says itself in a kind of letter; STANDARD without own words."""
    row = _row(office_id, kind, language) if office_id is not None else None
    return Words(row.intro, row.bring, row.closing, row.short, row.version) if row else STANDARD


def changed(office_id: int) -> set[tuple[str, str]]:
    """(kind, language) that an office says itself."""
    query = select(LetterWording.kind, LetterWording.language).where(LetterWording.office_id == office_id)
    return {(kind, language) for kind, language in db.session.execute(query)}


def check(office_id: int, kind: Kind, words: Words) -> None:
    """Refuse words that can not be used: unknown placeholders, a message that says no time, one that needs two messages.

    Length is counted with the invented letter, which has the longest facts that are likely. Call it in the language of the words.
    """
    for part in PARTS:
        places = kind.short_places if part == "short" else kind.places
        text = getattr(words, part)
        for place in PLACE.findall(text):
            if place not in places:
                raise InputWrong(_l("{%(name)s} is not known here. Choose from the list.", name=place), field=part)
        if set(PLACE.sub("", text)) & set("{}"):
            raise InputWrong(_l("A curly bracket stands alone. Write placeholders like {when}."), field=part)
    if not words.short:
        return
    if "{when}" not in words.short:
        raise InputWrong(_l("The text message must say when: add {when}."), field="short")
    if "{link}" not in words.short and "{reference}" not in words.short:
        raise InputWrong(_l("The text message must lead to the appointment: add {link} or {reference}."), field="short")
    size = segments.size(kind.preview(office_id, kind.code, words, True).short)
    if size.segments > 1:
        said = _l(
            "Filled in, this takes %(n)s characters. One text message holds %(most)s.", n=size.places, most=size.most
        )
        raise InputWrong(said, field="short")


def save(office_id: int, kind: Kind, language: str, words: Words) -> None:
    """Keep an office's words. `words.version` must be the one that was read: WordsChanged. Refusals of `check`."""
    with speaking(language):
        check(office_id, kind, words)
    row = _locked(office_id, kind.code, language)
    if words.version != row.version:
        raise WordsChanged
    for part in PARTS:
        setattr(row, part, getattr(words, part))
    row.version, row.changed_at = words.version + 1, clock.now()
    db.session.flush()
    fields = [part for part in PARTS if getattr(words, part)]
    after = {"kind": kind.code, "language": language, "fields": fields, "version": row.version}
    audit.note("letter_wording.changed", row, after=after, office_id=office_id)


def reset(office_id: int, kind: str, language: str) -> None:
    """Back to the standard words; nothing happens when they are in force."""
    row = _row(office_id, kind, language)
    if row is None:
        return
    audit.note("letter_wording.reset", row, before={"kind": kind, "language": language}, office_id=office_id)
    db.session.execute(delete(LetterWording).where(LetterWording.id == row.id))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """Put facts where `{name}` stands; what is not known stays as it is, and nothing else is ever looked up."""
    return PLACE.sub(lambda place: facts.get(place[1], place[0]), text)


def plain_of(words: Words) -> dict[str, Any]:
    """The parts as a form shows them."""
    return asdict(words)


def room_of(message: str) -> segments.Size:
    """How much of one text message it takes."""
    return segments.size(message)


def _row(office_id: int, kind: str, language: str) -> LetterWording | None:
    query = select(LetterWording).where(
        LetterWording.office_id == office_id, LetterWording.kind == kind, LetterWording.language == language
    )
    return db.session.scalar(query)


def _locked(office_id: int, kind: str, language: str) -> LetterWording:
    """The row, made where there is none, locked: two who save at once come one after the other."""
    key = {"office_id": office_id, "kind": kind, "language": language}
    empty = {**dict.fromkeys(PARTS, ""), "version": 0, "changed_at": clock.now()}
    made = insert_into(table(LetterWording)).on_conflict_do_nothing(index_elements=list(key))
    db.session.execute(made, {**key, **empty})
    row = db.session.scalars(select(LetterWording).filter_by(**key)).one()
    lock(row)
    return row
