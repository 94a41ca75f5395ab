"""What else a reference opens, beside an appointment: features above register how they find their own."""

from __future__ import annotations

from collections.abc import Callable

Finder = Callable[[str, str], str | None]
"""(reference as it is stored, second fact as it was typed) → the address that opens it, or None whatever is wrong."""
_finders: list[Finder] = []


def add(find: Finder) -> Finder:
    """Register a finder."""
    if find not in _finders:
        _finders.append(find)
    return find


def elsewhere(reference: str, second_fact: str) -> str | None:
    """The address of a thing of any other feature. Asked after `appointments.find`, which counts the tries."""
    return next((path for find in _finders if (path := find(reference, second_fact)) is not None), None)
