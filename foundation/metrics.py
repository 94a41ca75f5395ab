"""What each request did: one log line, one measurement, one request id; and the page of Prometheus figures.

Base units, no personal labels, and few series: route templates, not paths.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable

import structlog
from flask import Flask, Response, current_app, g, has_request_context, request
from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from . import clock, logs
from .db import db
from .models import Letter

log = logging.getLogger(__name__)

REQUESTS = Histogram(
    "pes_http_request_duration_seconds",
    "Time to answer, by route template",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LETTERS_PENDING = Gauge("pes_outbox_pending", "Letters that are due and not sent")
LETTERS_OLDEST = Gauge("pes_outbox_oldest_seconds", "How long the oldest of them has been due")


Read = Callable[[], Iterable[Metric]]
_SOURCES = "figure_sources"


class _Told(Collector):
    """Figures that a source gave for one page."""

    def __init__(self, figures: list[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def source(app: Flask, read: Read) -> None:
    """Show a higher floor's figures as well: `read()` is called for each page, within the application, and must be quick."""
    app.extensions.setdefault(_SOURCES, []).append(read)


def late_letters() -> tuple[int, int]:
    """How many letters are due and waiting, and for how many seconds the oldest has been."""
    now = clock.seconds()
    waiting = select(func.count(), func.min(Letter.due_at)).where(
        Letter.state == "waiting", Letter.channel != "print", Letter.due_at <= now
    )
    count, oldest = db.session.execute(waiting).one()
    return int(count), 0 if oldest is None else now - int(oldest)


def page() -> bytes:
    """The whole /metrics page."""
    count, oldest = late_letters()
    LETTERS_PENDING.set(count)
    LETTERS_OLDEST.set(oldest)
    told = CollectorRegistry()
    for read in current_app.extensions.get(_SOURCES, []):
        try:
            told.register(_Told(list(read())))
        except Exception:
            log.exception("figures could not be read")
    return generate_latest() + generate_latest(told)


def route() -> str:
    """The route's template (`/m/<public_id>/<token>`), never the path that a person opened."""
    return request.url_rule.rule if request.url_rule else "unmatched"


def register(app: Flask) -> None:
    """Measure every request, and tell the log where it is."""
    logs.ask_where(lambda: f"{request.method} {route()}" if has_request_context() else "")
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    g.request_id = secrets.token_hex(8)
    g.request_began = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    took = time.perf_counter() - g.get("request_began", time.perf_counter())
    status = response.status_code
    response.headers["X-Request-ID"] = g.get("request_id", "")
    REQUESTS.labels(route(), request.method, str(status)).observe(took)
    if _worth_a_line(status):
        facts = {"method": request.method, "route": route(), "status": status, "ms": round(took * 1000, 1)}
        log.log(logging.ERROR if status >= 500 else logging.INFO, "request", extra=facts)
    return response


def _worth_a_line(status: int) -> bool:
    """At a demo's terminal only what went wrong; elsewhere all but the good answers to those who ask every second."""
    if current_app.config["VO"].demo:
        return status >= 400
    return status >= 400 or (request.blueprint or "") != "health"
