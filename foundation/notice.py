"""What the agency says at the top of every page, for example during an outage: a text file that needs no restart."""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Flask

from .languages import current

log = logging.getLogger(__name__)
LONGEST = 500
"""Characters of a notice that are shown."""


def read(folder: Path, language: str) -> str:
    """The text of `notice.ar.txt` for Arabic, else of `notice.txt`; empty when there is none or it can not be read."""
    for name in (f"notice.{language}.txt", "notice.txt"):
        try:
            text = (folder / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            continue
        except (OSError, UnicodeError):
            log.warning("notice can not be read", extra={"file": name})
            continue
        if text:
            return text[:LONGEST]
    return ""


def register(app: Flask) -> None:
    """The template global `notice_now()`."""
    folder = app.config["VO"].folder
    app.jinja_env.globals["notice_now"] = lambda: read(folder, current())
