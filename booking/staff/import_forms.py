"""The forms of an import: a file, and what was in it for the second step."""

from __future__ import annotations

import base64
import binascii
import zlib

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, HiddenField, IntegerField
from wtforms.validators import Optional

from foundation.errors import InputWrong
from foundation.forms import Form

from ..imports.tables import LARGEST

ROOM = 3_000_000
"""Bytes of a request: a file that is too large must still be read to say so; and the second step carries the file as text."""


class UploadForm(Form):
    """A file to look at."""

    table = FileField(_l("CSV file"), description=_l("At most 1 MB and 5,000 rows. Nothing is saved yet."))

    def read(self) -> bytes:
        """The bytes that were sent. Raises InputWrong for none."""
        sent = self.table.data
        if not isinstance(sent, FileStorage) or not sent.filename:
            raise InputWrong(_l("Choose a file"), field="table")
        return sent.stream.read(LARGEST + 1)


class RowsForm(Form):
    """The same file again, carried by the page: the service keeps no copy of it."""

    packed = HiddenField()
    start = IntegerField(validators=[Optional()])
    letters_too = BooleanField(
        _l("Send a confirmation letter for each appointment"),
        description=_l("Without it nobody hears of the import. Reminders go out as always."),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Only what `read` can not tell: the file is far longer than any other answer."""
        self.packed.errors = []
        return True

    def read(self) -> bytes:
        """The file's bytes. Raises InputWrong."""
        return unpacked(self.packed.data or "")


def packed(raw: bytes) -> str:
    """A file as text for a hidden field."""
    return base64.b64encode(zlib.compress(raw, 6)).decode()


def unpacked(text: str) -> bytes:
    """The file again, and never more than an upload may have. Raises InputWrong."""
    try:
        reader = zlib.decompressobj()
        raw = reader.decompress(base64.b64decode(text, validate=True), LARGEST + 1)
    except (binascii.Error, zlib.error, ValueError):
        raise InputWrong(_l("Choose the file again"), field="table") from None
    return raw
