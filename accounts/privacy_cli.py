"""Commands about a person's data and about what is kept how long."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import select

from foundation import audit, privacy_sources, retention
from foundation.answers import CommandRefused
from foundation.db import db, write
from foundation.errors import Refusal

from . import copies, erasures, people, privacy
from .cli import people_group
from .models import Contact, Person


@people_group.command("export")
@click.argument("who")
@click.option("--html", is_flag=True, help="A page to read instead of JSON.")
def export(who: str, html: bool) -> None:
    """Print everything that is kept about WHO: an id, a reference, an e-mail address or a phone number."""
    audit.act_as("command")
    person = _person(who)
    copy = write(lambda: privacy.copy_of(person))
    click.echo(copies.readable(copy) if html else json.dumps(copy, ensure_ascii=False, indent=1))


@people_group.command("forget")
@click.argument("who", required=False)
@click.option("--cancel", is_flag=True, help="Cancel what is still agreed with the person first.")
@click.option("--replay", is_flag=True, help="After a restore: erase again everybody on the list.")
@click.option("--list", "path", type=click.Path(exists=True, path_type=Path), help="Another list to replay.")
def forget(who: str | None, cancel: bool, replay: bool, path: Path | None) -> None:
    """Erase WHO for good, or replay the list of who was erased (instance/erasures.jsonl)."""
    audit.act_as("command")
    if replay:
        click.echo(f"{erasures.replay(path)} erased again.")
        return
    if not who:
        raise click.UsageError("Say who, or --replay.")
    person = _person(who)
    try:
        counts = write(lambda: erasures.erase(person, cancel=cancel))
    except erasures.StillStanding as no:
        raise CommandRefused("\n".join([str(no.message), *no.extra["standing"], "Or use --cancel."])) from None
    except Refusal as no:
        raise CommandRefused(str(no.message)) from None
    erasures.finish()
    click.echo("\n".join(f"{table}: {count}" for table, count in counts.items() if count))


@click.command("retention")
@click.option("--dry-run/--run", "dry", default=True, help="Only say what would go (the default), or take it.")
@click.option("--ids", is_flag=True, help="With --dry-run: the ids too.")
@with_appcontext
def retention_command(dry: bool, ids: bool) -> None:
    """What is older than its rule allows: one line of JSON, rows by rule."""
    audit.act_as("command")
    if not dry:
        click.echo(json.dumps(retention.run()))
        return
    planned = retention.plan()
    click.echo(json.dumps({key: [list(row) for row in rows] if ids else len(rows) for key, rows in planned.items()}))


def register(app: Flask) -> None:
    """The commands."""
    app.cli.add_command(retention_command)


def _person(who: str) -> Person:
    spelled = people.spelled(who)
    query = select(Contact.person_id).where(Contact.value.in_((who, spelled)))
    by_contact = db.session.scalar(query.order_by(Contact.verified_at.is_(None), Contact.id).limit(1))
    by_id = db.session.scalar(select(Person.id).where(Person.public_id == who))
    found = by_id or by_contact or privacy_sources.found(who)
    person = db.session.get(Person, found) if found else None
    if person is None:
        raise click.ClickException("Nobody has this id, reference, address or number.")
    return person
