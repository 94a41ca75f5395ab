"""Floor 4: when one jobseeker meets one counselor: services, hours, the kernel, appointments, waitlist."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part of this floor; letters and watchers listen once they are imported."""
    from . import (  # noqa: F401
        api,
        cli,
        coming_late,
        diary,
        feed,
        impact,
        impact_letters,
        late_letters,
        leavers,
        letters,
        meeting_pages,
        privacy,
        retention,
        serving_letters,
        staff,
        today_views,
        views,
        watchers,
    )

    for part in (api, cli, diary, views, today_views, staff):
        part.register(app)
