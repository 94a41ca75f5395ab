"""Forms of meetings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from foundation.forms import Form, at_most, required

from .models import ParticipantRole


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
