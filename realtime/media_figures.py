"""The figures of the forwarding units as Prometheus shows them: `vo_media_…`, one line for each unit.

A unit tells a flat object. What the table below knows is shown under its name there; another number becomes a gauge of its own name, so
that a new figure needs no change here. A word (as how packets leave: "gso", "batch" or "plain") becomes a gauge of 1 with the word as label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol

from prometheus_client import Metric
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
TABLE = {
    "peers": ("peers", GaugeMetricFamily, "Connections of browsers and programs"),
    "meetings": ("meetings", GaugeMetricFamily, "Meetings with somebody in them, or kept for those on their way"),
    "joins": ("joins", CounterMetricFamily, "Connections that were ever let in"),
    "received": ("packets_in", CounterMetricFamily, "Datagrams that came"),
    "sent": ("packets_out", CounterMetricFamily, "RTP packets that left"),
    "busy_seconds": ("busy_seconds", CounterMetricFamily, "Seconds spent on making and sending them"),
    "us_per_packet": ("us_per_packet", GaugeMetricFamily, "Microseconds for each packet that left, since the start"),
    "way": ("path", GaugeMetricFamily, "How packets leave: gso, batch or plain"),
    "dropped": ("drops", CounterMetricFamily, "Packets that the kernel did not take"),
    "unknown": ("unknown", CounterMetricFamily, "Datagrams of strangers, thrown away"),
    "refused": ("refused", CounterMetricFamily, "Packets that could not be encrypted"),
    "feed_dropped": ("feed_drops", CounterMetricFamily, "Frames that a slow recorder missed"),
}
"""Figure of a unit: name after `vo_media_` (Prometheus adds `_total` to counters), kind, meaning."""
Family = CounterMetricFamily | GaugeMetricFamily


class Told(Protocol):
    """Whoever knows the units (`realtime.media_line.Units`)."""

    lines: dict[str, Any]

    def figures(self) -> dict[str, dict[str, Any]]:
        """The figures of every unit that answers, in half a second at most."""


def families(units: Told) -> Iterable[Metric]:
    """Everything that the units tell now, and which of them answer."""
    told = units.figures()
    answers: Family = GaugeMetricFamily("vo_media_up", "Whether the unit answers", labels=["unit"])
    for unit in units.lines:
        answers.add_metric([unit], 1 if unit in told else 0)
    found: dict[str, tuple[int, Family]] = {"up": (1, answers)}
    for unit, figures in sorted(told.items()):
        for name, value in {**figures, **_worked_out(figures)}.items():
            if NAME.fullmatch(name) and name != "up":
                _add(found, name, unit, value)
    return [family for _labels, family in found.values()]


def _worked_out(figures: dict[str, Any]) -> dict[str, float]:
    busy, sent = figures.get("busy_seconds"), figures.get("sent")
    if isinstance(busy, int | float) and isinstance(sent, int) and sent > 0:
        return {"us_per_packet": round(busy / sent * 1e6, 3)}
    return {}


def _add(found: dict[str, tuple[int, Family]], figure: str, unit: str, value: Any) -> None:
    """One figure of one unit; what differs in kind from the same figure of another unit (two versions at work) is left out."""
    name, kind, text = TABLE.get(figure, (figure, GaugeMetricFamily, figure.replace("_", " ")))
    if isinstance(value, str):
        labels, values, number = ["unit", name], [unit, value[:60]], 1.0
    elif isinstance(value, int | float):
        labels, values, number = ["unit"], [unit], float(value)
    else:
        return
    many, family = found.setdefault(name, (len(labels), kind(f"vo_media_{name}", text, labels=labels)))
    if many == len(labels):
        family.add_metric(values, number)
