"""What the SMS gateway reports afterwards: signed, fresh, of a message that we sent, and heard once."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from . import clock, letters, sms
from .db import lock
from .errors import NotFound, Refusal
from .models import Letter


class ReportUnreadable(Refusal):
    """Signed, but not what the protocol says."""

    code = "report_unreadable"
    status = 422


class ReportHeard(Refusal):
    """A report of this message with this time or a later one was heard already."""

    code = "report_heard"
    status = 409


@dataclass(frozen=True)
class Report:
    """What became of one message, and when the gateway said so (UTC seconds)."""

    message: str
    status: str
    at: int


def read(body: bytes, timestamp: str, signature: str, secret: str) -> Report:
    """The report in a request. Not signed by the gateway, too old, or of the future looks like an absent door:
    NotFound. Signed, but not what the protocol says: ReportUnreadable."""
    if not secret or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise NotFound
    true = hmac.compare_digest(signature.encode(), sms.signature(secret, timestamp, body).encode())
    if not true or abs(clock.seconds() - int(timestamp)) > sms.SKEW:
        raise NotFound
    try:
        said = json.loads(body)
        message, status = said["id"], said["status"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ReportUnreadable from None
    if not isinstance(message, str) or status not in (sms.DELIVERED, sms.FAILED):
        raise ReportUnreadable
    return Report(message, status, int(timestamp))


def hear(report: Report) -> Letter:
    """Keep what became of a message. Refuses NotFound for a foreign one, ReportHeard for one that was told before."""
    public_id, _dot, turn = report.message.partition(".")
    letter = letters.find(public_id) if public_id.isascii() and len(public_id) < 40 else None
    if letter is None or letter.channel != letters.SMS:
        raise NotFound
    lock(letter)
    # Of an earlier sending, or of one whose row we could not mark yet: the gateway asks again.
    if turn != str(letter.resends) or letter.state != "sent":
        raise NotFound
    if letter.delivery_at is not None and report.at <= letter.delivery_at.timestamp():
        raise ReportHeard
    letters.report(letter, report.status, datetime.fromtimestamp(report.at, UTC))
    return letter
