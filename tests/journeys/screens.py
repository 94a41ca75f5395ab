"""`python -m tests.journeys.screens [FOLDER]`: pictures of the main screens, phone and desk, English and Arabic, into docs/screens."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from tests.server import ROOT

from .people import Human, until
from .tour import BO, NOBODY, OMAR, Tour, town

FOLDER = ROOT / "docs" / "screens"
LANGUAGES = ("en", "ar")
DEVICES = {"phone": True, "desktop": False}
TALLEST = {"phone": 1500, "desktop": 1400}
"""Pixels; a longer page is cut there."""
QUALITY = 72
README = ("confirmation", "desktop", "en")
"""The screen that the project's front page shows."""
SCREENS = {
    "front": "Front page: what one can do here",
    "service": "Choose an office and a service",
    "calendar": "Choose a day",
    "times": "Choose a time",
    "answers": "Who is coming",
    "check": "Check the answers",
    "confirmation": "The appointment is booked",
    "desk": "My desk, with an appointment that can be joined",
    "today": "The counselor's day, somebody waiting",
    "call": "In the call",
}
"""What each screen shows, in the words of the list."""


def booking(town: Tour, language: str, phone: bool) -> Iterator[tuple[str, Human]]:
    """A guest on the way from the front page to the confirmation."""
    with _somebody(town, NOBODY, language, phone) as guest:
        tab = guest.page
        for name, path in (("front", "/"), ("service", "/book"), ("calendar", "/book/{service}")):
            guest.open(town.path(path))
            yield name, guest
        guest.open(town.path("/book/{service}/{day}"))
        tab.locator("input[name=starts_at]").nth(3).check()
        yield "times", guest
        _go_on(guest)
        tab.wait_for_url("**/holds/*")
        tab.locator("#name").fill("ليلى منصور" if language == "ar" else "Leila Mansour")
        tab.locator("#email").fill("leila@example.org")
        tab.locator("input[name=modality][value=video]").check()
        yield "answers", guest
        _go_on(guest)
        tab.wait_for_url("**/check")
        yield "check", guest
        _go_on(guest)
        tab.wait_for_url("**/confirmation*")
        yield "confirmation", guest


def before(town: Tour, language: str, phone: bool) -> Iterator[tuple[str, Human]]:
    """Bo at his desk and in the waiting room; Omar's day says so."""
    with _somebody(town, BO, language, phone) as bo, _somebody(town, OMAR, language, phone) as omar:
        bo.open("/desk")
        yield "desk", bo
        _wait(town, bo)
        omar.open(town.path("/today?open={appointment}"))
        yield "today", omar


def meeting(town: Tour, language: str, phone: bool) -> Iterator[tuple[str, Human]]:
    """Omar has let Bo in."""
    with _somebody(town, BO, language, phone) as bo, _somebody(town, OMAR, language, phone) as omar:
        omar.open(town.path("/meetings/{meeting}"))
        until("Omar is on the stage", lambda: omar.in_call)
        bo.open(town.path("/meetings/{meeting}"))
        bo.page.locator("[data-go]").click()
        until("Bo is there", lambda: bo.waits or bo.in_call)
        if not bo.in_call:
            omar.page.locator("[data-lobby] button").first.click()
        until("Bo is on the stage", lambda: bo.in_call)
        until("the picture moves", bo.receives, 45)
        until("the call has gone on for a while", lambda: bo.reads("[data-clock]") >= "0:05")
        bo.page.locator("[data-other]:not(.stage__other--none)").wait_for()
        yield "call", bo


def take(one: Human, tallest: int, picture: str = "webp", scale: float = 1) -> bytes:
    """The page from its top, at most so many pixels of it."""
    one.page.evaluate("() => document.fonts.ready.then(() => scrollTo(0, 0))")
    one.page.mouse.move(0, 0)
    height = one.page.evaluate("() => document.documentElement.scrollHeight")
    size = one.page.viewport_size
    assert size is not None
    clip = {"x": 0, "y": 0, "width": size["width"], "height": max(size["height"], min(height, tallest))}
    # The driver's own screenshot() makes no WebP.
    longer = clip["height"] > size["height"]
    wanted = {"format": picture, "captureBeyondViewport": longer, "clip": {**clip, "scale": scale}}
    line = one.context.new_cdp_session(one.page)
    taken = line.send("Page.captureScreenshot", wanted | ({"quality": QUALITY} if picture == "webp" else {}))
    line.detach()
    return base64.b64decode(taken["data"])


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with town() as made:
        # Who was let in once waits no more: every waiting comes before the first call.
        for show in (booking, before, meeting):
            for language, (device, phone) in product(LANGUAGES, DEVICES.items()):
                for name, one in show(made, language, phone):
                    _keep(folder / f"{name}-{device}-{language}.webp", take(one, TALLEST[device]))
                    if (name, device, language) == README:
                        _keep(folder / "readme.png", take(one, 0, "png", 0.7))
    (folder / "README.md").write_text(listing())


def listing() -> str:
    """The page that shows them."""
    lines = [
        "# The main screens",
        "",
        "Taken from the demo town by `make screens`: on a phone (360 px) and on a desk (1280 px), in English and in Arabic.",
    ]
    for name, words in SCREENS.items():
        lines += ["", f"## {words}", ""]
        for device, language in product(DEVICES, LANGUAGES):
            how = f"{words}, {device}, {'Arabic' if language == 'ar' else 'English'}"
            lines.append(f"![{how}]({name}-{device}-{language}.webp)")
    return "\n".join(lines) + "\n"


def _keep(file: Path, picture: bytes) -> None:
    file.write_bytes(picture)
    print(f"{len(picture) / 1000:7.1f} KB  {file.name}", flush=True)


@contextmanager
def _somebody(town: Tour, name: str, language: str, phone: bool) -> Iterator[Human]:
    made = town.newcomer(name, language, phone)
    yield made
    made.context.close()


def _wait(town: Tour, bo: Human) -> None:
    bo.open(town.path("/meetings/{meeting}"))
    bo.page.locator("[data-go]").click()
    until("Bo waits", lambda: bo.waits)


def _go_on(one: Human) -> None:
    one.page.locator("main .govuk-button:not(.govuk-button--secondary)[type=submit]").last.click()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
