"""Floor 3: the place: offices, meetings, callbacks, the diary and the desk page."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part of this floor."""
    from . import (  # noqa: F401  privacy and retention register what is kept
        audit_views,
        desk_views,
        front,
        letter_desk,
        letters_views,
        mailbox,
        pages_views,
        privacy,
        receiving,
        retention,
        sms_views,
        words_views,
    )
    from .feeds import views as feed_views
    from .meetings import consent_views, phone_views, stream_views
    from .meetings import views as meeting_views
    from .offices import views as office_views

    for part in (
        receiving,
        front,
        pages_views,
        desk_views,
        mailbox,
        office_views,
        letters_views,
        letter_desk,
        sms_views,
        feed_views,
        words_views,
        meeting_views,
        consent_views,
        phone_views,
        stream_views,
        audit_views,
    ):
        part.register(app)
