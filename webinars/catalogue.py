"""The public programme: what comes, narrowed by language, office and what somebody needs to follow; as data for search engines too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app

from accounts.access import Visitor
from foundation.pages import absolute

from . import registrations, seat_offers, seats, visibility
from .models import Audience, Webinar, WebinarState


@dataclass(frozen=True)
class Filters:
    """What the reader wants; empty wants all. `needs` are of `captions`, `signed`, `interpreted`."""

    language: str = ""
    office: str = ""
    needs: tuple[str, ...] = ()

    def keeps(self, webinar: Webinar) -> bool:
        """Whether a webinar is what they want: spoken in the language, or interpreted into it."""
        heard = {webinar.language, *(webinar.interpreted_into if webinar.interpreted else [])}
        return (
            (not self.language or self.language in heard)
            and (not self.office or webinar.office.public_id == self.office)
            and all(getattr(webinar, need) for need in self.needs)
        )


NEEDS = ("captions", "signed", "interpreted")


@dataclass(frozen=True)
class Programme:
    """What is shown, and what one can choose from."""

    shown: list[Webinar]
    languages: list[str]
    offices: list[tuple[str, str]]


def programme(visitor: Visitor, filters: Filters) -> Programme:
    """What comes for this visitor."""
    coming = visibility.coming(visitor)
    heard = {code for one in coming for code in (one.language, *(one.interpreted_into if one.interpreted else []))}
    offices = sorted({(one.office.name, one.office.public_id) for one in coming})
    return Programme(
        [one for one in coming if filters.keeps(one)], sorted(heard), [(number, name) for name, number in offices]
    )


def seats_left(webinar: Webinar) -> int:
    """How many may still register at once; none while somebody waits for them."""
    return 0 if seat_offers.is_spoken_for(webinar) else seats.free(webinar)


def as_data(webinar: Webinar) -> dict[str, Any]:
    """A public webinar as `schema.org/Event`, for search engines."""
    address = absolute(f"/webinars/{webinar.public_id}")
    happens = "EventCancelled" if webinar.state == WebinarState.CANCELLED else "EventScheduled"
    left = seats_left(webinar)
    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": webinar.title,
        "description": webinar.summary,
        "startDate": webinar.starts_at.isoformat(),
        "endDate": webinar.ends_at.isoformat(),
        "eventStatus": f"https://schema.org/{happens}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "inLanguage": webinar.language,
        "isAccessibleForFree": True,
        "maximumAttendeeCapacity": webinar.capacity,
        "remainingAttendeeCapacity": left,
        "organizer": {"@type": "GovernmentOrganization", "name": current_app.config["VO"].service_name},
        "offers": {
            "@type": "Offer",
            "price": "0",
            "priceCurrency": "EUR",
            "url": address,
            "availability": "https://schema.org/"
            + ("InStock" if left and registrations.is_open(webinar) else "SoldOut"),
        },
        "url": address,
    }


def is_public(webinar: Webinar) -> bool:
    """Whether search engines may know it."""
    return webinar.audience == Audience.PUBLIC
