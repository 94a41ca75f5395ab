"""The demo town with a browser, and a line to it for each of two people that can be cut."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import browsers
from tests.server import ROOT, Server, free_port

from .people import CHROMIUM, FLAGS, Human
from .tcp_proxy import Proxy


@dataclass
class House:
    """The product, and the lines over which people reach it: Amal at 127.0.0.1, Inés at localhost."""

    server: Server
    browser: Browser
    amal_line: Proxy
    ines_line: Proxy
    humans: list[Human] = field(default_factory=list)
    _arranging: subprocess.Popen[str] | None = None

    def human(self, name: str, browser: Browser | None = None, **context: Any) -> Human:
        """Somebody at a browser; Inés uses the second line, everybody else the first."""
        host = "localhost" if name.startswith("Inés") else "127.0.0.1"
        self.humans.append(Human(browser or self.browser, f"http://{host}:{self.amal_line.port}", name, **context))
        return self.humans[-1]

    def meeting(self, media: str = "p2p") -> str:
        """The path of a new meeting of Amal and Inés."""
        if self._arranging is None:
            command = [sys.executable, "-m", "tests.journeys.arrange"]
            pipe = subprocess.PIPE
            self._arranging = subprocess.Popen(
                command, cwd=ROOT, env=self.server.env, stdin=pipe, stdout=pipe, text=True, bufsize=1
            )
        assert self._arranging.stdin and self._arranging.stdout
        self._arranging.stdin.write(f"{media}\n")
        made = self._arranging.stdout.readline().strip()
        assert made, "what the arranging process said is above"
        return f"/meetings/{made}"

    def close(self) -> None:
        """No more meetings."""
        if self._arranging is not None:
            self._arranging.kill()
            self._arranging.communicate()


@contextmanager
def opened(flags: Sequence[str] = FLAGS, **settings: str) -> Iterator[House]:
    """Everything runs with these settings, the town is built; `flags` are Chromium's."""
    port = free_port()
    env = {"VO_DEMO": "1", "VO_PUBLIC_URL": f"http://127.0.0.1:{port}", "VO_RATE_LIMITS": "off", **settings}
    with (
        Server(env=env, seed=("--demo-if-empty",)) as server,
        Proxy("127.0.0.1", port, server.port) as first,
        Proxy("127.0.0.2", port, server.port) as second,
        browsers.playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=flags) as browser,
    ):
        house = House(server, browser, first, second)
        try:
            yield house
        finally:
            house.close()


@pytest.fixture(scope="package")
def usual_house() -> Iterator[House]:
    """One for all whom the usual settings suit: it takes longer to build than most of them."""
    with opened() as made:
        yield made


@pytest.fixture(scope="module")
def house(usual_house: House) -> House:
    """The usual one; a module that needs other settings has its own under this name."""
    return usual_house


@pytest.fixture
def human(house: House) -> Iterator[Callable[..., Human]]:
    """`human("Amal Mansour")`: signed in; no page of theirs may fail, and their browser is closed at the end."""
    house.humans.clear()

    def come(name: str, browser: Browser | None = None, **context: Any) -> Human:
        made = house.human(name, browser, **context)
        made.sign_in()
        return made

    yield come
    faults = [fault for one in house.humans for fault in one.faults]
    for one in house.humans:
        one.context.close()
    assert not faults, "\n".join(faults)
