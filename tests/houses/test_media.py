"""The forwarding unit in the whole house: seen in the figures and by the doctor, back after a kill, never in the way of readiness."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.server import Server

TOKEN = "a-long-token-for-figures"


@pytest.fixture(scope="module")
def house() -> Iterator[Server]:
    with Server(env={"VO_METRICS_TOKEN": TOKEN, "VO_MEDIA_PROCESSES": "1"}) as server:
        yield server


def figures(house: Server) -> list[str]:
    """Lines of the figures' page."""
    status, page = house.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert status == 200
    return page.decode().splitlines()


def wait_for(house: Server, line: str, patience: float = 20.0) -> float:
    """Wait until the figures have a line; returns the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        if line in figures(house):
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"no {line}\n{house.log[-3000:]}")


def test_web_hears_the_unit_lose_it_and_find_it_again(house: Server) -> None:
    wait_for(house, 'vo_media_up{unit="media-0"} 1.0')
    assert 'vo_media_peers{unit="media-0"} 0.0' in figures(house)
    old = house.kill("media-0")
    house.wait_for_new("media-0", old)
    assert wait_for(house, 'vo_media_up{unit="media-0"} 1.0') < 15, "the budget is 5 s; tests wait three times as long"
    assert house.get("/readyz")[0] == 200


def test_doctor_sees_it(house: Server) -> None:
    wait_for(house, 'vo_media_up{unit="media-0"} 1.0')
    said = house.flask("doctor", check=False).stdout
    assert "well  media-0: answers on UDP port" in said
    assert "well  worker" in said
