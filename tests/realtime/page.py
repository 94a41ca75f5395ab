"""A page's line to the running service: a real Socket.IO client, or the bare WebSocket below it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import socketio
import websocket

MEETING, DESK = "/meeting", "/desk"
PATIENCE = 15.0
"""Seconds that a thing may take which should take none; never the measure of how fast it is."""


def until(what: str, seen: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Ask again until the answer is true, and give it."""
    ends = time.monotonic() + patience
    while not (last := seen()):
        assert time.monotonic() < ends, f"{what}: not within {patience} s"
        time.sleep(0.01)
    return last


class Page:
    """One Socket.IO connection with one namespace; keeps all that it hears, in order."""

    def __init__(self, url: str, cookie: str = "", namespace: str = MEETING, origin: str | None = None) -> None:
        self.namespace = namespace
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._news = threading.Condition()
        self.line = socketio.Client(reconnection=False, websocket_extra_options={"origin": origin or url})
        self.line.on("*", self._hear, namespace=namespace)
        headers = {"Cookie": cookie}
        self.line.connect(url, headers=headers, transports=["websocket"], namespaces=[namespace], wait_timeout=PATIENCE)

    def ask(self, name: str, *told: Any) -> dict[str, Any]:
        """Send a message; its answer."""
        answer = self.line.call(name, told or {}, namespace=self.namespace, timeout=PATIENCE)
        assert isinstance(answer, dict) and "ok" in answer, f"{name} was not answered: {answer!r}"
        return answer

    def fine(self, name: str, told: Any = None) -> dict[str, Any]:
        """Send a message that must be accepted."""
        answer = self.ask(name, {} if told is None else told)
        assert answer["ok"], (name, told, answer)
        return answer

    def refused(self, name: str, told: Any = None) -> str:
        """Send a message that must be refused; the code of the refusal."""
        answer = self.ask(name, {} if told is None else told)
        assert not answer["ok"] and answer["message"], (name, told, answer)
        return str(answer["code"])

    def told(self, name: str) -> list[dict[str, Any]]:
        """What was heard under a name so far, oldest first."""
        with self._news:
            return [data for heard, data in self.heard if heard == name]

    def hears(
        self, name: str, fits: Callable[[dict[str, Any]], Any] = lambda _data: True, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Wait for a message from the server; its data."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [data for heard, data in self.heard if heard == name and fits(data)]
            return bool(found)

        with self._news:
            assert self._news.wait_for(look, patience), f"{name} was not heard within {patience} s: {self.heard[-5:]}"
        return found[0]

    def forget(self) -> None:
        """Start a new list of what is heard."""
        with self._news:
            self.heard.clear()

    @property
    def open(self) -> bool:
        """Whether the line stands."""
        return bool(self.line.connected) and self.namespace in self.line.namespaces

    def close(self) -> None:
        """Close it, as a page does that goes away."""
        self.line.disconnect()

    def tear(self) -> None:
        """Take the cable out: nothing is sent any more, not even a goodbye, and nothing is answered."""
        self.line.eio.ws.sock.close()

    def round_trip(self) -> float:
        """Seconds until a beat is answered."""
        began = time.monotonic()
        self.fine("beat")
        return time.monotonic() - began

    def _hear(self, name: str, *told: Any) -> None:
        with self._news:
            self.heard.append((name, told[0] if told else {}))
            self._news.notify_all()


class Bare:
    """A WebSocket that speaks Engine.IO by hand, or does not."""

    def __init__(self, url: str, cookie: str = "", **more: Any) -> None:
        address = "ws" + url.removeprefix("http") + "/socket.io/?EIO=4&transport=websocket"
        self.line = websocket.create_connection(address, cookie=cookie, origin=url, timeout=PATIENCE, **more)
        assert str(self.line.recv()).startswith("0{")

    def send(self, frame: str | bytes) -> bool:
        """Send a frame; whether the line still took it."""
        try:
            if isinstance(frame, bytes):
                self.line.send_binary(frame)
            else:
                self.line.send(frame)
        except (OSError, websocket.WebSocketException):
            return False
        return True

    def enter(self, namespace: str = MEETING) -> None:
        """Open a namespace."""
        self.send(f"40{namespace},")
        assert self.next().startswith(f"40{namespace},")

    def next(self, patience: float = PATIENCE) -> str:
        """The next frame that is no ping; empty when the line is closed."""
        self.line.settimeout(patience)
        try:
            while (frame := self.line.recv()) == "2":
                self.line.send("3")
        except (ConnectionError, websocket.WebSocketConnectionClosedException):
            return ""
        return str(frame)

    def closed(self, patience: float = PATIENCE) -> bool:
        """Read to the end; whether there is one."""
        ends = time.monotonic() + patience
        try:
            while time.monotonic() < ends:
                if self.next(max(0.1, ends - time.monotonic())) in {"", "1"}:
                    return True
        except (websocket.WebSocketTimeoutException, TimeoutError):
            return False
        return False

    def close(self) -> None:
        """Close it."""
        self.line.shutdown()
