"""The page where administrators say things their own way: find a message, change its words, or give them back."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, TextAreaField

from accounts import navigation
from accounts.access import allow, visitor
from accounts.models import Role
from foundation import languages, wordings
from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.forms import Form

blueprint = Blueprint("words", __name__, url_prefix="/staff/words")
SHOWN = 40


class WordsForm(Form):
    """One text, or one for each form that the language counts in."""

    said = FieldList(TextAreaField(_l("Our words")), min_entries=1, max_entries=6)


@blueprint.get("")
@allow(Role.ADMIN)
def index() -> ResponseReturnValue:
    """What the service says in a language, or what of it somebody changed."""
    _refuse_unless_everywhere()
    language = languages.known(request.args.get("language"))
    text = request.args.get("text", "").replace("\x00", "").strip()[:200]
    own_only = request.args.get("own") == "yes"
    found = wordings.search(language, text, own_only, SHOWN + 1) if text or own_only else []
    return render_template(
        "staff/words.html",
        code=language,
        text=text,
        own_only=own_only,
        found=found[:SHOWN],
        more=len(found) > SHOWN,
    )


@blueprint.route("/<language>/<digest>", methods=["GET", "POST"])
@allow(Role.ADMIN)
def change(language: str, digest: str) -> ResponseReturnValue:
    """One message: its English, its words now, ours; what is saved is in force everywhere within seconds."""
    _refuse_unless_everywhere()
    if language not in dict(languages.offered()):
        raise NotFound
    message = wordings.get(language, digest)
    form = WordsForm(data={"said": list(message.said)})
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                said = tuple(entry.data or "" for entry in form.said)
                write(lambda: wordings.override(language, message, said, visitor().person_id))
                flash(_("Saved. Every page says it within a few seconds."))
                return redirect(url_for(".index", language=language, own="yes"))
            except Refusal as refusal:
                form.said[0].errors = [*form.said[0].errors, refusal.message]
    page = render_template("staff/word.html", form=form, message=message, code=language)
    return page, status


@blueprint.post("/<language>/<digest>/removal")
@allow(Role.ADMIN)
def give_back(language: str, digest: str) -> ResponseReturnValue:
    """Say it again as the catalogue does."""
    _refuse_unless_everywhere()
    message = wordings.get(language, digest)
    write(lambda: wordings.override(language, message, (), visitor().person_id))
    flash(_("The words of the catalogue are back."))
    return redirect(url_for(".index", language=language, own="yes"))


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Words"), "words.index", (Role.ADMIN,), order=84)


def _refuse_unless_everywhere() -> None:
    """Words are the same at every office: only who looks after all of them may change them."""
    if visitor().offices(Role.ADMIN) is not None:
        raise NotFound
