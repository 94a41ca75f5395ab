"""Forms: text is trimmed and bounded, messages are ours and translated, and a rule's no is shown where it belongs."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, FieldList, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from . import languages
from .errors import Refusal

LONGEST = 10_000
"""Characters that any field without its own limit takes; what is longer is shown again with a message."""
LARGEST = 2_000_000_000
"""Whole numbers beyond this fit no column."""
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Days outside of these are slips of the hand, and at the ends of the calendar the clock can not be reckoned."""
WRITTEN = {
    DateField: ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"],
    TimeField: ["%H:%M", "%H:%M:%S", "%H.%M"],
}
"""How people write days and times where the browser has no picker; the first is what pickers send."""


class OurWords:
    """WTForms' own messages (choices, numbers, dates) in our tone and in the reader's language."""

    ELSE = _l("Check this answer")
    ONE = _l("Choose one of the answers")
    SAID = {
        "Not a valid choice.": ONE,
        "Invalid Choice: could not coerce.": ONE,
        "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose from the answers"),
        "Not a valid integer value.": _l("Enter a whole number"),
        "Not a valid decimal value.": _l("Enter a number"),
        "Not a valid float value.": _l("Enter a number"),
        "Not a valid date value.": _l("Enter a date, for example 24.11.2026"),
        "Not a valid time value.": _l("Enter a time, for example 09:30"),
        "Number must be at least %(min)s.": _l("Enter %(min)s or more"),
        "Number must be at most %(max)s.": _l("Enter %(max)s or less"),
        "Number must be between %(min)s and %(max)s.": _l("Enter a number from %(min)s to %(max)s"),
        "Field must be between %(min)d and %(max)d characters long.": _l("Enter %(min)d to %(max)d characters"),
        "Invalid email address.": _l("Enter an e-mail address like name@example.org"),
        "This field is required.": _l("Enter an answer"),
    }
    COUNTED = {
        "Field cannot be longer than %(max)d character.": _l("Shorten this to %(max)d characters"),
        "Field must be at least %(min)d character long.": _l("Enter at least %(min)d characters"),
        "'%(value)s' is not a valid choice for this field.": _l("Choose from the answers"),
    }

    def gettext(self, text: str) -> str:
        """One message; one that we have no words for says only where to look."""
        return str(self.SAID.get(text, self.ELSE))

    def ngettext(self, one: str, _many: str, _n: int) -> str:
        """A counted message."""
        return str(self.COUNTED.get(one, self.ELSE))


def trimmed(value: Any) -> Any:
    """Text without spaces around it and without control characters; line breaks stay; NFC."""
    if not isinstance(value, str):
        return value
    kept = "".join(letter for letter in value if letter in "\n\t" or unicodedata.category(letter) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", kept.replace("\r\n", "\n")).strip()


class Form(FlaskForm):
    """The form of every page. The form token is checked before the door, by `accounts.access.guard`."""

    class Meta(FlaskForm.Meta):
        csrf = False

        def bind_field(self, form: Form, unbound_field: Any, options: dict[str, Any]) -> Field:
            """Every text field trims what was typed (not passwords: a space may belong to one); days and times take
            several spellings, and choices may be pairs."""
            kind = unbound_field.field_class
            if kind in WRITTEN and "format" not in unbound_field.kwargs:
                options = {**options, "format": WRITTEN[kind]}
            if issubclass(kind, StringField) and kind.__name__ != "PasswordField":
                options = {**options, "filters": [*unbound_field.kwargs.get("filters", ()), trimmed]}
            if isinstance(choices := unbound_field.kwargs.get("choices"), list | tuple):
                options = {**options, "choices": [SelectChoice(*one) if type(one) is tuple else one for one in choices]}
            bound: Field = unbound_field.bind(form=form, **options)
            return bound

        def get_translations(self, _form: FlaskForm) -> OurWords:
            return OurWords()

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Field by field; only spaces is no answer, and a text or number beyond its limit is an error like any other."""
        fine: bool = super().validate(extra_validators)
        for field in self:
            bounded = any(isinstance(rule, Length) for rule in field.validators)
            if isinstance(field.data, str) and not bounded and len(field.data) > LONGEST:
                field.errors = [*field.errors, _("Shorten this to %(n)s characters", n=f"{LONGEST:,}")]
                fine = False
            if field.data == "" and not field.errors:
                field.errors = [
                    rule.message or _("Enter an answer") for rule in field.validators if type(rule) is InputRequired
                ]
                fine = fine and not field.errors
            if isinstance(field.data, date) and not FIRST_DAY <= field.data <= LAST_DAY and not field.errors:
                field.errors = [*field.errors, _("Check the year of this date")]
                fine = False
            if isinstance(field.data, int) and abs(field.data) > LARGEST:
                field.errors = [*field.errors, _("Enter a smaller number")]
                fine = False
        return fine

    def refuse(self, refusal: Refusal) -> None:
        """Show a rule's no at the field it belongs to, or at the top of the form."""
        field = self._fields.get(refusal.field or "")
        if field is not None:
            field.errors = [*field.errors, refusal.message]
        else:
            self.form_errors.append(refusal.message)

    def set_beside(self, saved: Mapping[str, Any]) -> None:
        """After a colleague saved in between: what is saved now stands beside each field that says something else."""
        for name, value in saved.items():
            field = self._fields.get(name)
            if field is not None and (field.data or "") != (value or ""):
                field.errors = [
                    *field.errors,
                    _("%(field)s, as saved now: %(value)s", field=field.label.text, value=_said(field, value) or "–"),
                ]

    def error_list(self) -> list[tuple[str, str]]:
        """Every error as (anchor, message) for the summary at the top; the anchor of a list of answers is its first answer."""
        fields = [entry for field in self for entry in (field if isinstance(field, FieldList) else [field])]
        found = [(anchor_of(field), str(message)) for field in fields for message in _flat(field.errors)]
        return [*[("", str(message)) for message in self.form_errors], *found]


def anchor_of(field: Field) -> str:
    """The id that an error link goes to."""
    return f"{field.id}-0" if field.type in {"RadioField", "SelectMultipleField"} else str(field.id)


def required(message: Any) -> InputRequired:
    """An answer must be given; the message says which (`Enter your name`)."""
    return InputRequired(message)


def at_most(n: int) -> Length:
    """At most n characters, said with the number."""
    return Length(max=n, message=_l("Shorten this to %(n)s characters", n=n))


def _said(field: Field, value: Any) -> str:
    """A saved value in the words of the page."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    chosen = value if isinstance(value, list) else [value]
    labels = {code: label for code, label, *_more in field.iter_choices()} if hasattr(field, "iter_choices") else {}
    return languages.listed(labels.get(one, one) for one in chosen if one is not None)


def _flat(errors: Any) -> Iterator[Any]:
    for error in errors or ():
        if isinstance(error, list | tuple):
            yield from error
        else:
            yield error
