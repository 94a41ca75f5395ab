"""`flask doctor` says whether the forwarding units answer, and what to do when one does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation import worker
from tests.application import running

ABROAD = {"VO_BIND": "0.0.0.0:8000", "VO_PUBLIC_URL": "https://office.example.org"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An instance folder in which one unit listens."""
    command = [sys.executable, "-m", "tests.media.stand_in", str(tmp_path / "media-0.sock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield tmp_path
        process.kill()


def said(folder: Path, **settings: str) -> tuple[int, list[str]]:
    """Exit code and lines of the command, on an installation whose worker has just looked."""
    with running(folder, **settings) as app:
        worker.look(app)
        done = app.test_cli_runner().invoke(args=["doctor"])
    return done.exit_code, done.output.splitlines()


def test_all_is_well(folder: Path) -> None:
    code, lines = said(folder)
    assert "well  media-0: answers on UDP port ?, 0 connected, packets leave by gso" in lines
    assert "well  database: a write can begin" in lines
    assert code == (1 if any(line.startswith("LOOK") for line in lines) else 0)
    assert not [line for line in lines if line.startswith("LOOK") and "disk" not in line], lines


def test_a_unit_that_does_not_answer_is_named(folder: Path) -> None:
    code, lines = said(folder, VO_MEDIA_PROCESSES="2")
    assert code == 1
    assert [line for line in lines if "media-1" in line] == [
        "LOOK  media-1: does not answer. Is the service running? Its log says why; perhaps UDP port 8190 is taken."
    ]


def test_none_is_wanted(tmp_path: Path) -> None:
    _code, lines = said(tmp_path, VO_MEDIA_PROCESSES="0")
    assert [line[:17] for line in lines if "media" in line] == ["well  media: none"]


@pytest.mark.parametrize(
    ("address", "first"), [("", "well"), ("203.0.113.7", "LOOK"), ("8.8.8.8", "well"), ("10.0.0.4,8.8.8.8", "well")]
)
def test_addresses_that_nobody_reaches(folder: Path, address: str, first: str) -> None:
    _code, lines = said(folder, VO_MEDIA_PUBLIC_IP=address, **ABROAD)
    (line,) = [line for line in lines if "media address" in line]
    assert line.startswith(first)
