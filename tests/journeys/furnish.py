"""`python -m tests.journeys.furnish`: gives the demo town of the environment what its pages can show; prints addresses as JSON."""

from __future__ import annotations

import json
import sys
from datetime import date, time, timedelta
from urllib.parse import urlencode

import pyotp
from sqlalchemy import select

from accounts import code_apps, codes, passkeys, people, recovery_codes
from accounts.access import Visitor
from accounts.factor_models import Passkey
from accounts.models import CodePurpose, Person, SignInCode
from app import create_app
from booking import (
    appointments,
    catalogue_changes,
    finder,
    follow_ups,
    holds,
    hours,
    links,
    series,
    time_offers,
    waitlist,
)
from booking.models import Appointment, AppointmentState, Resource, Service
from foundation import audit, clock, times, wordings
from foundation.db import db, write
from foundation.models import Letter
from foundation.security import sign
from virtual_office.callbacks import callbacks
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, ParticipantRole
from virtual_office.offices import offices
from virtual_office.offices.models import Office
from webinars import hosts as webinar_hosts
from webinars import links as webinar_links
from webinars import questions, registrations, webinars
from webinars.models import HostRole, QuestionKind

LONG_NAME = "Wolfeschlegelsteinhausen-Bergerdorff María Guadalupe Fernández"
"""More than sixty letters, with a word that is wider than a phone at double text size."""
ROWS = 40
SUNDAY = 6


def furnish() -> dict[str, str]:
    """Everything, once."""
    river = db.session.scalars(select(Office).where(Office.name.like("Riverside%"))).one()
    talk = db.session.scalars(select(Service).where(Service.name == "First talk", Service.office_id == river.id)).one()
    diary = db.session.scalars(select(Resource).where(Resource.person_id == _person("omar@example.org").id)).one()
    things = {"service": talk.public_id, "office": river.public_id, "counselor": diary.public_id}
    things["word"] = wordings.digest_of("Book a counselor")
    things["colleague"] = _person("omar@example.org").public_id
    things["seeker"] = _person("bo@example.org").public_id
    for more in (
        lambda: _booked(river, diary),
        lambda: _days(river, talk, diary),
        lambda: _waiting(river, talk),
        lambda: _webinars(river),
    ):
        things |= write(more)
    write(_second_step)
    return things | write(_meetings) | write(_links)


def _booked(river: Office, diary: Resource) -> dict[str, str]:
    """A video appointment that can be joined now, and a service that nobody gives; finds one later and one cancelled."""
    values = {
        "name": "Advice for your search",
        "description": "Where to look, and what to write.",
        "minutes": 30,
        "step_minutes": 10,
        "notice_minutes": 0,
        "horizon_days": 30,
        "modalities": ["video"],
        "needs": [],
    }
    advice = catalogue_changes.open_service(river, values, [diary.id])
    nobody = catalogue_changes.open_service(river, {**values, "name": "Talk in the evening"})
    elsewhere = db.session.scalars(
        select(Service).where(Service.name == "First talk", Service.office_id != river.id)
    ).one()
    bo, query = _person("bo@example.org"), finder.Query(advice.id, "video", "en")
    today = times.local(clock.now(), river.zone).date()
    soon = next(slot.starts_at for slot in finder.slots(query, today) if slot.starts_at > clock.now())
    booked = appointments.book(
        appointments.BookingWish(
            bo.name, "en", query=query, starts_at=soon, modality="video", email="bo@example.org", person_id=bo.id
        )
    )
    assert booked.meeting
    # Rosa, who is here already, has the time before: his room is opened for him as if the half hour had passed.
    booked.meeting.opens_at = clock.now()
    coming = select(Appointment).where(
        Appointment.state == AppointmentState.BOOKED, Appointment.starts_at > clock.now() + timedelta(days=1)
    )
    later = db.session.scalars(coming.where(Appointment.person_id == bo.id).order_by(Appointment.starts_at)).first()
    early = db.session.scalars(coming.where(Appointment.modality == "video")).first()
    state = AppointmentState.CANCELLED_BY_PERSON
    cancelled = db.session.scalars(select(Appointment).where(Appointment.state == state)).first()
    first = times.local(clock.now(), river.zone).date() + timedelta(days=3)
    wanted = follow_ups.dates(first, time(10), 1, 3, river.zone)
    made = series.book(series.SeriesWish(booked, query, tuple(wanted), 1, None), "furnish", partly=True)
    asked = {
        "service": advice.public_id,
        "modality": "video",
        "first_day": first,
        "at": "10:00",
        "times": 3,
        "every": 1,
    }
    paper = db.session.scalars(select(Letter).where(Letter.channel == "print", Letter.state == "waiting")).first()
    assert later and early and early.meeting and cancelled and paper
    return {
        "advice": advice.public_id,
        "nobody_gives": nobody.public_id,
        "without_interpreter": elsewhere.public_id,
        "appointment": booked.public_id,
        "meeting": booked.meeting.public_id,
        "early": early.meeting.public_id,
        "cancelled": cancelled.public_id,
        "paper": paper.public_id,
        "later": later.public_id,
        "rule": hours.of(diary)[0].public_id,
        "other_times": links.times_path(time_offers.offer(later, None)),
        "manage": links.manage_path(later),
        "join": links.join_path(booked),
        "early_join": links.join_path(early),
        "reference": later.reference,
        "code": links.code_of(later),
        "series": made.public_id,
        "proposals": urlencode({**asked, "with_whom": "same"}),
        "person": bo.public_id,
    }


def _webinars(river: Office) -> dict[str, str]:
    """A webinar with all that helps to follow it, and everything that somebody can have for it; a draft, a full one, a long list."""
    starts_at = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    told = {
        "title": "How to write an application",
        "summary": "What belongs into it, and what does not.\nBring one that you wrote.",
        "language": "en",
        "capacity": 2,
        "captions": True,
        "interpreted": True,
        "interpreted_into": ["ar", "fr"],
        "signed": True,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
    }
    draft = webinars.draft(river, {**told, "captions": None, "title": LONG_NAME}, None)
    questions.add(draft, "Where do you look for work?", QuestionKind.CHOICE, ["Online", "In the town"])
    full = webinars.draft(river, told, None)
    webinar_hosts.add(full, "lucia@example.org", HostRole.HOST)
    questions.add(full, "Have you written one before?", QuestionKind.YES_NO)
    webinars.publish(full)
    names = [LONG_NAME, *(f"Listener {n}" for n in range(ROWS))]
    made = [
        registrations.register(full, registrations.Wish(name, "en", f"listener{n}@example.org"))
        for n, name in enumerate(names)
    ]
    registrations.withdraw(made[0], "person")
    later = {"starts_at": starts_at + timedelta(days=1), "ends_at": starts_at + timedelta(days=1, hours=1)}
    asks = webinars.draft(river, {**told, **later, "title": "Interviews", "approves": True}, None)
    webinar_hosts.add(asks, "lucia@example.org", HostRole.HOST)
    webinars.publish(asks)
    pending = registrations.register(asks, registrations.Wish(LONG_NAME, "en", "pending@example.org"))
    return {
        "draft": draft.public_id,
        "webinar": full.public_id,
        "open_webinar": asks.public_id,
        "withdrawn": made[0].public_id,
        "seated": made[1].public_id,
        "offered": made[2].public_id,
        "waits": made[3].public_id,
        "pending": pending.public_id,
        "own_link": webinar_links.path(made[1]),
    }


def _days(river: Office, talk: Service, diary: Resource) -> dict[str, str]:
    """An absence, another day, closed days; and which day has times and which has none."""
    later = clock.now() + timedelta(days=20)
    hours.add_absence(diary, later, later + timedelta(days=2), "Training", None)
    hours.override_day(diary, (later + timedelta(days=3)).date(), [(600, 720)], "Fewer hours")
    offices.add_closure(river, later.date(), later.date(), "We move to another floor.")
    today = times.local(clock.now(), river.zone).date()
    coming = [today + timedelta(days=n) for n in range(2, 20)]
    return {
        "day": max(coming, key=lambda on: _free(talk, on)).isoformat(),
        "closed_day": next(on for on in coming if on.weekday() == SUNDAY).isoformat(),
    }


def _free(service: Service, on: date) -> int:
    return len(finder.slots(finder.Query(service.id), on))


def _waiting(river: Office, talk: Service) -> dict[str, str]:
    """Forty people who wait for a call, one of them with a long name; a waitlist with an offer."""
    for n in range(ROWS):
        name = LONG_NAME if n == 1 else f"Caller {n + 1}"
        note = "" if n % 7 else "It is about my CV.\nI can speak after the school run."
        callbacks.ask(river, name=name, phone=f"+34 600 555 {200 + n}", language="en", topic=talk.name, note=note)
    entry = waitlist.join(talk, name=LONG_NAME, language="en", email="long@example.org", needs=["step_free"])
    waitlist.join(talk, name="Kwame", language="en", phone="+34 600 555 190", first_day=clock.now().date())
    query = finder.Query(talk.id, "video", "en")
    first = finder.first_free(query)
    assert first is not None
    hold = holds.take(query, first.starts_at, "")
    # As `booking.offers` leaves it when somebody has cancelled and the time has cooled off.
    hold.waitlist_entry_id, hold.expires = entry.id, clock.seconds() + 1800
    entry.state, entry.offered_hold_id, entry.offered_until = "offered", hold.id, hold.expires
    return {"offer": links.offer_path(entry)}


def _meetings() -> dict[str, str]:
    """Of Amal and Inés: one that is over, one with a third seat, one of writing only."""
    amal, ines = _person("amal@example.org"), _person("ines@example.org")

    def arrange(media: str) -> Meeting:
        opens, closes = clock.now() - timedelta(minutes=5), clock.now() + timedelta(hours=3)
        seats = [(amal.id, "jobseeker"), (ines.id, "counselor")]
        return meetings.arrange("appointment", media, opens, closes, None, seats)

    over, call, text = arrange("p2p"), arrange("p2p"), arrange("none")
    meetings.close(over, "completed")
    third = people.register_guest("Captioner", "en")
    seat = meetings.invite(call, third.id, ParticipantRole.CAPTIONER, Visitor(person=ines))
    return {
        "over": over.public_id,
        "call": call.public_id,
        "text": text.public_id,
        "seat": f"/seat/{seat.public_id}/{sign('seat', seat.public_id)}",
    }


def _links() -> dict[str, str]:
    """A link to a new password, and a letter that was sent."""
    codes.ask_reset("lucia@example.org")
    asked = select(SignInCode).where(SignInCode.purpose == CodePurpose.RESET)
    code = db.session.scalars(asked.order_by(SignInCode.id.desc())).first()
    letter = db.session.scalars(select(Letter).order_by(Letter.due_at)).first()
    assert code and letter
    return {"new_password": f"/new-password/{code.public_id}/{codes.link_token(code)}", "letter": letter.public_id}


def _second_step() -> None:
    """Tomás has an app, a passkey with a long name and two recovery codes."""
    tomas = _person("tomas@example.org")
    secret = code_apps.offer(tomas, "furnish")
    code_apps.set_up(tomas, secret, pyotp.TOTP(secret).at(clock.seconds()))
    passkeys.keep(Passkey(person_id=tomas.id, credential_id="furnish", public_key="x", synced=True), LONG_NAME)
    for spare in recovery_codes.renew(tomas)[2:]:
        recovery_codes.use(tomas, spare)


def _person(email: str) -> Person:
    found = people.find_by_email(email)
    assert found is not None, email
    return found


if __name__ == "__main__":
    with create_app().app_context(), audit.acting_as("command"):
        json.dump(furnish(), sys.stdout)
