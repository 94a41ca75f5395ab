"""Forms about offices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from foundation.forms import Form, at_most, required

from .models import Office
from .offices import Window

SPAN = re.compile(r"(\d{1,2})[:.]?(\d{2})?\s*[-–—]\s*(\d{1,2})[:.]?(\d{2})?")


def spans(text: str) -> list[tuple[int, int]]:
    """`09:00-14:00, 15-17` as minutes; raises ValueError when something else stands there."""
    found = []
    for part in re.split(r"[,;]|\s{2,}", text):
        if not part.strip():
            continue
        match = SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError(part)
        from_hour, from_minute, to_hour, to_minute = (int(n or 0) for n in match.groups())
        opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or not 0 <= opens < closes <= 1440:
            raise ValueError(part)
        found.append((opens, closes))
    return found


def said(windows: list[tuple[int, int]]) -> str:
    """The other way round."""
    return ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in windows)


class Spans:
    """Validator: hours like `09:00-14:00, 15:00-17:00`, or nothing."""

    def __call__(self, _form: Form, field: Any) -> None:
        try:
            spans(field.data or "")
        except ValueError:
            raise ValidationError(_l("Enter hours like 09:00-14:00, 15:00-17:00, or leave it empty")) from None


def _day(label: Any) -> StringField:
    return StringField(label, validators=[at_most(100), Spans()])


class OfficeForm(Form):
    """An office's fields and its week."""

    name = StringField(_l("Name"), validators=[required(_l("Enter the name of the office")), at_most(120)])
    address = TextAreaField(_l("Address"), validators=[at_most(500)])
    directions = TextAreaField(
        _l("How to get in"),
        description=_l("Entrance, lift, bus. Shown to people who come."),
        validators=[at_most(1000)],
    )
    zone = StringField(
        _l("Time zone"),
        description=_l("Begin to type a city, for example Madrid"),
        validators=[required(_l("Choose a time zone")), at_most(60)],
    )
    phone = StringField(
        _l("Phone"), description=_l("People who can not use this page call it."), validators=[at_most(40)]
    )
    phone_cost = StringField(
        _l("What a call costs"), description=_l("For example: free from any phone"), validators=[at_most(120)]
    )
    region = StringField(
        _l("Public holidays of"),
        description=_l("A country like ES, or a country and region like ES-MD. Empty: none."),
        validators=[at_most(12)],
    )
    day0 = _day(_l("Monday"))
    day1 = _day(_l("Tuesday"))
    day2 = _day(_l("Wednesday"))
    day3 = _day(_l("Thursday"))
    day4 = _day(_l("Friday"))
    day5 = _day(_l("Saturday"))
    day6 = _day(_l("Sunday"))
    active = BooleanField(_l("This office is open to the public"), default=True)
    version = IntegerField(widget=HiddenInput(), default=0)

    @classmethod
    def of(cls, office: Office) -> OfficeForm:
        """Filled from an office, when nothing was sent."""
        return cls(data={**cls.saved(office), "version": office.version})

    @staticmethod
    def saved(office: Office) -> dict[str, Any]:
        """What an office has, field by field."""
        week = {f"day{n}": said([(h.opens, h.closes) for h in office.hours if h.weekday == n]) for n in range(7)}
        names = ("name", "address", "directions", "zone", "phone", "phone_cost", "region", "active")
        return {**{name: getattr(office, name) for name in names}, **week}

    def values(self) -> Mapping[str, Any]:
        """The office's own fields."""
        texts = {
            name: self[name].data or ""
            for name in ("name", "address", "directions", "zone", "phone", "phone_cost", "region")
        }
        dialled = "".join(str(int(one)) if one.isdecimal() else one for one in texts["phone"])
        return {**texts, "phone": dialled, "region": texts["region"].upper(), "active": self.active.data}

    def hours(self) -> list[Window]:
        """The week as (weekday, opens, closes)."""
        return [(n, opens, closes) for n in range(7) for opens, closes in spans(self[f"day{n}"].data or "")]


class ClosureForm(Form):
    """Days on which an office is closed."""

    first_day = DateField(_l("First day"), validators=[InputRequired(_l("Enter the first day"))])
    last_day = DateField(_l("Last day"), validators=[DataRequired(_l("Enter the last day"))])
    reason = StringField(_l("Reason, as people read it"), validators=[at_most(120)])
