from tests.booking.staff.conftest import app, desk, time, town

__all__ = ["app", "desk", "time", "town"]
