"""What must be true of webinars at every moment: seats and registrations agree, and nobody sits twice."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from booking import invariants
from booking.invariants import Finding
from booking.models import Claim
from foundation.db import db

from .hosts import KIND
from .models import SEATED, Registration, Seat, Webinar, WebinarHost
from .states import COMING


def seats_and_registrations() -> Iterator[Finding]:
    """Whoever has or is offered a seat has as many as they asked for; nobody else has any; no more than there ever were."""
    counted = select(Seat.registration_id, func.count()).group_by(Seat.registration_id)
    had = {number: many for number, many in db.session.execute(counted)}  # noqa: C416
    rows = select(Registration.id, Registration.state, Registration.places)
    for number, state, places in db.session.execute(rows):
        if had.pop(number, 0) != (places if state in SEATED else 0):
            yield Finding("seats_differ", f"registration {number}")
    many = select(Seat.webinar_id, func.count(), Webinar.widest).join(Webinar, Webinar.id == Seat.webinar_id)
    for number, taken, widest in db.session.execute(many.group_by(Seat.webinar_id, Webinar.widest)):
        if taken > widest:
            yield Finding("seats_oversold", f"webinar {number}")


def hosts_have_their_time() -> Iterator[Finding]:
    """No claim of a webinar that does not take place."""
    alive = select(WebinarHost.id).join(Webinar).where(Webinar.state.in_(COMING))
    lost = select(Claim.resource_id, Claim.tick).where(Claim.kind == KIND, Claim.holder.not_in(alive))
    past = select(WebinarHost.id).join(Webinar).where(Webinar.state.not_in(COMING), Webinar.published_at.is_not(None))
    for owner, tick in db.session.execute(lost.where(Claim.holder.not_in(past))):
        yield Finding("orphan_claim", f"claim {owner}/{tick}")


def register() -> None:
    """Both rules, beside those of booking."""
    invariants.add(seats_and_registrations)
    invariants.add(hosts_have_their_time)
