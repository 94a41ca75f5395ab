"""Floor 2: who people are, what they may do, and how they sign in."""

from __future__ import annotations

from flask import Flask

from .access import guard, undeclared


class UndeclaredDoor(Exception):
    """A route declares no policy: the service does not start."""


def register(app: Flask) -> None:
    """The guard before every request, sign-in, and the people pages."""
    app.before_request(guard)


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when any route declares no policy."""
    if missing := undeclared(app):
        raise UndeclaredDoor(", ".join(missing))
