"""The report of an import and the examples, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from ..imports import wording
from ..imports.imports import Kind, Report
from .figure_sheets import harmless

MARK = b"\xef\xbb\xbf"
"""Tells spreadsheets that it is UTF-8."""


def example(kind: Kind) -> bytes:
    """A file with the columns and one row."""
    return _csv([[one.name for one in kind.columns], [one.example for one in kind.columns]])


def report(found: Report) -> bytes:
    """Each row with its line, what it comes to, and why; what was in the file can not run in a spreadsheet."""
    head = [_("Line"), _("Result"), _("Column"), _("Why"), *found.columns]
    rows = [[str(one.number), wording.state(one.state), one.column, one.words, *one.cells] for one in found.lines]
    return _csv([head, *rows])


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in row] for row in rows])
    return MARK + text.getvalue().encode(errors="replace")
