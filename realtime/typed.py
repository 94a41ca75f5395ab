"""Text as it is typed: one edit of a sender's current line, checked before it goes on. Nothing of it is kept; its page holds the whole line.

An edit takes `erase` characters off the end of line `line` and adds `text`; `n` counts a line's edits from 1, so that a reader sees a gap
and a double. With `whole` the text is all of the line. A character is a Unicode code point. The idea is that of ITU-T T.140.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from foundation.errors import InputWrong

LINE, CAPTIONS = "line", "captions"
KINDS = frozenset({LINE, CAPTIONS})
LONGEST_EDIT = 1000
"""Characters that one edit may add, and that it may take away."""
MANY_EDITS = 80
"""Edits of one connection in ten seconds; a page sends one every 200 ms at most."""
MANY_ASKED = 10
"""How often a connection may ask for all lines in ten seconds."""
LAST_EDIT = 2**31 - 1
NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of a character, and breaks of a line other than \\n."""


def edit(told: Any) -> dict[str, Any]:
    """The edit as the others get it. Raises InputWrong for anything that is not one."""
    if not isinstance(told, dict):
        raise InputWrong
    kind, line, text = told.get("kind"), told.get("line"), told.get("text")
    if not isinstance(kind, str) or kind not in KINDS or not isinstance(line, str) or not 1 <= len(line) <= 64:
        raise InputWrong
    if not isinstance(text, str) or len(text) > LONGEST_EDIT or any(not _writes(one, kind) for one in text):
        raise InputWrong
    return {
        "kind": kind,
        "line": line,
        "n": _count(told.get("n"), 1, LAST_EDIT),
        "erase": _count(told.get("erase", 0), 0, LONGEST_EDIT),
        "text": text,
        "whole": told.get("whole") is True,
    }


def _writes(one: str, kind: str) -> bool:
    return (one == "\n" and kind == CAPTIONS) or unicodedata.category(one) not in NO_TEXT


def _count(value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InputWrong
    return value
