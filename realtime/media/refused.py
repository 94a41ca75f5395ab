"""How the unit says no: a code for programs and a sentence for people."""

from __future__ import annotations


class Refused(Exception):
    """A request that the unit does not grant; it goes back over the control line as `{"ok": false, "code", "message"}`.

    `code` is one of those in docs/media-protocol.md; `message` is plain words without anything that was sent to us.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
