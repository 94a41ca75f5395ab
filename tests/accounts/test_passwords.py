"""Long phrases are taken in any script; what is guessed first is not."""

from __future__ import annotations

import pytest
from flask import Flask

from accounts import passwords
from foundation.errors import InputWrong

OWN = ("Inés García", "ines@example.org")


@pytest.mark.parametrize(
    "words",
    [
        "four quiet herons landing",
        "dragon monkey sunshine princess",
        "كلمة سر طويلة جدا",
        "日本語の長いパスワード文章です",
        "184729483920",
        " spaces at the ends ",
        "x7" * 6 + "!" * 3 + "abfhq",
    ],
)
def test_a_long_phrase_needs_no_rules(words: str) -> None:
    passwords.check(words, OWN)


@pytest.mark.parametrize(
    "words",
    [
        "short",
        "x" * 257,
        "password1234",
        "PasswordPassword",
        "Welcome2026!!",
        "123456789012",
        "qwertyuiop123",
        "ines@example.org",
        "Inés García 84",
        "aaaaaaaaaaaaa",
        "\ud800" * 13,
    ],
)
def test_what_is_guessed_first_is_refused_at_the_field(app: Flask, words: str) -> None:
    with app.app_context(), pytest.raises(InputWrong) as no:
        passwords.check(words, OWN)
    assert no.value.field == "password"


def test_a_password_matches_however_its_accents_were_typed() -> None:
    made = passwords.make("Garci\u0301a sings at noon")
    assert made.startswith("$argon2id$")
    assert passwords.verify(made, "García sings at noon")
    assert not passwords.verify(made, "Garcia sings at noon")
    assert not passwords.verify(made, "")
    assert not passwords.verify(None, "anything at all here")
    assert not passwords.verify("not a hash", "anything at all here")


def test_the_list_of_common_words_has_200() -> None:
    assert len(set(passwords._common())) == 200
