"""Floor 2: who people are, what they may do, and how they sign in."""

from __future__ import annotations

from flask import Flask

from .access import EVERYONE, allow, guard, undeclared

FOUNDATION_DOORS = ("languages.choose", "health.alive", "health.ready", "health.figures")
"""Doors below this floor, which can not declare their policy themselves."""


class UndeclaredDoor(Exception):
    """A route declares no policy: the service does not start."""


def register(app: Flask) -> None:
    """The guard before every request, sign-in, and the people pages."""
    app.before_request(guard)
    for endpoint in FOUNDATION_DOORS:
        app.view_functions[endpoint] = allow(EVERYONE)(app.view_functions[endpoint])


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when any route declares no policy."""
    if missing := undeclared(app):
        raise UndeclaredDoor(", ".join(missing))
