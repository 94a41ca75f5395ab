"""Appointments in a person's own calendar feed: those in their diary, and those they have themselves. Without names."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import or_, select

from accounts import people
from accounts.models import Person
from foundation.calendar import FeedEntry
from foundation.db import db
from virtual_office.feeds import feeds

from .models import CANCELLED, Appointment, AppointmentResource, Resource


@feeds.add_source
def appointments_of(person: Person, since: datetime, most: int) -> list[FeedEntry]:
    """What stands, from a moment on, soonest first."""
    host = urlsplit(current_app.config["VO"].public_url).hostname
    served = (
        select(AppointmentResource.appointment_id)
        .join(Resource, Resource.id == AppointmentResource.resource_id)
        .where(Resource.person_id == person.id)
    )
    one = Appointment.__table__.c
    query = (
        select(one.public_id, one.version, one.starts_at, one.ends_at, one.changed_at, one.reference)
        .where(one.ends_at > since, one.state.not_in(CANCELLED))
        .where(or_(one.id.in_(served), one.person_id.in_(people.same_person_ids(person))))
        .order_by(one.starts_at, one.id)
        .limit(most)
    )
    return [
        FeedEntry(
            f"{row.public_id}@{host}",
            row.version,
            row.starts_at,
            row.ends_at,
            row.changed_at,
            _("Appointment, ref %(reference)s", reference=row.reference),
        )
        for row in db.session.execute(query)
    ]
