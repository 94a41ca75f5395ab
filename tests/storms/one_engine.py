"""Tests that take long and ask the same of both engines: `make test` asks one of them, `make soak` both."""

from __future__ import annotations

import pytest

SQLITE_FIRST = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True
)
POSTGRESQL_FIRST = pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.soak), "postgresql"], indirect=True
)
