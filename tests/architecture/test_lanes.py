"""The lanes of `tests/tiers.py` hold: pytest and xdist still agree on which process a test belongs to."""

from __future__ import annotations

import pytest


def test_a_test_knows_its_lane(request: pytest.FixtureRequest) -> None:
    """Without it nothing fails: calls just run beside calls, and every module's town is built twice."""
    shared = hasattr(request.config, "workerinput") and request.config.getvalue("loadgroup")
    assert request.node.nodeid.endswith(f"@{request.node.path}") == bool(shared)
