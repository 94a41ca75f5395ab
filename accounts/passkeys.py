"""Passkeys (WebAuthn): a key in a device, opened with a finger, a face or its PIN, that answers our site alone."""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from foundation import audit, clock
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound

from . import challenges
from .factor_models import Challenge, Passkey
from .models import Person

NEW, USE = "passkey_new", "passkey_use"
LIFE = 5 * 60
"""Seconds for finding one's key."""
LONGEST_ANSWER = 20_000
"""Characters of what a browser sends back."""
MOST = 20
"""Passkeys of one person."""


class PasskeyRefused(InputWrong):
    """The browser's answer does not fit."""

    code = "passkey_refused"
    message = _l("This passkey does not work here. Try again, or use another way.")


def possible() -> bool:
    """Whether browsers offer passkeys at our address: it needs a name, a bare number like 127.0.0.1 has none."""
    try:
        ipaddress.ip_address(_host())
    except ValueError:
        return True
    return False


def of(person: Person) -> list[Passkey]:
    """The person's passkeys, oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.person_id == person.id).order_by(Passkey.id)))


def begin_new(person: Person) -> tuple[str, str]:
    """The challenge's id for the cookie, and the options for the browser (JSON) to make one; inside a write transaction."""
    options = generate_registration_options(
        rp_id=_host(),
        rp_name=current_app.config["VO"].service_name,
        user_id=person.public_id.encode(),
        user_name=person.address or person.name,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_described(of(person)),
    )
    return _kept(NEW, person, options.challenge), options_to_json(options)


def finish_new(person: Person, challenge_id: str, answer: str) -> Passkey:
    """The new passkey, not yet kept: give it to `keep`. The challenge is used up; opens a transaction of its own.

    Raises PasskeyRefused, ChallengeGone.
    """
    challenge = _taken(challenge_id, NEW)
    if challenge.person_id != person.id:
        raise PasskeyRefused
    try:
        verified = verify_registration_response(
            credential=_read(answer),
            expected_challenge=base64url_to_bytes(challenge.data["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise PasskeyRefused from None
    return Passkey(
        person_id=person.id,
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        synced=verified.credential_backed_up,
    )


def keep(passkey: Passkey, label: str) -> None:
    """One more passkey; inside a write transaction. Raises PasskeyRefused for a key that is here already."""
    known = select(Passkey.id).where(Passkey.credential_id == passkey.credential_id)
    held = select(Passkey.id).where(Passkey.person_id == passkey.person_id)
    if db.session.scalar(known) is not None or len(db.session.scalars(held).all()) >= MOST:
        raise PasskeyRefused
    passkey.label = label
    db.session.add(passkey)
    audit.note("passkey.added", passkey, after={"synced": passkey.synced})


def begin_use(person: Person | None = None) -> tuple[str, str]:
    """The same for using one: any of this site that the device has (None), or one of this person's."""
    options = generate_authentication_options(
        rp_id=_host(),
        allow_credentials=_described(of(person)) if person else [],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _kept(USE, person, options.challenge), options_to_json(options)


def use(challenge_id: str, answer: str, person: Person | None = None) -> int:
    """The id of the colleague whose passkey answered; opens transactions of its own. Raises PasskeyRefused, ChallengeGone."""
    challenge = _taken(challenge_id, USE)
    told = _read(answer)
    passkey = db.session.scalar(select(Passkey).where(Passkey.credential_id == str(told.get("id", ""))[:1400]))
    if passkey is None or not passkey.person.active or not passkey.person.grants:
        raise PasskeyRefused
    if person is not None and not passkey.person_id == challenge.person_id == person.id:
        raise PasskeyRefused
    old = passkey.sign_count
    try:
        verified = verify_authentication_response(
            credential=told,
            expected_challenge=base64url_to_bytes(challenge.data["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=old,
            require_user_verification=True,
        )
        handle = told["response"].get("userHandle")
        if handle and base64url_to_bytes(handle).decode() != passkey.person.public_id:
            raise PasskeyRefused
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        raise PasskeyRefused from None
    values = {"sign_count": verified.new_sign_count, "synced": verified.credential_backed_up, "used_at": clock.now()}
    person_id, passkey_id = passkey.person_id, passkey.id
    write(lambda: _count(passkey_id, old, values))
    return person_id


def remove(person: Person, public_id: str) -> None:
    """Take one away; NotFound when it is not theirs."""
    found = next((one for one in of(person) if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    audit.note("passkey.removed", found)
    db.session.delete(found)
    db.session.flush()


def forget(person: Person) -> None:
    """None of the person's passkeys works any more."""
    db.session.execute(delete(Passkey).where(Passkey.person_id == person.id))


def _count(passkey_id: int, old: int, values: dict[str, Any]) -> None:
    # A copy of a device that counts would answer twice from the same count: one of the two comes too late.
    counted = update(Passkey).where(Passkey.id == passkey_id, Passkey.sign_count == old).values(**values)
    if db.session.execute(counted.returning(Passkey.id)).first() is None:
        raise PasskeyRefused


def _kept(purpose: str, person: Person | None, challenge: bytes) -> str:
    return challenges.begin(purpose, LIFE, person, challenge=bytes_to_base64url(challenge)).public_id


def _taken(challenge_id: str, purpose: str) -> Challenge:
    return write(lambda: challenges.take(challenge_id, purpose))


def _read(answer: str) -> dict[str, Any]:
    try:
        told = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("response"), dict):
        raise PasskeyRefused
    return told


def _described(passkeys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id)) for one in passkeys]


def _host() -> str:
    return urlsplit(current_app.config["VO"].public_url).hostname or ""


def _origin() -> str:
    parts = urlsplit(current_app.config["VO"].public_url)
    return f"{parts.scheme}://{parts.netloc}"
