"""Doors that take more than the usual form: each says how many bytes, and every other door keeps the small limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

View = TypeVar("View", bound=Callable[..., Any])


def takes(size: int) -> Callable[[View], View]:
    """Let a view's request be as large as `size` bytes, files and fields together."""

    def declare(view: View) -> View:
        view.largest_request = size  # type: ignore[attr-defined]
        return view

    return declare


def _widen() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, "largest_request", None)
    if size is not None:
        request.max_content_length = request.max_form_memory_size = size


def register(app: Flask) -> None:
    """Before anything reads the form, the form token's check included."""
    app.before_request(_widen)
