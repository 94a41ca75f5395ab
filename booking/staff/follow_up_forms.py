"""What a colleague asks for when somebody comes again: which service, from when, how often, with whom."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import DateField, IntegerField, RadioField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from foundation.forms import Form, required

from .. import follow_ups
from ..collective import MOST
from ..models import Resource, Service
from ..staff_wording import MODALITIES

SAME, ANYBODY = "same", "any"


class FollowUpForm(Form):
    """Asked by GET: the answer is a list of proposals, nothing is booked yet."""

    service = SelectField(_l("What for"), [required(_l("Choose what for"))])
    modality = RadioField(_l("How do they meet?"), [required(_l("Choose how they meet"))])
    first_day = DateField(_l("First day"), [InputRequired(_l("Enter the first day, for example 24.11.2026"))])
    at = TimeField(_l("Time"), [InputRequired(_l("Enter a time, for example 09:30"))])
    times = IntegerField(
        _l("How many appointments"),
        [InputRequired(_l("Enter how many")), NumberRange(1, follow_ups.MOST)],
        description=_l("1 to 12"),
    )
    every = SelectField(_l("How often"), coerce=int)
    with_whom = RadioField(_l("With whom?"))
    beside = SelectMultipleField(
        _l("Who comes too?"),
        description=_l("Colleagues who take part in every one of these appointments."),
    )

    def offer(
        self, services: list[Service], counselor: Resource, others: list[Resource], modalities: list[str]
    ) -> None:
        """Fill the choices with what the office really has."""
        self.service.choices = [(one.public_id, one.name) for one in services]
        self.modality.choices = [(code, words) for code, words in MODALITIES.items() if code in modalities]
        self.every.choices = [
            (n, ngettext("every week", "every %(num)s weeks", n)) for n in range(1, follow_ups.LONGEST_STEP + 1)
        ]
        self.with_whom.choices = [(SAME, counselor.name), (ANYBODY, _l("Whoever is free"))]
        self.beside.choices = [(one.public_id, one.name) for one in others if one.id != counselor.id]

    def validate_beside(self, field: Any) -> None:
        """Not a crowd."""
        if len(field.data or ()) > MOST:
            raise ValidationError(_l("Choose at most 3 colleagues"))
