"""What a jobseeker's pages weigh and how long they take: `python -m benchmarks.pages [ROUNDS]`, in Chromium, on a cold cache.

Bytes and requests over the wire, and the largest contentful paint on this machine's own network and on slow 4G. The last line is JSON.
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.report import tell
from tests.journeys.first_view import BYTES, JOBSEEKERS, MEETING, REQUESTS, SECONDS, SLOW_4G, measure
from tests.journeys.tour import town


def main(rounds: int) -> None:
    """Measure every page `rounds` times; times are medians."""
    figures: dict[str, float] = {}
    print(f"{'page':<16} {'KB':>7} {'requests':>9} {'LCP ms':>8} {'slow 4G':>8}", flush=True)
    with town() as made:
        for name, path in (JOBSEEKERS | MEETING).items():
            near = [measure(made, path) for _ in range(rounds)]
            far = [measure(made, path, network=SLOW_4G) for _ in range(rounds)]
            kilobytes, requests = max(one.bytes for one in near) / 1000, max(one.requests for one in near)
            here, there = (statistics.median(one.seconds for one in some) for some in (near, far))
            key = name.replace(" ", "_")
            figures |= {f"{key}_kb": round(kilobytes, 1), f"{key}_requests": requests}
            figures |= {f"{key}_lcp_ms": round(here * 1000), f"{key}_lcp_slow_4g_ms": round(there * 1000)}
            print(f"{name:<16} {kilobytes:>7.1f} {requests:>9} {here * 1000:>8.0f} {there * 1000:>8.0f}", flush=True)
        browser = made.browser.version
    print(f"{'budget':<16} {BYTES / 1000:>7.1f} {REQUESTS:>9} {'':>8} {SECONDS * 1000:>8.0f}")
    tell("pages", figures, browser=f"Chromium {browser}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
