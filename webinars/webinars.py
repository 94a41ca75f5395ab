"""Webinars: drafted, changed, published, given another time, cancelled, copied, and planned as a series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from booking import claims
from foundation import audit, clock, deadlines
from foundation.db import db, lock
from foundation.errors import InputWrong, Refusal
from foundation.events import record
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

from . import hosts, seat_offers, states
from .events import WebinarCancelled, WebinarMoved
from .models import Audience, HostRole, RegistrationQuestion, Webinar, WebinarHost, WebinarSeries, WebinarState

FIELDS = (
    "title",
    "summary",
    "language",
    "captions",
    "interpreted",
    "interpreted_into",
    "signed",
    "capacity",
    "approves",
    "waits",
    "audience",
    "registers_until",
    "template",
)
TIMES = ("starts_at", "ends_at")
LONGEST = timedelta(hours=8)
MOST_SEATS = 5000
MOST_IN_SERIES = 26
STAND_BY = "webinar.stand_by"
STAND_BY_AFTER = 300
"""Seconds after the start at which free seats go to those who wait."""


class NotReady(Refusal):
    """Something must be answered before it is published; `missing` are the names of fields."""

    code = "not_ready"
    status = 422
    message = _l("Answer everything that is marked below, then publish.")


def draft(office: Office, values: Mapping[str, Any], by: int | None) -> Webinar:
    """A new draft from its fields and times. Refuses InputWrong."""
    _check(values)
    webinar = Webinar(office_id=office.id, zone=office.zone, created_by=by, **_known(values))
    db.session.add(webinar)
    db.session.flush()
    audit.note("webinar.drafted", webinar)
    return webinar


def change(webinar: Webinar, values: Mapping[str, Any], version: int) -> None:
    """Save what was edited from `version`. Times change by `reschedule` once it is published. Refuses ChangedMeanwhile, InputWrong."""
    lock(webinar)
    if webinar.version != version:
        raise ChangedMeanwhile(version=webinar.version)
    fixed = () if webinar.state == WebinarState.DRAFT else (*TIMES, "template")
    if webinar.state not in (WebinarState.DRAFT, *states.COMING):
        raise states.NotNow
    wanted = {name: value for name, value in _known(values).items() if name not in fixed}
    _check({"starts_at": webinar.starts_at, "ends_at": webinar.ends_at, **wanted})
    if webinar.state != WebinarState.DRAFT and (lost := missing(webinar, wanted)):
        raise NotReady(missing=lost)
    changed = [name for name, value in wanted.items() if getattr(webinar, name) != value]
    for name in changed:
        setattr(webinar, name, wanted[name])
    if changed:
        webinar.version += 1
        webinar.widest = max(webinar.widest, webinar.capacity)
        audit.note("webinar.changed", webinar, after={"fields": changed})
        db.session.flush()
        seat_offers.offer(webinar)


def missing(webinar: Webinar, values: Mapping[str, Any] | None = None) -> list[str]:
    """What must still be answered before it can be published: names of fields, and `hosts`."""
    told = {name: getattr(webinar, name) for name in FIELDS} | dict(values or {})
    lost = [name for name in ("captions", "interpreted", "signed") if told[name] is None]
    if told["interpreted"] and not told["interpreted_into"]:
        lost.append("interpreted_into")
    if not any(one.role == HostRole.HOST for one in webinar.hosts):
        lost.append("hosts")
    return lost


def publish(webinar: Webinar) -> None:
    """Show it, open registration, and take the hosts' time. Refuses NotReady, InputWrong (it lies in the past), ColleagueBusy, NotNow."""
    lock(webinar)
    if not states.may(webinar, "publish"):
        raise states.NotNow
    if lost := missing(webinar):
        raise NotReady(missing=lost)
    _refuse_past(webinar.starts_at)
    states.move(webinar, "publish")
    webinar.published_at, webinar.widest = clock.now(), webinar.capacity
    touched = hosts.take_time(webinar)
    _stand_by(webinar)
    db.session.flush()
    claims.bump(touched)


def reschedule(webinar: Webinar, starts_at: datetime, ends_at: datetime) -> None:
    """Another time: calendar entries follow, reminders move, and people may withdraw. Refuses as `publish`."""
    lock(webinar)
    if not states.may(webinar, "reschedule"):
        raise states.NotNow
    if (starts_at, ends_at) == (webinar.starts_at, webinar.ends_at):
        return
    _check({"starts_at": starts_at, "ends_at": ends_at})
    _refuse_past(starts_at)
    states.move(webinar, "reschedule")
    if webinar.registers_until is not None:
        webinar.registers_until += starts_at - webinar.starts_at
    webinar.starts_at, webinar.ends_at = starts_at, ends_at
    webinar.sequence += 1
    webinar.version += 1
    touched = hosts.take_time(webinar)
    _stand_by(webinar)
    db.session.flush()
    seat_offers.retime(webinar)
    record(WebinarMoved(webinar.id))
    claims.bump(touched)


def cancel(webinar: Webinar) -> None:
    """It will not take place: everybody registered hears of it. A second time changes nothing."""
    lock(webinar)
    if webinar.state == WebinarState.CANCELLED:
        return
    states.move(webinar, "cancel")
    webinar.sequence += 1
    touched = hosts.free_time(webinar)
    deadlines.drop(_stand_by_key(webinar))
    db.session.flush()
    record(WebinarCancelled(webinar.id))
    claims.bump(touched)


def discard(webinar: Webinar) -> None:
    """Delete a draft or a template, which nobody else has seen."""
    lock(webinar)
    if webinar.state != WebinarState.DRAFT:
        raise states.NotNow
    audit.note("webinar.discarded", webinar)
    for row in (*webinar.hosts, *webinar.questions):
        db.session.delete(row)
    db.session.flush()
    db.session.expire(webinar, ["hosts", "questions"])
    db.session.delete(webinar)


def copy(webinar: Webinar, starts_at: datetime, by: int | None, series: WebinarSeries | None = None) -> Webinar:
    """A draft like this one at another time, with the same hosts and questions; nobody is registered for it."""
    _refuse_past(starts_at)
    fresh = Webinar(
        office_id=webinar.office_id,
        zone=webinar.zone,
        created_by=by,
        series_id=series.id if series else None,
        starts_at=starts_at,
        ends_at=starts_at + (webinar.ends_at - webinar.starts_at),
        **{name: getattr(webinar, name) for name in FIELDS},
    )
    fresh.template, fresh.state = False, WebinarState.DRAFT
    if webinar.registers_until is not None:
        fresh.registers_until = webinar.registers_until + (starts_at - webinar.starts_at)
    db.session.add(fresh)
    db.session.flush()
    for host in webinar.hosts:
        db.session.add(WebinarHost(webinar_id=fresh.id, person_id=host.person_id, role=host.role))
    for one in webinar.questions:
        asked = {name: getattr(one, name) for name in ("number", "words", "kind", "choices", "required")}
        db.session.add(RegistrationQuestion(webinar_id=fresh.id, **asked))
    db.session.flush()
    audit.note("webinar.copied", fresh, after={"from": webinar.id})
    return fresh


def plan_series(webinar: Webinar, every_weeks: int, times: int, by: int | None) -> list[Webinar]:
    """Drafts like this one, each `every_weeks` weeks later at the same local time of day; `times` of them beside this one."""
    if not 1 <= every_weeks <= 12:
        raise InputWrong(_l("Enter a number from 1 to 12"), field="every_weeks")
    if not 1 <= times <= MOST_IN_SERIES:
        raise InputWrong(_l("Enter a number from 1 to 26"), field="times")
    lock(webinar)
    series = db.session.get(WebinarSeries, webinar.series_id) if webinar.series_id else None
    if series is None:
        series = WebinarSeries(every_weeks=every_weeks)
        db.session.add(series)
        db.session.flush()
        webinar.series_id = series.id
    made = []
    for number in range(1, times + 1):
        made.append(copy(webinar, weeks_later(webinar, number * every_weeks), by, series))
    return made


def weeks_later(webinar: Webinar, weeks: int) -> datetime:
    """The same wall-clock time so many weeks later, whatever the clocks did meanwhile; in UTC."""
    zone = ZoneInfo(webinar.zone)
    wall = webinar.starts_at.astimezone(zone).replace(tzinfo=None) + timedelta(weeks=weeks)
    return wall.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


@deadlines.handler(STAND_BY)
def _on_stand_by(webinar_id: int) -> None:
    webinar = db.session.get(Webinar, webinar_id)
    if webinar is not None:
        seat_offers.seat_those_who_stand_by(webinar)


def _stand_by(webinar: Webinar) -> None:
    due = int(webinar.starts_at.timestamp()) + STAND_BY_AFTER
    deadlines.put(STAND_BY, webinar.id, due, _stand_by_key(webinar))


def _stand_by_key(webinar: Webinar) -> str:
    return f"{STAND_BY}:{webinar.id}"


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in (*FIELDS, *TIMES) if name in values}


def _check(values: Mapping[str, Any]) -> None:
    if "title" in values and not values["title"].strip():
        raise InputWrong(_l("Enter a title"), field="title")
    if "capacity" in values and not 1 <= values["capacity"] <= MOST_SEATS:
        raise InputWrong(_l("Enter a number from 1 to 5,000"), field="capacity")
    if "audience" in values and values["audience"] not in set(Audience):
        raise InputWrong(_l("Choose who may register"), field="audience")
    starts_at, ends_at = values["starts_at"], values["ends_at"]
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise InputWrong(_l("It must end after it begins, and within eight hours"), field="ends")
    if starts_at.timestamp() % claims.TICK or ends_at.timestamp() % claims.TICK:
        raise InputWrong(_l("Choose times in steps of five minutes"), field="starts")
    until = values.get("registers_until")
    if until is not None and until > ends_at:
        raise InputWrong(_l("Registration must end before the webinar does"), field="registers_until")


def _refuse_past(starts_at: datetime) -> None:
    if starts_at <= clock.now():
        raise InputWrong(_l("This time has passed. Choose a later one."), field="on_day")
