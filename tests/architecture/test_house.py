"""The house keeps its shape: sizes, names, floors, and rows that are what the migrations make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from foundation.db import db

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("foundation", "accounts", "virtual_office", "booking", "webinars", "realtime")
PRODUCT = (*FLOORS, "demo", "benchmarks")
MOST_LINES = 400
FORBIDDEN = {"utils", "helpers", "common", "services", "manager", "core", "base"}


def modules(*folders: str) -> list[Path]:
    """Every module in these packages and at the root."""
    return [*ROOT.glob("*.py"), *(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(*PRODUCT, "tests"), ids=name)
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [path for path in modules(*PRODUCT, "tests") if FORBIDDEN & {path.stem, *path.relative_to(ROOT).parts[:-1]}]
    assert found == []


def test_every_package_of_the_product_has_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "demo", "benchmarks", "migrations"}
    assert packages == set(FLOORS)


def test_an_import_that_goes_up_is_found(tmp_path: Path) -> None:
    """The contracts of `make check` on a house whose first floor looks into the fourth."""
    for floor in FLOORS:
        (tmp_path / floor).mkdir()
        (tmp_path / floor / "__init__.py").touch()
    (tmp_path / "foundation" / "clock.py").write_text("import booking\n")
    rules = (ROOT / "pyproject.toml").read_text()
    layers = rules[rules.index("[tool.importlinter]") : rules.index('[[tool.importlinter.contracts]]\nname = "Within')]
    (tmp_path / "pyproject.toml").write_text(layers)
    program = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "foundation.clock -> booking" in said.stdout


def test_the_migrations_make_what_the_models_say(both: Flask) -> None:
    with both.app_context(), db.engine.connect() as line:
        seen = MigrationContext.configure(line, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(seen, db.metadata) == []


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


@pytest.mark.parametrize("path", sorted((ROOT / "realtime" / "media").rglob("*.py")), ids=name)
def test_the_forwarding_unit_reads_like_a_textbook(path: Path) -> None:
    """U7: short modules; and none that the hot path stands on knows the web."""
    text = path.read_text()
    assert len(text.splitlines()) <= 300
    assert "flask" not in text.lower().replace("knows no flask", "")
