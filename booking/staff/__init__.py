"""Staff pages of booking: services, people with diaries and places, hours and absences, waitlist and callbacks."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part."""
    from . import (
        arrival_views,
        client_views,
        diary_views,
        figure_views,
        follow_up_views,
        hour_views,
        service_views,
        waiting_views,
    )

    parts = (
        service_views,
        diary_views,
        hour_views,
        waiting_views,
        follow_up_views,
        arrival_views,
        client_views,
        figure_views,
    )
    for part in parts:
        part.register(app)
