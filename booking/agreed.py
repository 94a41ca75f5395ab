"""The person's yes to a phone call or a visit, this one time: given with the button that books, or by voice to a colleague.

Video and writing are asked before going in (`virtual_office.meetings.agreement`).
"""

from __future__ import annotations

from accounts import consents
from accounts.models import Consent
from foundation import times

from . import wording
from .models import Appointment, Modality

PURPOSES = {Modality.PHONE: "meet_by_phone", Modality.IN_PERSON: "meet_in_person"}
TEXT_VERSION = "2026-11"
"""Changes with the words of `templates/booking/_agree.html`."""
BY_VOICE = "2026-11 by voice"
"""What a colleague writes down for somebody on the phone or at the desk."""
SCOPE = "appointment"


def give(appointment: Appointment, *, by_voice: bool) -> None:
    """Write the yes down, where the way to meet is asked for at booking; a yes to another way of before is taken back."""
    purpose = PURPOSES.get(Modality(appointment.modality))
    for other in PURPOSES.values():
        if other != purpose:
            consents.withdraw(appointment.person, other, SCOPE, appointment.id)
    if purpose is not None:
        version = BY_VOICE if by_voice else TEXT_VERSION
        consents.give(appointment.person, purpose, version, SCOPE, appointment.id)


def of(appointment: Appointment) -> Consent | None:
    """The yes in force, or None."""
    purpose = PURPOSES.get(Modality(appointment.modality))
    return consents.current(appointment.person, purpose, SCOPE, appointment.id) if purpose else None


def words(appointment: Appointment) -> str:
    """How and when they agreed, for the counselor's page; empty without a yes."""
    yes = of(appointment)
    if yes is None:
        return ""
    return wording.agreed(
        yes.purpose, times.when(yes.given_at, appointment.zone), by_voice=yes.text_version == BY_VOICE
    )
