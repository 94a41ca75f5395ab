"""The form for an export of another calendar."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage

from foundation.errors import InputWrong
from foundation.forms import Form

from ..calendars import reading


class CalendarForm(Form):
    """An export of another calendar."""

    calendar = FileField(_l("Calendar file (.ics)"))

    def read(self) -> bytes:
        """The bytes that were sent. Raises InputWrong for none."""
        sent = self.calendar.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise InputWrong(_l("Choose a file"), field="calendar")
        return sent.stream.read(reading.LARGEST + 1)
