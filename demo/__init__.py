"""Invented people and offices for trying the service, and big data for benchmarks; both call the rules that people call."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The `seed` command, and in a demo the appointment that can always be joined, with somebody who comes to it."""
    from . import missing_views, practice_time, seed

    app.cli.add_command(seed.seed)
    practice_time.register(app)
    missing_views.register(app)
