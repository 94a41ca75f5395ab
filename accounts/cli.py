"""Commands about people and tokens, for those who run the service."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click
from flask import Flask
from flask.cli import AppGroup

from foundation import audit
from foundation.answers import CommandRefused
from foundation.db import write
from foundation.errors import Refusal

from . import codes, first_run, passwords, people, second_factors, tokens
from .models import Person, Role

T = TypeVar("T")
people_group = AppGroup("people", help="People who work here.")
tokens_group = AppGroup("tokens", help="Bearer tokens of the API.")


@people_group.command("create-admin")
@click.option("--name", prompt="Name")
@click.option("--email", prompt="E-mail address")
@click.option("--language", default="en", show_default=True)
@click.option("--invite", is_flag=True, help="Send a letter with a link instead of asking for a password.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_admin(name: str, email: str, language: str, invite: bool, password_stdin: bool) -> None:
    """Make somebody an administrator of every office."""
    audit.act_as("command")
    made = None if invite else _ask_password(name, email, password_stdin)

    def act() -> str:
        person = people.create_staff(name, email, language, [(Role.ADMIN, None)], made)
        if made is None:
            codes.invite(person)
        return person.name

    said = _or_refuse(lambda: write(act))
    first_run.finish()
    click.echo(f"{said} is an administrator." + (" A letter with a link is on its way." if made is None else ""))
    if second_factors.required():
        click.echo("At the first sign-in they set up a second step: an app with codes, or a passkey.")


@people_group.command("reset-second-step")
@click.argument("email")
def reset_second_step(email: str) -> None:
    """Take a colleague's app, passkeys and recovery codes away; a letter tells them, and they set up new ones."""
    audit.act_as("command")
    _or_refuse(lambda: write(lambda: second_factors.take_away(_colleague(email))))
    click.echo("Their second step is reset, and they are signed out everywhere.")


@people_group.command("setup-code")
def setup_code() -> None:
    """Print the code that /first-run asks for."""
    if not first_run.is_open():
        raise click.ClickException("There is an administrator already.")
    click.echo(first_run.prepare().read_text().strip())


@tokens_group.command("create")
@click.argument("email")
@click.option("--label", default="API", show_default=True)
@click.option("--days", default=90, show_default=True)
def create_token(email: str, label: str, days: int) -> None:
    """Print a new token of a colleague; it can not be shown again."""
    audit.act_as("command")
    click.echo(_or_refuse(lambda: write(lambda: tokens.create(_colleague(email), label, days))))


@tokens_group.command("revoke")
@click.argument("email")
def revoke_tokens(email: str) -> None:
    """End every token of a colleague."""
    audit.act_as("command")
    click.echo(f"{_or_refuse(lambda: write(lambda: tokens.revoke_all(_colleague(email))))} ended.")


def register(app: Flask) -> None:
    """The command groups."""
    app.cli.add_command(people_group)
    app.cli.add_command(tokens_group)


def _ask_password(name: str, email: str, from_stdin: bool) -> str:
    words = sys.stdin.readline().rstrip("\r\n") if from_stdin else click.prompt("Password", hide_input=True)
    return _or_refuse(lambda: passwords.make(words, (name, email)))


def _colleague(email: str) -> Person:
    person = people.find_by_email(email)
    if person is None:
        raise click.ClickException("Nobody has this address.")
    return person


def _or_refuse(act: Callable[[], T]) -> T:
    try:
        return act()
    except Refusal as no:
        raise CommandRefused(str(no.message)) from None
