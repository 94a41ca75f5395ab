"""`python -m tests.journeys.open_counter`: Marta Soler at Riverside, with a service that can be booked until a moment before it begins."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from accounts import people
from accounts.models import Role
from app import create_app
from booking import catalogue_changes, hours, resources
from foundation import audit, clock
from foundation.db import db, write
from virtual_office.offices.models import Office

COUNSELOR = "Marta Soler"
SERVICE = "Help with your application"


def open_counter() -> None:
    """Every day from eight to eight, a time every five minutes."""
    river = db.session.scalars(select(Office).where(Office.name.like("Riverside%"))).one()
    marta = people.create_staff(COUNSELOR, "marta@example.org", "en", [(Role.COUNSELOR, river.id)])
    diary = resources.add_diary(marta, river, resources.COUNSELOR, ("es", "en", "ar"))
    since = clock.now().date() - timedelta(days=7)
    for weekday in range(7):
        hours.add(diary, hours.Window(weekday, 480, 1200, since))
    values = {
        "name": SERVICE,
        "description": "We look at one application together.",
        "minutes": 30,
        "step_minutes": 5,
        "notice_minutes": 0,
        "horizon_days": 14,
        "modalities": ["video", "phone"],
        "needs": [],
    }
    catalogue_changes.open_service(river, values, [diary.id])


if __name__ == "__main__":
    with create_app().app_context(), audit.acting_as("command"):
        write(open_counter)
