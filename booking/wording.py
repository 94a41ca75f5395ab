"""What modalities, needs and languages are called on pages."""

from __future__ import annotations

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .models import Modality, Need

MODALITIES = {
    Modality.VIDEO: _l("Video, in your browser"),
    Modality.PHONE: _l("Phone: we call you"),
    Modality.CHAT: _l("Chat: you write, in your browser"),
    Modality.IN_PERSON: _l("In person, at the office"),
}
WAYS = {
    Modality.VIDEO: _l("Video"),
    Modality.PHONE: _l("Phone"),
    Modality.CHAT: _l("Chat"),
    Modality.IN_PERSON: _l("In person"),
}
NEEDS = {
    Need.INTERPRETER: _l("An interpreter for my language"),
    Need.SIGN_INTERPRETER: _l("A sign language interpreter"),
    Need.CAPTIONS: _l("Captions: what is said, written"),
    Need.STEP_FREE: _l("A place without steps"),
    Need.COMPANION: _l("Somebody comes with me"),
    Need.MORE_TIME: _l("More time to talk"),
}


def modality(code: str) -> str:
    """What a modality is called."""
    return str(MODALITIES[Modality(code)])


def way(code: str) -> str:
    """A modality in one or two words."""
    return str(WAYS[Modality(code)])


def need(code: str) -> str:
    """What a need is called."""
    return str(NEEDS[Need(code)])


def language(code: str) -> str:
    """A language in the reader's words and in its own: `Arabic (العربية)`."""
    spoken = Locale.parse(code, sep="-")
    here = spoken.get_display_name(get_locale()) or code
    own = spoken.display_name or here
    here = here[:1].upper() + here[1:]
    return here if own.casefold() == here.casefold() else f"{here} ({own})"


def first_name(name: str) -> str:
    """The first word of a name: what a counselor is called on pages."""
    return name.split()[0] if name.split() else name


def agreed(purpose: str, at: str, *, by_voice: bool) -> str:
    """What the person agreed to, when, and whether they said it to a colleague."""
    if purpose == "meet_by_phone":
        return (
            _("Meet by phone, agreed by voice on %(when)s", when=at)
            if by_voice
            else _("Meet by phone, said on %(when)s", when=at)
        )
    return (
        _("Meet at the office, agreed by voice on %(when)s", when=at)
        if by_voice
        else _("Meet at the office, said on %(when)s", when=at)
    )
