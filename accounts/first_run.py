"""The first administrator of a new installation: once, with a code from the instance folder, so that nobody else is faster."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from pathlib import Path

from flask import current_app
from flask_babel import lazy_gettext as _l

from foundation.errors import InputWrong, NotFound

from . import attempts, people
from .models import Person, Role
from .turns import take_turn

log = logging.getLogger(__name__)
FILE = "setup-code"
TRIES_AN_HOUR = 20


def is_open() -> bool:
    """Whether there is no administrator yet."""
    return not people.has_admin()


def prepare() -> Path:
    """Where the setup code is; it is made when it is not there."""
    path: Path = current_app.config["VO"].folder / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(4) + "\n")
    log.warning("setup code written", extra={"file": FILE})
    return path


def check_code(typed: str) -> None:
    """Raises InputWrong (field code) when it is not the code in the file, TooMany after 20 tries an hour. Own transaction."""
    attempts.check("setup_code", "", TRIES_AN_HOUR, 3600)
    right = prepare().read_text().strip()
    if not hmac.compare_digest(typed.strip().lower().encode(errors="replace"), right.encode()):
        raise InputWrong(_l("This is not the code in the file"), field="code")


def become_admin(name: str, email: str, language: str, password_hash: str) -> Person:
    """The first administrator; NotFound when somebody else was faster."""
    take_turn("first_run")
    if not is_open():
        raise NotFound
    return people.create_staff(name, email, language, [(Role.ADMIN, None)], password_hash)


def finish() -> None:
    """Remove the code; after the commit."""
    (current_app.config["VO"].folder / FILE).unlink(missing_ok=True)
