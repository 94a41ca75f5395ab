"""The one Socket.IO server, and the one way a message is taken in: declared, limited, answered, never a stack trace to the sender."""

from __future__ import annotations

import logging
import socket as sockets
import time
from collections import defaultdict, deque
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from flask_socketio import Namespace, SocketIO, disconnect
from gevent import monkey

from accounts import access
from foundation import audit
from foundation.config import Settings
from foundation.db import db
from foundation.errors import NotFound, Refusal, TooMany

log = logging.getLogger(__name__)
wire = SocketIO()
WINDOW = 10.0
"""Seconds over which messages are counted."""
PATIENCE = 10.0
"""Seconds that a connection may stay without a seat."""
LARGEST = 100_000
"""Bytes of one frame; an SDP is at most 64 KB."""


class Quota:
    """Counts messages of one connection: beyond `allowed` in ten seconds they are dropped, beyond three times that it is closed."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def take(self, sid: str, allowed: int) -> None:
        """Raise TooMany when this message is one too many."""
        now, seen = time.monotonic(), self._seen[sid]
        while seen and seen[0] < now - WINDOW:
            seen.popleft()
        if len(seen) >= allowed * 3:
            disconnect()
        if len(seen) < allowed * 3:
            seen.append(now)
        if len(seen) > allowed:
            raise TooMany

    def forget(self, sid: str) -> None:
        """The connection is gone."""
        self._seen.pop(sid, None)


class Door(Namespace):
    """A namespace whose every handler declares its policy and answers every message.

    An answer is `{"ok": true, …}` or `{"ok": false, "code": …, "message": …}`.
    """

    quota: Quota
    allowed = 50
    """Messages in ten seconds of one connection."""
    free: frozenset[str] = frozenset({"on_disconnect"})
    """Handlers that are not counted."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.quota = Quota()
        for name, handler in list(vars(cls).items()):
            if name.startswith("on_"):
                if getattr(handler, "policy", None) is None:
                    raise TypeError(f"{cls.__name__}.{name} declares no policy")
                setattr(cls, name, _answering(name, handler))


def _answering(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    policy: access.Policy = handler.policy  # type: ignore[attr-defined]

    @wraps(handler)
    def answer(self: Door, *told: Any) -> Any:
        try:
            if name not in self.free:
                self.quota.take(request.sid, self.allowed)  # type: ignore[attr-defined]
            access.forget_visitor()
            visitor = access.visitor()
            audit.act_as("person" if visitor.person else "visitor", visitor.person_id)
            if not policy.admits(visitor):
                raise NotFound
            result = handler(self, *told)
            return result if name in {"on_connect", "on_disconnect"} else {"ok": True, **(result or {})}
        except Refusal as refusal:
            return _refused(name, refusal)
        except (TypeError, ValueError, KeyError, AttributeError):
            log.info("a message could not be understood", extra={"message_name": name})
            return _refused(name, Refusal())
        except Exception:
            log.exception("a message failed", extra={"message_name": name})
            return _refused(name, Refusal())
        finally:
            db.session.remove()

    return answer


def _refused(name: str, refusal: Refusal) -> Any:
    db.session.rollback()
    if name == "on_connect":
        return False
    return {"ok": False, "code": refusal.code, "message": str(refusal.message), **refusal.extra}


def node_name(settings: Settings) -> str:
    """What this web process is called in presence rows: the same after a restart."""
    return f"{sockets.gethostname()}:{settings.bind.rpartition(':')[2]}"[:40]


def origins(settings: Settings) -> list[str]:
    """Who may open a socket from a browser: our own address and, on this machine, its other name."""
    parts = urlsplit(settings.public_url)
    found = [f"{parts.scheme}://{parts.netloc}"]
    if settings.loopback and parts.hostname in {"127.0.0.1", "localhost"}:
        other = "localhost" if parts.hostname == "127.0.0.1" else "127.0.0.1"
        found.append(f"{parts.scheme}://{other}:{parts.port}" if parts.port else f"{parts.scheme}://{other}")
    return found


def register(app: Flask) -> None:
    """Open the wire: WebSocket only (one 1-byte polling POST can hang a thread), messages in order, explicit origins."""
    settings = app.config["VO"]
    wire.init_app(
        app,
        async_mode=_mode(),
        async_handlers=False,
        transports=["websocket"],
        allow_upgrades=False,
        cors_allowed_origins=origins(settings),
        message_queue=settings.redis_url or None,
        channel="virtual-office",
        ping_interval=5,
        ping_timeout=5,
        max_http_buffer_size=LARGEST,
        logger=False,
        engineio_logger=False,
        manage_session=True,
        always_connect=False,
    )
    for name in ("socketio", "socketio.server", "engineio", "engineio.server", "engineio.client", "socketio.client"):
        logging.getLogger(name).addFilter(_short)
    _close_the_undecided(app)


def _mode() -> str:
    return "gevent" if monkey.is_module_patched("threading") else "threading"


def _short(line: logging.LogRecord) -> bool:
    """A bad frame is one short line, not a stack trace for three bytes."""
    line.exc_info = None
    line.exc_text = None
    line.msg, line.args = str(line.getMessage())[:200], None
    return True


def _close_the_undecided(app: Flask) -> None:
    """Close a connection that has entered no namespace within ten seconds."""
    server = wire.server
    engine = server.eio
    opened = engine.handlers.get("connect")

    def watch(sid: str, environ: dict[str, Any]) -> Any:
        result = opened(sid, environ) if opened else None

        def look() -> None:
            wire.sleep(PATIENCE)
            if not any(server.manager.sid_from_eio_sid(sid, one) for one in list(server.manager.get_namespaces())):
                try:
                    engine.disconnect(sid)
                except KeyError:
                    return

        wire.start_background_task(look)
        return result

    engine.handlers["connect"] = watch
