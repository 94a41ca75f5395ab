"""How a rule says no: one family of exceptions that every door knows how to answer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l


class Refusal(Exception):
    """A rule's no, with a reason a person understands.

    `code` is snake_case and stable (API problems, socket answers); `status` an HTTP status; `field` the name of the form field
    it belongs to, or None; `extra` plain JSON values for the answer (alternatives, deadlines).
    """

    code = "refused"
    status = 409
    message: Any = _l("This can not be done now.")
    field: str | None = None

    def __init__(self, message: Any = None, *, field: str | None = None, **extra: Any) -> None:
        super().__init__(self.code)
        if message is not None:
            self.message = message
        if field is not None:
            self.field = field
        self.extra = extra


class NotFound(Refusal):
    """Absent, or not for these eyes: the answer is the same."""

    code = "not_found"
    status = 404
    message = _l("There is nothing here, or it is not yours to see.")


class InputWrong(Refusal):
    """What was sent can not be understood; the message names the field's problem."""

    code = "input_wrong"
    status = 422
    message = _l("Check what you entered.")


class TooMany(Refusal):
    """A quota is used up."""

    code = "too_many"
    status = 429
    message = _l("You have tried this many times. Wait a little, or call us.")


class Busy(Refusal):
    """The database could not take the write in time; the caller may try again."""

    code = "busy"
    status = 503
    message = _l("Many people are using the service right now. Try again in a moment.")
