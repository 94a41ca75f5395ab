"""The agency's own sign-in (OpenID Connect): the code flow with PKCE, state and nonce; Authlib checks what comes back.

The HTTP calls are made here, with short timeouts, outside of any transaction. Under gevent they are cooperative.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from flask import current_app
from flask_babel import lazy_gettext as _l
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from foundation import clock
from foundation.config import Settings
from foundation.db import db, write
from foundation.errors import NotFound, Refusal
from foundation.pages import absolute

from . import challenges
from .models import Person

log = logging.getLogger(__name__)
FLIGHT = "provider"
"""Purpose of the challenge that a visit to the provider leaves with and comes back to."""
LIFE = 10 * 60
TIMEOUT = (3.05, 6.0)
"""Seconds to connect and to wait for a part of the answer."""
KEPT = 3600
"""Seconds that the provider's description and keys are remembered."""
LEEWAY = 60
"""Seconds that its clock may differ from ours."""
AGAIN = 120
"""Seconds that a sign-in at the provider counts as just now, when it is asked again."""
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key; never `none`, never one of our own secret."""
ANSWER = "/sign-in/provider/answer"
_known: dict[str, tuple[float, dict[str, Any]]] = {}


class ProviderAway(Refusal):
    """No answer, or none that can be read."""

    code = "provider_away"
    status = 503
    message = _l("Your work account can not be reached now. Try again in a few minutes, or use your password.")


class ProviderRefused(Refusal):
    """The provider said no, or what it said does not fit what was asked."""

    code = "provider_refused"
    status = 422
    message = _l("Signing in with your work account did not work. Start again.")


@dataclass(frozen=True)
class Known:
    """Who the provider says came."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    amr: list[str]
    again: bool
    """Whether a colleague who is signed in was only asked once more."""
    person_id: int | None
    """Whom the visit was begun for, when it is asked again."""


def configured() -> bool:
    """Whether this installation has a provider."""
    return bool(_settings().oidc_issuer)


def name() -> str:
    """What it is called on the button; empty without one."""
    if not configured():
        return ""
    return _settings().oidc_name or str(_l("your work account"))


def leave(person: Person | None = None, next_path: str = "") -> tuple[str, str]:
    """The flight's id for the cookie, and the provider's address to go to. With a person they are asked to sign in there again.

    Raises NotFound, ProviderAway; opens a transaction of its own.
    """
    if not configured():
        raise NotFound
    about = _described("/.well-known/openid-configuration")
    person_id = person.id if person else None
    verifier, nonce, state = generate_token(64), generate_token(32), generate_token(32)
    more = {"prompt": "login", "max_age": 0} if person else {}
    with _session() as line:
        address, _state = line.create_authorization_url(
            about["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce, **more
        )
    flight = {"state": state, "nonce": nonce, "verifier": verifier, "again": bool(person), "next": next_path}

    def begin() -> str:
        owner = db.session.get(Person, person_id) if person_id else None
        return challenges.begin(FLIGHT, LIFE, owner, **flight).public_id

    return write(begin), address


def come_back(flight_id: str, state: str, code: str, error: str) -> tuple[Known, str]:
    """Who came, and where they wanted to go. The flight is used up first: the same answer works once.

    Raises ChallengeGone, ProviderRefused, ProviderAway; opens a transaction of its own.
    """
    if not configured():
        raise NotFound
    flight = write(lambda: _landed(flight_id))
    if error or not code or state != flight["state"]:
        log.warning("provider refused", extra={"reason": "state" if state != flight["state"] else "error"})
        raise ProviderRefused
    try:
        claims, told = _exchange(code, flight)
    except (JoseError, OAuthError, ValueError, KeyError, TypeError) as wrong:
        log.warning("provider refused", extra={"reason": type(wrong).__name__})
        raise ProviderRefused from None
    if told.get("sub") != claims["sub"]:
        raise ProviderRefused
    if flight["again"] and clock.seconds() - int(claims.get("auth_time", 0)) > AGAIN:
        raise ProviderRefused
    amr = [str(one)[:20] for one in claims.get("amr", [])][:6]
    known = Known(
        issuer=claims["iss"],
        subject=str(claims["sub"])[:255],
        email=str(told.get("email", "")),
        email_verified=told.get("email_verified") is True,
        amr=amr,
        again=bool(flight["again"]),
        person_id=flight["person_id"],
    )
    return known, str(flight["next"])


def _landed(flight_id: str) -> dict[str, Any]:
    flight = challenges.take(flight_id, FLIGHT)
    return {**flight.data, "person_id": flight.person_id}


def _exchange(code: str, flight: dict[str, Any]) -> tuple[CodeIDToken, dict[str, Any]]:
    """The checked claims of the id token, and what the provider tells about the person."""
    about = _described("/.well-known/openid-configuration")
    with _session() as line:
        try:
            token = line.fetch_token(
                about["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=flight["verifier"],
                timeout=TIMEOUT,
            )
            claims = _checked(token["id_token"], token["access_token"], flight, about)
            if "userinfo_endpoint" not in about:
                return claims, dict(claims)
            answer = line.get(about["userinfo_endpoint"], timeout=TIMEOUT)
            answer.raise_for_status()
            told = answer.json()
        except requests.RequestException as away:
            log.warning("provider away", extra={"reason": type(away).__name__})
            raise ProviderAway from None
    return claims, told if isinstance(told, dict) else {}


def _checked(raw: str, access_token: str, flight: dict[str, Any], about: dict[str, Any]) -> CodeIDToken:
    """Signature, issuer, audience, times, nonce, access token's hash; raises JoseError or ValueError."""
    try:
        token = jwt.decode(raw, _keys(about), algorithms=ALGORITHMS)
    except (JoseError, ValueError):
        # The provider may have changed its keys since we read them.
        _known.pop(about["jwks_uri"], None)
        token = jwt.decode(raw, _keys(about), algorithms=ALGORITHMS)
    settings = _settings()
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": about["issuer"]},
            "aud": {"essential": True, "value": settings.oidc_client_id},
            "exp": {"essential": True},
        },
        params={"nonce": flight["nonce"], "client_id": settings.oidc_client_id, "access_token": access_token},
    )
    claims.validate(now=clock.seconds(), leeway=LEEWAY)
    return claims


def _keys(about: dict[str, Any]) -> KeySet:
    return KeySet.import_key_set(_described(about["jwks_uri"]))  # type: ignore[arg-type]


def _described(where: str) -> dict[str, Any]:
    """What the provider says about itself, remembered for an hour; its issuer must be the one in our settings."""
    issuer = _settings().oidc_issuer.rstrip("/")
    address = issuer + where if where.startswith("/") else where
    kept = _known.get(address)
    if kept is not None and time.monotonic() - kept[0] < KEPT:
        return kept[1]
    # What was read so far is done: no connection to the database waits for somebody else's network.
    db.session.rollback()
    try:
        answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as away:
        log.warning("provider away", extra={"reason": type(away).__name__})
        raise ProviderAway from None
    if where.startswith("/"):
        _refuse_stranger(found, issuer)
    _known[address] = (time.monotonic(), found)
    return found


def _refuse_stranger(found: Any, issuer: str) -> None:
    """The description must name our issuer, and everything that we call must be as safe as it is."""
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    fits = isinstance(found, dict) and str(found.get("issuer", "")).rstrip("/") == issuer
    scheme = urlsplit(issuer).scheme
    if not fits or any(urlsplit(str(found.get(part, ""))).scheme not in {"https", scheme} for part in wanted):
        log.error("provider's description does not fit VO_OIDC_ISSUER")
        raise ProviderAway


def _session() -> OAuth2Session:
    settings = _settings()
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope="openid email",
        redirect_uri=absolute(ANSWER),
        code_challenge_method="S256",
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["VO"]
    return settings
