"""Forms of the public booking pages: what is asked, and what is said beside the field when it can not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from accounts import people
from foundation import times
from foundation.errors import InputWrong
from foundation.forms import Form, at_most, required

from . import finder, wording
from .models import Modality

BEST_TIMES = [
    SelectChoice("any", _l("Any time")),
    SelectChoice("morning", _l("In the morning")),
    SelectChoice("afternoon", _l("In the afternoon")),
    SelectChoice("evening", _l("In the evening")),
]
REFERENCE_HINT = _l("8 letters and digits, for example 4F7K2QXM")
ABROAD_HINT = _l("Start a number from another country with +.")


def readable_name(_form: Form, field: Field) -> None:
    """A name in any script; one word is enough."""
    _read(people.clean_name, field.data or "")


def readable_email(_form: Form, field: Field) -> None:
    """An e-mail address, or nothing."""
    if field.data:
        _read(people.normal_email, field.data)


def readable_phone(form: Form, field: Field) -> None:
    """A phone number as people of the office's country (`form.region`) write it, or nothing."""
    if field.data:
        _read(people.normal_phone, field.data, getattr(form, "region", ""))


def _read(rule: Any, *typed: str) -> None:
    try:
        rule(*typed)
    except InputWrong as wrong:
        raise ValidationError(wrong.message) from None


class TimeForm(Form):
    """Which of the day's times."""

    starts_at = RadioField(_l("Choose a time"), [required(_l("Choose a time"))], validate_choice=False)


class ConfirmForm(Form):
    """Nothing to type; when the time went meanwhile, other times to choose from."""

    starts_at = RadioField(_l("Choose another time that is free now"), validate_choice=False, choices=[])

    def offer_times(self, slots: Sequence[finder.Slot], zone: str) -> None:
        """Offer these times instead of the one that went."""
        self.starts_at.choices = [
            SelectChoice(slot.starts_at.isoformat(), times.when(slot.starts_at, zone)) for slot in slots
        ]
        self.starts_at.data = None


class AnswersForm(ConfirmForm):
    """Who comes, how we reach them, and how they meet: the only page where somebody types."""

    name = StringField(
        _l("Your name"),
        [required(_l("Enter your name")), readable_name],
        description=_l("As you want to be called. One word is enough."),
    )
    email = StringField(
        _l("E-mail (if you have one)"),
        [readable_email],
        description=_l("We send you the appointment, the link to join and a reminder."),
    )
    phone = StringField(
        _l("Phone (if you have one)"),
        [readable_phone],
        description=_l(
            "For an appointment by phone, or if something goes wrong. Start a number from another country with +."
        ),
    )
    modality = RadioField(_l("How do you want to meet?"), [required(_l("Choose how you want to meet"))])
    language = SelectField(_l("Which language do you want to speak?"), [required(_l("Choose a language"))])
    needs = SelectMultipleField(
        _l("What do you need to take part?"),
        description=_l("Choose all that you need, or nothing. Only the people who help you see this."),
        choices=[SelectChoice(need.value, label) for need, label in wording.NEEDS.items()],
    )
    token = HiddenField()
    region = ""

    def offer(self, modalities: list[str], languages: list[str]) -> None:
        """Fill the choices with what the service really has."""
        self.modality.choices = [SelectChoice(code, wording.MODALITIES[Modality(code)]) for code in modalities]
        self.language.choices = [SelectChoice(code, wording.language(code)) for code in languages]

    def validate_phone(self, field: Field) -> None:
        """A phone appointment needs a number."""
        if self.modality.data == Modality.PHONE and not field.data:
            raise ValidationError(_l("Enter a phone number, so that the counselor can call you"))


class CancelForm(Form):
    """A reason, if they like."""

    reason = TextAreaField(_l("Why do you cancel? (you can leave this empty)"), [at_most(500)])


class FindForm(Form):
    """The reference and a second thing that only the person knows."""

    reference = StringField(
        _l("Reference"), [required(_l("Enter your reference")), at_most(40)], description=REFERENCE_HINT
    )
    second = StringField(
        _l("Code, e-mail or phone"),
        [required(_l("Enter your code, or the e-mail or phone number you booked with")), at_most(254)],
        description=_l("The 6-digit code of your appointment, or the e-mail or phone number you booked with"),
    )


class JoinForm(Form):
    """The reference and the code on the printed confirmation."""

    reference = StringField(
        _l("Reference"), [required(_l("Enter your reference")), at_most(40)], description=REFERENCE_HINT
    )
    code = StringField(_l("Code"), [required(_l("Enter the 6-digit code")), at_most(40)], description=_l("6 digits"))


class WaitlistForm(Form):
    """Who waits for a time, and for which days."""

    name = StringField(_l("Your name"), [required(_l("Enter your name")), readable_name])
    email = StringField(
        _l("E-mail (if you have one)"), [readable_email], description=_l("We write as soon as a time is free.")
    )
    phone = StringField(
        _l("Phone (if you have one)"), [readable_phone], description=_l("If you have no e-mail, somebody calls you.")
    )
    first_day = SelectField(_l("From which day?"))
    last_day = SelectField(_l("Until which day?"))
    token = HiddenField()
    region = ""

    def validate_email(self, field: Field) -> None:
        """Somebody who waits must be reachable."""
        if not field.data and not self.phone.data:
            raise ValidationError(_l("Enter an e-mail address or a phone number, so that we can tell you"))

    def validate_last_day(self, field: Field) -> None:
        """The last day is not before the first."""
        if field.data and self.first_day.data and field.data < self.first_day.data:
            raise ValidationError(_l("Choose a last day that is not before the first day"))


class CallbackForm(Form):
    """Who wants to be called, and when."""

    name = StringField(_l("Your name"), [required(_l("Enter your name")), readable_name])
    phone = StringField(
        _l("Phone number"), [required(_l("Enter your phone number")), readable_phone], description=ABROAD_HINT
    )
    best_time = RadioField(_l("When is a good time?"), choices=BEST_TIMES, default="any")
    note = TextAreaField(_l("What is it about? (you can leave this empty)"), [at_most(500)])
    token = HiddenField()
    region = ""
