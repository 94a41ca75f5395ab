"""A real SMS gateway for tests: an HTTP server that keeps what it took and reports afterwards, signed as the protocol says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from foundation import sms

SECRET = "a secret of the gateway"  # noqa: S105  of tests


@dataclass
class Gateway:
    """`got` has the messages in the order of their coming; `status` is what it answers; `forged` counts what was not signed by us."""

    url: str = ""
    status: int = 202
    got: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def take(self) -> list[dict[str, Any]]:
        """Everything that came since the last time."""
        taken, self.got = self.got, []
        return taken


def report(message: dict[str, Any], status: str, at: int, secret: str = SECRET) -> dict[str, Any]:
    """The request with which the gateway says what became of a message: keywords for a test client's `post`."""
    body = json.dumps({"id": message["id"], "status": status}).encode()
    headers = {"VO-Timestamp": str(at), "VO-Signature": sms.signature(secret, str(at), body)}
    return {"data": body, "headers": headers, "content_type": "application/json"}


@contextmanager
def gateway() -> Iterator[Gateway]:
    """One on a free port."""
    box = Gateway()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["VO-Signature"] != sms.signature(SECRET, self.headers["VO-Timestamp"], body):
                box.forged += 1
            elif box.status < 300:
                box.got.append(json.loads(body))
            self.send_response(box.status)
            if 300 <= box.status < 400:
                self.send_header("Location", box.url + "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    box.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
