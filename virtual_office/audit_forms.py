"""The filters of the page of who did what."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Optional, ValidationError

from foundation.forms import Form, at_most

from . import audit_wording


class AuditForm(Form):
    """Every filter may be empty."""

    who = StringField(_l("Whose number or e-mail address"), [Optional(), at_most(254)])
    act = SelectField(_l("What was done"), [Optional()])
    thing = SelectField(_l("To what"), [Optional()])
    office = SelectField(_l("Office"), [Optional()])
    begins = DateField(_l("From"), [Optional()])
    ends = DateField(_l("To"), [Optional()])

    def offer(self, acts: list[str], places: dict[int, str]) -> AuditForm:
        """What there is to choose from."""
        anything = ("", _l("Everything"))
        self.act.choices = [anything, *((act, audit_wording.act(act)) for act in acts)]
        self.thing.choices = [anything, *audit_wording.THINGS.items()]
        self.office.choices = [("", _l("All offices")), *((str(one), name) for one, name in places.items())]
        return self

    @property
    def asks(self) -> list[str]:
        """Names of the filters in use."""
        return sorted(name for name, field in self._fields.items() if name != "csrf_token" and field.data)

    def validate_ends(self, field: DateField) -> None:
        """The end is not before the beginning."""
        if field.data and self.begins.data and field.data < self.begins.data:
            raise ValidationError(_l("Choose a day that is not before the first one"))
