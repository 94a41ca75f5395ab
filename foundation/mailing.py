"""E-mail by SMTP: one connection for a batch, short time-outs, and what went wrong in a word."""

from __future__ import annotations

import contextlib
import hashlib
import smtplib
import socket
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from . import clock
from .config import Settings
from .letters import Rendered

TIMEOUT = 10
"""Seconds for each step of SMTP, so that a tarpit holds one worker only briefly."""
LONGEST = 25
"""Seconds for all steps of one letter together: a server that says a word now and then holds nobody longer."""


class MailRefused(Exception):
    """The server says no to this letter; `for_good` when trying again is no use. The reason names no address."""

    def __init__(self, reason: str, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class MailUnreachable(Exception):
    """The server can not be reached; every letter waits. The argument is a reason in a word."""


def message_id(dedupe: str, public_url: str) -> str:
    """The Message-ID of a letter: the same for every copy of it."""
    digest = hashlib.sha256(dedupe.encode()).hexdigest()[:32]
    return f"<{digest}@{urlsplit(public_url).hostname}>"


def compose(rendered: Rendered, dedupe: str, language: str, settings: Settings) -> EmailMessage:
    """The message: multipart/alternative with text, HTML and an inline `text/calendar; method=…` (RFC 6047)."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=78))
    name, address = parseaddr(settings.mail_from)
    user, _, domain = address.partition("@")
    message["From"] = Address(one_line(name), user, domain)
    message["To"] = one_line(rendered.to)
    message["Subject"] = one_line(rendered.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = message_id(dedupe, settings.public_url)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text)
    if rendered.html:
        message.add_alternative(rendered.html, subtype="html")
    if rendered.ics:
        message.add_alternative(rendered.ics, subtype="calendar", params={"method": rendered.method})
    # Last: making a multipart moves every Content- header that is there already into its first part.
    message["Content-Language"] = language
    return message


def one_line(text: str) -> str:
    """Text for a header: no line breaks, no control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


class Post:
    """A connection to the mail server, opened at the first letter and kept for the batch."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._smtp: smtplib.SMTP | None = None
        self._line: socket.socket | None = None
        self._entered = False

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_: object) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
            self._smtp = None

    def send(self, message: EmailMessage) -> None:
        """Hand one message over; raises MailRefused or MailUnreachable."""
        clock_runs_out = threading.Timer(LONGEST, self._cut)
        clock_runs_out.daemon = True
        clock_runs_out.start()
        try:
            self._send(message)
        finally:
            clock_runs_out.cancel()

    def _send(self, message: EmailMessage) -> None:
        try:
            smtp = self._smtp or self._connect()
            smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as no:
            code = next(iter(no.recipients.values()))[0]
            raise MailRefused(f"{code} address refused", code >= 500) from None
        except smtplib.SMTPResponseException as no:
            at_the_door = not self._entered
            self._drop()
            if at_the_door:
                # A greeting, TLS or password that is refused says nothing about this letter.
                raise MailUnreachable(f"{no.smtp_code} before any letter") from None
            raise MailRefused(f"{no.smtp_code} letter refused", no.smtp_code >= 500) from None
        except (smtplib.SMTPException, OSError, UnicodeError) as failure:
            entered = self._entered
            self._drop()
            if entered and isinstance(failure, UnicodeError | smtplib.SMTPNotSupportedError):
                raise MailRefused("address can not be written", True) from None
            raise MailUnreachable(type(failure).__name__) from None

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "localhost", self._url.port
        smtp = self._program()
        self._smtp = smtp
        code, words = smtp.connect(host, port or (465 if self._url.scheme == "smtps" else 25))
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        if self._url.scheme != "smtps":
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls()
                self._line = smtp.sock
        if self._url.username:
            smtp.login(unquote(self._url.username), unquote(self._url.password or ""))
        self._entered = True
        return smtp

    def _program(self) -> smtplib.SMTP:
        """One that remembers its line as soon as it has one, so that it can be cut in the middle of a greeting."""
        post = self
        kind: Any = smtplib.SMTP_SSL if self._url.scheme == "smtps" else smtplib.SMTP

        class Program(kind):
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                # SMTP_SSL checks the certificate against the name that it was made for.
                self._host = host
                post._line = super()._get_socket(host, port, timeout)
                return post._line

        made: smtplib.SMTP = Program(timeout=TIMEOUT)
        return made

    def _cut(self) -> None:
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        self._entered = False
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
