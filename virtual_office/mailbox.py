"""The demo mailbox: what each invented person received, so that nobody needs a mail server to try the service. Demo only."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import select

from accounts.access import EVERYONE, allow
from accounts.models import Contact, Person
from foundation.db import db
from foundation.errors import NotFound
from foundation.models import Letter

blueprint = Blueprint("mailbox", __name__, url_prefix="/demo/mailbox")
SHOWN = 60
LINK = re.compile(r"https?://[^\s<>\"]+")


@blueprint.get("")
@allow(EVERYONE)
def show() -> ResponseReturnValue:
    """Everybody's newest letters, or one person's with `?person=`."""
    person_id = request.args.get("person", "")
    return render_template("mailbox/show.html", letters=received(person_id), people=recipients(), chosen=person_id)


@blueprint.get("/<public_id>")
@allow(EVERYONE)
def read(public_id: str) -> ResponseReturnValue:
    """One letter, with its links live."""
    letter = db.session.scalar(select(Letter).where(Letter.public_id == public_id, Letter.body.is_not(None)))
    if letter is None:
        raise NotFound
    return render_template("mailbox/read.html", letter=letter, to=_address(letter), words=linked(letter.body or ""))


def received(person_id: str) -> list[tuple[Letter, str]]:
    """Sent letters with the address they went to, newest first."""
    query = select(Letter, Contact.value).outerjoin(Contact, Contact.id == Letter.contact_id)
    query = query.where(Letter.body.is_not(None)).order_by(Letter.sent_at.desc()).limit(SHOWN)
    if person_id:
        query = query.join(Person, Person.id == Letter.person_id).where(Person.public_id == person_id)
    return [(letter, address or "") for letter, address in db.session.execute(query)]


def recipients() -> list[Person]:
    """People who have letters."""
    with_letters = select(Letter.person_id).where(Letter.body.is_not(None))
    return list(db.session.scalars(select(Person).where(Person.id.in_(with_letters)).order_by(Person.name)))


def linked(text: str) -> Markup:
    """Plain text with its addresses as links; everything else is escaped."""
    parts, end = [], 0
    for found in LINK.finditer(text):
        parts += [
            escape(text[end : found.start()]),
            Markup('<a class="govuk-link" href="{0}">{0}</a>').format(found[0]),
        ]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def register(app: Flask) -> None:
    """Only in a demo: elsewhere the address does not exist."""
    if app.config["VO"].demo:
        app.register_blueprint(blueprint)


def _address(letter: Letter) -> str:
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    return contact.value if contact else ""
