"""Letters after two hours without a mail server: `python -m benchmarks.letters [LETTERS]` (R-19; about ten minutes for 5,000).

The real service with its worker on SQLite. While the mail server refuses, people book over the JSON interface and some cancel; then the
clock is two hours further, a real mail server answers, and everything that is still true leaves. The last line is JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from benchmarks.report import tell
from booking import appointments
from booking.appointments import book
from booking.models import Appointment
from foundation import clock
from foundation.db import db, write
from foundation.models import Letter
from tests.booking.world import World, build
from tests.postbox import Postbox, postbox
from tests.server import Server, free_port
from tests.storms.conftest import rows_of

ZONE = ZoneInfo("Europe/Madrid")
DAYS, A_DAY, ASKED = 7, 16, 60
DOWN = 2 * 3600
"""Seconds without a mail server."""
BUDGET = 600.0
"""Seconds in which 5,000 letters leave at ten a second."""
EACH = 20
"""One in so many cancels while the mail server is away."""


def main(many: int) -> None:
    """Book, wait two hours, count."""
    figures: dict[str, object] = {"letters": many}
    with postbox() as box, tempfile.TemporaryDirectory() as folder:
        with opened(Path(folder), box.url) as server:
            with rows_of(server):
                world = build(-(-many // (DAYS * A_DAY)) + 2, days=DAYS, first=clock.now().date() + timedelta(days=2))
            figures["booking_ms_mail_up"] = latency(server, world, 0)
            drain(server, box)
            server.stop()
        box.take()
        with opened(Path(folder), f"smtp://127.0.0.1:{free_port()}") as server:
            with rows_of(server):
                cancelled = queue(world, many)
            figures["booking_ms_mail_down"] = latency(server, world, ASKED)
            server.stop()
        with opened(Path(folder), box.url, VO_TEST_CLOCK_SHIFT=str(DOWN)) as server:
            figures["drained_after_s"] = drain(server, box)
        figures |= read(box, cancelled)
    for name, value in figures.items():
        print(f"{name:<24} {value}")
    tell("letters", figures)


def opened(folder: Path, smtp: str, **more: str) -> Server:
    """The service with its worker and this mail server."""
    return Server(folder, env={"VO_RATE_LIMITS": "off", "VO_SMTP_URL": smtp, **more})


def place(number: int) -> datetime:
    """The start so many places after the first."""
    day, of_day = divmod(number % (DAYS * A_DAY), A_DAY)
    first = clock.now().astimezone(ZONE).date() + timedelta(days=2 + day)
    return datetime(first.year, first.month, first.day, 9, tzinfo=ZONE) + timedelta(minutes=30 * of_day)


def latency(server: Server, world: World, first: int) -> float:
    """Milliseconds of a booking over HTTP, the median of some."""
    took = []
    for number in range(first, first + ASKED):
        body = {
            "service": world.service_public,
            "starts_at": place(number).isoformat(),
            "modality": "video",
            "name": f"Asked {number}",
            "email": f"asked{number}@example.org",
            "language": "en",
        }
        asked = urllib.request.Request(
            f"{server.url}/api/v1/appointments", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        began = time.perf_counter()
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 201
        took.append((time.perf_counter() - began) * 1000)
    return round(median(took), 1)


def queue(world: World, many: int) -> set[str]:
    """Book so many; the addresses of those who cancel again."""
    gone = set()
    for number in range(many):
        address = f"p{number}@example.org"
        wish = world.wish(place(number).astimezone(), name=f"P {number}", email=address)
        booked = write(lambda wish=wish: book(wish))
        if number % EACH == 0:
            write(lambda one=booked.id: appointments.cancel(db.session.get_one(Appointment, one), "person"))
            gone.add(address)
        if number % 500 == 499:
            print(f"{number + 1} booked", flush=True)
    return gone


def drain(server: Server, box: Postbox) -> float:
    """Seconds until no letter that is due waits."""
    began = time.monotonic()
    while True:
        with rows_of(server):
            query = select(func.count()).select_from(Letter)
            left = db.session.scalar(query.where(Letter.state == "waiting", Letter.due_at <= time.time() + DOWN))
        if not left:
            return round(time.monotonic() - began, 1)
        print(f"{time.monotonic() - began:5.0f} s: {left} wait, {len(box.got)} came", flush=True)
        time.sleep(15 if left > 100 else 1)


def read(box: Postbox, cancelled: set[str]) -> dict[str, object]:
    """What came: one letter for each who stands, only the cancellation for who cancelled, nothing twice."""
    subjects = Counter((str(one["To"]), str(one["Subject"]).split()[0]) for one in box.got)
    stale = [to for to, kind in subjects if to in cancelled and kind != "Cancelled:"]
    return {
        "came": len(box.got),
        "came_twice": sum(times - 1 for times in subjects.values()),
        "confirmed_though_cancelled": len(stale),
        "within_budget": BUDGET,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
