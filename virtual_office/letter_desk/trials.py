"""Test letters: an office's words with an invented appointment, to nobody but the colleague who asks."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import attempts
from accounts.access import Visitor
from accounts.models import Contact, ContactKind
from foundation import audit, clock, letter_words, letters, sms
from foundation.db import db
from foundation.errors import NotFound, Refusal
from foundation.letters import EMAIL, SMS, Rendered, Stale
from foundation.models import Letter
from virtual_office.offices.models import Office

TRIAL = "trial_letter"
MOST, WINDOW = 10, 3600
"""Test letters of one colleague in an hour."""


class NowhereToSend(Refusal):
    """The colleague has no address of their own."""

    code = "nowhere_to_send"
    message = _l("You have no e-mail address here. Add one under “My account”.")


def send(office: Office, kind: str, language: str, visitor: Visitor) -> list[str]:
    """Write the letter, and the text message where one can go; gives the addresses. Refuses NowhereToSend, TooMany."""
    person = visitor.person
    contacts = list(person.contacts) if person else []
    mail = next((one for one in contacts if one.kind == ContactKind.EMAIL and one.verified_at), None)
    phone = next((one for one in contacts if one.kind == ContactKind.PHONE), None) if sms.available() else None
    ways = [(channel, contact) for channel, contact in ((EMAIL, mail), (SMS, phone)) if contact is not None]
    if person is None or not ways:
        raise NowhereToSend
    attempts.count(TRIAL, str(person.id), MOST, WINDOW)
    for channel, contact in ways:
        letters.post(
            TRIAL,
            channel=channel,
            language=language,
            dedupe=f"trial:{person.id}:{office.id}:{kind}:{language}:{channel}:{clock.seconds()}",
            person_id=person.id,
            contact_id=contact.id,
            office_id=office.id,
            details={"kind": kind},
        )
    audit.note("letter_wording.tried", office, after={"kind": kind, "language": language}, office_id=office.id)
    return [contact.value for _channel, contact in ways]


@letters.renderer(TRIAL, _l("Test letter"))
def trial(letter: Letter) -> Rendered:
    """The saved words as people would get them, named as a test."""
    kind = letter_words.kind_of(letter.details["kind"])
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    if kind is None or contact is None:
        raise Stale("no address")
    own = letter_words.of(letter.office_id, kind.code, letter.language)
    if letter.office_id is None:
        raise NotFound
    made = kind.preview(letter.office_id, kind.code, own, letter.channel == SMS)
    return replace(made, to=contact.value, subject=_("Test: %(subject)s", subject=made.subject), ics="", method="")
