"""Who may in: a token is ours, young, for this unit and new; anything else is refused by name and leaves no trace."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import asdict, replace
from typing import Any

import pytest

from foundation import security
from foundation.config import Settings, secret_key
from realtime.media import tokens
from realtime.media.refused import Refused
from realtime.media.tokens import LONGEST, Claims, Places, Tokens, fresh_jti, key, mint
from tests.tiers import examples

KEY = key("a secret of at least thirty-two characters")
NOW = 1_800_000_000.0
GOOD = Claims(
    meeting="m1",
    participant="p1",
    role="counselor",
    publish=("audio", "video"),
    places=Places(audio=4, video=12),
    unit="media-0",
    echo=False,
    exp=int(NOW) + 60,
    jti="j" * 22,
)


def code(door: Tokens, token: object, now: float = NOW) -> str:
    """The code with which a token is refused."""
    with pytest.raises(Refused) as no:
        door.take(token, now)
    assert len(no.value.message) < 80
    return no.value.code


def signed(payload: Any) -> str:
    """A token of ours that says anything."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    text = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return f"{text}.{tokens._signature(KEY, text)}"


def test_good_token_says_what_was_written() -> None:
    assert Tokens(KEY, "media-0").take(mint(KEY, GOOD), NOW) == GOOD
    probe = replace(GOOD, publish=(), echo=True, jti=fresh_jti())
    assert Tokens(KEY, "media-0").take(mint(KEY, probe), NOW) == probe


def test_web_and_unit_make_the_same_key(app: Any) -> None:
    settings: Settings = app.config["VO"]
    with app.app_context():
        assert security.key_of(tokens.PURPOSE) == key(secret_key(settings))
        assert security.key_of("another") != key(secret_key(settings))


def test_used_token_is_refused_until_it_has_expired_anyway() -> None:
    door = Tokens(KEY, "media-0")
    token = mint(KEY, GOOD)
    door.take(token, NOW)
    assert code(door, token) == "token_used"
    assert code(door, token, NOW + 59.9) == "token_used"
    assert code(door, token, NOW + 60) == "token_expired"


def test_expired_and_long_lived() -> None:
    door = Tokens(KEY, "media-0")
    assert code(door, mint(KEY, replace(GOOD, exp=int(NOW)))) == "token_expired"
    assert code(door, mint(KEY, replace(GOOD, exp=int(NOW) + 61))) == "token_wrong"
    assert len(door) == 0, "what was refused is not remembered"


def test_for_another_unit_it_stays_unused() -> None:
    token = mint(KEY, replace(GOOD, unit="media-1"))
    assert code(Tokens(KEY, "media-0"), token) == "token_elsewhere"
    assert Tokens(KEY, "media-1").take(token, NOW).unit == "media-1"


def test_another_installation() -> None:
    assert code(Tokens(key("another secret of more than 32 letters"), "media-0"), mint(KEY, GOOD)) == "token_wrong"


def test_every_single_changed_letter_is_seen() -> None:
    door = Tokens(KEY, "media-0")
    token = mint(KEY, GOOD)
    for at in range(
        len(token) - 1
    ):  # the last letter of 256 bits carries two bits that mean nothing, and is compared as well
        other = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert code(door, other) == "token_wrong"
    assert code(door, token[:-1]) == "token_wrong"
    assert code(door, token + "=") == "token_wrong"
    assert door.take(token, NOW) == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"admin": True},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 129},
        {"meeting": 7},
        {"publish": ["audio", "audio"]},
        {"publish": ["everything"]},
        {"publish": "audio"},
        {"publish": [["audio"]]},
        {"places": {"audio": 1}},
        {"places": {"audio": 1, "video": 33}},
        {"places": {"audio": -1, "video": 1}},
        {"places": {"audio": True, "video": 1}},
        {"places": None},
        {"echo": 0},
        {"exp": "soon"},
        {"exp": float(NOW + 5)},
    ],
)
def test_ours_but_of_another_shape(change: dict[str, Any]) -> None:
    assert code(Tokens(KEY, "media-0"), signed({**asdict(GOOD), **change})) == "token_wrong"


@pytest.mark.parametrize("field", list(asdict(GOOD)))
def test_a_missing_field(field: str) -> None:
    said = {name: value for name, value in asdict(GOOD).items() if name != field}
    assert code(Tokens(KEY, "media-0"), signed(said)) == "token_wrong"


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b"NaN", b"{", b"\xff\xfe", b"[" * 2900, b'{"exp":' + b"9" * 2500 + b"}"],
    ids=lambda raw: repr(raw[:8]),
)
def test_ours_but_no_claims(payload: bytes) -> None:
    assert code(Tokens(KEY, "media-0"), signed(payload)) == "token_wrong"


@pytest.mark.parametrize("token", ["", ".", "a", "a.b", "é.é", "x" * 10_000_000, None, 7, ["a"], {"a": 1}, b"a.b"])
def test_no_token_at_all(token: object) -> None:
    assert code(Tokens(KEY, "media-0"), token) == "token_wrong"


def test_giant_token_is_refused_though_it_is_signed() -> None:
    token = signed({**asdict(GOOD), "role": "r" * LONGEST})
    assert len(token) > LONGEST
    assert code(Tokens(KEY, "media-0"), token) == "token_wrong"


def test_memory_of_used_tokens_is_bounded_and_never_forgets_a_live_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 100)
    door = Tokens(KEY, "media-0")
    dice = random.Random(7)
    taken = []
    for number in range(100):
        taken.append(mint(KEY, replace(GOOD, exp=int(NOW) + dice.randint(30, 60), jti=f"j{number}")))
        door.take(taken[-1], NOW)
    late = mint(KEY, replace(GOOD, jti="late", exp=int(NOW) + 60))
    assert code(door, late) == "busy"
    assert {code(door, token, NOW + 29) for token in taken} == {"token_used"}
    assert door.take(late, NOW + 59).jti == "late"
    assert len(door) < 20, "those that have expired are forgotten"


@pytest.mark.fuzz
def test_random_texts_are_refused(dice: random.Random) -> None:
    """Half of them made from a good token."""
    door = Tokens(KEY, "media-0")
    good = mint(KEY, GOOD)
    letters = "ABCxyz019-_.=+/ \n\x00é"
    for _ in range(examples(5_000)):
        text = list(good) if dice.random() < 0.5 else [dice.choice(letters) for _ in range(dice.randrange(300))]
        for _ in range(dice.randint(1, 5)):
            text.insert(dice.randint(0, len(text)), dice.choice(letters))
        assert code(door, "".join(text)) == "token_wrong"
