"""What is installed: every line pinned and with its reason, and nothing that breaks the sockets."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.server import ROOT

LINE = re.compile(r"^(?P<name>[\w.\[\]-]+)==(?P<version>[\w.]+)\s+# \S.+$")


def lines(name: str) -> list[str]:
    """Requirement lines of a file."""
    text = Path(ROOT / name).read_text()
    return [line for line in text.splitlines() if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_pinned_says_why_and_is_installed(name: str) -> None:
    assert lines(name)
    for line in lines(name):
        assert LINE.match(line), line
        wanted = Requirement(line.partition("#")[0])
        assert wanted.specifier.contains(metadata.version(wanted.name)), line


def test_gevent_websocket_stays_out() -> None:
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("gevent-websocket")
