"""Tables as programs write them, and any bytes at all: read or refused in words, never a failure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.imports import tables
from booking.imports.imports import KINDS
from foundation import clock
from foundation.db import write_tx
from tests.application import Browser, running
from tests.booking.pages.conftest import build
from tests.booking.staff.desks import sit_down, staff
from tests.tiers import examples

KNOWN = ("name", "email", "office")
HEADS = {code: ",".join(kind.names) for code, kind in KINDS.items()}
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["ines@example.org", "Centro", "2026-11-24", "10:00", "Guidance talk", "Monday", "-1", "9" * 30, "=1+1", "29.02.2027",
         "24:00", "video", "phone", "+34600111222", '"', "\x85", "\u2028", "0001-01-01", "en|ar", "interpreter"]
    ),
)  # fmt: skip


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_spelling_of_a_table(separator: str, newline: str, mark: bytes) -> None:
    lines = [
        separator.join(("Name", "EMAIL", "office")),
        separator.join((f'"Amal{separator} ""A""{newline}Haddad"', "a@example.org", "")),
        "",
        separator.join(("Bo", "b@example.org", "Centro", "", "")),
        separator.join(("Too", "many", "cells", "here")),
    ]
    table = tables.read(mark + newline.join(lines).encode(), KNOWN, ("name",))
    assert table.columns == ["name", "email", "office"]
    first, second, third = table.rows
    assert first.cells["name"].replace("\r", "\n") in {f'Amal{separator} "A"\nHaddad', f'Amal{separator} "A"Haddad'}
    assert (first.line, second.line, third.line) == (2, 5, 6)
    assert second.cells == {"name": "Bo", "email": "b@example.org", "office": "Centro"}
    assert third.wrong_length and not second.wrong_length


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """An administrator in the small town, on a Monday that does not pass."""
    folder: Path = tmp_path_factory.mktemp("imports")
    with clock.frozen(datetime(2026, 11, 23, 7, 0, tzinfo=UTC)), running(folder, VO_RATE_LIMITS="off") as app:
        with app.app_context(), write_tx():
            staff(build())
        yield sit_down(app, "Ada").browser


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A kind of table, and bytes that may or may not be one."""
    what = draw(st.sampled_from(sorted(KINDS)))
    if draw(st.booleans()):
        return what, draw(st.binary(max_size=300))
    width = len(KINDS[what].names)
    rows = draw(st.lists(st.lists(CELLS, min_size=width - 2, max_size=width + 1), max_size=4))
    text = "\n".join([HEADS[what], *(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)])
    return what, text.encode(errors="replace")


@pytest.mark.fuzz
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(file=files())
def test_no_bytes_break_an_import(ada: Browser, file: tuple[str, bytes]) -> None:
    what, raw = file
    data = {"table": (io.BytesIO(raw), "table.csv"), "csrf_token": ada.token()}
    answer = ada.client.post(f"/staff/imports/{what}", data=data)
    assert answer.status_code in {200, 422}, raw
