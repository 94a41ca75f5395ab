"""Remakes tests/media/fixtures: what Chromium and Firefox say to the unit's offer, and how they offer. `python -m tests.media.record_sdp`

They hold credentials and fingerprints of connections that were closed at once, and no address: candidates come later.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from realtime.media import sdp
from tests.journeys.people import CHROMIUM, FLAGS
from tests.media.descriptions import FIXTURES, local, places
from tests.server import ROOT

SCRIPT = (Path(__file__).parent / "negotiation.js").read_text()
PAGE = "http://localhost/"


@contextmanager
def chromium() -> Iterator[Page]:
    """An empty page with the functions of negotiation.js, at an address where cameras are allowed."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        page = browser.new_page()
        page.route(PAGE, lambda route: route.fulfill(content_type="text/html", body=f"<script>{SCRIPT}</script>"))
        page.goto(PAGE)
        yield page


def calls() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name of the fixture, then what the page is asked."""
    offer = sdp.offer(local(), places())
    return {
        "publisher": ("answer", {"offer": offer, "publish": True}),
        "viewer": ("answer", {"offer": offer, "publish": False}),
        "whip": ("offer", {"publish": True}),
        "whep": ("offer", {"publish": False}),
    }


def firefox(asked: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """What Firefox answers to these calls."""
    made = subprocess.run(
        ["node", "firefox_page.mjs"],
        cwd=ROOT / "tests" / "node",
        input=json.dumps({"script": SCRIPT, "calls": asked}),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return [json.loads(line) for line in made.stdout.splitlines()]


def main() -> None:
    """Write all."""
    FIXTURES.mkdir(exist_ok=True)
    asked = calls()
    with chromium() as page:
        said = {f"chromium_{name}": page.evaluate(f"(how) => {what}(how)", how) for name, (what, how) in asked.items()}
    for name, told in zip(asked, firefox(list(asked.values())), strict=True):
        said[f"firefox_{name}"] = told
    for name, told in said.items():
        (FIXTURES / f"{name}.sdp").write_bytes(told["sdp"].encode())
        print(f"{name}: {len(told['sdp'])} bytes, {told.get('layers', '')}")


if __name__ == "__main__":
    main()
