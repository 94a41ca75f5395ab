"""Forms about webinars: what planners fill in, and what people answer who register."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from booking import wording as spoken
from booking.forms import readable_email, readable_name, readable_phone
from foundation import languages, times
from foundation.forms import Form, at_most, required

from .models import Audience, HostRole, QuestionKind, RegistrationQuestion, Webinar
from .questions import NO, YES
from .wording import AUDIENCES, PARTS, QUESTION_KINDS

YES_OR_NO = [(YES, _l("Yes")), (NO, _l("No"))]
SPOKEN = ("en", "es", "fr", "ar", "de", "it", "nl", "pl", "pt", "ro", "ru", "uk", "tr", "fa", "hi", "zh")
"""Languages that can be chosen, beside those of the pages."""


def language_choices() -> list[SelectChoice]:
    """Languages of talks, by their codes, in the reader's words."""
    codes = dict.fromkeys([*(code for code, _name in languages.offered()), *SPOKEN])
    return [SelectChoice(code, spoken.language(code)) for code in codes]


def _answer(label: Any, description: Any = "") -> RadioField:
    return RadioField(label, choices=YES_OR_NO, validators=[Optional()], description=description, validate_choice=False)


class WebinarForm(Form):
    """All of a webinar but who gives it and what is asked."""

    office = SelectField(_l("Office"), choices=[], validators=[Optional()])
    title = StringField(_l("Title"), validators=[required(_l("Enter a title")), at_most(120)])
    summary = TextAreaField(
        _l("What it is about"),
        description=_l("What people learn, for whom it is, what to bring."),
        validators=[at_most(3000)],
    )
    language = SelectField(_l("Language"), choices=[])
    on_day = DateField(_l("Day"), validators=[InputRequired(_l("Enter a day"))])
    starts = TimeField(_l("From"), validators=[InputRequired(_l("Enter a time, for example 10:00"))])
    ends = TimeField(_l("To"), validators=[InputRequired(_l("Enter a time, for example 11:00"))])
    capacity = IntegerField(_l("Seats"), validators=[InputRequired(_l("Enter a number"))], default=100)
    captions = _answer(_l("Are there captions?"), _l("Somebody writes what is said."))
    interpreted = _answer(_l("Is there an interpreter?"))
    interpreted_into = SelectMultipleField(_l("Into which languages?"), choices=[], validators=[Optional()])
    signed = _answer(_l("Is there a sign language interpreter?"))
    audience = RadioField(
        _l("Who may register?"), choices=[(one.value, AUDIENCES[one]) for one in Audience], default="public"
    )
    registers_until = DateField(
        _l("Last day to register"), description=_l("Empty: until it ends."), validators=[Optional()]
    )
    approves = BooleanField(_l("A colleague says yes to each registration"))
    waits = BooleanField(_l("There is a waitlist when it is full"), default=True)
    template = BooleanField(_l("This is a template: it is copied and never published"))
    version = IntegerField(widget=HiddenInput(), default=0)

    @classmethod
    def of(cls, webinar: Webinar | None, zone: str) -> WebinarForm:
        """Filled from a webinar when nothing was sent, with the choices in the reader's words."""
        form = cls(data=cls.saved(webinar, zone) if webinar else {"language": languages.current(), "waits": True})
        form.language.choices = language_choices()
        form.interpreted_into.choices = language_choices()
        return form

    @staticmethod
    def saved(webinar: Webinar, zone: str) -> dict[str, Any]:
        """What a webinar has, field by field."""
        names = ("title", "summary", "language", "capacity", "interpreted_into", "audience", "approves", "waits")
        starts, ends = times.local(webinar.starts_at, zone), times.local(webinar.ends_at, zone)
        until = webinar.registers_until
        return {
            **{name: getattr(webinar, name) for name in (*names, "template", "version")},
            **{name: _said(getattr(webinar, name)) for name in ("captions", "interpreted", "signed")},
            "on_day": starts.date(),
            "starts": starts.time(),
            "ends": ends.time(),
            "registers_until": times.local(until, zone).date() if until else None,
        }

    def values(self, zone: str) -> Mapping[str, Any]:
        """The webinar's own fields, times in UTC; an end before the start is of the next day."""
        place = ZoneInfo(zone)
        starts_at, ends_at = self.span(zone)
        until = self.registers_until.data
        midnight = datetime.combine(until + timedelta(days=1), time(), place).astimezone(UTC) if until else None
        return {
            "title": self.title.data or "",
            "summary": self.summary.data or "",
            "language": self.language.data or "",
            "capacity": self.capacity.data or 0,
            "captions": _heard(self.captions.data),
            "interpreted": _heard(self.interpreted.data),
            "interpreted_into": list(self.interpreted_into.data or []) if _heard(self.interpreted.data) else [],
            "signed": _heard(self.signed.data),
            "audience": self.audience.data or "",
            "registers_until": min(midnight, ends_at) if midnight else None,
            "approves": bool(self.approves.data),
            "waits": bool(self.waits.data),
            "template": bool(self.template.data),
            "starts_at": starts_at,
            "ends_at": ends_at,
        }

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """From and to as moments."""
        return span(self.on_day.data, self.starts.data, self.ends.data, zone)


class TimeForm(Form):
    """Another time."""

    on_day = DateField(_l("Day"), validators=[InputRequired(_l("Enter a day"))])
    starts = TimeField(_l("From"), validators=[InputRequired(_l("Enter a time, for example 10:00"))])
    ends = TimeField(_l("To"), validators=[InputRequired(_l("Enter a time, for example 11:00"))])

    @classmethod
    def of(cls, webinar: Webinar) -> TimeForm:
        """Filled with the time that it has now."""
        saved = WebinarForm.saved(webinar, webinar.zone)
        return cls(data={name: saved[name] for name in ("on_day", "starts", "ends")})


class CopyForm(Form):
    """On which day the copy is; the time of day stays."""

    on_day = DateField(_l("Day"), validators=[InputRequired(_l("Enter a day"))])


class SeriesForm(Form):
    """More of the same."""

    every_weeks = IntegerField(_l("Every how many weeks?"), validators=[InputRequired(_l("Enter a number"))], default=1)
    times = IntegerField(_l("How many more?"), validators=[InputRequired(_l("Enter a number"))], default=4)


class HostForm(Form):
    """A colleague's part."""

    email = EmailField(
        _l("E-mail address of the colleague"), validators=[required(_l("Enter an e-mail address")), at_most(254)]
    )
    role = SelectField(_l("Part"), choices=[(one.value, PARTS[one]) for one in HostRole], default=HostRole.HOST.value)


class QuestionForm(Form):
    """One more question to those who register."""

    words = StringField(_l("Question"), validators=[required(_l("Enter the question")), at_most(200)])
    kind = SelectField(
        _l("How it is answered"), choices=[(one.value, QUESTION_KINDS[one]) for one in QuestionKind], default="text"
    )
    choices = TextAreaField(_l("Answers to choose from"), description=_l("One a line"), validators=[at_most(1000)])
    required = BooleanField(_l("It must be answered"))


class RegistrationForm(Form):
    """Who comes; the webinar's own questions are read beside it (`answers`)."""

    name = StringField(
        _l("Your name"),
        [required(_l("Enter your name")), readable_name],
        description=_l("As you want to be called. One word is enough."),
    )
    email = StringField(
        _l("E-mail (if you have one)"),
        [readable_email],
        description=_l("We send you your own link, a calendar entry and reminders."),
    )
    phone = StringField(
        _l("Phone (if you have one)"),
        [readable_phone],
        description=_l("Start a number from another country with +."),
    )
    places = IntegerField(
        _l("How many people take part with you at one screen, you included?"),
        validators=[InputRequired(_l("Enter a number"))],
        default=1,
    )
    token = HiddenField()
    region = ""


def form_for(questions: list[RegistrationQuestion]) -> type[RegistrationForm]:
    """The form with the webinar's own questions as fields `q_<public id>`."""
    asked: dict[str, Any] = {}
    for one in questions:
        label = one.words if one.required else _l("%(question)s (if you like)", question=one.words)
        if one.kind == QuestionKind.TEXT:
            asked[f"q_{one.public_id}"] = StringField(label, validators=[at_most(500)])
        else:
            choices = YES_OR_NO if one.kind == QuestionKind.YES_NO else [(said, said) for said in one.choices]
            asked[f"q_{one.public_id}"] = RadioField(
                label, choices=choices, validators=[Optional()], validate_choice=False
            )
    return type("AskedForm", (RegistrationForm,), asked)


def answers_of(form: RegistrationForm, questions: list[RegistrationQuestion]) -> dict[str, str]:
    """What was answered, by the questions' public ids."""
    return {one.public_id: form[f"q_{one.public_id}"].data or "" for one in questions}


def span(on_day: Any, starts: time, ends: time, zone: str) -> tuple[datetime, datetime]:
    """A local day and two times of the clock as UTC moments; an end before the start is of the next day."""
    place = ZoneInfo(zone)
    later = on_day if ends > starts else on_day + timedelta(days=1)
    return tuple(datetime.combine(day, at, place).astimezone(UTC) for day, at in ((on_day, starts), (later, ends)))  # type: ignore[return-value]


def _said(answer: bool | None) -> str | None:
    return None if answer is None else YES if answer else NO


def _heard(said: str | None) -> bool | None:
    return {YES: True, NO: False}.get(said or "")
