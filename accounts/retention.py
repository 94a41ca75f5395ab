"""How long the foundation and accounts keep things: codes, keys, letters' words, ended sign-ins, the audit trail."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, update

from foundation.db import db
from foundation.models import AuditEvent, IdempotencyKey, Letter
from foundation.retention import Keys, Rule, deletes, older_than, rule

from .models import Attempt, SignIn, SignInCode


def _blank_letters(keys: Keys) -> None:
    emptied: dict[str, Any] = {"subject_line": None, "body": None, "details": {}, "failure": None}
    db.session.execute(update(Letter).where(Letter.id.in_([key[0] for key in keys])).values(**emptied))


def _old_letters(limit: int) -> Any:
    worded = or_(Letter.body.is_not(None), Letter.subject_line.is_not(None), Letter.failure.is_not(None))
    return select(Letter.id).where(Letter.state != "waiting", worded, Letter.due_at < limit)


GONE = _l("They are deleted.")
rule(
    Rule(
        "codes",
        "keep_codes_days",
        _l("Links and codes to sign in"),
        GONE,
        lambda limit: select(SignInCode.id).where(SignInCode.expires < limit),
        deletes(SignInCode),
    )
)
rule(
    Rule(
        "tries",
        "keep_codes_days",
        _l("How often somebody tried a code or a password"),
        GONE,
        lambda limit: select(Attempt.id).where(Attempt.at < limit),
        deletes(Attempt),
    )
)
rule(
    Rule(
        "keys",
        "keep_codes_days",
        _l("Numbers of requests that programs sent twice"),
        GONE,
        lambda limit: select(IdempotencyKey.id).where(IdempotencyKey.created_at < limit),
        deletes(IdempotencyKey),
    )
)
rule(
    Rule(
        "letters",
        "keep_letters_days",
        _l("The words of letters that we sent"),
        _l("The words are deleted. That a letter was sent stays with the appointment."),
        _old_letters,
        _blank_letters,
    )
)
rule(
    Rule(
        "sign_ins",
        "keep_calls_days",
        _l("When somebody signed in and out"),
        GONE,
        lambda limit: select(SignIn.id).where(SignIn.seen < limit),
        deletes(SignIn),
    )
)
rule(
    Rule(
        "audit",
        "keep_audit_days",
        _l("The list of who did what in the service"),
        GONE,
        lambda limit: select(AuditEvent.id).where(AuditEvent.at < older_than(limit)),
        deletes(AuditEvent),
    )
)
