"""Time-limited TURN credentials (coturn's use-auth-secret): HMAC-SHA1 over `expiry:participant`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from foundation import clock
from foundation.config import Settings

from .models import Meeting, Participant

AFTER = timedelta(minutes=15)
"""How long credentials outlive the meeting."""


def ice_servers(settings: Settings, meeting: Meeting, participant: Participant) -> list[dict[str, Any]]:
    """`iceServers` of RTCPeerConnection for an admitted participant; empty where no TURN server is configured."""
    if not settings.turn_urls:
        return []
    expires = int((meeting.closes_at + AFTER).timestamp())
    if expires <= clock.seconds():
        return []
    name = f"{expires}:{participant.public_id}"
    digest = hmac.new(settings.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
    urls = [url.strip() for url in settings.turn_urls.split(",") if url.strip()]
    return [{"urls": urls, "username": name, "credential": base64.b64encode(digest).decode()}]
