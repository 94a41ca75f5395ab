"""Floor 5: when many people meet: the programme, registration and seats."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part of this floor; letters listen once they are imported."""
    from . import diary, finding, invariants, letters, privacy, retention, staff_views, views  # noqa: F401

    for part in (diary, views, staff_views):
        part.register(app)
    invariants.register()
