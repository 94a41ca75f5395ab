"""The calendar under load: `python -m benchmarks.booking [ROUNDS]`; BENCH_DATABASE_URL names an empty PostgreSQL database, else SQLite.

Every size is measured alone (finder) and through the whole web stack (HTTP, in this process): cold, warm, with five bookings a
second going on, in a full season and in an empty one. The last line is JSON.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import delete, func, insert, select, update

from app import create_app
from benchmarks.report import tell
from booking import availability, finder, masks
from booking.models import Claim, Resource, Service, ServiceResource, WorkingHours
from foundation import clock
from foundation.db import db, write_tx
from virtual_office.offices.models import Office

DAYS = 60
ZONE = "Europe/Madrid"
OPENS, CLOSES, MINUTES = 9 * 60, 17 * 60, 30
NEVER = 9_999_999_999
BOOKINGS_A_SECOND = 5
ASKED_AT_ONCE = 20


@dataclass(frozen=True)
class Size:
    """So many counselors and bookings, and the budget of its warm calendar in milliseconds."""

    counselors: int
    bookings: int
    p50: float | None
    p99: float


SIZES = (Size(50, 5_000, 25, 80), Size(500, 100_000, None, 150))


@dataclass
class Table:
    """Lines on the screen, and the same as figures."""

    figures: dict[str, float] = field(default_factory=dict)

    def add(self, size: Size, name: str, milliseconds: list[float], budget: str = "") -> None:
        """A line with median and 99th percentile of one measurement."""
        took = sorted(milliseconds)
        p50, p99 = statistics.median(took), took[min(len(took) - 1, round(len(took) * 0.99))]
        key = f"{size.counselors}_{name.replace(' ', '_').replace(',', '')}"
        self.figures[f"{key}_p50_ms"], self.figures[f"{key}_p99_ms"] = round(p50, 2), round(p99, 2)
        print(
            f"{size.counselors:>10} {size.bookings:>8}  {name:<28} {len(took):>5} {p50:>9.2f} {p99:>9.2f}  {budget}",
            flush=True,
        )

    def note(self, key: str, value: float, said: str) -> None:
        """One more figure."""
        self.figures[key] = round(value, 2)
        print(f"{'':>20}  {said}", flush=True)


def build(size: Size) -> tuple[int, str]:
    """One office with counselors at work on weekdays, and bookings spread over their days; returns the ids of the service."""
    first = clock.now().astimezone(ZoneInfo(ZONE)).date()
    with write_tx():
        office = Office(name="Madrid", zone=ZONE)
        db.session.add(office)
        db.session.flush()
        service = Service(
            office_id=office.id,
            name="First talk",
            minutes=MINUTES,
            step_minutes=MINUTES,
            notice_minutes=0,
            horizon_days=DAYS,
            modalities=["video", "phone"],
        )
        db.session.add(service)
        db.session.flush()
        made = [Resource(kind="counselor", name=f"Counselor {n}", office_id=office.id) for n in range(size.counselors)]
        db.session.add_all(made)
        db.session.flush()
        ids = [one.id for one in made]
        db.session.execute(insert(ServiceResource), [{"service_id": service.id, "resource_id": one} for one in ids])
        hours = [
            {"resource_id": one, "weekday": weekday, "opens": OPENS, "closes": CLOSES, "valid_from": first}
            for one in ids
            for weekday in range(7)
        ]
        db.session.execute(insert(WorkingHours), hours)
        book(ids, first, size.bookings)
        return service.id, service.public_id


def book(ids: list[int], first: date, number: int) -> None:
    """Claim `number` meetings of 30 minutes, spread evenly over counselors and days."""
    a_day = (CLOSES - OPENS) // MINUTES
    starts = availability.day_starts(ZoneInfo(ZONE), first, DAYS)
    places = len(ids) * DAYS * a_day
    rows = []
    for booking in range(number):
        place = booking * places // number
        one, rest = divmod(place, DAYS * a_day)
        day, slot = divmod(rest, a_day)
        begin = starts[day] + (OPENS + slot * MINUTES) // availability.TICK_MINUTES
        rows += [
            {"resource_id": ids[one], "tick": begin + n, "kind": "booking", "holder": booking + 1, "expires": NEVER}
            for n in range(MINUTES // availability.TICK_MINUTES)
        ]
        if len(rows) > 20_000:
            db.session.execute(insert(Claim), rows)
            rows = []
    if rows:
        db.session.execute(insert(Claim), rows)


def change(service_id: int, number: int) -> None:
    """What a booking changes for the finder: a claim, and the version of its resource; each time another counselor."""
    ids = db.session.scalars(select(ServiceResource.resource_id).where(ServiceResource.service_id == service_id)).all()
    one = ids[number * 7 % len(ids)]
    with write_tx():
        tick = db.session.scalar(select(func.max(Claim.tick)).where(Claim.resource_id == one)) or clock.seconds() // 300
        db.session.add(Claim(resource_id=one, tick=tick + 1, kind="booking", holder=1, expires=NEVER))
        db.session.execute(update(Resource).where(Resource.id == one).values(version=Resource.version + 1))


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return took


def timed_with_bookings(app: Flask, work: Callable[[], object], service_id: int, rounds: int) -> list[float]:
    """The same while bookings go on: `ASKED_AT_ONCE` calendars a second, five bookings between them."""
    took = []
    for number in range(rounds):
        if number % (ASKED_AT_ONCE // BOOKINGS_A_SECOND) == 0:
            with app.app_context():
                change(service_id, number)
        took += timed(work, 1)
    return took


def measure(app: Flask, size: Size, table: Table, rounds: int) -> None:
    """All lines of one size; empties and fills the season at the end."""
    with app.app_context():
        service_id, public_id = build(size)
    web = app.test_client()

    def find() -> None:
        with app.app_context():
            today = datetime.now(ZoneInfo(ZONE)).date()
            finder.days(finder.Query(service_id), today, today + timedelta(days=DAYS - 1))

    def ask() -> int:
        return get(web, f"/api/v1/services/{public_id}/days")

    def page() -> int:
        return get(web, f"/book/{public_id}")

    def forget() -> None:
        with app.app_context():
            masks.forget()

    cold = []
    for _ in range(3):
        forget()
        cold += timed(find, 1)
    table.add(size, "finder, cold", cold)
    table.add(size, "finder, warm", timed(find, rounds))
    forget()
    table.add(size, "HTTP, cold", timed(ask, 1))
    budget = f"p50 <= {size.p50}, " * bool(size.p50) + f"p99 <= {size.p99}"
    table.add(size, "HTTP, warm", timed(ask, rounds), budget)
    table.add(size, "HTTP, warm, bookings go on", timed_with_bookings(app, ask, service_id, rounds), budget)
    table.add(size, "page, warm", timed(page, rounds))
    body = ask()
    table.note(f"{size.counselors}_body_bytes", body, f"body {body} bytes (budget 20 KB)")
    with app.app_context():
        seasons(app, size, table, (ask, page), rounds, service_id)


def get(web: FlaskClient, address: str) -> int:
    """Bytes of an answer that must be 200."""
    answer = web.get(address)
    assert answer.status_code == 200, answer.status
    return len(answer.data)


def seasons(
    app: Flask,
    size: Size,
    table: Table,
    asked: tuple[Callable[[], int], Callable[[], int]],
    rounds: int,
    service_id: int,
) -> None:
    """The same calendar when nothing is booked, and when everything is."""
    medians: dict[str, list[float]] = {"HTTP": [], "page": []}
    for name, bookings in (("season empty", 0), ("season full", size.counselors * DAYS * (CLOSES - OPENS) // MINUTES)):
        with app.app_context():
            ids = list(
                db.session.scalars(select(ServiceResource.resource_id).where(ServiceResource.service_id == service_id))
            )
            with write_tx():
                db.session.execute(delete(Claim).where(Claim.resource_id.in_(ids)))
                book(ids, clock.now().astimezone(ZoneInfo(ZONE)).date(), bookings)
                db.session.execute(update(Resource).where(Resource.id.in_(ids)).values(version=Resource.version + 1))
        table.add(size, f"HTTP, {name}, cold", timed(asked[0], 1))
        for kind, ask in zip(medians, asked, strict=True):
            took = timed(ask, rounds)
            medians[kind].append(statistics.median(took))
            table.add(size, f"{kind}, {name}", took)
    for kind, (empty, full) in medians.items():
        ratio = full / empty
        table.note(
            f"{size.counselors}_{kind}_full_to_empty",
            ratio,
            f"{kind}: full season / empty season {ratio:.2f} (budget 1.5)",
        )


def main(rounds: int) -> None:
    """Measure every size on an installation of its own."""
    database = os.environ.get("BENCH_DATABASE_URL", "")
    table = Table()
    print(f"{'counselors':>10} {'bookings':>8}  {'60-day calendar':<28} {'n':>5} {'p50 ms':>9} {'p99 ms':>9}  budget")
    with tempfile.TemporaryDirectory() as folder:
        environ = {"VO_INSTANCE": folder, "VO_RATE_LIMITS": "off"}
        app = create_app(environ | ({"VO_DATABASE_URL": database} if database else {}))
        with app.app_context():
            upgrade(directory=str(Path(__file__).parent.parent / "migrations"))
        for size in SIZES:
            measure(app, size, table, rounds)
        with app.app_context():
            engine = db.engine.dialect.name
            db.engine.dispose()
    tell("booking", table.figures, engine=engine)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
