"""Log lines: JSON in UTC with a request id (readable in the demo), and never a path, an address or a secret of a person."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from structlog.types import Processor

QUIET = {"werkzeug": logging.WARNING, "engineio": logging.ERROR, "socketio": logging.ERROR, "alembic": logging.WARNING}
SCRUB = (
    (re.compile(r"\[parameters: [^\n]*\]"), "[parameters hidden]"),
    (re.compile(r"DETAIL: [^\n]*"), "DETAIL hidden"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"(?<![\w.])\+\d[\d ()-]{6,}\d"), "<phone>"),
    (re.compile(r"(?<=/)[A-Za-z0-9_-]{20,}(?![\w-]|\.(?!ics\b))"), "<id>"),
    (re.compile(r"(?<=[?&])([A-Za-z_]+)=[^&\s\"']+"), r"\1=<value>"),
    (re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"), "<login>"),
)


def _nowhere() -> str:
    return ""


_where: Callable[[], str] = _nowhere


def set_up(process: str, *, readable: bool) -> None:
    """Send every log line of this process to standard error: coloured text when `readable`, else JSON lines."""
    shape: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _scrub,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=steps,
        processors=[_name_process(process), structlog.stdlib.ProcessorFormatter.remove_processors_meta, shape],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


def ask_where(where: Callable[[], str]) -> None:
    """Have `where()` say which request is being answered ("GET /m/<public_id>/<token>", never a path); "" when none is.

    Whoever knows Flask says it, so that processes without Flask can log.
    """
    global _where
    _where = where


def scrub(text: str) -> str:
    """Take addresses, phone numbers, long ids, query values and SQL parameters out of a text."""
    for pattern, instead in SCRUB:
        text = pattern.sub(instead, text)
    return text


def _name_process(process: str) -> Processor:
    def add(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["process"] = process
        return line

    return add


def _scrub(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event = str(line.get("event", ""))
    if event.startswith("Exception on ") and (where := _where()):
        line["event"] = f"exception on {where}"
    for key, value in line.items():
        if isinstance(value, str) and key not in {"at", "logger", "level", "request_id", "route"}:
            line[key] = scrub(value)
    return line
