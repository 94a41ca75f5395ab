"""Forms of meetings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField, TelField
from wtforms.validators import InputRequired

from foundation.forms import Form, at_most, required

from .models import ParticipantRole, Purpose


class PhoneForm(Form):
    """At which number."""

    phone = TelField(_l("Your phone number"), validators=[required(_l("Enter your phone number")), at_most(40)])


class InviteForm(Form):
    """A third person by text."""

    name = StringField(
        _l("Name of the person"), validators=[required(_l("Enter the name of the person")), at_most(200)]
    )
    role = RadioField(
        _l("Who is it?"),
        choices=[
            (ParticipantRole.INTERPRETER.value, _l("An interpreter")),
            (ParticipantRole.COMPANION.value, _l("A companion of the person")),
            (ParticipantRole.CAPTIONER.value, _l("Somebody who writes what is said")),
        ],
        validators=[InputRequired(_l("Choose who it is"))],
    )


class StreamKeyForm(Form):
    """An address and a secret for a program."""

    purpose = RadioField(
        _l("What is the program to do?"),
        choices=[
            (Purpose.SEND.value, _l("Send picture and sound into the meeting")),
            (Purpose.WATCH.value, _l("Show the meeting")),
        ],
        validators=[InputRequired(_l("Choose what the program is to do"))],
    )
