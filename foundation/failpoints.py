"""Named places to die at, so that tests can prove what a crash leaves behind; off unless a setting names one."""

from __future__ import annotations

import os

from flask import current_app


def failpoint(name: str) -> None:
    """Die here, once per instance folder, when `VO_TEST_FAILPOINT` is this name (loopback only)."""
    settings = current_app.config["VO"]
    if settings.test_failpoint != name:
        return
    try:
        os.close(os.open(settings.folder / f"failpoint-{name}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os._exit(9)
