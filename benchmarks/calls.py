"""How a call of two people holds on a bad line: `python -m benchmarks.calls [SECONDS [CASE …]]`, two Chromium contexts and the whole service.

Without a CASE all of them; the names are those of the tables (`loss_20`, `media_10`, `signalling_2`, `both_10`, `other_address`, `reload`).
The word `unit` among them: one of the two hides their address, so that the call goes through the forwarding unit.
Needs root: it runs in a network namespace of its own, where nftables takes away a share of all UDP packets (R-14) or all of them for a
while (R-20). Every figure is read from getStats of both ends, the worse end counts. The last line is JSON.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from benchmarks.report import tell
from tests.journeys.conftest import House, opened
from tests.journeys.people import FULL_RATE, Human, until

OWN_NETWORK = "BENCH_OWN_NETWORK"
NETWORK = (
    "ip link set lo up",
    "ip link add v0 type veth peer name v1",
    "ip addr add 10.9.9.1/24 dev v0",
    "ip link set v0 up",
    "ip link set v1 up",
    "ip route add default dev v0",
)
MOVE = (
    "ip addr del 10.9.9.1/24 dev v0",
    "ip addr add 10.9.9.2/24 dev v0",
    "ip route replace default dev v0",
)
LOSSES = (0, 2, 5, 10, 20)
"""Hundredths of all packets, each way (R-14)."""
OUTAGES = (0.2, 2.0, 10.0, 40.0)
"""Seconds (R-20)."""
UNIT = "unit"
NEVER = -1.0
"""Stands for what did not come back in a minute."""
SAMPLE = """async () => {
  const told = {frames: 0, freezes: 0, height: 0, concealed: 0, samples: 0, audio: 0, video: 0, lost: 0};
  for (const pc of window.connections ?? []) {
    if (pc.connectionState === 'closed') continue;
    for (const one of (await pc.getStats()).values()) {
      if (one.type !== 'inbound-rtp') continue;
      told[one.kind] += one.bytesReceived;
      told.lost += one.packetsLost ?? 0;
      told.frames += one.framesDecoded ?? 0;
      told.freezes += one.freezeCount ?? 0;
      told.height = Math.max(told.height, one.frameHeight ?? 0);
      told.concealed += one.concealedSamples ?? 0;
      told.samples += one.totalSamplesReceived ?? 0;
    }
  }
  const strip = document.querySelector('[data-line-words]');
  return {...told, words: strip?.textContent ?? '', kind: strip?.dataset.kind ?? ''};
}"""


def own_network(module: str = "benchmarks.calls") -> None:
    """Go on with `module` in a network namespace with one address beside the loopback; only root may."""
    if OWN_NETWORK not in os.environ:
        os.environ[OWN_NETWORK] = "yes"
        os.execvp("unshare", ["unshare", "-n", sys.executable, "-m", module, *sys.argv[1:]])
    for command in NETWORK:
        subprocess.run(command.split(), check=True)


@contextmanager
def losing(rule: str) -> Iterator[None]:
    """UDP packets that `rule` chooses do not arrive; an empty rule chooses all of them."""
    for command in (
        "add table inet cut",
        "add chain inet cut in { type filter hook input priority 0 ; }",
        f"add rule inet cut in iif lo meta l4proto udp {rule} counter drop",
    ):
        subprocess.run(["nft", *command.split()], check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", "cut"], check=True)


@contextmanager
def people(by_unit: bool) -> Iterator[tuple[House, Human, Human]]:
    """The town, Amal and Inés in a call that flows both ways, directly or through the forwarding unit."""
    with opened(FULL_RATE, VO_MEDIA_PROCESSES="1" if by_unit else "0") as house:
        amal, ines = house.human("Amal Mansour"), house.human("Inés Vidal")
        path = house.meeting()
        for one in (amal, ines):
            one.sign_in()
            one.open(path)
        if by_unit:
            amal.page.get_by_label("Hide my internet address").check()
        amal.press("Go to the waiting room")
        ines.press("Let Amal Mansour in")
        flows(amal, ines)
        yield house, amal, ines


def flows(*some: Human, patience: float = 60) -> float:
    """Seconds until sound and pictures come in at each of them."""
    began = time.monotonic()
    for one in some:
        before = one.page.evaluate(SAMPLE)

        def grows(one: Human = one, before: dict[str, Any] = before) -> bool:
            now = one.page.evaluate(SAMPLE)
            # A new connection counts from nothing.
            before |= {name: min(before[name], now[name]) for name in ("frames", "audio")}
            return bool(now["frames"] > before["frames"] + 2 and now["audio"] > before["audio"])

        until(f"{one.name} receives sound and picture", grows, patience)
    return time.monotonic() - began


def watch(seconds: int, amal: Human, ines: Human) -> dict[str, float]:
    """Pictures a second, made-up sound, freezes, size and the words shown, over a while; the worse end of the two."""
    looks: list[list[dict[str, Any]]] = [[], []]
    began = time.monotonic()
    weak = -1.0
    for _second in range(seconds + 1):
        for mine, one in zip(looks, (amal, ines), strict=True):
            mine.append({**one.page.evaluate(SAMPLE), "at": time.monotonic()})
            if weak < 0 and mine[-1]["kind"] in {"weak", "they_weak"}:
                weak = time.monotonic() - began
        amal.page.wait_for_timeout(max(0.0, (began + _second + 1 - time.monotonic()) * 1000))
    ends = []
    for mine in looks:
        pairs = list(zip(mine, mine[1:], strict=False))
        rates = [(b["frames"] - a["frames"]) / (b["at"] - a["at"]) for a, b in pairs]
        samples = mine[-1]["samples"] - mine[0]["samples"]
        ends.append(
            {
                "fps": statistics.median(rates),
                "fps_p10": sorted(rates)[len(rates) // 10],
                "height": min(one["height"] for one in mine),
                "concealed_pct": 100 * (mine[-1]["concealed"] - mine[0]["concealed"]) / samples if samples else 100.0,
                "freezes_min": (mine[-1]["freezes"] - mine[0]["freezes"]) * 60 / seconds,
                "audio_kbit": (mine[-1]["audio"] - mine[0]["audio"]) * 8 / 1000 / seconds,
                "video_kbit": (mine[-1]["video"] - mine[0]["video"]) * 8 / 1000 / seconds,
            }
        )
    lowest = {"fps", "fps_p10", "height", "audio_kbit", "video_kbit"}
    worse = {name: (min if name in lowest else max)(one[name] for one in ends) for name in ends[0]}
    return {name: round(value, 1) for name, value in {**worse, "told_after_s": weak}.items()}


def losses(seconds: int, amal: Human, ines: Human, wanted: Callable[[str], bool]) -> dict[str, float]:
    """R-14: the same call at each loss, and how soon both pictures are back after it."""
    figures: dict[str, float] = {}
    names = (
        "fps",
        "fps_p10",
        "height",
        "concealed_pct",
        "freezes_min",
        "audio_kbit",
        "video_kbit",
        "told_after_s",
        "back_s",
    )
    print(f"{'loss':>8} " + " ".join(f"{name:>13}" for name in names), flush=True)
    for share in filter(lambda share: wanted(f"loss_{share}"), LOSSES):
        with losing(f"numgen random mod 100 lt {share}") if share else ExitStack():
            seen = watch(seconds, amal, ines)
        seen["back_s"] = round(flows(amal, ines, patience=150), 1)
        print(f"{share:>6} % " + " ".join(f"{seen[name]:>13}" for name in names), flush=True)
        figures |= {f"loss_{share}_{name}": value for name, value in seen.items()}
        until("the line is good again", lambda: _whole(amal) and _whole(ines), 90)
    return figures


def _whole(one: Human) -> bool:
    return one.page.evaluate(SAMPLE)["kind"] not in {"weak", "they_weak"}


def outages(house: House, amal: Human, ines: Human, wanted: Callable[[str], bool]) -> dict[str, float]:
    """R-20: seconds from the return of the line until sound and pictures come in at both ends, without a click."""
    figures: dict[str, float] = {}
    print(f"{'outage':<32} {'back after s':>12}", flush=True)

    def case(name: str, seconds: float, *contexts: Callable[[], Any]) -> None:
        if not wanted(name):
            return
        with ExitStack() as stack:
            for context in contexts:
                stack.enter_context(context())
            amal.page.wait_for_timeout(seconds * 1000)
        try:
            took = flows(amal, ines)
        except AssertionError:
            took = NEVER
            print(*(one.negotiated() for one in (amal, ines)), sep="\n", file=sys.stderr)
        figures[f"back_{name}_s"] = round(took, 2)
        print(f"{name:<32} {took:>12.2f}", flush=True)

    for seconds in OUTAGES:
        case(f"media_{seconds:g}", seconds, lambda: losing(""))
    for seconds in OUTAGES:
        case(f"signalling_{seconds:g}", seconds, house.amal_line.cut, house.ines_line.swallowing)
    case("both_10", 10.0, lambda: losing(""), house.amal_line.swallowing, house.ines_line.swallowing)
    case("other_address", 0.0, moving)
    case("reload", 0.0, lambda: nullcontext(amal.page.reload()))
    return figures


@contextmanager
def moving() -> Iterator[None]:
    """Another address and no way back to the first, as when a phone leaves the house."""
    for command in MOVE:
        subprocess.run(command.split(), check=True)
    yield


def main(seconds: int, cases: list[str]) -> None:
    """Everything, or some cases of it, as two tables and one line."""
    own_network()
    by_unit, cases = UNIT in cases, [one for one in cases if one != UNIT]

    def wanted(name: str) -> bool:
        return not cases or name in cases

    with people(by_unit) as (house, amal, ines):
        figures = losses(seconds, amal, ines, wanted) | outages(house, amal, ines, wanted)
        browser = house.browser.version
    tell("calls_by_unit" if by_unit else "calls", figures, browser=f"Chromium {browser}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60, sys.argv[2:])
