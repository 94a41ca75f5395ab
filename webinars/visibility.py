"""Which webinars and registrations somebody may see or plan; what they may not is absent."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, false, or_, select
from sqlalchemy.orm import joinedload, selectinload

from accounts import people
from accounts.access import Visitor
from accounts.models import Role
from booking.models import Appointment
from booking.references import is_public_id
from foundation import clock
from foundation.db import db
from foundation.errors import NotFound

from . import links
from .models import Audience, Registration, RegistrationState, Webinar, WebinarHost
from .states import COMING, SHOWN

PLANNERS = (Role.ADMIN, Role.TEAM_LEADER, Role.WEBINAR_HOST)
"""Who plans the webinars of an office."""
DESK = (Role.OPERATOR, Role.COUNSELOR, *PLANNERS)
"""Who registers somebody on the phone."""


IN_THE_LIST = (
    RegistrationState.PENDING,
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.WAITLISTED,
    RegistrationState.DECLINED,
    RegistrationState.WITHDRAWN,
    RegistrationState.REJECTED,
)
"""The order in which planners read who registered: what wants an answer first."""


def shown(public_id: str, visitor: Visitor) -> Webinar:
    """A published webinar that the visitor may see. Raises NotFound."""
    webinar = _by_id(public_id)
    if webinar is None or webinar.state not in SHOWN or not admits(webinar, visitor):
        raise NotFound
    return webinar


def admits(webinar: Webinar, visitor: Visitor) -> bool:
    """Whether it is for this visitor: public, theirs by their office, by invitation, or because they work for it."""
    if webinar.audience == Audience.PUBLIC or visitor.may(*DESK, office_id=webinar.office_id):
        return True
    if visitor.link(webinar.public_id, links.INVITATION) is not None or _has(webinar, visitor):
        return True
    return webinar.audience == Audience.OFFICE and webinar.office_id in offices_of(visitor)


def by_invitation(public_id: str, token: str) -> Webinar:
    """The published webinar of an invitation. Raises NotFound."""
    webinar = _by_id(public_id)
    if webinar is None or webinar.state not in SHOWN or not links.invited(webinar, token):
        raise NotFound
    return webinar


def planned(public_id: str, visitor: Visitor) -> Webinar:
    """A webinar of an office whose programme the visitor plans. Raises NotFound."""
    webinar = _by_id(public_id)
    if webinar is None or not visitor.may(*PLANNERS, office_id=webinar.office_id):
        raise NotFound
    return webinar


def programme(visitor: Visitor) -> list[Webinar]:
    """All webinars of the offices that the visitor plans for, drafts and templates too; the next one first."""
    offices = visitor.offices(*PLANNERS)
    query = select(Webinar).options(joinedload(Webinar.office)).order_by(Webinar.starts_at, Webinar.id)
    if offices is not None:
        query = query.where(Webinar.office_id.in_(offices))
    return list(db.session.scalars(query))


def coming(visitor: Visitor) -> list[Webinar]:
    """What is still to come or under way, for this visitor; the next one first."""
    return list(
        db.session.scalars(
            select(Webinar)
            .where(Webinar.state.in_(COMING), Webinar.ends_at > clock.now(), ~Webinar.template, _for(visitor))
            .options(joinedload(Webinar.office))
            .order_by(Webinar.starts_at, Webinar.id)
        )
    )


def registration(public_id: str, visitor: Visitor) -> Registration:
    """A registration for whom it is, for who holds its link, and for the desk of its office. Raises NotFound."""
    query = select(Registration).where(Registration.public_id == public_id)
    found = db.session.scalar(query) if is_public_id(public_id) else None
    if found is None:
        raise NotFound
    if visitor.person is not None and (
        found.person_id in people.same_person_ids(visitor.person)
        or visitor.may(*DESK, office_id=found.webinar.office_id)
    ):
        return found
    if visitor.link(found.public_id, links.REGISTRATION) == found.link_version and links.is_open(found):
        return found
    raise NotFound


def registered(webinar: Webinar) -> list[Registration]:
    """Everybody who registered, by state, then in their turn."""
    order = {state: number for number, state in enumerate(IN_THE_LIST)}
    query = select(Registration).where(Registration.webinar_id == webinar.id)
    rows = db.session.scalars(query.options(joinedload(Registration.person), joinedload(Registration.contact)))
    return sorted(rows, key=lambda one: (order[RegistrationState(one.state)], one.turn, one.id))


def of_person(person_ids: Iterable[int]) -> list[Registration]:
    """What these person rows have that is still to come."""
    query = (
        select(Registration)
        .join(Webinar)
        .where(Registration.person_id.in_(set(person_ids)), Webinar.state.in_(COMING), Webinar.ends_at > clock.now())
        .options(joinedload(Registration.webinar).joinedload(Webinar.office))
        .order_by(Webinar.starts_at)
    )
    return [one for one in db.session.scalars(query) if one.stands]


def given_by(person_id: int) -> list[WebinarHost]:
    """The parts that a colleague has in webinars that are still to come."""
    query = (
        select(WebinarHost)
        .join(Webinar)
        .where(WebinarHost.person_id == person_id, Webinar.state.in_(COMING), Webinar.ends_at > clock.now())
        .options(joinedload(WebinarHost.webinar).joinedload(Webinar.office))
        .order_by(Webinar.starts_at)
    )
    return list(db.session.scalars(query))


def offices_of(visitor: Visitor) -> set[int]:
    """Offices at which the visitor has, or had, an appointment."""
    if visitor.person is None:
        return set()
    ids = people.same_person_ids(visitor.person)
    query = select(Appointment.office_id).where(Appointment.person_id.in_(ids))
    return set(db.session.scalars(query.distinct()))


def _for(visitor: Visitor) -> ColumnElement[bool]:
    offices = visitor.offices(*DESK)
    ids = people.same_person_ids(visitor.person) if visitor.person else []
    mine = exists().where(Registration.webinar_id == Webinar.id, Registration.person_id.in_(ids))
    return or_(
        Webinar.audience == Audience.PUBLIC,
        (Webinar.audience == Audience.OFFICE) & Webinar.office_id.in_(offices_of(visitor)),
        mine if ids else false(),
        Webinar.office_id.in_(offices) if offices is not None else Webinar.id.is_not(None),
    )


def _has(webinar: Webinar, visitor: Visitor) -> bool:
    query = select(Registration).where(Registration.webinar_id == webinar.id)
    links_held = [key for key, purposes in visitor.links.items() if links.REGISTRATION in purposes]
    ids = people.same_person_ids(visitor.person) if visitor.person else []
    query = query.where(or_(Registration.person_id.in_(ids), Registration.public_id.in_(links_held)))
    return any(
        one.person_id in ids or visitor.link(one.public_id, links.REGISTRATION) == one.link_version
        for one in db.session.scalars(query)
    )


def _by_id(public_id: str) -> Webinar | None:
    query = select(Webinar).where(Webinar.public_id == public_id).options(selectinload(Webinar.hosts))
    return db.session.scalar(query) if is_public_id(public_id) else None
