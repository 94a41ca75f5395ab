"""A registration by its reference and a second fact, on the page where people find their appointments."""

from __future__ import annotations

from sqlalchemy import select

from accounts import attempts
from booking import found, references
from foundation.db import db, write

from . import links
from .models import Registration


@found.add
def find(reference: str, second_fact: str) -> str | None:
    """The own link of a registration whose code, e-mail address or phone number this is; compares as much for an unknown one."""
    registration = db.session.scalar(select(Registration).where(Registration.reference == reference))
    region = registration.webinar.office.region if registration else ""
    known = [links.code_of(registration or Registration(public_id="", link_version=0))]
    if registration is not None and registration.contact is not None:
        known.append(registration.contact.value)
    fits = references.is_second_fact(second_fact, region, known)
    if registration is None or not fits or not links.is_open(registration):
        return None
    write(lambda: attempts.forgive("find", reference))
    return links.path(registration)
