"""What is asked of those who register, and whether an answer fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l

from foundation import audit
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal

from .models import QuestionKind, RegistrationQuestion, Webinar, WebinarState

MOST = 8
LONGEST = 500
"""Characters of one answer."""
FEWEST_CHOICES, MOST_CHOICES = 2, 10
YES, NO = "yes", "no"


class Asked(Refusal):
    """Somebody may have answered already."""

    code = "asked_already"
    message = _l("Questions can be changed only while the webinar is a draft.")


def add(
    webinar: Webinar, words: str, kind: QuestionKind, choices: Sequence[str] = (), *, required: bool = False
) -> RegistrationQuestion:
    """One more question at the end. Refuses InputWrong, Asked."""
    lock(webinar)
    if webinar.state != WebinarState.DRAFT:
        raise Asked
    if len(webinar.questions) >= MOST:
        raise InputWrong(_l("Eight questions are the most. Take one away first."), field="words")
    offered = list(dict.fromkeys(one.strip() for one in choices if one.strip())) if kind == QuestionKind.CHOICE else []
    if kind == QuestionKind.CHOICE and not FEWEST_CHOICES <= len(offered) <= MOST_CHOICES:
        raise InputWrong(_l("Enter 2 to 10 answers to choose from, one a line"), field="choices")
    number = max((one.number for one in webinar.questions), default=0) + 1
    made = RegistrationQuestion(
        webinar_id=webinar.id, number=number, words=words.strip(), kind=kind, choices=offered, required=required
    )
    db.session.add(made)
    db.session.flush()
    db.session.refresh(webinar, ["questions"])
    audit.note("webinar.question_added", made, after={"kind": kind.value}, office_id=webinar.office_id)
    return made


def remove(webinar: Webinar, public_id: str) -> None:
    """Ask it no more. Refuses Asked."""
    lock(webinar)
    found = next((one for one in webinar.questions if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    if webinar.state != WebinarState.DRAFT:
        raise Asked
    audit.note("webinar.question_removed", found, office_id=webinar.office_id)
    db.session.delete(found)
    db.session.flush()
    db.session.refresh(webinar, ["questions"])


def checked(webinar: Webinar, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers by the questions' public ids; unknown ones are left out. Raises InputWrong at the field `q_<public id>`."""
    kept = {}
    for one in webinar.questions:
        field, said = f"q_{one.public_id}", (answers.get(one.public_id) or "").strip()
        if not said:
            if one.required:
                raise InputWrong(_l("Answer this question"), field=field)
            continue
        if len(said) > LONGEST:
            raise InputWrong(_l("Shorten this to %(n)s characters", n=LONGEST), field=field)
        allowed = {QuestionKind.YES_NO: [YES, NO], QuestionKind.CHOICE: one.choices}.get(QuestionKind(one.kind))
        if allowed is not None and said not in allowed:
            raise InputWrong(_l("Choose one of the answers"), field=field)
        kept[one.public_id] = said
    return kept
