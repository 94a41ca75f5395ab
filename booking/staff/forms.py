"""Forms that staff fill: services, diaries, hours, absences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from foundation.forms import Form, at_most, required
from virtual_office.offices.forms import Spans, spans

from ..models import Service
from ..staff_wording import MODALITIES

WEEKDAYS = [
    ("0", _l("Monday")),
    ("1", _l("Tuesday")),
    ("2", _l("Wednesday")),
    ("3", _l("Thursday")),
    ("4", _l("Friday")),
    ("5", _l("Saturday")),
    ("6", _l("Sunday")),
]
IN_THE_MONTH = [
    ("", _l("Every one")),
    ("1", _l("Only the first")),
    ("2", _l("Only the second")),
    ("3", _l("Only the third")),
    ("4", _l("Only the fourth")),
    ("5", _l("Only the fifth")),
    ("-1", _l("Only the last")),
]
REASONS = [
    ("leave", _l("Time off")),
    ("training", _l("Training")),
    ("meeting", _l("Meeting")),
    ("illness", _l("Away")),
    ("other", _l("Something else")),
]
MODALITY_CHOICES = [(code.value, words) for code, words in MODALITIES.items()]
NEEDS_PLACE, NEEDS_INTERPRETER = "place:in_person", "interpreter"


def _number(label: Any, hint: Any = "") -> IntegerField:
    return IntegerField(label, description=hint, validators=[InputRequired(_l("Enter a whole number"))])


class ServiceForm(Form):
    """What can be booked."""

    office = SelectField(_l("Office"), validators=[Optional()], choices=[])
    name = StringField(_l("Name"), validators=[required(_l("Enter the name of the service")), at_most(120)])
    description = TextAreaField(
        _l("What it is"), description=_l("One or two short sentences for jobseekers."), validators=[at_most(1000)]
    )
    prepare = TextAreaField(_l("What to have ready"), validators=[at_most(1000)])
    minutes = _number(_l("Minutes"), _l("How long it takes. Steps of five."))
    before_minutes = _number(_l("Minutes kept free before"), _l("For the counselor to get ready."))
    after_minutes = _number(_l("Minutes kept free after"), _l("For notes."))
    step_minutes = _number(_l("A time every … minutes"), _l("30 offers 9:00, 9:30, 10:00 and so on."))
    notice_minutes = _number(_l("Book at least … minutes before"))
    horizon_days = _number(_l("Book at most … days ahead"))
    modalities = SelectMultipleField(_l("How people meet"), choices=MODALITY_CHOICES)
    needs_place = BooleanField(_l("A meeting in person needs a place (desk or talk corner)"), default=True)
    needs_interpreter = BooleanField(_l("It always needs an interpreter"))
    counselors = SelectMultipleField(_l("Who gives it"), coerce=int, choices=[])
    detail = RadioField(
        _l("What people see of free times"),
        choices=[("counts", _l("How many times are free on a day")), ("coarse", _l("Only that something is free"))],
        default="counts",
    )
    shows_counselor = BooleanField(_l("Show the counselor's first name"), default=True)
    active = BooleanField(_l("It can be booked"), default=True)
    version = IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])

    @classmethod
    def of(cls, service: Service, counselors: list[int]) -> ServiceForm:
        """Filled from a service, when nothing was sent."""
        return cls(data={**cls.saved(service, counselors), "version": service.version})

    @classmethod
    def saved(cls, service: Service, counselors: list[int]) -> dict[str, Any]:
        """What a service has, field by field."""
        data = {name: getattr(service, name) for name in cls.plain()}
        needs = {"needs_place": NEEDS_PLACE in service.needs, "needs_interpreter": NEEDS_INTERPRETER in service.needs}
        return {**data, **needs, "counselors": counselors}

    @staticmethod
    def plain() -> tuple[str, ...]:
        """Fields that are called as in the row."""
        return (
            "name", "description", "prepare", "minutes", "before_minutes", "after_minutes", "step_minutes", "notice_minutes",
            "horizon_days", "modalities", "detail", "shows_counselor", "active",
        )  # fmt: skip

    def values(self) -> Mapping[str, Any]:
        """The service's fields."""
        needs = [NEEDS_PLACE] * bool(self.needs_place.data) + [NEEDS_INTERPRETER] * bool(self.needs_interpreter.data)
        texts = {name: self[name].data or "" for name in ("name", "description", "prepare")}
        return {**{name: self[name].data for name in self.plain()}, **texts, "needs": needs}


class DiaryForm(Form):
    """A counselor or interpreter (by e-mail), or a place (by name)."""

    office = SelectField(_l("Office"), choices=[])
    kind = RadioField(
        _l("What do you add?"),
        choices=[
            ("counselor", _l("A counselor")),
            ("interpreter", _l("An interpreter")),
            ("place", _l("A place: desk, talk corner")),
        ],
        validators=[InputRequired(_l("Choose what you add"))],
    )
    name = StringField(_l("Name"), validators=[required(_l("Enter a name")), at_most(120)])
    email = EmailField(
        _l("E-mail address"),
        description=_l("Gets a letter with a link to choose a password. Not for a place."),
        validators=[at_most(254)],
    )
    speaks = StringField(
        _l("Languages"), description=_l("Codes with commas, for example: en, ar, sign-es"), validators=[at_most(100)]
    )
    step_free = BooleanField(_l("The place has no steps"))


class DetailsForm(Form):
    """Name, languages and modalities of a diary."""

    name = StringField(_l("Name"), validators=[required(_l("Enter a name")), at_most(120)])
    speaks = StringField(
        _l("Languages"), description=_l("Codes with commas, for example: en, ar, sign-es"), validators=[at_most(100)]
    )
    modalities = SelectMultipleField(
        _l("Only receives by"), description=_l("None chosen: every way the service offers."), choices=MODALITY_CHOICES
    )
    step_free = BooleanField(_l("The place has no steps"))
    seen = HiddenField()


class HoursForm(Form):
    """One rule of the week."""

    weekday = SelectMultipleField(_l("On"), choices=WEEKDAYS)
    opens = TimeField(_l("From"), validators=[InputRequired(_l("Enter a time, for example 09:00"))])
    closes = TimeField(_l("To"), validators=[InputRequired(_l("Enter a time, for example 13:00"))])
    valid_from = DateField(_l("First day"), validators=[InputRequired(_l("Enter the first day"))])
    valid_to = DateField(_l("Last day (empty: no end)"), validators=[Optional()])
    every_n_weeks = SelectField(_l("How often"), choices=[], default="1")
    nth = SelectField(_l("In the month"), choices=IN_THE_MONTH, default="")
    modalities = SelectMultipleField(
        _l("Only for"), description=_l("None chosen: every way to meet."), choices=MODALITY_CHOICES
    )
    place = SelectField(
        _l("Where"),
        description=_l(
            "Away from the own office nobody is received in person. The way between two places is kept free."
        ),
        choices=[],
        default="",
        validators=[Optional()],
    )
    seen = HiddenField()


class AwayAgainForm(Form):
    """An absence that comes again."""

    weekday = SelectMultipleField(_l("On"), choices=WEEKDAYS)
    opens = TimeField(_l("From (empty: the whole day)"), validators=[Optional()])
    closes = TimeField(_l("To (empty: the whole day)"), validators=[Optional()])
    valid_from = DateField(_l("First day"), validators=[InputRequired(_l("Enter the first day"))])
    valid_to = DateField(_l("Last day (empty: no end)"), validators=[Optional()])
    every_n_weeks = SelectField(_l("How often"), choices=[], default="1")
    nth = SelectField(_l("In the month"), choices=IN_THE_MONTH, default="")
    reason = SelectField(_l("Reason"), choices=REASONS, default="meeting")


class AffectedForm(Form):
    """What to do with the ticked appointments."""

    one = SelectMultipleField(_l("Appointments"), choices=[], validate_choice=False)
    act = RadioField(
        _l("What to do with them"),
        choices=[
            ("hand_over", _l("Hand over: another counselor, the same time")),
            ("move", _l("Move: the next free time of the same counselor, else of the service")),
            ("offer", _l("Offer other times by letter: the old time is kept until they choose")),
        ],
        validators=[InputRequired(_l("Choose what to do"))],
    )
    to = SelectField(_l("Hand over to"), choices=[], default="", validate_choice=False, validators=[Optional()])


class TravelForm(Form):
    """The way between two offices."""

    one = SelectField(_l("From"), choices=[])
    other = SelectField(_l("To"), choices=[])
    minutes = IntegerField(_l("Minutes"), validators=[InputRequired(_l("Enter a whole number"))])


class DayForm(Form):
    """Other hours on one day, or none."""

    on_day = DateField(_l("Day"), validators=[InputRequired(_l("Enter the day"))])
    hours = StringField(
        _l("Hours on that day"),
        description=_l("For example 09:00-12:00. Empty: closed that day."),
        validators=[at_most(100), Spans()],
    )
    reason = StringField(_l("Reason"), validators=[at_most(120)])

    def windows(self) -> list[tuple[int, int]]:
        """The hours as minutes."""
        return spans(self.hours.data or "")


class AbsenceForm(Form):
    """Away from one local time to another."""

    starts_on = DateField(_l("First day"), validators=[InputRequired(_l("Enter the first day"))])
    starts_at = TimeField(_l("From (empty: the whole day)"), validators=[Optional()])
    ends_on = DateField(_l("Last day"), validators=[InputRequired(_l("Enter the last day"))])
    ends_at = TimeField(_l("To (empty: the whole day)"), validators=[Optional()])
    reason = SelectField(
        _l("Reason"),
        choices=REASONS,
    )
