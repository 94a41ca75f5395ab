"""The one Socket.IO server, and the one way a message is taken in: declared, limited, answered, never a stack trace to the sender."""

from __future__ import annotations

import logging
import socket as sockets
from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from flask_socketio import Namespace, SocketIO
from gevent import monkey

from accounts import access
from foundation import audit
from foundation.config import Settings
from foundation.db import db
from foundation.errors import NotFound, Refusal, TooMany

from .limits import HANDSHAKES, LARGEST, Counter, limited

log = logging.getLogger(__name__)
wire = SocketIO()
LINES_OWN = frozenset({"connect", "disconnect", "unknown"})
PATIENCE = 10.0
"""Seconds that a connection may stay without a seat."""


class Quota:
    """Counts messages of one connection: beyond `allowed` in ten seconds they are refused, beyond three times that it is closed."""

    def __init__(self) -> None:
        self._count = Counter()
        self._apart: dict[str, Counter] = {}

    def take(self, sid: str, allowed: int, namespace: str, apart: str = "") -> None:
        """Raise TooMany when this message is one too many; `apart` names a message that is counted by itself."""
        count = self._apart.setdefault(apart, Counter()) if apart else self._count
        many = count.add(sid, allowed * 3)
        if many > allowed * 3:
            hang_up(sid, namespace)
        if many > allowed:
            raise TooMany

    def forget(self, sid: str) -> None:
        """The connection is gone."""
        for count in (self._count, *self._apart.values()):
            count.forget(sid)


class Door(Namespace):
    """A namespace whose every handler declares its policy and answers every message.

    An answer is `{"ok": true, …}` or `{"ok": false, "code": …, "message": …}`.
    """

    quota: Quota
    allowed = 50
    """Messages in ten seconds of one connection."""
    free: frozenset[str] = frozenset({"on_disconnect"})
    """Handlers that are not counted."""
    apart: Mapping[str, int] = MappingProxyType({})
    """Handlers that are counted by themselves, and how many messages in ten seconds each may get."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.quota = Quota()
        for name, handler in list(vars(cls).items()):
            if name.startswith("on_"):
                if getattr(handler, "policy", None) is None:
                    raise TypeError(f"{cls.__name__}.{name} declares no policy")
                setattr(cls, name, _answering(name, handler))
        cls.on_unknown = _answering("on_unknown", Door.on_unknown)  # type: ignore[method-assign]

    def trigger_event(self, event: Any, *told: Any) -> Any:
        """Hand a message to its handler; a name that nobody handles is counted, and answered like all that is absent.

        `connect` and `disconnect` are the line's own words: sent as a message by somebody connected they are unknown names.
        """
        sid = told[0]
        spoken = self.server.manager.is_connected(sid, self.namespace)
        if spoken and (event in LINES_OWN or not isinstance(event, str) or not hasattr(self, f"on_{event}")):
            event, told = "unknown", (sid,)
        return super().trigger_event(event, *told)

    @access.allow(access.EVERYONE)
    def on_unknown(self) -> dict[str, Any]:
        """No message has this name."""
        raise NotFound


def _answering(name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    policy: access.Policy = handler.policy  # type: ignore[attr-defined]

    @wraps(handler)
    def answer(self: Door, *told: Any) -> Any:
        try:
            if name in self.apart:
                self.quota.take(_line(), self.apart[name], self.namespace, name)
            elif name not in self.free:
                self.quota.take(_line(), self.allowed, self.namespace)
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


def _line() -> str:
    return request.sid  # type: ignore[attr-defined]


def _refused(name: str, refusal: Refusal) -> Any:
    db.session.rollback()
    if name == "on_connect":
        return False
    return {"ok": False, "code": refusal.code, "message": str(refusal.message), **refusal.extra}


def hang_up(sid: str, namespace: str) -> None:
    """Close a whole connection, not one namespace of it, which could be opened again on the same line at once.

    Never waits until the other end has read everything: it may not read at all.
    """
    engine = wire.server.eio
    connection = wire.server.manager.eio_sid_from_sid(sid, namespace)
    if connection in engine.sockets:
        engine.sockets[connection].close(wait=False)


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
    # Engine.IO knows no settings for these two: its connect handler, and the class of its WebSockets.
    engine = wire.server.eio
    engine._async = {**engine._async, "websocket": limited(engine._async["websocket"], wire.sleep)}
    engine.handlers["connect"] = _receiving(engine.handlers.get("connect"), settings)


def _mode() -> str:
    return "gevent" if monkey.is_module_patched("threading") else "threading"


def _short(line: logging.LogRecord) -> bool:
    """A bad frame is one short line, not a stack trace for three bytes."""
    line.exc_info = None
    line.exc_text = None
    line.msg, line.args = str(line.getMessage())[:200], None
    return True


def _receiving(opened: Callable[..., Any] | None, settings: Settings) -> Callable[..., Any]:
    """Limit connections by address, and close one that has entered no namespace within ten seconds."""
    engine, handshakes = wire.server.eio, Counter()
    # Behind a proxy every address is the proxy's, which limits by itself.
    by_address = settings.rate_limits and not settings.trusted_proxies

    def look(sid: str) -> None:
        wire.sleep(PATIENCE)
        handshakes.tidy()
        manager = wire.server.manager
        entered = any(manager.sid_from_eio_sid(sid, one) for one in list(manager.get_namespaces()))
        if not entered and sid in engine.sockets:
            engine.sockets[sid].close(wait=False)

    def receive(sid: str, environ: dict[str, Any]) -> Any:
        if by_address and handshakes.add(environ.get("REMOTE_ADDR", ""), HANDSHAKES) > HANDSHAKES:
            return False
        result = opened(sid, environ) if opened else None
        wire.start_background_task(look, sid)
        return result

    return receive
