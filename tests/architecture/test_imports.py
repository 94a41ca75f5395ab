"""Imports stand at the head of a module, where the floors can be read; only `register()`, which puts a floor together, has its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("foundation", "accounts", "virtual_office", "booking", "webinars", "realtime", "demo")
MAY = {"register"}
FILES = sorted([ROOT / "app.py", ROOT / "wsgi.py", *(path for name in PRODUCT for path in (ROOT / name).rglob("*.py"))])


def hidden(source: str) -> Iterator[str]:
    """Imports inside functions, as `function: line`."""

    def look(node: ast.AST, within: str) -> Iterator[str]:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from look(part, within or getattr(part, "name", "lambda"))
            elif isinstance(part, ast.Import | ast.ImportFrom) and within and within not in MAY:
                yield f"{within}: {part.lineno}"
            else:
                yield from look(part, within)

    yield from look(ast.parse(source), "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_import_hides_in_a_function(path: Path) -> None:
    assert list(hidden(path.read_text())) == []


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 100


def test_the_check_can_fail() -> None:
    source = "import a\ndef f():\n    if x:\n        import b\nclass C:\n    import c\n    async def g(self):\n        from d import e\ndef register(app):\n    import fine\n"
    assert list(hidden(source)) == ["f: 4", "g: 8"]
