"""Signatures, response headers, form tokens and rate limits."""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from . import keys

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[], headers_enabled=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; "
    "connect-src 'self' {socket}; worker-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'; trusted-types pages"
)
CAMERA_PAGES = frozenset({"meetings.show", "meetings.device_check"})
"""Endpoints that may ask for the camera and the microphone."""


def sign(purpose: str, *parts: object) -> str:
    """HMAC-SHA-256 of the parts under a key of this purpose: 32 URL-safe characters (192 bits)."""
    return base64.urlsafe_b64encode(_digest(purpose, parts)[:24]).decode()


def matches(signature: str, purpose: str, *parts: object) -> bool:
    """Whether a signature is ours, in constant time."""
    return hmac.compare_digest(signature.encode(), sign(purpose, *parts).encode())


def digits(purpose: str, *parts: object) -> str:
    """A six-digit code derived from the key: nothing to store, and a new link version makes a new code."""
    return f"{int.from_bytes(_digest(purpose, parts)[:8], 'big') % 1_000_000:06d}"


def fingerprint(secret: str) -> str:
    """How a secret is stored: SHA-256 under our key, 64 hex characters."""
    return hmac.new(key_of("fingerprint"), secret.encode(), hashlib.sha256).hexdigest()


def key_of(purpose: str) -> bytes:
    """The installation's 32-byte key for one purpose, made from its secret; knowing one tells nothing about another."""
    return keys.derive(current_app.secret_key or b"", purpose)


def register(app: Flask) -> None:
    """Form tokens, limits and headers on every response."""
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_headers)


def _digest(purpose: str, parts: tuple[object, ...]) -> bytes:
    return hmac.new(key_of(purpose), "\x1f".join(str(part) for part in parts).encode(), hashlib.sha256).digest()


def _headers(response: Response) -> Response:
    settings = current_app.config["VO"]
    socket = "ws" + settings.public_url.removeprefix("http")
    response.headers.setdefault("Content-Security-Policy", POLICY.format(socket=socket))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    camera = "(self)" if request.endpoint in CAMERA_PAGES else "()"
    response.headers["Permissions-Policy"] = (
        f"camera={camera}, microphone={camera}, display-capture={camera}, geolocation=(), usb=(), payment=()"
    )
    response.headers.setdefault("Cache-Control", "no-store")
    if settings.secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response
