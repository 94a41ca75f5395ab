"""Floor 3: the place: offices, meetings, callbacks, the diary and the desk page."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part of this floor."""
    from . import desk_views, front, letters_views, mailbox, pages_views, receiving, words_views
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
        words_views,
        meeting_views,
    ):
        part.register(app)
