"""A CSV file as people's programs write it, read into rows with their line numbers; what is no such file is refused in plain words."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from foundation.errors import Refusal
from foundation.forms import trimmed

LARGEST = 1_000_000
"""Bytes of a file."""
MOST_ROWS = 5_000
SEPARATORS = ";,\t"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
WIDE = (b"\xff\xfe", b"\xfe\xff")
NAMED = 10
"""Columns that a refusal names at most."""


class NoTable(Refusal):
    """The file can not be read as a table; the message says why."""

    code = "no_table"
    status = 422
    field = "table"
    message = _l("This is not a CSV file. Save the table as CSV (UTF-8) and send that.")


@dataclass(frozen=True)
class Row:
    """`line` is where the row begins in the file; `cells` by column, trimmed, only those that are filled; `raw` as they stand."""

    line: int
    cells: dict[str, str]
    raw: list[str]
    wrong_length: bool = False


@dataclass(frozen=True)
class Table:
    """The columns in the order of the file, and its rows."""

    columns: list[str]
    rows: list[Row]


def read(raw: bytes, known: Collection[str], required: Sequence[str]) -> Table:
    """A table with these columns from a file's bytes. Raises NoTable."""
    text = _text(raw)
    records = _records(text, _separator(text, known))
    _line, header = next(records, (0, []))
    columns = [_column(name) for name in header]
    while columns and not columns[-1]:
        columns.pop()
    _check(columns, known, required)
    rows: list[Row] = []
    for line, cells in records:
        if len(rows) == MOST_ROWS:
            raise NoTable(_l("The file has more than 5,000 rows. Split it."))
        rows.append(_row(line, columns, cells))
    if not rows:
        raise NoTable(_l("The file has no rows under its first line."))
    return Table(columns, rows)


def _text(raw: bytes) -> str:
    if not raw.strip():
        raise NoTable(_l("The file is empty."))
    if len(raw) > LARGEST:
        raise NoTable(_l("The file is larger than 1 MB. Split it."))
    if raw.startswith(WORKBOOKS):
        raise NoTable(_l("This is a workbook. Save the sheet as CSV (UTF-8) and send that."))
    if raw.startswith(WIDE):
        raise NoTable(_l("The file is saved as UTF-16. Save it as CSV (UTF-8)."))
    if b"\0" in raw:
        raise NoTable(_l("The file has NUL characters, which no text has. Save it as CSV (UTF-8)."))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise NoTable(_l("Line %(line)s is not UTF-8. Save the file as CSV (UTF-8).", line=line)) from None


def _separator(text: str, known: Collection[str]) -> str:
    """The separator by which the first line names the most columns that we know."""

    def found(separator: str) -> int:
        try:
            _line, header = next(_records(text, separator), (0, []))
        except NoTable:
            return 0
        return sum(_column(name) in known for name in header)

    best = max(SEPARATORS, key=found)
    if not found(best):
        raise NoTable(_l("The first line must name the columns. Take the example as a model."))
    return best


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """(line where it begins, cells) of every line that is not empty. Raises NoTable."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            # Excel's own hint which separator follows.
            hint = line == 1 and len(cells) <= 2 and "".join(cells).lower().startswith("sep=")
            if any(cell.strip() for cell in cells) and not hint:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise NoTable(_l("Line %(line)s can not be read. Check its quotation marks.", line=line)) from None


def _column(name: str) -> str:
    return "_".join(trimmed(name).lower().replace("-", " ").replace("_", " ").split())


def _check(columns: Sequence[str], known: Collection[str], required: Sequence[str]) -> None:
    unknown = [name or "–" for name in columns if name not in known]
    if unknown:
        named = ", ".join(name[:40] for name in unknown[:NAMED])
        raise NoTable(_l("We do not know these columns: %(names)s. Take them out, or name them as below.", names=named))
    missing = [name for name in required if name not in columns]
    if missing:
        raise NoTable(_l("These columns are missing: %(names)s.", names=", ".join(missing)))
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise NoTable(_l("These columns stand there twice: %(names)s.", names=", ".join(twice)))


def _row(line: int, columns: Sequence[str], cells: Sequence[str]) -> Row:
    filled = {name: trimmed(cell) for name, cell in zip(columns, cells, strict=False)}
    too_long = any(cell.strip() for cell in cells[len(columns) :])
    return Row(line, {name: cell for name, cell in filled.items() if cell}, list(cells), too_long)
