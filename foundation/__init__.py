"""Floor 1: the tools that know nothing of offices, appointments or people."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Languages, pages, times, security, health, figures, and the answers to refusals."""
    from . import answers, brand, clock, health, languages, metrics, notice, pages, security, times, worker

    clock.shift(app.config["VO"].test_clock_shift)
    for part in (metrics, pages, brand, languages, notice, times, security, answers, health, worker):
        part.register(app)
