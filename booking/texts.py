"""Text messages about appointments: one message each, neutral, without names; what does not fit loses words before it loses its link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import current_app
from flask_babel import gettext as _

from foundation import letter_words, segments, times


def link_to(path: str) -> str:
    """A short link in full, by the shorter address of the service where it has one."""
    settings = current_app.config["VO"]
    return (settings.short_url.rstrip("/") or settings.public_url) + path


def of(kind: str, facts: Mapping[str, str]) -> str:
    """The standard message of a kind. `facts`: when, brief, link, reference.

    The first that fits into one message: the whole sentence; a word, the time and the link; a word, the time and the reference,
    with which /find opens the appointment for the phone number that got this.
    """
    return _first_that_fits(_sentence(kind, facts), _word(kind), facts)


def own_words(facts: Mapping[str, str], own: str) -> str:
    """An office's own message with the facts in it, however long."""
    return segments.plain(letter_words.fill(own, facts))


def own_or_standard(kind: str, facts: Mapping[str, str], own: str) -> str:
    """An office's own message where it has one, else the standard one."""
    text = own_words(facts, own)
    # Checked when it was saved, with the longest facts that are likely; a date may be longer still.
    return text if text and segments.size(text).segments == 1 else of(kind, facts)


def fitting(words: str, word: str, facts: Mapping[str, str]) -> str:
    """Any sentence with its link; where that is too long, a word, the time and the link, or the reference: what fits into one message."""
    return _first_that_fits(f"{words} {facts['link']}", word, facts)


def facts_of(starts_at: datetime, zone: str, path: str, reference: str) -> dict[str, str]:
    """The facts that messages can name."""
    return {
        "when": times.brief(starts_at, zone),
        "brief": times.briefest(starts_at, zone),
        "link": link_to(path),
        "reference": reference,
    }


def _first_that_fits(sentence: str, word: str, facts: Mapping[str, str]) -> str:
    for text in (sentence, f"{word} {facts['brief']} {facts['link']}"):
        folded = segments.plain(text)
        if segments.size(folded).segments == 1:
            return folded
    return segments.plain(f"{word} {facts['brief']} {facts['reference']}".rstrip())


def _sentence(kind: str, facts: Mapping[str, str]) -> str:
    when, link = facts["when"], facts["link"]
    if kind == "appointment_moved":
        return _("Your appointment has a new time: %(when)s. See it: %(link)s", when=when, link=link)
    if kind == "appointment_cancelled":
        return _("Your appointment on %(when)s is cancelled. See it: %(link)s", when=when, link=link)
    if kind == "appointment_restored":
        return _("Your appointment stands again: %(when)s. See it: %(link)s", when=when, link=link)
    if kind == "appointment_reminder":
        return _("Reminder: appointment %(when)s. Late, or can not come? %(link)s", when=when, link=link)
    if kind == "waitlist_offer":
        return _("A time is free: %(when)s. Take it or leave it: %(link)s", when=when, link=link)
    return _("Your appointment: %(when)s. See, move or cancel it: %(link)s", when=when, link=link)


def _word(kind: str) -> str:
    return {
        "appointment_moved": _("New time"),
        "appointment_cancelled": _("Cancelled"),
        "appointment_restored": _("It stands"),
        "appointment_reminder": _("Reminder"),
        "waitlist_offer": _("Free time"),
    }.get(kind, _("Appointment"))
