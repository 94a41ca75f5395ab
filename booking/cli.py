"""Commands of booking: `flask --app app check-invariants`."""

from __future__ import annotations

import sys

import click
from flask import Flask

from foundation.db import db

from . import invariants


@click.command("check-invariants")
def check_invariants() -> None:
    """Prove what must always be true; ends with 1 and names the rows when it is not."""
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    found = list(invariants.check())
    for finding in found:
        click.echo(f"{finding.rule}: {finding.rows}")
    click.echo(f"{len(invariants.RULES)} rules, {len(found)} findings")
    sys.exit(1 if found else 0)


def register(app: Flask) -> None:
    """The commands."""
    app.cli.add_command(check_invariants)
