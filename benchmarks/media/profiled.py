"""Where the unit spends its time: `python -m benchmarks.media.profiled OUT MODULE ARGUMENT …` runs the module and samples it.

SIGUSR1 begins, SIGUSR2 ends and writes OUT. The kernel sends SIGPROF for each tick of its clock (1 to 4 ms) that the unit was busy; Python handles it at the next
bytecode, so time in C and in system calls falls to the line that called them. Unlike cProfile this makes no call dearer.
"""

from __future__ import annotations

import asyncio
import json
import linecache
import os
import runpy
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from benchmarks.media import unit
from benchmarks.media.measuring import Case, spent

EVERY = 0.001
TOP = 25
SECONDS = 5.0
ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "media-profile.md"


def sampled(out: str, module: str, arguments: list[str]) -> None:
    """Run `module` with `arguments`, sampled between the two signals."""
    seen: Counter[tuple[str, str, int]] = Counter()

    def sample(_number: int, frame: FrameType | None) -> None:
        if frame is not None:
            seen[frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_lineno or 0] += 1

    def begin(_number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def end(_number: int, _frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        rows = [[name, function, line, count] for (name, function, line), count in seen.most_common()]
        fresh = Path(out + ".new")
        fresh.write_text(json.dumps(rows))
        fresh.replace(out)

    signal.signal(signal.SIGPROF, sample)
    signal.siginterrupt(signal.SIGPROF, False)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, end)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


async def _rows(viewers: int, out: Path) -> tuple[list[list[object]], float]:
    case = Case("unit", viewers)
    with unit.running("benchmarks.media.profiled", str(out), "realtime.media") as (pid, line):
        async with unit.crowd(case, pid, line):
            await asyncio.sleep(1)
            os.kill(pid, signal.SIGUSR1)
            cpu = spent(pid)
            await asyncio.sleep(SECONDS)
            cpu = spent(pid) - cpu
            os.kill(pid, signal.SIGUSR2)
            while not out.exists():
                await asyncio.sleep(0.05)
    return json.loads(out.read_text()), cpu / SECONDS


def _short(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-2:])


def report(viewers: int, machine: str, out: Path) -> str:
    """Sample a unit with `viewers` viewers; the page that says what was found. Raises `unit.Broken`."""
    rows, share = asyncio.run(_rows(viewers, out))
    total = sum(int(str(row[3])) for row in rows)
    functions: Counter[tuple[str, str]] = Counter()
    for name, function, _line, number in rows:
        functions[_short(str(name)), str(function)] += int(str(number))
    lines = [
        "# Where the forwarding unit spends its time",
        "",
        f"Made by `python -m benchmarks.media --profile` on {datetime.now(UTC):%Y-%m-%d}, {machine}: {viewers} viewers of one publisher",
        f"(180 packets of video and 50 of audio a second) for {SECONDS:g} s, {100 * share:.0f} % of a core, {total} samples, one for each",
        "tick of the kernel's clock in which it was busy. Time in C and in the kernel falls to the Python line that called it.",
        "",
        "| Own time | Function |",
        "|---:|---|",
    ]
    lines += [
        f"| {100 * number / total:.1f} % | `{function}` in {name} |"
        for (name, function), number in functions.most_common(TOP)
    ]
    lines += ["", "| Own time | Line | |", "|---:|---|---|"]
    for name, _function, line, number in rows[:TOP]:
        code = linecache.getline(str(name), int(str(line))).strip().replace("|", "\\|")
        lines.append(f"| {100 * int(str(number)) / total:.1f} % | {_short(str(name))}:{line} | `{code}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sampled(sys.argv[1], sys.argv[2], sys.argv[3:])
