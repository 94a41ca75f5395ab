"""Figures as a table for other programs: CSV and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask_babel import gettext as _
from openpyxl import Workbook

from .. import wording
from ..figures import Figure, Figures

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run, when a cell begins with it."""


def rows(figures: Figures) -> Iterator[list[str | int | float | None]]:
    """The heading and one row for everything, each service and each way to meet. Shares are 0 to 1; what is too small to show is empty."""
    yield [
        _("What"),
        _("From"),
        _("To"),
        _("Appointments"),
        _("Minutes used"),
        _("Minutes open"),
        _("Used share"),
        _("Came"),
        _("Came or missed"),
        _("Share who came"),
        _("Technology failed"),
        _("First appointments"),
        _("Days to the first, usual"),
        _("Days to the first, nine of ten"),
    ]
    yield _row(figures, _("Everything"), figures.total)
    for name, line in figures.services:
        yield _row(figures, name, line)
    for line in figures.ways:
        yield _row(figures, wording.way(line.code), line)


def as_csv(figures: Figures) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets read every script."""
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in row] for row in rows(figures)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(figures: Figures) -> bytes:
    """A workbook with one sheet; numbers are numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Figures")[:31])
    for row in rows(figures):
        sheet.append([harmless(cell) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def harmless(cell: str | int | float | None) -> str | int | float | None:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _row(figures: Figures, name: str, line: Figure) -> list[str | int | float | None]:
    shown = line.attendance is not None
    return [
        name,
        figures.first.isoformat(),
        figures.last.isoformat(),
        line.booked,
        line.used_minutes,
        line.open_minutes,
        _rounded(line.used),
        line.came if shown else None,
        line.ended if shown else None,
        _rounded(line.attendance),
        line.failed,
        line.firsts,
        line.usual_days,
        line.most_days,
    ]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
