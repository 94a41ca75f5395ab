"""Keys for one purpose each, all made from the installation's one secret; knows no Flask, so that every process can make them."""

from __future__ import annotations

import hashlib
import hmac


def derive(secret: str | bytes, purpose: str) -> bytes:
    """The installation's 32-byte key for one purpose; knowing one tells nothing about another (HMAC-SHA-256, RFC 2104)."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(raw, f"key:{purpose}".encode(), hashlib.sha256).digest()
