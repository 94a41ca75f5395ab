"""Forms about a person's data."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired

from foundation.forms import Form, required


class FindPersonForm(Form):
    """Whom to look for."""

    words = StringField(
        _l("Reference, e-mail address or phone number"), [required(_l("Enter a reference, an address or a number"))]
    )


class EraseForm(Form):
    """The last question before somebody is erased."""

    sure = BooleanField(
        _l("I have checked that this is the right person. This can not be undone."),
        [InputRequired(_l("Tick the box if you are certain"))],
    )
    cancel = BooleanField(_l("Cancel what is still agreed with this person"))
