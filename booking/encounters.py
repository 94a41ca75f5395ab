"""The meeting of an appointment by video or chat: arranged, moved and closed with it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import bindparam, select

from foundation.db import db
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, ParticipantRole

from .models import CANCELLED, Appointment, Modality, Resource

OPENS_BEFORE = timedelta(minutes=15)
CLOSES_AFTER = timedelta(minutes=30)
MEDIA = {Modality.VIDEO: "p2p", Modality.CHAT: "none"}
_RESOURCE = Resource.__table__.c
_BEHIND = select(_RESOURCE.id, _RESOURCE.person_id, _RESOURCE.kind).where(
    _RESOURCE.id.in_(bindparam("ids", expanding=True)), _RESOURCE.person_id.is_not(None)
)
_ROLES = {"counselor": ParticipantRole.COUNSELOR, "interpreter": ParticipantRole.INTERPRETER}


def arrange(appointment: Appointment, resource_ids: Collection[int]) -> None:
    """A meeting for video and chat with the people behind these resources; nothing for phone and in person."""
    media = MEDIA.get(Modality(appointment.modality))
    if media is None:
        return
    meeting = meetings.arrange(
        kind="appointment",
        media=media,
        opens_at=appointment.starts_at - OPENS_BEFORE,
        closes_at=appointment.ends_at + CLOSES_AFTER,
        office_id=appointment.office_id,
        seated=_people(appointment, resource_ids),
    )
    appointment.meeting = meeting


def rearrange(appointment: Appointment, resource_ids: Collection[int]) -> None:
    """The same meeting at the new time; another one when the people or the way to meet changed."""
    meeting = appointment.meeting
    media = MEDIA.get(Modality(appointment.modality))
    if meeting is not None:
        same = {(p.person_id, p.role) for p in meeting.participants} == set(_people(appointment, resource_ids))
        if same and media == meeting.media:
            meetings.reschedule(meeting, appointment.starts_at - OPENS_BEFORE, appointment.ends_at + CLOSES_AFTER)
            return
        meetings.close(meeting, "moved")
        appointment.meeting = None
    arrange(appointment, resource_ids)


def call_off(appointment: Appointment) -> None:
    """Nobody enters any more."""
    if appointment.meeting is not None:
        meetings.close(appointment.meeting, "cancelled")


def _people(appointment: Appointment, resource_ids: Collection[int]) -> list[tuple[int, str]]:
    rows = sorted(
        db.session.execute(_BEHIND, {"ids": list(resource_ids)}), key=lambda row: row.id != appointment.counselor_id
    )
    there = {row.person_id: str(_ROLES[row.kind]) for row in rows if row.kind in _ROLES}
    there.setdefault(appointment.person.id, str(ParticipantRole.JOBSEEKER))
    return list(there.items())


@meetings.link_source("appointment")
def _who_joins_by_link(meeting: Meeting) -> list[tuple[int, int]]:
    """The jobseeker of the appointment, by the link version in force; nobody when it is cancelled."""
    query = select(Appointment.person_id, Appointment.link_version).where(
        Appointment.meeting_id == meeting.id, Appointment.state.not_in(CANCELLED)
    )
    return [(person_id, version) for person_id, version in db.session.execute(query)]
