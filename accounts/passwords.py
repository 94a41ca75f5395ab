"""Passwords of staff: long phrases in any script, checked against what is guessed first, kept as argon2id."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l

from foundation.errors import InputWrong
from foundation.offload import offload

SHORTEST = 12
LONGEST = 256
OWN_PART = 6
"""Letters and digits that must be left when the common word, the runs and the person's own names are taken out."""
RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
SHORTEST_RUN = 4
hasher = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
"""OWASP's smallest memory (19 MiB) with one more pass: 50 sign-ins at once stay below 1 GiB."""


def make(words: str, own_words: Iterable[str] = ()) -> str:
    """The hash of a new password; raises InputWrong (field password). Takes about 50 ms in a thread: outside `write_tx()`."""
    check(words, own_words)
    return offload(hasher.hash, _normal(words))


def check(words: str, own_words: Iterable[str] = ()) -> None:
    """Refuse what is too short, too long, or guessed first: a common word, a run of keys, the person's own name or address."""
    words = _normal(words)
    if len(words) < SHORTEST:
        raise InputWrong(
            _l("Enter a password of at least 12 characters. Four or more words are easy to keep in mind."),
            field="password",
        )
    if len(words) > LONGEST:
        raise InputWrong(_l("Enter a password of at most 256 characters"), field="password")
    if _is_guessed_first(words, own_words):
        raise InputWrong(
            _l("Many people use this password, or it is close to your name. Choose other words."), field="password"
        )


def verify(stored: str | None, words: str) -> bool:
    """Whether the words are the password. The same work is done when there is none, so that time tells nothing."""
    try:
        matches = offload(hasher.verify, stored or _nobodys(), _normal(words)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


@cache
def _nobodys() -> str:
    return hasher.hash("nobody's password, hashed so that there is something to compare with")


def _normal(words: str) -> str:
    # A lone surrogate (only a program sends one) has no UTF-8 form.
    return unicodedata.normalize("NFC", words).encode(errors="replace").decode()


def _is_guessed_first(words: str, own_words: Iterable[str]) -> bool:
    plain = _letters(words)
    if len(set(plain)) < SHORTEST_RUN + 1:
        return True
    for own in sorted({part for one in own_words for part in _parts(one)}, key=len, reverse=True):
        plain = plain.replace(own, "")
    plain = _without_runs(plain)
    if len(plain) < OWN_PART:
        return True
    return any(len(plain.replace(common, "")) < OWN_PART for common in _common() if common in plain)


def _without_runs(plain: str) -> str:
    kept, at = [], 0
    while at < len(plain):
        length = _run_at(plain, at)
        if length < SHORTEST_RUN:
            kept.append(plain[at])
            length = 1
        at += length
    return "".join(kept)


def _run_at(plain: str, at: int) -> int:
    longest = 0
    for keys in (*RUNS, *(run[::-1] for run in RUNS)):
        length = 0
        while at + length < len(plain) and plain[at : at + length + 1] in keys:
            length += 1
        longest = max(longest, length)
    return longest


def _parts(words: str) -> set[str]:
    separate = "".join(letter if letter.isalnum() else " " for letter in words)
    return {part for part in map(_letters, separate.split()) if len(part) >= 3}


def _letters(words: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFC", words).casefold() if letter.isalnum())


@cache
def _common() -> tuple[str, ...]:
    return tuple(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())
