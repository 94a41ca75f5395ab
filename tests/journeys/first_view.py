"""What a page's first view costs a newcomer: bytes over the wire, requests, and the moment its largest part is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession

from .people import until
from .tour import Tour

BYTES, REQUESTS, SECONDS = 100_000, 10, 2.5
"""The budget of a jobseeker's page."""
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""1.6 Mbit/s down, 750 kbit/s up, 150 ms: what Chromium's tools call slow 4G."""
JOBSEEKERS = {
    "front": "/",
    "service": "/book",
    "calendar": "/book/{service}",
    "times": "/book/{service}/{day}",
    "find": "/find",
    "join": "/join",
    "help": "/help",
    "sign in": "/sign-in",
    "offer": "{offer}",
    "appointment": "{manage}",
}
"""Pages that a jobseeker may open first: from a search, a letter, a poster."""
MEETING = {"before its time": "{early_join}", "waiting room": "{join}"}
"""The way into a call. Not bound by the number of requests: its scripts are ES modules, one small file each."""
LARGEST = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe(
    {type: 'largest-contentful-paint', buffered: true});
})"""


@dataclass(frozen=True)
class Cost:
    """Of one page on a cold cache."""

    bytes: int
    requests: int
    seconds: float


def measure(town: Tour, path: str, language: str = "en", network: dict[str, Any] | None = None) -> Cost:
    """Open a page in a browser that has nothing yet; bytes are those of the network, compressed, headers included."""
    newcomer = town.newcomer(language=language, phone=True)
    line = newcomer.context.new_cdp_session(newcomer.page)
    line.send("Network.enable")
    if network:
        line.send("Network.emulateNetworkConditions", network)
    wire = _Wire(line)
    newcomer.open(town.path(path))
    newcomer.page.wait_for_load_state("load")
    until("everything is loaded", wire.quiet)
    largest = float(newcomer.page.evaluate(LARGEST)) / 1000
    newcomer.context.close()
    return Cost(sum(wire.finished.values()), len(wire.asked), largest)


class _Wire:
    """Counts what goes over the network; a redirect is a request of its own."""

    def __init__(self, line: CDPSession) -> None:
        self.asked: list[str] = []
        self.open: set[str] = set()
        self.finished: dict[str, int] = {}
        line.on("Network.requestWillBeSent", self._asks)
        line.on("Network.loadingFinished", self._finishes)
        line.on("Network.loadingFailed", lambda event: self.open.discard(event["requestId"]))

    def quiet(self) -> bool:
        """Whether nothing is under way."""
        return bool(self.finished) and not self.open

    def _asks(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.asked.append(event["request"]["url"])
            self.open.add(event["requestId"])

    def _finishes(self, event: dict[str, Any]) -> None:
        self.open.discard(event["requestId"])
        self.finished[event["requestId"]] = self.finished.get(event["requestId"], 0) + int(event["encodedDataLength"])
