"""The office's side of letters: when people are reminded, in which words, and what somebody has to print."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """The pages."""
    from . import printing_views, reminder_views, trials, wording_views  # noqa: F401  trials register their letter

    for part in (printing_views, reminder_views, wording_views):
        part.register(app)
