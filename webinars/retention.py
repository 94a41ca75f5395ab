"""How long registrations are kept: then only how many there were."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from foundation.db import Base, db
from foundation.models import Letter
from foundation.privacy_sources import delete_rows
from foundation.retention import Keys, Rule, older_than, rule

from .models import Registration, Webinar


def _old(limit: int) -> Any:
    over = select(Webinar.id).where(Webinar.ends_at < older_than(limit))
    return select(Registration.id).where(Registration.webinar_id.in_(over))


def _count_and_delete(keys: Keys) -> None:
    ids = [key[0] for key in keys]
    per_webinar: dict[int, Counter[str]] = {}
    gone = select(Registration.webinar_id, Registration.state, Registration.places).where(Registration.id.in_(ids))
    for webinar_id, state, places in db.session.execute(gone):
        per_webinar.setdefault(webinar_id, Counter())[state] += places
    for webinar_id, counted in per_webinar.items():
        webinar = db.session.get_one(Webinar, webinar_id)
        webinar.counts = dict(Counter(webinar.counts) + counted)
    db.session.flush()
    db.session.execute(delete(Letter).where(Letter.subject_kind == "registration", Letter.subject_id.in_(ids)))
    delete_rows(Base.metadata.tables["registration"], keys)
    db.session.expire_all()


rule(
    Rule(
        "registrations",
        "keep_registrations_days",
        _l("Who registered for a webinar, and what they answered"),
        _l("They are deleted; how many there were is kept."),
        _old,
        _count_and_delete,
    )
)
