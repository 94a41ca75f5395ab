"""Forms about accounts: signing in, passwords, colleagues, one's own details."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, HiddenField, PasswordField, RadioField, SelectField, StringField, TelField
from wtforms.validators import ValidationError

from foundation.errors import InputWrong
from foundation.forms import Form, at_most, required
from foundation.languages import current, offered

from . import people
from .access import Visitor
from .models import Role
from .places import all_places
from .staffing import roles_to_give, scope_of

EVERYWHERE = ""
ROLE_NAMES = {
    Role.ADMIN: _l("Administrator"),
    Role.TEAM_LEADER: _l("Team leader"),
    Role.COUNSELOR: _l("Counselor"),
    Role.OPERATOR: _l("Phone operator"),
    Role.INTERPRETER: _l("Interpreter"),
    Role.WEBINAR_HOST: _l("Webinar host"),
}


def readable(rule: Callable[[str], str]) -> Callable[[Form, Field], None]:
    """What a rule can read; its no stands beside the field."""

    def check(_form: Form, field: Field) -> None:
        try:
            rule(field.data or "")
        except InputWrong as no:
            raise ValidationError(no.message) from None

    return check


class AskForm(Form):
    """Whose mailbox a code or link goes to."""

    email = EmailField(_l("E-mail address"), [readable(people.normal_email)])


class DigitsForm(Form):
    """The code from a letter."""

    digits = StringField(
        _l("Code"), [required(_l("Enter the 6-digit code"))], description=_l("6 digits, from our letter")
    )


class PasswordSignInForm(Form):
    """How staff come in."""

    email = EmailField(_l("E-mail address"), [required(_l("Enter your e-mail address"))])
    password = PasswordField(_l("Password"), [required(_l("Enter your password"))])


class NewPasswordForm(Form):
    """A password to come."""

    password = PasswordField(
        _l("New password"),
        [required(_l("Enter a password"))],
        description=_l("At least 12 characters. Four or more words are easy to keep in mind. Any letters, spaces too."),
    )


class ChangePasswordForm(NewPasswordForm):
    """The old password for a new one."""

    current = PasswordField(_l("Your password now"), [required(_l("Enter your password"))])


class FactorForm(Form):
    """The second step: a code of the app, or one from paper."""

    code = StringField(_l("Code"), [required(_l("Enter a code"))])


class ConfirmForm(Form):
    """The second step once more; the names are unlikely in any form that it travels with."""

    confirm_code = StringField(_l("Code"))
    confirm_passkey = HiddenField()


class CodeAppForm(Form):
    """The first code of a new app."""

    code = StringField(_l("Code from the app"), [required(_l("Enter the 6 digits that the app shows"))])


class PasskeyForm(Form):
    """A name for a passkey, and what the browser answered."""

    label = StringField(
        _l("Name of this passkey"), [required(_l("Enter a name, for example: my work phone")), at_most(80)]
    )
    answer = HiddenField()


class PasskeyAnswerForm(Form):
    """What the browser answered."""

    answer = HiddenField()


class FirstRunForm(NewPasswordForm):
    """The first administrator of a new installation."""

    code = StringField(_l("Setup code"), [required(_l("Enter the setup code"))])
    name = StringField(_l("Your name"), [readable(people.clean_name)])
    email = EmailField(_l("E-mail address"), [readable(people.normal_email)])


class DetailsForm(Form):
    """Name and language of one's own account."""

    name = StringField(_l("Name"), [readable(people.clean_name)])
    language = RadioField(_l("Language of letters"))

    def offer(self) -> DetailsForm:
        """Fill in the choices."""
        self.language.choices = offered()
        return self


class PhoneForm(Form):
    """One more phone number."""

    phone = TelField(_l("Phone number"), [required(_l("Enter a phone number"))])


class RoleForm(Form):
    """A role and where it holds."""

    role = RadioField(_l("What this person does"))
    office = SelectField(_l("Where"))

    def offer(self, visitor: Visitor) -> RoleForm:
        """Fill in the choices that the visitor may give."""
        scope = scope_of(visitor)
        self.role.choices = [(role.value, ROLE_NAMES[role]) for role in roles_to_give(visitor)]
        self.office.choices = [(place.public_id, place.name) for place in all_places(scope)]
        if scope is None:
            self.office.choices = [*self.office.choices, (EVERYWHERE, _l("Every office"))]
        return self

    @property
    def office_id(self) -> int | None:
        """The chosen office's row id, None for every office."""
        return next((place.id for place in all_places() if place.public_id == self.office.data), None)


class InviteForm(RoleForm):
    """A new colleague."""

    name = StringField(_l("Name"), [readable(people.clean_name)])
    email = EmailField(_l("E-mail address"), [readable(people.normal_email)])
    language = RadioField(_l("Language of letters"))

    def offer(self, visitor: Visitor) -> InviteForm:
        """Fill in the choices that the visitor may give."""
        super().offer(visitor)
        self.language.choices = offered()
        self.language.data = self.language.data or current()
        return self
