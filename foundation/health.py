"""Is it alive, is it ready, how does it do: /healthz, /readyz and /metrics, without versions, hosts or people."""

from __future__ import annotations

import hmac
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from gevent.pywsgi import WSGIServer
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from . import clock, metrics
from .db import db
from .errors import NotFound
from .worker import heartbeat_path

log = logging.getLogger(__name__)
blueprint = Blueprint("health", __name__)
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
WORKER_SILENCE = 30
"""Seconds without a look at the rows after which the worker counts as gone."""
LETTERS_LATE = 300
"""Seconds that a due letter may wait; retries after a failure have a later due time and do not count."""
DISK_FREE = 0.10
"""Share of the disk that must be free."""
PATIENCE = 2.0
"""Seconds for all checks together; what has not answered by then is not ready."""
REMEMBERED = 1.0
"""Seconds that an answer is given again, so that asking often costs nothing."""

Check = Callable[[], bool]


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers; nothing else is asked."""
    return jsonify(ok=True)


@blueprint.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether people can be served: 200 or 503, with each check's result and milliseconds."""
    memory: dict[str, Any] = current_app.extensions["readiness"]
    if time.monotonic() - memory.get("at", -REMEMBERED) >= REMEMBERED:
        until = time.monotonic() + PATIENCE
        checks = {name: _measure(name, check, until) for name, check in CHECKS.items()}
        memory.update(
            at=time.monotonic(),
            checks=checks,
            ok=all(check["ok"] for name, check in checks.items() if name not in BEARABLE),
        )
    return jsonify(ok=memory["ok"], checks=memory["checks"]), 200 if memory["ok"] else 503


@blueprint.get("/metrics")
def figures() -> ResponseReturnValue:
    """Prometheus figures for the holder of VO_METRICS_TOKEN; for anybody else there is nothing here."""
    token = current_app.config["VO"].metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        raise NotFound
    return Response(metrics.page(), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    """A write transaction can begin. It is rolled back: nothing is written for those who only ask."""
    on_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(write=on_sqlite) as connection:
        if on_sqlite:
            connection.execute(text("SELECT 1"))
            return True
        return connection.scalar(text("SHOW transaction_read_only")) == "off"


def _migrations() -> bool:
    """The database has exactly the newest form that this code knows."""
    with db.engine.connect() as connection:
        return set(connection.scalars(text("SELECT version_num FROM alembic_version"))) == set(_heads())


def _worker() -> bool:
    """The worker of this box looked lately. Where there are several boxes the letters tell."""
    settings = current_app.config["VO"]
    try:
        silence = clock.seconds() - int(heartbeat_path(settings.folder).read_text())
    except (FileNotFoundError, ValueError):
        return bool(settings.redis_url)
    return silence <= WORKER_SILENCE


def _letters() -> bool:
    """No due letter waits too long."""
    return metrics.late_letters()[1] <= LETTERS_LATE


def _disk() -> bool:
    """A tenth of the disk is free."""
    usage = shutil.disk_usage(current_app.config["VO"].folder)
    return usage.free >= DISK_FREE * usage.total


CHECKS: dict[str, Check] = {
    "database": _database,
    "migrations": _migrations,
    "worker": _worker,
    "letters": _letters,
    "disk": _disk,
}
BEARABLE = frozenset({"letters"})
"""What is told, but keeps nobody out: while a crowd of letters leaves after an outage of the mail server, people can book and meet."""


def _measure(name: str, check: Check, until: float) -> dict[str, Any]:
    began = time.monotonic()
    ok = False
    try:
        with gevent.Timeout(max(0.05, until - began), False):
            ok = check()
    except Exception:
        log.exception("readiness check failed", extra={"check": name})
    return {"ok": ok, "ms": round((time.monotonic() - began) * 1000, 1)}


def _heads() -> tuple[str, ...]:
    heads: tuple[str, ...] = current_app.extensions["readiness"]["heads"]
    return heads


def serve_figures(app: Flask) -> None:
    """Answer /metrics on VO_METRICS_BIND, an address of its own, in the background; only web does it, under gevent."""
    bind = app.config["VO"].metrics_bind
    if bind:
        gevent.spawn(_serve_figures, app, bind)


def _serve_figures(app: Flask, bind: str) -> None:
    def answer(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        with app.app_context():
            page = metrics.page()
        start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
        return [page]

    while True:
        try:
            WSGIServer(bind, answer, log=None).serve_forever()
        except OSError:
            # While web starts anew the old process still holds the address.
            gevent.sleep(1)


def register(app: Flask) -> None:
    """The three addresses; the newest migrations are read once."""
    migrations = Config()
    migrations.set_main_option("script_location", str(MIGRATIONS))
    heads = ScriptDirectory.from_config(migrations).get_heads()
    app.extensions["readiness"] = {"heads": tuple(heads)}
    app.register_blueprint(blueprint)
