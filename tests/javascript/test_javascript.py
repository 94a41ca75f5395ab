"""The page's own programs that need no browser, tried by Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.js")), ids=lambda path: path.name)
def test_in_node(path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs the Debian package nodejs")
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout
    assert "# tests 0" not in done.stdout and "ℹ tests 0" not in done.stdout
