"""The door through which the SMS gateway reports what became of its messages."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue

from accounts.access import SIGNED, allow
from foundation import sms, sms_reports
from foundation.db import write

blueprint = Blueprint("sms", __name__)
LONGEST = 4096
"""Bytes of a report."""


@blueprint.post(sms.REPORTS)
@allow(SIGNED)
def report() -> ResponseReturnValue:
    """Delivered or failed: 204; 404 without the gateway's signature, 409 heard before, 422 not readable."""
    timestamp, signature = request.headers.get("VO-Timestamp", ""), request.headers.get("VO-Signature", "")
    secret = current_app.config["VO"].sms_secret
    try:
        said = sms_reports.read(request.stream.read(LONGEST), timestamp, signature, secret)
        write(lambda: sms_reports.hear(said))
    except (sms_reports.ReportHeard, sms_reports.ReportUnreadable) as refusal:
        return "", refusal.status
    return "", 204


def register(app: Flask) -> None:
    """The door."""
    app.register_blueprint(blueprint)
