"""A real mail server for tests: it keeps each message that it said 250 to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller

from tests.server import free_port


@dataclass
class Postbox:
    """`got` has the messages in the order of their coming; `url` is for VO_SMTP_URL."""

    url: str
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.got.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """The messages for one address."""
        return [message for message in list(self.got) if message["To"] == address]


@contextmanager
def postbox() -> Iterator[Postbox]:
    """A mail server on a free port."""
    port = free_port()
    box = Postbox(f"smtp://127.0.0.1:{port}")
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
