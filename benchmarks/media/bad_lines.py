"""How a picture through the unit holds on a bad line: `python -m benchmarks.media.bad_lines [SECONDS]`. Needs root.

One Chromium publishes, two watch, all in a network namespace where nftables takes away a share of all UDP packets, each way (R-14), or
all of them for a while (R-20). The worse of the two viewers counts. The last line is JSON.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.calls import SAMPLE, losing, own_network
from benchmarks.media import unit as units
from benchmarks.media.browsers import Line, come, served
from benchmarks.report import tell
from tests.journeys.people import CHROMIUM, FULL_RATE

LOSSES = (0, 2, 5, 10, 20)
OUTAGES = (0.2, 2.0, 10.0)
NAMES = ("fps", "fps_p10", "height", "concealed_pct", "freezes_min", "back_s")


def flows(pages: list[Page], patience: float = 60.0) -> float:
    """Seconds until sound and pictures come in at each; -1 where they do not."""
    began = time.monotonic()
    for page in pages:
        before = page.evaluate(SAMPLE)
        while True:
            now = page.evaluate(SAMPLE)
            if now["frames"] > before["frames"] + 2 and now["audio"] > before["audio"]:
                break
            if time.monotonic() - began > patience:
                return -1.0
            page.wait_for_timeout(50)
    return time.monotonic() - began


def watch(pages: list[Page], seconds: int) -> dict[str, float]:
    """What came in over a while; the worse of the two."""
    looks: list[list[dict[str, Any]]] = [[] for _page in pages]
    began = time.monotonic()
    for second in range(seconds + 1):
        for mine, page in zip(looks, pages, strict=True):
            mine.append({**page.evaluate(SAMPLE), "at": time.monotonic()})
        pages[0].wait_for_timeout(max(0.0, (began + second + 1 - time.monotonic()) * 1000))
    ends = []
    for mine in looks:
        rates = sorted((b["frames"] - a["frames"]) / (b["at"] - a["at"]) for a, b in zip(mine, mine[1:], strict=False))
        samples = mine[-1]["samples"] - mine[0]["samples"]
        ends.append(
            {
                "fps": statistics.median(rates),
                "fps_p10": rates[len(rates) // 10],
                "height": min(one["height"] for one in mine),
                "concealed_pct": 100 * (mine[-1]["concealed"] - mine[0]["concealed"]) / samples if samples else 100.0,
                "freezes_min": (mine[-1]["freezes"] - mine[0]["freezes"]) * 60 / seconds,
            }
        )
    lowest = {"fps", "fps_p10", "height"}
    return {name: round((min if name in lowest else max)(one[name] for one in ends), 1) for name in ends[0]}


def main() -> None:
    """All cases, as a table."""
    own_network("benchmarks.media.bad_lines")
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    figures: dict[str, float] = {}
    with sync_playwright() as play, units.running() as (_pid, path), served() as site:
        flags = [*FULL_RATE, "--allow-loopback-in-peer-connection"]
        browser = play.chromium.launch(executable_path=CHROMIUM, args=flags)
        line = Line(path)
        come(browser, site, line, "ana", publish=True)
        pages = [come(browser, site, line, who)[0] for who in ("bo", "cleo")]
        flows(pages)
        pages[0].wait_for_timeout(8000)
        print(f"{'loss':>8} " + " ".join(f"{name:>13}" for name in NAMES), flush=True)
        for share in LOSSES:
            with losing(f"numgen random mod 100 lt {share}") if share else ExitStack():
                seen = watch(pages, seconds)
            seen["back_s"] = round(flows(pages), 1)
            print(f"{share:>6} % " + " ".join(f"{seen[name]:>13}" for name in NAMES), flush=True)
            figures |= {f"loss_{share}_{name}": value for name, value in seen.items()}
            pages[0].wait_for_timeout(10_000)
        for outage in OUTAGES:
            with losing(""):
                pages[0].wait_for_timeout(outage * 1000)
            figures[f"back_{outage:g}_s"] = round(flows(pages), 2)
            print(f"blackout of {outage:g} s: back after {figures[f'back_{outage:g}_s']} s", flush=True)
        browser.close()
    tell("media-lines", figures)


if __name__ == "__main__":
    main()
