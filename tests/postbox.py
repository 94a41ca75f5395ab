"""A real mail server for tests: it keeps each message that it took."""

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
    """`got` has the messages in the order of their coming; `url` is for VO_SMTP_URL.

    It answers as told: `data` to the letter, `rcpt` to the address.
    """

    url: str = ""
    data: str = "250 OK"
    rcpt: str = "250 OK"
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data.startswith("2"):
            self.got.append(cast(EmailMessage, message_from_bytes(envelope.content, policy=default)))
        return self.data

    def take(self) -> list[EmailMessage]:
        """Everything that came since the last time."""
        taken, self.got = self.got, []
        return taken

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
