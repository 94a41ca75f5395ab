"""The web process's line to units in other processes: they die, hang, come back, and every meeting is in one place."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundation import metrics
from realtime import media_figures, unit_line
from realtime.media.refused import Refused
from realtime.media_line import Units
from realtime.unit_line import UnitAway
from tests.foundation.bare import bare_app


class House:
    """Some units, and one web process's lines to them; `heard` has every event as (unit, event, data)."""

    def __init__(self, folder: Path, many: int) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.heard: queue.Queue[tuple[str, str, dict[str, Any]]] = queue.Queue()
        for n in range(many):
            self.begin(f"media-{n}")
        self.units = Units(folder, many)
        self.units.hear(lambda *told: self.heard.put(told))
        self.units.start()
        for _ in range(many):
            self.next_event("back")

    def begin(self, unit: str) -> None:
        """Start a unit's process and wait until it listens."""
        command = [sys.executable, "-m", "tests.media.stand_in", str(self.folder / f"{unit}.sock")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        self.processes[unit] = process

    def kill(self, unit: str) -> None:
        """`kill -9`."""
        with self.processes.pop(unit) as process:
            process.kill()

    def next_event(self, name: str, patience: float = 10.0) -> tuple[str, dict[str, Any]]:
        """Unit and data of the next event, which must have this name."""
        unit, event, data = self.heard.get(timeout=patience)
        assert event == name
        return unit, data

    def end(self) -> None:
        self.units.stop()
        for unit in list(self.processes):
            self.kill(unit)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path, 1)
    yield one
    one.end()


@pytest.fixture
def big_house(tmp_path: Path) -> Iterator[House]:
    three = House(tmp_path, 3)
    yield three
    three.end()


def test_asks_and_hears(house: House) -> None:
    assert house.units.ask("media-0", "join", meeting="m1", token="t1") == {"peer": "p", "offer": "v=0"}
    assert house.next_event("joined") == ("media-0", {"meeting": "m1", "participant": "t1", "peer": "p"})
    with pytest.raises(Refused) as no:
        house.units.ask("media-0", "nonsense")
    assert no.value.code == "unknown"
    with pytest.raises(UnitAway):
        house.units.ask("media-7", "figures")


def test_killed_unit_is_gone_at_once_and_back_with_another_life(house: House) -> None:
    life = house.units.lines["media-0"].life
    house.units.ask("media-0", "join", meeting="m1", token="t1")
    house.next_event("joined")
    began = time.monotonic()
    house.kill("media-0")
    assert house.next_event("gone") == ("media-0", {})
    assert time.monotonic() - began < 2
    assert house.units.alive() == []
    for asked in (lambda: house.units.ask("media-0", "figures"), lambda: house.units.place("m1")):
        with pytest.raises(UnitAway):
            asked()
    assert house.units.figures() == {}
    house.begin("media-0")
    unit, data = house.next_event("back")
    assert (unit, data["same"]) == ("media-0", False)
    assert data["life"] == house.units.lines["media-0"].life != life
    assert not house.units.ask("media-0", "has", meeting="m1")["has"]
    assert house.heard.empty(), "gone was told once"


def test_whoever_waits_for_an_answer_hears_that_the_unit_died(house: House) -> None:
    question = house.units.lines["media-0"].begin("wait", seconds=60)
    house.kill("media-0")
    began = time.monotonic()
    with pytest.raises(UnitAway):
        question.wait(30)
    assert time.monotonic() - began < 10


def test_lost_line_to_a_unit_that_lives_is_told_as_such(house: House) -> None:
    with contextlib.suppress(UnitAway):
        house.units.ask("media-0", "hang_up")
    unit, data = house.next_event("back")
    assert (unit, data["same"]) == ("media-0", True)


def test_late_answer_is_not_taken_for_another(house: House) -> None:
    with pytest.raises(UnitAway):
        house.units.ask("media-0", "wait", patience=0.05, seconds=0.2)
    assert house.units.ask("media-0", "wait", seconds=0.3)["pid"] == house.processes["media-0"].pid
    assert "way" in house.units.ask("media-0", "figures")


def test_many_ask_at_once_and_each_gets_their_own(house: House) -> None:
    got: dict[int, bool] = {}

    def ask(number: int) -> None:
        house.units.ask("media-0", "has", meeting=f"m{number}", keep=number % 2 == 0)
        got[number] = house.units.ask("media-0", "has", meeting=f"m{number}")["has"]

    people = [threading.Thread(target=ask, args=(number,)) for number in range(60)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert got == {number: number % 2 == 0 for number in range(60)}


def test_hanging_unit_counts_as_gone_and_comes_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_line, "SILENCE", 0.1)
    monkeypatch.setattr(unit_line, "DEAF", 0.4)
    house.units.lines["media-0"]._hang_up()
    house.next_event("back")
    process = house.processes["media-0"].pid
    os.kill(process, signal.SIGSTOP)
    assert house.next_event("gone") == ("media-0", {})
    os.kill(process, signal.SIGCONT)
    _unit, data = house.next_event("back")
    assert data["same"] is False, "what was told as gone is offered again"


def test_a_meeting_stays_where_it_is_and_new_ones_go_where_there_is_room(big_house: House) -> None:
    units = big_house.units
    assert [units.place(f"m{number}") for number in range(3)] == ["media-0", "media-1", "media-2"]
    for _ in range(5):
        units.ask("media-1", "join", meeting="m1", token="t")
    units.ask("media-2", "join", meeting="m2", token="t")
    assert units.place("m1") == "media-1", "kept though it is the fullest"
    assert units.place("m3") == "media-0"
    units.ask("media-0", "drain")
    assert units.place("m4") == "media-2", "none new where nobody may enter"
    big_house.kill("media-1")
    while big_house.heard.get(timeout=5)[1] != "gone":
        pass
    assert units.place("m1") == "media-2", "its unit is dead"
    assert units.place("m0") == "media-0", "kept while its unit lives"


def test_everybody_is_sent_to_the_same_unit_also_by_two_web_processes(big_house: House) -> None:
    others = Units(big_house.folder, 3)
    others.start()
    while len(others.alive()) < 3:
        time.sleep(0.01)
    found: dict[str, set[str]] = {f"m{number}": set() for number in range(10)}

    def enter(units: Units, meeting: str) -> None:
        found[meeting].add(units.place(meeting))

    people = [
        threading.Thread(target=enter, args=(units, meeting))
        for meeting in found
        for units in (big_house.units, others)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    others.stop()
    assert {len(units) for units in found.values()} == {1}
    assert {unit for units in found.values() for unit in units} == {"media-0", "media-1", "media-2"}


def test_no_unit_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnitAway):
        Units(tmp_path, 0).place("m1")


def test_a_fault_of_one_listener_keeps_nothing_from_the_others(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.units._hear.insert(0, lambda *_: 1 / 0)  # type: ignore[arg-type, return-value]
    house.units.ask("media-0", "join", meeting="m1", token="t1")
    house.next_event("joined")
    assert [record.getMessage() for record in caplog.records] == ["event of a unit was not taken"]


UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent, sys
from pathlib import Path
from realtime.media_line import Units

units = Units(Path(sys.argv[1]), 1)
units.start()
while not units.alive():
    gevent.sleep(0.01)
ticks = []
def tick():
    while True:
        ticks.append(1)
        gevent.sleep(0.01)
gevent.spawn(tick)
asked = [gevent.spawn(units.ask, "media-0", "wait", seconds=0.5) for _ in range(20)]
gevent.joinall(asked, raise_error=True)
assert len({answer.value["pid"] for answer in asked}) == 1
assert len(ticks) > 20, ticks
print("well")
"""


def test_under_gevent_nobody_stands_still(house: House) -> None:
    command = [sys.executable, "-c", UNDER_GEVENT, str(house.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "well\n", done.stderr


def test_figures_page_shows_every_unit(big_house: House, tmp_path: Path) -> None:
    big_house.units.ask("media-0", "join", meeting="m1", token="t1")
    big_house.kill("media-2")
    while big_house.heard.get(timeout=5)[1] != "gone":
        pass
    app = bare_app(tmp_path / "bare")
    metrics.source(app, lambda: media_figures.families(big_house.units))
    with app.app_context():
        page = metrics.page().decode()
    for line in (
        'vo_media_up{unit="media-0"} 1.0',
        'vo_media_up{unit="media-2"} 0.0',
        'vo_media_peers{unit="media-0"} 1.0',
        'vo_media_peers{unit="media-1"} 0.0',
        'vo_media_packets_out_total{unit="media-0"} 1400.0',
        'vo_media_us_per_packet{unit="media-1"} 4.2',
        'vo_media_path{path="gso",unit="media-0"} 1.0',
        "# TYPE vo_media_drops_total counter",
        "pes_outbox_pending 0.0",
    ):
        assert line in page.splitlines()
    assert 'vo_media_peers{unit="media-2"}' not in page


def test_figures_page_does_not_wait_for_a_unit_that_hangs(big_house: House) -> None:
    process = big_house.processes["media-1"].pid
    os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        told = list(media_figures.families(big_house.units))
        assert time.monotonic() - began < 1.0, "half a second, and some air"
    finally:
        os.kill(process, signal.SIGCONT)
    assert [sample.value for sample in told[0].samples] == [1, 0, 1]


def test_wild_figures_do_no_harm() -> None:
    class Wild:
        lines: dict[str, Any] = {"media-0": None, "media-1": None}

        def figures(self) -> dict[str, dict[str, Any]]:
            one = {"up": 3, "way": "gso", "bad name": 1, "Å": 2, "list": [1], "nothing": None, "peers": 1}
            return {"media-0": one, "media-1": {**one, "way": 7, "peers": "many"}}

    told = {family.name: family.samples for family in media_figures.families(Wild())}
    assert set(told) == {"vo_media_up", "vo_media_path", "vo_media_peers"}
    assert [len(samples) for samples in told.values()] == [2, 1, 1]


def test_past_its_fill_a_home_sends_those_who_watch_to_a_sibling(big_house: House) -> None:
    units = big_house.units
    home = units.place("m")
    others = {"media-0", "media-1", "media-2"} - {home}
    assert units.place("m", watches=True) == home
    units.ask(home, "fill", peers=500)
    assert units.place("m") == home, "publishers stay together"
    first = units.place("m", watches=True)
    assert first in others
    assert units.ask(first, "has", meeting="m")["follows"] == home
    assert units.place("m", watches=True) == first, "one after the other is filled"
    units.ask(first, "fill", peers=500)
    (second,) = others - {first}
    assert units.place("m", watches=True) == second
    units.ask(second, "fill", peers=500)
    assert units.place("m", watches=True) == home, "where none has room, the home says no by itself"


def test_siblings_are_told_where_a_meeting_is_after_its_home_died(big_house: House) -> None:
    units = big_house.units
    home = units.place("m")
    units.ask(home, "fill", peers=500)
    sibling = units.place("m", watches=True)
    big_house.kill(home)
    big_house.next_event("gone")
    again = units.place("m")
    assert again not in (home, sibling), "who follows can not be the home"
    assert units.ask(sibling, "has", meeting="m")["follows"] == again
