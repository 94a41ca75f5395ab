"""An office's own words in letters: per kind and language, looked at before they are saved, and given back."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation import languages, letter_words
from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.languages import speaking
from foundation.letter_words import Kind, Words
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from . import trials
from .forms import WordingForm

blueprint = Blueprint("wording", __name__, url_prefix="/staff/letters/words")


@blueprint.get("")
@allow(*offices.LEADS)
def index() -> ResponseReturnValue:
    """The visitor's offices; the only one opens at once."""
    mine = [office for office in offices.listed(visitor()) if office.active]
    if len(mine) == 1:
        return redirect(url_for(".show", office_id=mine[0].public_id))
    title = _("Words of letters")
    return render_template("staff/choose_office.html", offices=mine, title=title, endpoint="wording.show")


@blueprint.get("/<office_id>")
@allow(*offices.LEADS)
def show(office_id: str) -> ResponseReturnValue:
    """Kinds of letters by language, and which of them the office says itself."""
    office = offices.get(office_id, visitor())
    told = {"office": office, "kinds": letter_words.kinds(), "own": letter_words.changed(office.id)}
    return render_template("staff/letter_desk/wordings.html", **told)


@blueprint.route("/<office_id>/<letter_kind>/<language>", methods=["GET", "POST"])
@allow(*offices.LEADS)
def change(office_id: str, letter_kind: str, language: str) -> ResponseReturnValue:
    """The words of one kind in one language; `look` shows the letter with them, `save` keeps them."""
    office, kind = _asked(office_id, letter_kind, language)
    saved = letter_words.of(office.id, kind.code, language)
    form = WordingForm(data=letter_words.plain_of(saved))
    shown = saved
    if form.validate_on_submit():
        try:
            if request.form.get("act") != "look":
                write(lambda: letter_words.save(office.id, kind, language, form.words()))
                flash(_("Saved. Letters that leave from now on say it."))
                return redirect(url_for(".change", office_id=office_id, letter_kind=letter_kind, language=language))
            with speaking(language):
                letter_words.check(office.id, kind, form.words())
            shown = form.words()
        except Refusal as refusal:
            form.refuse(refusal)
            form.version.data, form.version.raw_data = letter_words.of(office.id, kind.code, language).version, None
    status = 422 if form.error_list() else 200
    return _page(office, kind, language, form, shown), status


@blueprint.post("/<office_id>/<letter_kind>/<language>/removal")
@allow(*offices.LEADS)
def give_back(office_id: str, letter_kind: str, language: str) -> ResponseReturnValue:
    """The standard words again."""
    office, kind = _asked(office_id, letter_kind, language)
    write(lambda: letter_words.reset(office.id, kind.code, language))
    flash(_("The standard words are back."))
    return redirect(url_for(".show", office_id=office_id))


@blueprint.post("/<office_id>/<letter_kind>/<language>/trial")
@allow(*offices.LEADS)
def try_out(office_id: str, letter_kind: str, language: str) -> ResponseReturnValue:
    """A test letter with the saved words and an invented appointment, to the visitor's own address."""
    office, kind = _asked(office_id, letter_kind, language)
    try:
        sent = write(lambda: trials.send(office, kind.code, language, visitor()))
        flash(_("A test letter is on its way to %(addresses)s.", addresses=languages.listed(sent)))
    except Refusal as refusal:
        flash(refusal.message)
    return redirect(url_for(".change", office_id=office_id, letter_kind=letter_kind, language=language))


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Words of letters"), "wording.index", offices.LEADS, order=52)


def _asked(office_id: str, letter_kind: str, language: str) -> tuple[Office, Kind]:
    office, kind = offices.get(office_id, visitor()), letter_words.kind_of(letter_kind)
    if kind is None or language not in dict(languages.offered()):
        raise NotFound
    return office, kind


def _page(office: Office, kind: Kind, language: str, form: WordingForm, shown: Words) -> str:
    with speaking(language):
        letter, message = (kind.preview(office.id, kind.code, shown, as_text) for as_text in (False, True))
    return render_template(
        "staff/letter_desk/wording.html",
        office=office,
        kind=kind,
        code=language,
        form=form,
        letter=letter,
        message=message.short,
        room=letter_words.room_of(message.short),
        own=letter_words.of(office.id, kind.code, language).own,
    )
