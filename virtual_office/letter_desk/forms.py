"""What is asked about an office's reminders and its own words."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectMultipleField, TextAreaField, TimeField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from foundation import reminders
from foundation.forms import Form, at_most
from foundation.letter_words import Words
from foundation.reminders import Rule

BEFORE = [
    (str(reminders.WEEK), _l("7 days before")),
    (str(reminders.DAY), _l("24 hours before")),
    (str(reminders.HOUR), _l("1 hour before")),
]


class ReminderForm(Form):
    """When people are reminded, by which way, and when text messages keep quiet."""

    email = SelectMultipleField(_l("By e-mail"), choices=BEFORE)
    sms = SelectMultipleField(_l("By text message"), choices=BEFORE)
    printed = SelectMultipleField(
        _l("On paper, for people without e-mail and phone"),
        choices=[one for one in BEFORE if int(one[0]) in reminders.PRINTABLE],
        description=_l("The letter appears under “Letters to print”. Somebody prints it and posts it."),
    )
    quiet_from = TimeField(_l("From"), validators=[InputRequired(_l("Enter a time, for example 21:00"))])
    quiet_until = TimeField(
        _l("Until"),
        description=_l("The same time twice means: never quiet."),
        validators=[InputRequired(_l("Enter a time, for example 08:00"))],
    )
    version = IntegerField(widget=HiddenInput(), default=0)

    @staticmethod
    def saved(rule: Rule) -> dict[str, Any]:
        """What holds now, field by field."""
        return {
            **{name: [str(one) for one in getattr(rule, name)] for name in ("email", "sms", "printed")},
            "quiet_from": reminders.wall(rule.quiet_from),
            "quiet_until": reminders.wall(rule.quiet_until),
            "version": rule.version,
        }

    def rule(self) -> Rule:
        """What was chosen."""
        email, sms, printed = (
            tuple(int(one) for one in field.data or ()) for field in (self.email, self.sms, self.printed)
        )
        quiet = [at.hour * 60 + at.minute for at in (self.quiet_from.data, self.quiet_until.data) if at is not None]
        return Rule(email, sms, printed, quiet[0], quiet[1], self.version.data or 0)


class WordingForm(Form):
    """An office's own words; what stays empty is said in the standard words."""

    intro = TextAreaField(_l("First sentence"), validators=[at_most(1000)])
    bring = TextAreaField(
        _l("What to have ready"),
        description=_l("Stands instead of what the service says."),
        validators=[at_most(1000)],
    )
    closing = TextAreaField(_l("Last words"), validators=[at_most(1000)])
    short = TextAreaField(_l("Text message"), validators=[at_most(400)])
    version = IntegerField(widget=HiddenInput(), default=0)

    def words(self) -> Words:
        """What was typed."""
        intro, bring, closing, short = (
            field.data or "" for field in (self.intro, self.bring, self.closing, self.short)
        )
        return Words(intro, bring, closing, short, self.version.data or 0)
