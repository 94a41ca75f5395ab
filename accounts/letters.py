"""Letters about accounts: the code to sign in, the link to choose a password. The secrets exist only in the words, never in the row."""

from __future__ import annotations

from flask import current_app, render_template
from flask_babel import gettext as _

from foundation import letters
from foundation.db import db
from foundation.letters import Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import codes, second_factors
from .models import CodePurpose, Contact, Person, SignInCode


@letters.renderer(CodePurpose.SIGN_IN)
def sign_in(letter: Letter) -> Rendered:
    """Six digits and a link, for the browser that asked."""
    code = _open_code(letter)
    minutes = current_app.config["VO"].sign_in_minutes
    link = absolute(f"/sign-in/link/{code.public_id}/{codes.link_token(code)}")
    return _write(letter, _("Your code to sign in"), link=link, digits=codes.six_digits(code), minutes=minutes)


@letters.renderer(codes.STAFF_DOOR)
def sign_in_staff(letter: Letter) -> Rendered:
    """Colleagues have no codes: where their door is."""
    return _write(letter, _("How to sign in"), link=absolute("/sign-in/password"))


@letters.renderer(CodePurpose.RESET)
def reset(letter: Letter) -> Rendered:
    """A link to choose a new password."""
    minutes = codes.RESET_LIFE // 60
    return _write(letter, _("Choose a new password"), link=_password_link(letter), minutes=minutes)


@letters.renderer(CodePurpose.INVITE)
def invite(letter: Letter) -> Rendered:
    """A colleague's first letter: a link to choose a password."""
    days = codes.INVITE_LIFE // 86_400
    subject = _("Your account at %(service)s", service=current_app.config["VO"].service_name)
    return _write(letter, subject, link=_password_link(letter), days=days)


@letters.renderer(second_factors.RESET)
def second_factors_reset(letter: Letter) -> Rendered:
    """An administrator took a colleague's second factors away."""
    return _write(letter, _("Your second step was reset"), link=absolute("/sign-in/password"))


def _password_link(letter: Letter) -> str:
    code = _open_code(letter)
    return absolute(f"/new-password/{code.public_id}/{codes.link_token(code)}")


def _open_code(letter: Letter) -> SignInCode:
    code = db.session.get(SignInCode, letter.subject_id)
    if code is None or not codes.is_open(code):
        raise Stale("used or too old")
    return code


def _write(letter: Letter, subject: str, **told: object) -> Rendered:
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    if contact is None:
        raise Stale("no address")
    told["person"] = db.session.get_one(Person, letter.person_id)
    text, html = (render_template(f"accounts/letters/{letter.kind}.{form}", **told) for form in ("txt", "html"))
    return Rendered(contact.value, subject, text, html)
