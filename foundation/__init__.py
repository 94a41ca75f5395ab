"""Floor 1: the tools that know nothing of offices, appointments or people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only for the name: the supervisor and the forwarding unit live in these packages without Flask.
    from flask import Flask


def register(app: Flask) -> None:
    """Languages, pages, times, security, health, figures, and the answers to refusals."""
    from . import (
        answers,
        brand,
        clock,
        doctor,
        health,
        languages,
        metrics,
        notice,
        pages,
        security,
        times,
        uploads,
        worker,
    )

    clock.shift(app.config["VO"].test_clock_shift)
    for part in (metrics, pages, brand, languages, notice, times, uploads, security, answers, health, worker, doctor):
        part.register(app)
