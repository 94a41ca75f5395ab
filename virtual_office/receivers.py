"""Who else gets something of a person's data in this installation, said from its settings and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from foundation.config import Settings


@dataclass(frozen=True)
class Receiver:
    """A machine or company, what it gets, and its name where the settings say one."""

    what: Any
    host: str = ""


def of(settings: Settings) -> list[Receiver]:
    """Everybody whom this installation passes something on to."""
    found = []
    if settings.smtp_url:
        found.append(
            Receiver(
                _l("A mail server gets your e-mail address and the letters that we send you."),
                urlsplit(settings.smtp_url).hostname or "",
            )
        )
    for url in filter(None, (one.strip() for one in settings.turn_urls.split(","))):
        host = url.partition(":")[2].partition("?")[0].rpartition(":")[0] or url.partition(":")[2]
        found.append(
            Receiver(_l("A relay passes picture and sound on when the direct way fails. It can not look inside."), host)
        )
    if _set(settings, "sms"):
        found.append(Receiver(_l("A service for text messages gets your phone number and the short letters to it.")))
    if _set(settings, "oidc"):
        found.append(Receiver(_l("The sign-in service of the agency learns when you sign in through it.")))
    return found


def _set(settings: Settings, begins: str) -> bool:
    """Whether any setting of a later part is filled in (`VO_SMS_…`, `VO_OIDC_…`)."""
    return any(
        isinstance(value := getattr(settings, one.name), str) and value != one.default and value
        for one in fields(settings)
        if one.name.startswith(begins)
    )
