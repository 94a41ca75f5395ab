"""The app that shows a new code every 30 seconds (TOTP, RFC 6238): set up with a picture or by typing, each step used once."""

from __future__ import annotations

import base64
import io

import pyotp
import segno
from flask import current_app
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from pyotp.utils import strings_equal
from sqlalchemy import delete, select, update

from foundation import audit, clock
from foundation.db import db, insert_into, table
from foundation.errors import InputWrong
from foundation.security import key_of, sign
from foundation.vault import seal, unseal

from .factor_models import CodeApp
from .models import Person

SEALED = "code_app"
STEP = 30
DRIFT = 1
"""Steps that a phone's clock may be early or late."""
DIGITS = 6


class WrongCode(InputWrong):
    """Not the code of now."""

    code = "wrong_code"
    field = "code"
    message = _l("This code does not work. Wait for the next one in your app and type that.")


def offer(person: Person, seed: str) -> str:
    """The secret for a set-up that began with this seed (random, kept in the browser): nothing is stored until it is confirmed.

    Without our key the seed tells nothing. 160 bits, as RFC 4226 asks for.
    """
    drawn = sign("code_app_offer", person.public_id, seed).encode()
    return base64.b32encode(key_of(f"code_app:{drawn.decode()}")[:20]).decode()


def groups(secret: str) -> str:
    """The secret as people type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def picture(person: Person, secret: str) -> Markup:
    """The secret for a phone's camera: inline SVG, dark on light whatever the theme."""
    drawn = io.BytesIO()
    segno.make(_address(person, secret), error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=False, nl=False, border=4, light="#fff", omitsize=True
    )
    return Markup(drawn.getvalue().decode())


def set_up(person: Person, secret: str, typed: str) -> None:
    """Keep a new app in place of any older one, if the person's phone shows its code; raises WrongCode."""
    step = _step_of(secret, typed, 0)
    if step is None:
        raise WrongCode
    values = {
        "person_id": person.id,
        "secret": seal(SEALED, person.id, secret),
        "last_step": step,
        "created_at": clock.now(),
    }
    again = {name: values[name] for name in ("secret", "last_step", "created_at")}
    db.session.execute(
        insert_into(table(CodeApp)).values(**values).on_conflict_do_update(index_elements=["person_id"], set_=again)
    )
    audit.note("code_app.set_up", person)


def use(person: Person, typed: str) -> bool:
    """Whether this is a code of the person's app that was not used yet; it is used up. Inside a write transaction."""
    app = of(person)
    if app is None:
        return False
    step = _step_of(unseal(SEALED, person.id, app.secret), typed, app.last_step)
    if step is None:
        return False
    # Of two who type the same code at once, one finds its step still unused.
    taken = update(CodeApp).where(CodeApp.id == app.id, CodeApp.last_step < step).values(last_step=step)
    return db.session.execute(taken.returning(CodeApp.id)).first() is not None


def of(person: Person) -> CodeApp | None:
    """The person's app, if they have one."""
    return db.session.scalar(select(CodeApp).where(CodeApp.person_id == person.id))


def remove(person: Person) -> None:
    """The app's codes do not work any more."""
    forget(person)
    audit.note("code_app.removed", person)


def forget(person: Person) -> None:
    """`remove` as a part of something larger."""
    db.session.execute(delete(CodeApp).where(CodeApp.person_id == person.id))


def _step_of(secret: str, typed: str, after: int) -> int | None:
    """The step whose code was typed, newer than `after`; None."""
    code = "".join(str(int(letter)) for letter in typed[:40] if letter.isdecimal())
    if len(code) != DIGITS:
        return None
    totp, now = pyotp.TOTP(secret, digits=DIGITS, interval=STEP), clock.seconds() // STEP
    fitting = [step for step in range(now - DRIFT, now + DRIFT + 1) if strings_equal(totp.generate_otp(step), code)]
    return next((step for step in fitting if step > after), None)


def _address(person: Person, secret: str) -> str:
    issuer = current_app.config["VO"].service_name.replace(":", " ")
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=person.address, issuer_name=issuer)
