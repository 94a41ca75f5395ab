"""The unit stands alone: whatever of it is imported brings no Flask, no database and nothing else of the product."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys

import realtime.media

NEVER = {"flask", "sqlalchemy", "gevent", "accounts", "virtual_office", "booking", "webinars", "demo"}
LOADS_ALL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def test_the_unit_knows_neither_flask_nor_the_product() -> None:
    names = [found.name for found in pkgutil.walk_packages(realtime.media.__path__, "realtime.media.")]
    names = [name for name in names if not name.endswith("__main__")]
    assert "realtime.media.control" in names
    done = subprocess.run(
        [sys.executable, "-c", LOADS_ALL, "foundation.config", "foundation.logs", *names],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert {name.partition(".")[0] for name in loaded} & NEVER == set()
    assert {name for name in loaded if name.startswith("realtime.")} <= {"realtime.media", *names}
