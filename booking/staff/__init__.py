"""Staff pages of booking: services, people with diaries and places, hours and absences, waitlist and callbacks."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part."""
    from . import (
        affected_views,
        arrival_views,
        busy_views,
        client_views,
        diary_views,
        figure_views,
        follow_up_views,
        hour_views,
        import_views,
        rule_views,
        service_views,
        travel_views,
        waiting_views,
        week_views,
    )

    rules = (hour_views, rule_views, week_views, affected_views, travel_views, busy_views)
    people = (waiting_views, follow_up_views, arrival_views, client_views)
    for part in (service_views, diary_views, *rules, *people, figure_views, import_views):
        part.register(app)
