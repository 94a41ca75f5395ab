"""`python -m tests.webinars.racing WEBINAR FROM TO`: so many people register at once by threads of this process; prints what each has as JSON."""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from app import create_app
from foundation.db import db, write
from webinars import registrations
from webinars.models import Webinar
from webinars.registrations import Wish


def main(webinar: int, first: int, last: int) -> list[str]:
    app = create_app()
    gate = threading.Barrier(last - first)

    def one(number: int) -> str:
        with app.app_context():
            wish = Wish(name=f"P{number}", language="en", email=f"p{number}@example.org")
            gate.wait()
            return write(lambda: registrations.register(db.session.get_one(Webinar, webinar), wish).state)

    with ThreadPoolExecutor(last - first) as pool:
        return list(pool.map(one, range(first, last)))


if __name__ == "__main__":
    json.dump(main(*map(int, sys.argv[1:])), sys.stdout)
