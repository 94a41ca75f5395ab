"""What a forwarded packet costs: `python -m benchmarks.media [--viewers 50,200,500] [--seconds 3] [--rounds 3] [--only unit,limit,janus]`.

One publisher (180 packets a second of 1,100 bytes, 50 of audio), many viewers, all on this machine: the unit, the limit in C and
Janus take turns in each round. CPU is that of the server's threads, divided by the packets that viewers received. Over the loopback
a sender also pays for the receiver's queue, so the ratios mean more than the microseconds. Janus needs root; without, it is left out.
`--profile` samples the unit for 5 s and writes docs/media-profile.md. The last line is JSON.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.media import janus, limit, profiled, unit
from benchmarks.media.limit import Absent
from benchmarks.media.measuring import Case
from benchmarks.report import tell

SERVERS = ("unit", "limit", "janus")
QUIET = 1.0
"""Load before the start above which somebody else is at work."""
MOST_JANUS = 100
"""Viewers of Janus for each core: at about 20 us a packet more would want the cores that the viewers need."""
LIMITS = {"limit": ("same", limit.BURST), "limit_one_by_one": ("same", 1), "limit_debian": ("Debian", limit.BURST)}
"""Name → (crypto library, packets in one message)."""


def main() -> None:
    """Everything that was asked for, as tables and one line."""
    words = argparse.ArgumentParser(prog="python -m benchmarks.media")
    words.add_argument("--viewers", default="50,200,500")
    words.add_argument("--seconds", type=float, default=3.0)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", default=",".join(SERVERS))
    words.add_argument("--profile", action="store_true")
    asked = words.parse_args()
    crowds = [int(one) for one in asked.viewers.split(",")]
    if asked.profile:
        machine = f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}, load before {os.getloadavg()[0]:.1f}"
        with tempfile.TemporaryDirectory() as folder:
            page = profiled.report(crowds[-1], machine, Path(folder) / "samples")
        profiled.REPORT.write_text(page)
        print(page)
        return
    figures = measure(crowds, asked.seconds, asked.rounds, asked.only.split(","))
    tell("media", figures, processor=_processor())


def measure(crowds: list[int], seconds: float, rounds: int, only: list[str]) -> dict[str, object]:
    """All rounds of all servers; prints as it goes and gives the figures."""
    cases: dict[tuple[str, int], Case] = {}
    absent: dict[str, str] = {}

    def run(name: str, viewers: int, act: Callable[[], Case]) -> None:
        if name in absent:
            return
        try:
            seen = act()
        except Absent as reason:
            absent[name] = str(reason)
            print(f"{name}: absent, {reason}", flush=True)
            return
        known = cases.setdefault((name, viewers), Case(name, viewers))
        for one in ("us", "core", "delivered", "joins", "keyframes", "all_joined", "memory"):
            getattr(known, one).extend(getattr(seen, one))
        known.bad += seen.bad
        known.lost += seen.lost
        known.outside += seen.outside
        known.profile = seen.profile

    load = os.getloadavg()[0]
    print(
        f"load before: {load:.1f}" + ("; others use this machine, so the figures say little" if load > QUIET else ""),
        flush=True,
    )
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for viewers in crowds:
            if "unit" in only:
                run("unit", viewers, partial(unit.measured, viewers, seconds, 1))
            if "limit" in only:
                for name, (crypto, together) in LIMITS.items():
                    run(name, viewers, partial(_limit, viewers, crypto, together, seconds))
            if "janus" in only and viewers <= MOST_JANUS * (os.cpu_count() or 1):
                run("janus", viewers, partial(janus.measured, viewers, seconds, 1))
    figures: dict[str, object] = {"load_before": round(load, 1)} | {
        f"{name}_absent": reason for name, reason in absent.items()
    }
    _table(cases)
    for (name, viewers), case in cases.items():
        figures |= {f"{name}_{viewers}_{figure}": value for figure, value in case.figures().items()}
    return figures | _ratios(cases)


def _limit(viewers: int, crypto: str, together: int, seconds: float) -> Case:
    with limit.built() as library:
        told = limit.measured(library, crypto, viewers, together, seconds)
    core = told["us"] * told["received"] / 1e6 / seconds
    profile = f"AES_128_GCM, crypto library: {crypto}"
    return Case("limit", viewers, [told["us"]], [core], [told["received"] / told["sent"]], profile=profile)


def _table(cases: dict[tuple[str, int], Case]) -> None:
    print(
        f"\n{'':<17}{'viewers':>8}{'us/packet min':>15}{'median':>8}{'max':>8}{'core %':>8}{'delivered':>11}{'a core':>8}{'bad':>5}{'lost':>6}"
    )
    for (name, viewers), case in cases.items():
        print(
            f"{name:<17}{viewers:>8}{min(case.us):>15.2f}{statistics.median(case.us):>8.2f}{max(case.us):>8.2f}"
            f"{100 * statistics.median(case.core):>8.1f}{statistics.median(case.delivered):>11.4f}"
            f"{case.viewers_per_core:>8.0f}{case.bad:>5}{case.lost:>6}{case.outside:>9}  {case.profile}"
        )
    print(
        f"\n{'':<17}{'viewers':>8}{'join p50 s':>12}{'p95':>8}{'max':>8}{'all in':>8}{'keyframe max s':>16}{'KiB a viewer':>14}"
    )
    for (name, viewers), case in cases.items():
        if case.joins:
            told = case.figures()
            print(
                f"{name:<17}{viewers:>8}{told['join_p50_s']:>12.3f}{told['join_p95_s']:>8.3f}{told['join_max_s']:>8.3f}"
                f"{told['all_joined_s']:>8.3f}{told['keyframe_max_s']:>16.3f}{told['kib_per_viewer']:>14.1f}"
            )


def _ratios(cases: dict[tuple[str, int], Case]) -> dict[str, object]:
    ratios: dict[str, object] = {}
    for (name, viewers), case in cases.items():
        ours = cases.get(("unit", viewers))
        if name == "unit" or ours is None:
            continue
        us, other = statistics.median(ours.us), statistics.median(case.us)
        ratio = other / us if name == "janus" else us / other
        ratios[f"times_{name}_{viewers}"] = round(ratio, 2)
        print(
            f"{viewers} viewers: "
            + (
                f"Janus costs {ratio:.1f} times the unit"
                if name == "janus"
                else f"the unit costs {ratio:.2f} times the {name}"
            )
        )
    return ratios


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
