"""Who gives a webinar, and their time: claimed from the moment it is published until it is cancelled or over."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select

from accounts.models import Contact, ContactKind, Person, RoleGrant
from booking import claims, engaged
from foundation import audit
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal

from .models import HostRole, Webinar, WebinarHost
from .states import COMING

KIND = "webinar"
"""The kind of the claims: their holder is the host's row."""


class NoSuchColleague(InputWrong):
    """Nobody who works here has this address."""

    code = "no_such_colleague"
    field = "email"
    message = _l("No colleague has this e-mail address")


class HostsAlready(Refusal):
    code = "hosts_already"
    field = "email"
    message = _l("This colleague has a part in the webinar already")


class LastHost(Refusal):
    """Somebody must be there who begins and ends it."""

    code = "last_host"
    message = _l("A webinar needs a host. Give somebody else this part first.")


def add(webinar: Webinar, email: str, role: HostRole) -> WebinarHost:
    """Give a colleague a part; once published their time is taken at once. Refuses NoSuchColleague, HostsAlready, ColleagueBusy."""
    lock(webinar)
    person = colleague(email)
    if any(one.person_id == person.id for one in webinar.hosts):
        raise HostsAlready
    host = WebinarHost(webinar_id=webinar.id, person_id=person.id, role=role)
    db.session.add(host)
    db.session.flush()
    db.session.refresh(webinar, ["hosts"])
    audit.note("webinar.host_added", host, after={"role": role.value}, office_id=webinar.office_id)
    if webinar.state in COMING:
        claims.bump(engaged.claim(person, webinar.starts_at, webinar.ends_at, (KIND, host.id)))
    return host


def remove(webinar: Webinar, public_id: str) -> None:
    """Take a part back, and give the time back. Refuses LastHost."""
    lock(webinar)
    host = next((one for one in webinar.hosts if one.public_id == public_id), None)
    if host is None:
        raise NotFound
    leads = [one for one in webinar.hosts if one.role == HostRole.HOST]
    if webinar.state in COMING and leads == [host]:
        raise LastHost
    touched = claims.release((KIND, host.id))
    audit.note("webinar.host_removed", host, office_id=webinar.office_id)
    db.session.delete(host)
    db.session.flush()
    db.session.refresh(webinar, ["hosts"])
    claims.bump(touched)


def take_time(webinar: Webinar) -> set[int]:
    """Claim every host's time at its new time; returns the diaries touched. Raises ColleagueBusy."""
    touched: set[int] = set()
    for host in sorted(webinar.hosts, key=lambda one: one.person_id):
        touched |= engaged.claim(host.person, webinar.starts_at, webinar.ends_at, (KIND, host.id))
    return touched


def free_time(webinar: Webinar) -> set[int]:
    """Give every host's time back; returns the diaries touched."""
    return {one for host in webinar.hosts for one in claims.release((KIND, host.id))}


def colleague(email: str) -> Person:
    """Whoever works here and has this address. Raises NoSuchColleague."""
    query = (
        select(Person)
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.kind == ContactKind.EMAIL, Contact.value == email.strip().casefold(), Person.active)
        .where(exists().where(RoleGrant.person_id == Person.id))
        .order_by(Person.id)
    )
    person = db.session.scalar(query)
    if person is None:
        raise NoSuchColleague
    return person
