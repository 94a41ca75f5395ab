"""A registration by its reference and a second fact, on the page where people find their appointments."""

from __future__ import annotations

import hmac

from sqlalchemy import select

from accounts import attempts, people
from accounts.models import ContactKind
from booking import found
from foundation.db import db, write
from foundation.errors import InputWrong

from . import links
from .models import Registration


@found.add
def find(reference: str, second_fact: str) -> str | None:
    """The own link of a registration whose code, e-mail address or phone number this is; compares as much for an unknown one."""
    registration = db.session.scalar(select(Registration).where(Registration.reference == reference))
    typed = second_fact.strip()[:254]
    facts = {"".join(letter for letter in typed if letter.isdecimal())}
    region = registration.webinar.office.region if registration else ""
    for kind in ContactKind:
        try:
            facts.add(people.normal(kind, typed, region))
        except InputWrong:
            continue
    known = [links.code_of(registration or Registration(public_id="", link_version=0))]
    if registration is not None and registration.contact is not None:
        known.append(registration.contact.value)
    fits = [hmac.compare_digest(fact.encode(), value.encode()) for fact in facts for value in known]
    if registration is None or not any(fits) or not links.is_open(registration):
        return None
    write(lambda: attempts.forgive("find", reference))
    return links.path(registration)
