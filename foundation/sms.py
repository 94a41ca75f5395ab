"""Text messages by a small protocol: a gateway of the agency gets one JSON POST for each, and reports afterwards what became of it.

    POST VO_SMS_URL            {"id": "…", "to": "+34600111222", "text": "…", "report": "https://office.example.org/sms/reports"}
    POST /sms/reports          {"id": "…", "status": "delivered" or "failed"}

Both carry `VO-Timestamp`, in UTC seconds, and `VO-Signature`: HMAC-SHA-256 of `timestamp.body` under VO_SMS_SECRET, in hex.
Any 2xx means taken. The same `id` may come twice after a crash: the gateway sends it once. 429 and 5xx mean later, any other 4xx means
never. `VO_SMS_URL=console` writes messages to the standard output instead (loopback only). Without a gateway a demo shows them in its
mailbox and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from flask import current_app

from . import clock
from .config import CONSOLE, Settings
from .letters import Rendered
from .models import Letter
from .pages import absolute

log = logging.getLogger(__name__)
TIMEOUT = 10
"""Seconds for each step of the line to the gateway."""
LATER = {408, 425, 429}
SKEW = 300
"""Seconds by which the gateway's clock may differ from ours; an older report is a replay."""
REPORTS = "/sms/reports"
DELIVERED, FAILED = "delivered", "failed"


class TextRefused(Exception):
    """The gateway says no to this message; `for_good` when trying again is no use. The reason names no number."""

    def __init__(self, reason: str, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class GatewayUnreachable(Exception):
    """The gateway does not answer; every text message waits."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that sends us elsewhere gets neither the number nor the secret there."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def available() -> bool:
    """Whether this installation can send text messages."""
    settings: Settings = current_app.config["VO"]
    return bool(settings.sms_url) or settings.demo


def message_id(letter: Letter) -> str:
    """The id for the gateway: the same for every copy after a crash, another one when staff send it again."""
    return f"{letter.public_id}.{letter.resends}"


def message_of(rendered: Rendered, letter: Letter) -> dict[str, str]:
    """What the gateway gets."""
    return {
        "id": message_id(letter),
        "to": rendered.to,
        "text": rendered.short,
        "report": absolute(REPORTS),
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `VO-Signature` says of a body at a time: 64 hex characters."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def send(message: dict[str, str], settings: Settings) -> None:
    """Hand one message over; raises TextRefused or GatewayUnreachable."""
    if not settings.sms_url:
        log.info("text message shown in the demo mailbox", extra={"id": message["id"]})
        return
    if settings.sms_url == CONSOLE:
        sys.stdout.write(f"SMS {message['to']}: {message['text']}\n")
        sys.stdout.flush()
        return
    body, timestamp = json.dumps(message).encode(), str(clock.seconds())
    headers = {
        "Content-Type": "application/json",
        "VO-Timestamp": timestamp,
        "VO-Signature": signature(settings.sms_secret, timestamp, body),
    }
    asked = urllib.request.Request(  # noqa: S310  the address is a setting, http or https
        settings.sms_url, body, headers, method="POST"
    )
    try:
        with _opener.open(asked, timeout=TIMEOUT) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as no:
        if 300 <= no.code < 400:
            raise GatewayUnreachable("answers with another address") from None
        raise TextRefused(f"{no.code} text refused", no.code < 500 and no.code not in LATER) from None
    except (OSError, HTTPException) as failure:
        raise GatewayUnreachable(type(failure).__name__) from None
