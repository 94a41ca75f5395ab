"""Modules of a page, read from their own import lines."""

from __future__ import annotations

from foundation.pages import STATIC, modules


def test_a_page_asks_at_once_for_every_module_that_its_own_brings_along() -> None:
    found = modules("js/call.js")
    assert len(found) == len(set(found)) > 10 and "js/call.js" not in found
    assert {"js/signalling.js", "js/backoff.js", "vendor/socket.io.esm.min.js"} <= set(found)
    for path in ("js/call.js", *found):
        for line in (STATIC / path).read_text(encoding="utf-8").splitlines():
            if not path.startswith("vendor/") and line.startswith("import "):
                name = line.rsplit('"', 2)[1].rsplit("/", 1)[-1]
                assert any(one.endswith("/" + name) for one in found), (path, line)


def test_what_a_page_imports_later_comes_on_top() -> None:
    first, whole = modules("js/call.js"), modules("js/call.js", "js/inside.js")
    assert "js/ladder.js" not in first and {*first, "js/inside.js", "js/ladder.js"} <= set(whole)
    assert len(whole) == len(set(whole))
