"""How the people of an appointment meet, in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from .models import Appointment, Modality


@dataclass(frozen=True)
class Method:
    """Words for how people meet: shown in letters and used as the calendar entry's place."""

    how: str
    place: str


def method_of(appointment: Appointment) -> Method:
    """How the people of an appointment meet, in words."""
    phone = appointment.phone.value if appointment.phone else ""
    return {
        Modality.VIDEO: Method(_("By video, in your browser"), _("Online")),
        Modality.CHAT: Method(_("By chat, in your browser"), _("Online")),
        Modality.PHONE: Method(_("By phone: we call you on %(phone)s", phone=phone), _("By phone")),
        Modality.IN_PERSON: Method(
            _("In person at %(office)s", office=appointment.office.name), appointment.office.address
        ),
    }[Modality(appointment.modality)]
