"""The token that lets somebody into a meeting of the forwarding unit: signed by the web process, good once, for a minute at most.

    token   = payload "." signature                both base64url (RFC 4648, section 5) without "="
    payload = a JSON object with exactly the fields of `Claims`
    signature = HMAC-SHA-256 over the payload's text, under a key that only this installation can make

The web process decides who may do what, and writes it down here; the unit asks nobody. The signature is checked before
anything of the payload is read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, fields
from heapq import heappop, heappush
from typing import Any

from foundation import keys

from .refused import Refused

PURPOSE = "media token"
LIFE = 60
"""Seconds that a token may be good for (DESIGN 7)."""
LONGEST = 4096
"""Characters of a token; what is longer is refused unread."""
REMEMBERED = 100_000
"""Tokens that are remembered as used. One lives a minute, so that is 1,600 joins a second; beyond that joins wait."""
KINDS = ("audio", "video", "screen")
"""What a participant may publish."""
MOST_PLACES = 32
"""Places of one kind in an offer: 12 cameras and some air; each costs about 1 KB of SDP."""
WORD = 128
"""Characters of a meeting's, participant's, role's or unit's name."""


@dataclass(frozen=True)
class Places:
    """How many of the others one peer is offered at once."""

    audio: int
    video: int


@dataclass(frozen=True)
class Claims:
    """What a token says. Names are ids of the product, never a person's name.

    `publish` holds some of "audio", "video", "screen"; `unit` is the process it is for ("media-0"); `echo`: a network probe that
    hears itself; `exp` in seconds since 1970; `jti` is random and works once.
    """

    meeting: str
    participant: str
    role: str
    publish: tuple[str, ...]
    places: Places
    unit: str
    echo: bool
    exp: int
    jti: str


def key(secret: str) -> bytes:
    """The 32-byte key of these tokens, from the installation's secret (`foundation.config.secret_key`)."""
    return keys.derive(secret, PURPOSE)


def fresh_jti() -> str:
    """A new token id: 22 characters, 128 random bits."""
    return secrets.token_urlsafe(16)


def mint(key: bytes, claims: Claims) -> str:
    """The token with these claims. It is refused later if they are not of the shapes above; nothing is checked here."""
    payload = _text(json.dumps(asdict(claims), separators=(",", ":")).encode())
    return f"{payload}.{_signature(key, payload)}"


class Tokens:
    """The door of one unit: lets each good token in once."""

    def __init__(self, key: bytes, unit: str) -> None:
        self._key = key
        self._unit = unit
        self._used: set[str] = set()
        self._ends: list[tuple[int, str]] = []

    def __len__(self) -> int:
        """How many used tokens are remembered."""
        return len(self._used)

    def take(self, token: object, now: float) -> Claims:
        """The claims of a token, which is used up by that. `now` in seconds since 1970; what is no text is no token.

        Raises Refused: token_wrong (not ours, or not of our shape), token_expired, token_elsewhere (another unit's),
        token_used, busy (more joins in a minute than are remembered).
        """
        claims = self._read(token)
        if claims.exp <= now:
            raise Refused("token_expired", "This token is too old.")
        if claims.exp > now + LIFE:
            raise Refused("token_wrong", "This token would live too long.")
        if claims.unit != self._unit:
            raise Refused("token_elsewhere", "This token is for another unit.")
        self._forget(now)
        if claims.jti in self._used:
            raise Refused("token_used", "This token was used before.")
        if len(self._used) >= REMEMBERED:
            raise Refused("busy", "Too many people join at once.")
        self._used.add(claims.jti)
        heappush(self._ends, (claims.exp, claims.jti))
        return claims

    def _read(self, token: object) -> Claims:
        if not isinstance(token, str) or len(token) > LONGEST or not token.isascii():
            raise Refused("token_wrong", "This token is not ours.")
        payload, dot, signature = token.partition(".")
        if not dot or not hmac.compare_digest(signature, _signature(self._key, payload)):
            raise Refused("token_wrong", "This token is not ours.")
        try:
            return _claims(json.loads(_bytes(payload)))
        except (ValueError, TypeError, RecursionError, binascii.Error):
            raise Refused("token_wrong", "This token is not of our shape.") from None

    def _forget(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            self._used.discard(heappop(self._ends)[1])


def _signature(key: bytes, payload: str) -> str:
    return _text(hmac.new(key, payload.encode(), hashlib.sha256).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _claims(said: Any) -> Claims:
    """Claims of exactly our shape; raises ValueError or TypeError. An unknown field means another version, which we do not guess at."""
    _expect(isinstance(said, dict) and set(said) == {field.name for field in fields(Claims)})
    places = said["places"]
    _expect(isinstance(places, dict) and set(places) == {"audio", "video"})
    _expect(all(type(number) is int and 0 <= number <= MOST_PLACES for number in places.values()))
    for name in ("meeting", "participant", "role", "unit", "jti"):
        _expect(isinstance(said[name], str) and 0 < len(said[name]) <= WORD)
    publish = said["publish"]
    _expect(isinstance(publish, list) and all(kind in KINDS for kind in publish) and len(set(publish)) == len(publish))
    _expect(type(said["exp"]) is int and type(said["echo"]) is bool)
    return Claims(**{**said, "publish": tuple(publish), "places": Places(**places)})


def _expect(true: bool) -> None:
    if not true:
        raise ValueError("not of our shape")
