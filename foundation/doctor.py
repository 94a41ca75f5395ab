"""`flask --app app doctor`: looks at a whole installation and says what to do about what is not well.

A feature adds its own look with `doctor.ask(app, look)`. The words are for the person who looks after the service.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from . import health

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and what is so or what to do."""

    what: str
    well: bool
    words: str


Look = Callable[[], Iterable[Finding]]
_LOOKS = "doctor"
ADVICE = {
    "database": (
        "a write can begin",
        "no write can begin: check VO_DATABASE_URL, the disk, and who holds the database",
    ),
    "migrations": ("in the newest form", "not in the newest form: start the service anew, it migrates before it opens"),
    "worker": ("looked lately", "has not looked for 30 s: is the service running? Its log says why the worker ended"),
    "letters": ("leave in time", "wait for more than 5 minutes: check VO_SMTP_URL, VO_SMS_URL and the log"),
    "disk": ("a tenth or more is free", "nearly full: less than a tenth is free"),
}
"""Words for each check of /readyz, well and not well."""


def ask(app: Flask, look: Look) -> None:
    """Have `look()` called, within the application; it may take a few seconds."""
    app.extensions.setdefault(_LOOKS, []).append(look)


def findings() -> Iterable[Finding]:
    """All that was found, checks of /readyz first."""
    for name, check in health.CHECKS.items():
        try:
            well = check()
        except Exception:
            log.exception("check failed", extra={"check": name})
            well = False
        yield Finding(name, well, ADVICE[name][0 if well else 1])
    for look in current_app.extensions.get(_LOOKS, []):
        yield from look()


@click.command("doctor")
@with_appcontext
def command() -> None:
    """Say what is well and what to do about the rest; ends with 1 when something is not well."""
    ill = 0
    for finding in findings():
        ill += not finding.well
        click.echo(f"{'well' if finding.well else 'LOOK'}  {finding.what}: {finding.words}")
    sys.exit(1 if ill else 0)


def register(app: Flask) -> None:
    """The command."""
    app.cli.add_command(command)
