"""The furnished demo town at a fixed moment of a working day, one browser before it, and everybody who looks at it signed in once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser

from tests import browsers
from tests.server import ROOT, Server

from .people import CHROMIUM, FLAGS, Human

NOBODY = ""
"""Somebody who is not signed in."""
AMAL, BO, INES, OMAR, LUCIA, TOMAS, ADMIN = (
    "Amal Mansour",
    "Bo Lindqvist",
    "Inés Vidal",
    "Omar Haddad",
    "Lucía Prado",
    "Tomás Rey",
    "Admin of the demo",
)
OPENS = (9, 40)
"""The time of the tour in Madrid: the office is open, the first appointments are near."""
TUESDAY = 1


@dataclass
class Tour:
    """The town, a browser, and people by (name, language), each with a page that is used again and again."""

    server: Server
    browser: Browser
    things: dict[str, str]
    people: dict[tuple[str, str, bool], Human] = field(default_factory=dict)

    def human(self, name: str, language: str = "en", phone: bool = False) -> Human:
        """Somebody who reads that language, on a desk or a phone; comes once and stays."""
        if (name, language, phone) not in self.people:
            self.people[name, language, phone] = self.newcomer(name, language, phone)
        return self.people[name, language, phone]

    def newcomer(self, name: str = NOBODY, language: str = "en", phone: bool = False, **context: Any) -> Human:
        """The same with a browser of their own that nobody used before; close its `context`."""
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 800}
        made = Human(self.browser, self.server.url, name, **{"viewport": size, "has_touch": phone, **context})
        made.context.add_cookies([{"name": "vo_language", "value": language, "url": self.server.url}])
        if name:
            made.sign_in()
        return made

    def path(self, pattern: str) -> str:
        """An address with the town's things in it: `/staff/offices/{office}`."""
        return pattern.format_map(self.things)


@contextmanager
def town(**settings: str) -> Iterator[Tour]:
    """Start everything."""
    with furnished(**settings) as (server, things), browsers.playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield Tour(server, browser, things)
        browser.close()


@contextmanager
def furnished(**settings: str) -> Iterator[tuple[Server, dict[str, str]]]:
    """The server alone, and the town's things."""
    env = {"VO_DEMO": "1", "VO_RATE_LIMITS": "off", "VO_TEST_CLOCK_SHIFT": str(_until_tuesday()), **settings}
    with Server(env=env, seed=("--demo-if-empty",)) as server:
        command = [sys.executable, "-m", "tests.journeys.furnish"]
        made = subprocess.run(command, cwd=ROOT, env=server.env, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        yield server, json.loads(made.stdout)


def _until_tuesday() -> int:
    """Seconds from now to the tour's moment on the next Tuesday."""
    now = datetime.now(UTC)
    here = now.astimezone(ZoneInfo("Europe/Madrid"))
    there = (here + timedelta(days=(TUESDAY - here.weekday()) % 7)).replace(hour=OPENS[0], minute=OPENS[1], second=0)
    return int(((there if there > here else there + timedelta(days=7)) - now).total_seconds())
