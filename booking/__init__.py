"""Floor 4: when one jobseeker meets one counselor: services, hours, the kernel, appointments, waitlist."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Every part of this floor."""
