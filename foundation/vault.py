"""Secrets that must be read again (a fingerprint would not do): AES-256-GCM under a key made from the installation's secret."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .security import key_of

NONCE = 12
VERSION = "1."


class Unreadable(Exception):
    """Sealed with another key, for another owner, or changed since."""


def seal(purpose: str, owner: object, secret: str) -> str:
    """A secret as it is stored: opens only for the same purpose and owner, on an installation with the same key."""
    nonce = os.urandom(NONCE)
    sealed = AESGCM(key_of(f"vault:{purpose}")).encrypt(nonce, secret.encode(), _about(purpose, owner))
    return VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(purpose: str, owner: object, sealed: str) -> str:
    """The secret again; raises Unreadable."""
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(VERSION))
        opened = AESGCM(key_of(f"vault:{purpose}")).decrypt(raw[:NONCE], raw[NONCE:], _about(purpose, owner))
        return opened.decode()
    except (InvalidTag, ValueError):
        raise Unreadable(purpose) from None


def _about(purpose: str, owner: object) -> bytes:
    return f"{purpose}\x1f{owner}".encode()
