"""Forms of the counselor's desk."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from foundation.forms import Form

from .desk_models import CallResult
from .models import AppointmentState
from .notes import LONGEST


class OutcomeForm(Form):
    """How an appointment went."""

    outcome = RadioField(
        _l("How did it go?"),
        choices=[
            (AppointmentState.ATTENDED.value, _l("The person came")),
            (AppointmentState.LATE.value, _l("The person came late")),
            (AppointmentState.MISSED.value, _l("The person did not come")),
            (AppointmentState.TECHNICAL_FAILURE.value, _l("The technology failed (this never counts against anybody)")),
        ],
        validators=[InputRequired(_l("Choose how it went"))],
    )


class NoteForm(Form):
    """A note; `revision` tells apart two windows."""

    body = TextAreaField(
        _l("Notes"),
        description=_l("The person may ask to see this. Write what you would say to them."),
        validators=[Length(max=LONGEST, message=_l("Shorten the note to 20,000 characters"))],
    )
    revision = IntegerField(widget=HiddenInput(), validators=[Optional()])


RESULTS = {
    CallResult.REACHED: _l("Reached"),
    CallResult.NO_ANSWER: _l("No answer"),
    CallResult.WRONG_NUMBER: _l("The number is wrong"),
    CallResult.CALL_AGAIN: _l("Call again"),
}


class AttemptForm(Form):
    """When to call again; the buttons say what came of the call."""

    again_at = TimeField(_l("Call again at"), validators=[Optional()])
