"""Words that an installation says its own way: rows laid over the catalogues, in force in every process within seconds.

A message is known by the English that stands in the code. Placeholders must stay, or a page would break; `<` and `>` are refused,
because templates trust translations.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, request
from flask_babel import Domain, get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from . import audit
from .db import db
from .errors import InputWrong, NotFound
from .models import Wording

LOOK_EVERY = 5.0
"""Seconds between two looks whether words changed."""
LONGEST = 2000
PLACE = re.compile(r"%\(\w+\)[sd]")
COUNT = "%(num)s"
Catalogue = dict[str | tuple[str, int], str]


class PlacesDiffer(InputWrong):
    """A placeholder is missing, or there is one that nothing fills."""

    code = "places_differ"
    field = "said"
    message = _l("Keep each part in brackets once, with the signs before and after it")


class MarkupRefused(InputWrong):
    """Words only."""

    code = "markup_refused"
    field = "said"
    message = _l("Write words only, without pointed brackets")


@dataclass(frozen=True)
class Message:
    """Something that the product says: its English, its translation in the catalogue, and our own words if we have any; all by form."""

    digest: str
    english: tuple[str, ...]
    translated: tuple[str, ...]
    own: tuple[str, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """What people read."""
        return self.own or self.translated


@dataclass
class _Laid:
    """What this process knows: own words by language, as of `mark`, looked at `at` (monotonic)."""

    at: float = float("-inf")
    mark: tuple[int, int] = (-1, -1)
    words: dict[str, Catalogue] = field(default_factory=dict)
    made: dict[str, NullTranslations] = field(default_factory=dict)


class OwnWords(Domain):
    """The catalogues with our own words laid over them."""

    def get_translations(self) -> NullTranslations:
        """Translations of the language in force."""
        found = super().get_translations()
        laid = current_app.extensions.get("wordings") if current_app else None
        code = str(get_locale() or "").replace("_", "-")
        if laid is None or code not in laid.words or not isinstance(found, Translations):
            return cast(NullTranslations, found)
        if code not in laid.made:
            over = copy.copy(found)
            over._catalog = {**found._catalog, **laid.words[code]}
            laid.made[code] = over
        return cast(NullTranslations, laid.made[code])


def digest_of(english: str) -> str:
    """The name of a message in addresses: 22 characters."""
    return base64.urlsafe_b64encode(hashlib.sha256(english.encode()).digest()[:16]).decode().rstrip("=")


def search(language: str, text: str, own_only: bool, most: int) -> list[Message]:
    """Messages whose English or words hold the text, in order of their English; at most so many."""
    wanted = text.casefold()
    found = []
    for one in _messages(language):
        if own_only and not one.own:
            continue
        if wanted in "\n".join((*one.english, *one.said)).casefold():
            found.append(one)
            if len(found) == most:
                break
    return found


def get(language: str, digest: str) -> Message:
    """One message. Raises NotFound."""
    for one in _messages(language):
        if one.digest == digest:
            return one
    raise NotFound


def override(language: str, message: Message, said: tuple[str, ...], by: int | None) -> None:
    """Say a message in our own words, every form of it; no words at all take ours back. Refuses PlacesDiffer, MarkupRefused."""
    said = tuple(form.strip() for form in said)
    if any(said):
        check(message, said)
    else:
        said = ()
    row = db.session.scalar(
        select(Wording).where(Wording.language == language, Wording.digest == message.digest).with_for_update()
    )
    if row is None:
        row = Wording(language=language, digest=message.digest, message=message.english[0], revision=0)
        db.session.add(row)
    row.said, row.revision, row.changed_by = list(said), row.revision + 1, by
    db.session.flush()
    audit.note("wording.changed" if said else "wording.taken_back", row, after={"language": language})


def check(message: Message, said: tuple[str, ...]) -> None:
    """Raises unless every form has words, the message's own placeholders and no markup."""
    if len(said) != len(message.translated) or not all(said):
        raise InputWrong(_l("Write something in every field"), field="said")
    if any(len(form) > LONGEST for form in said):
        raise InputWrong(_l("Shorten this to %(n)s characters", n=LONGEST), field="said")
    if any("<" in form or ">" in form for form in said):
        raise MarkupRefused
    wanted = _places(message.translated[-1])
    for form in said:
        found = _places(form)
        # "One" and "two" may say the count as a word.
        as_word = len(said) > 1 and found == [place for place in wanted if place != COUNT]
        if (found != wanted and not as_word) or "%" in PLACE.sub("", form).replace("%%", ""):
            raise PlacesDiffer


def refresh(now: float | None = None) -> None:
    """Look whether words changed, at most every five seconds; a database that does not answer leaves them as they are."""
    laid: _Laid | None = current_app.extensions.get("wordings")
    now = time.monotonic() if now is None else now
    if laid is None or now - laid.at < LOOK_EVERY:
        return
    laid.at = now
    try:
        mark = db.session.execute(select(func.count(), func.coalesce(func.sum(Wording.revision), 0))).one()
        if tuple(mark) != laid.mark:
            laid.words, laid.made, laid.mark = _read(), {}, (mark[0], mark[1])
    except DBAPIError:
        db.session.rollback()


def register(app: Flask) -> None:
    """Look for changed words before a page is made."""
    app.extensions["wordings"] = _Laid()

    @app.before_request
    def look() -> None:
        if not (request.endpoint or "health.").startswith("health."):
            refresh()


def _places(text: str) -> list[str]:
    return sorted(PLACE.findall(text))


def _read() -> dict[str, Catalogue]:
    words: dict[str, Catalogue] = {}
    for language, message, said in db.session.execute(select(Wording.language, Wording.message, Wording.said)):
        if len(said) == 1:
            words.setdefault(language, {})[message] = said[0]
        for number, form in enumerate(said if len(said) > 1 else ()):
            words.setdefault(language, {})[message, number] = form
    return words


def _messages(language: str) -> Iterator[Message]:
    """Everything that the product says, in the order of its English; every catalogue holds all of it."""
    folder, codes = current_app.root_path + "/translations", current_app.config["VO"].language_codes
    source = next((code for code in [language, *codes] if code != "en" and _catalogue(folder, code)), "")
    catalogue, own = _catalogue(folder, source), _read().get(language, {})
    counted: dict[str, list[str]] = {}
    for key, said in catalogue.items():
        if isinstance(key, tuple):
            counted.setdefault(key[0], []).append(said)
    names = {key if isinstance(key, str) else key[0] for key in catalogue} - {""}
    for english in sorted(names, key=str.casefold):
        if english in counted:
            forms = tuple(counted[english]) if language == source else (english, english)
            mine = tuple(own[english, number] for number in range(len(forms)) if (english, number) in own)
        else:
            forms = (str(catalogue[english]) if language == source else english,)
            mine = (own[english],) if english in own else ()
        yield Message(digest_of(english), (english,), forms, mine)


def _catalogue(folder: str, code: str) -> Catalogue:
    found: Any = Translations.load(folder, [code.replace("-", "_")]) if code else None
    return cast(Catalogue, getattr(found, "_catalog", {}))
