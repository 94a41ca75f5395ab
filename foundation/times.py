"""How a moment is said: in the reader's language, in the place's zone, with the zone named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

DAY = "EEEE d MMMM"
MIDNIGHT = 24 * 60


def zone_exists(name: str) -> bool:
    """Whether this is an IANA zone that the machine knows."""
    return name in available_timezones()


def local(at: datetime, zone: str) -> datetime:
    """The wall-clock time of a moment in a zone."""
    return at.astimezone(ZoneInfo(zone))


def day(value: date | datetime, zone: str | None = None) -> str:
    """`Tuesday 24 November`; with the year when it is not within eleven months."""
    on = local(value, zone).date() if isinstance(value, datetime) and zone else value
    return format_date(on, DAY, locale=get_locale())


def short_day(value: date) -> str:
    """`Tue 24`."""
    return format_date(value, "EEE d", locale=get_locale())


def day_and_month(value: date) -> str:
    """`24 November`."""
    return format_skeleton("MMMMd", datetime(value.year, value.month, value.day), locale=get_locale())  # noqa: DTZ001


def month(value: date) -> str:
    """`November 2026`."""
    return format_skeleton("yMMMM", datetime(value.year, value.month, value.day), locale=get_locale())  # noqa: DTZ001


def clock_time(at: datetime, zone: str) -> str:
    """`10:30`, in 24 hours, Western digits; with the offset where the wall clock shows this time twice."""
    wall = local(at, zone)
    text = format_time(wall.time(), "HH:mm", locale=get_locale())
    if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
        text += f" (UTC{wall.strftime('%z')[:3]}:{wall.strftime('%z')[3:]})"
    return text


def zone_name(zone: str, at: datetime | None = None) -> str:
    """`Madrid time`: the place that people know, not an abbreviation."""
    place = get_timezone_location(ZoneInfo(zone), locale=get_locale(), return_city=True)
    return _("%(place)s time", place=place)


def when(at: datetime, zone: str, show_zone: bool = True) -> str:
    """`Tuesday 24 November, 10:30 (Madrid time)`."""
    said = _("%(day)s, %(time)s", day=day(at, zone), time=clock_time(at, zone))
    return _("%(when)s (%(zone)s)", when=said, zone=zone_name(zone, at)) if show_zone else said


def brief(at: datetime, zone: str) -> str:
    """`Tue 24 Nov, 10:30`, for text messages: the year and the zone take too much room."""
    on = format_skeleton("EEEdMMM", local(at, zone), locale=get_locale())
    return _("%(day)s, %(time)s", day=on, time=clock_time(at, zone))


def briefest(at: datetime, zone: str) -> str:
    """`24.11. 10:30`, where every letter counts."""
    wall = local(at, zone)
    return f"{wall.day}.{wall.month}. {wall:%H:%M}"


def minutes_of(wall: datetime) -> int:
    """Minutes since local midnight."""
    return wall.hour * 60 + wall.minute


def clock_minutes(minutes: int) -> str:
    """Minutes since midnight as `09:30`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def span(length: timedelta) -> str:
    """A length in whole minutes, as people say it."""
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 60:
        return ngettext("%(num)s min", "%(num)s min", minutes)
    return _("%(h)s h %(m)s min", h=minutes // 60, m=minutes % 60)


def hours_and_minutes(minutes: int) -> str:
    """`36 h 30 min`, also under an hour."""
    return _("%(h)s h %(m)s min", h=minutes // 60, m=minutes % 60)


def moment(seconds: int) -> datetime:
    """UTC seconds as an aware datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def register(app: Flask) -> None:
    """Template globals and filters."""
    app.jinja_env.filters["as_moment"] = moment
    app.jinja_env.globals.update(
        when=when,
        day=day,
        date_name=day,
        short_month_day=day_and_month,
        hours_and_minutes=hours_and_minutes,
        short_day=short_day,
        month=month,
        clock_time=clock_time,
        zone_name=zone_name,
        clock_minutes=clock_minutes,
        span=span,
    )
