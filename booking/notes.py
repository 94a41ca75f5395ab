"""What a counselor writes about an appointment: saved as typed, one note for each author, readable by the person on request."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import Person
from foundation import audit, clock
from foundation.db import db
from foundation.errors import InputWrong, Refusal

from .models import Appointment, AppointmentNote

LONGEST = 20_000
"""Characters of one note."""


class NoteChangedElsewhere(Refusal):
    """The same note was saved in another window since this one was opened; `theirs` is what stands now."""

    code = "note_changed_elsewhere"
    status = 409
    message = _l("You saved this note in another window. Copy what you need, then open it again.")


def of(appointment: Appointment, author: Person) -> AppointmentNote | None:
    """The author's note about an appointment, or None."""
    query = select(AppointmentNote).where(
        AppointmentNote.appointment_id == appointment.id, AppointmentNote.author_id == author.id
    )
    return db.session.scalar(query)


def save(appointment: Appointment, author: Person, body: str, revision: int) -> AppointmentNote:
    """Save over revision `revision` (0: none yet); refuses when another window saved in between with other words."""
    if len(body) > LONGEST:
        raise InputWrong(_l("The note is too long. Shorten it to 20,000 characters."), field="body")
    note = of(appointment, author)
    if note is None:
        note = AppointmentNote(appointment_id=appointment.id, author_id=author.id, body="", revision=0)
        db.session.add(note)
    if note.body == body and note.revision:
        return note
    if note.revision != revision:
        raise NoteChangedElsewhere(theirs=note.revision)
    if note.revision == 0:
        audit.note("note.written", appointment, after={"fields": ["note"]})
    note.body, note.revision, note.saved_at = body, note.revision + 1, clock.now()
    db.session.flush()
    return note
