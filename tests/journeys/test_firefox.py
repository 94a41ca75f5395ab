"""Firefox and Chromium in one call: sound and pictures both ways, and what is written arrives."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server import ROOT

from .conftest import House
from .people import Human, until
from .test_call import Come


class Firefox:
    """Amal at Firefox; `last` is what she told last."""

    def __init__(self, house: House, path: str) -> None:
        command = ["node", "firefox.mjs", f"http://127.0.0.1:{house.amal_line.port}", path]
        self.process = subprocess.Popen(
            command, cwd=ROOT / "tests" / "node", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.told: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.faults: list[str] = []
        self.last: dict[str, Any] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def look(self) -> dict[str, Any]:
        """The newest figures."""
        while not self.told.empty():
            told = self.told.get()
            if "fault" in told:
                self.faults.append(told["fault"])
            else:
                self.last = told
        assert self.process.poll() is None, "Firefox has ended"
        return self.last

    def close(self) -> None:
        """Leave."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()


@pytest.fixture
def firefox(house: House) -> Iterator[tuple[str, Firefox]]:
    path = house.meeting()
    amal = Firefox(house, path)
    yield path, amal
    amal.close()


@pytest.mark.soak
@pytest.mark.timeout(240)
def test_firefox_and_chromium_hear_and_see_each_other(firefox: tuple[str, Firefox], human: Come) -> None:
    path, amal = firefox
    ines: Human = human("Inés Vidal")
    until("Amal waits", lambda: amal.look().get("waits"), 90)
    ines.open(path)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.press("Let Amal Mansour in")
    until("Amal is on the stage", lambda: amal.look().get("stage"), 60)
    until("pictures arrive at Firefox", lambda: amal.look()["frames"] > 30 and amal.last["width"] > 0, 60)
    before, sound = amal.look(), ines.incoming()
    until("sound goes on at Firefox", lambda: amal.look()["audio"] > before["audio"] + 1000)
    until("pictures go on at Firefox", lambda: amal.look()["frames"] > before["frames"] + 10)
    until("sound arrives at Chromium", lambda: ines.incoming()["bytes"]["audio"] > sound["bytes"]["audio"] + 1000)
    # Firefox' made-up camera is one colour that changes slowly: pictures are counted, not looked at.
    until("pictures arrive at Chromium", lambda: ines.incoming()["frames"] > sound["frames"] + 10)
    ines.write("Good morning")
    until("Amal reads it", lambda: amal.look()["messages"] == ["Good morning"])
    assert not amal.faults, amal.faults
