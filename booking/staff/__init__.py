"""Staff pages of booking: services, people with diaries and places, hours and absences, waitlist and callbacks."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part."""
    from . import diary_views, figure_views, hour_views, service_views, waiting_views

    for part in (service_views, diary_views, hour_views, waiting_views, figure_views):
        part.register(app)
