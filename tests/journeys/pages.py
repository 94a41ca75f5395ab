"""Every page that somebody can open, and who opens it; a new route needs a line here, in a walk, or among what is no page."""

from __future__ import annotations

from dataclasses import dataclass

from .tour import ADMIN, AMAL, BO, INES, LUCIA, NOBODY, OMAR, TOMAS


@dataclass(frozen=True)
class Page:
    """What `who` sees at an address with the town's things in it; `name` tells two states of one page apart."""

    endpoint: str
    who: str
    path: str
    name: str = ""
    status: int = 200

    def __str__(self) -> str:
        return f"{self.endpoint}-{self.name}" if self.name else self.endpoint


PAGES = (
    Page("front.show", NOBODY, "/"),
    Page("front.show", INES, "/", "counselor"),
    Page("pages.help", NOBODY, "/help"),
    Page("pages.accessibility", NOBODY, "/accessibility"),
    Page("pages.privacy", NOBODY, "/privacy"),
    Page("pages.cookies", NOBODY, "/cookies"),
    Page("booking.choose", NOBODY, "/book"),
    Page("booking.calendar", NOBODY, "/book/{service}"),
    Page("booking.calendar", NOBODY, "/book/{service}?modality=in_person&needs=step_free", "wishes"),
    Page("booking.calendar", NOBODY, "/book/{without_interpreter}?needs=interpreter", "nothing free"),
    Page("booking.calendar", NOBODY, "/book/{nobody_gives}", "nobody gives it"),
    Page("booking.calendar", BO, "/book/{service}?moves={later}", "to move"),
    Page("booking.calendar", TOMAS, "/book/{service}", "for a caller"),
    Page("booking.day_times", NOBODY, "/book/{service}/{day}"),
    Page("booking.day_times", NOBODY, "/book/{service}/{closed_day}", "nothing free"),
    Page("booking.day_times", TOMAS, "/book/{service}/{day}", "for a caller"),
    Page("booking.ask_waitlist", NOBODY, "/book/{service}/waitlist"),
    Page("booking.waiting", NOBODY, "/book/{service}/waiting"),
    Page("booking.ask_callback", NOBODY, "/book/{service}/callback"),
    Page("booking.called", NOBODY, "/book/{service}/called"),
    Page("booking.find", NOBODY, "/find"),
    Page("booking.join", NOBODY, "/join"),
    Page("booking.offer", NOBODY, "{offer}"),
    Page("booking.open_link", NOBODY, "{manage}"),
    Page("booking.open_join_link", NOBODY, "{join}"),
    Page("booking.show", BO, "/appointments/{later}"),
    Page("booking.show", BO, "/appointments/{appointment}", "soon"),
    Page("booking.show", AMAL, "/appointments/{cancelled}", "cancelled"),
    Page("booking.show", BO, "/appointments/{later}?done=moved", "moved"),
    Page("booking.confirmation", BO, "/appointments/{appointment}/confirmation"),
    Page("booking.confirmation", BO, "/appointments/{later}/confirmation", "later"),
    Page("booking.ask_cancel", BO, "/appointments/{later}/cancellation"),
    Page("booking.to_device_check", BO, "/appointments/{appointment}/meeting"),
    Page("meetings.device_check", BO, "/meetings/{meeting}/device-check"),
    Page("meetings.show", BO, "/meetings/{meeting}"),
    Page("meetings.show", AMAL, "/meetings/{over}", "over"),
    Page("meetings.show", AMAL, "/meetings/{early}", "early"),
    Page("meetings.show", AMAL, "/meetings/{text}", "writing only"),
    Page("meetings.invite", INES, "/meetings/{call}/seats"),
    Page("meetings.sit_down", NOBODY, "{seat}"),
    Page("desk.show", AMAL, "/desk"),
    Page("desk.show", BO, "/desk", "joinable"),
    Page("desk.show", NOBODY, "/desk", "not signed in", 404),
    Page("account.show", AMAL, "/account"),
    Page("account.show", INES, "/account", "counselor"),
    Page("account.phone", AMAL, "/account/phone"),
    Page("account.password", INES, "/account/password"),
    Page("sign_in.show", NOBODY, "/sign-in"),
    Page("sign_in.password", NOBODY, "/sign-in/password"),
    Page("sign_in.forgotten", NOBODY, "/sign-in/forgotten"),
    Page("sign_in.open_link", NOBODY, "/sign-in/link/{letter}/x"),
    Page("sign_in.link", NOBODY, "/sign-in/link", "of another browser"),
    Page("sign_in.open_password_link", NOBODY, "{new_password}"),
    Page("sign_in.new_password", NOBODY, "{new_password}"),
    Page("demo_door.show", NOBODY, "/demo"),
    Page("mailbox.show", NOBODY, "/demo/mailbox"),
    Page("mailbox.read", NOBODY, "/demo/mailbox/{sent}"),
    Page("today.show", OMAR, "/today"),
    Page("today.show", OMAR, "/today?open={appointment}", "somebody open"),
    Page("today.show", INES, "/today?on={closed_day}", "nothing"),
    Page("booking.check_in", NOBODY, "/check-in"),
    Page("series.ask", OMAR, "/appointments/{appointment}/follow-ups"),
    Page("series.ask", OMAR, "/appointments/{appointment}/follow-ups?{proposals}", "proposals"),
    Page("series.show", OMAR, "/series/{series}"),
    Page("clients.index", OMAR, "/clients"),
    Page("clients.index", LUCIA, "/clients?words=nobody-of-this-name", "nobody"),
    Page("clients.show", OMAR, "/clients/{person}"),
    Page("arrivals.index", TOMAS, "/staff/arrivals"),
    Page("waiting.index", TOMAS, "/staff/waiting"),
    Page("letters.index", LUCIA, "/staff/letters"),
    Page("letters.index", LUCIA, "/staff/letters?state=failed", "nothing"),
    Page("offices.index", ADMIN, "/staff/offices"),
    Page("offices.add", ADMIN, "/staff/offices/new"),
    Page("offices.show", ADMIN, "/staff/offices/{office}"),
    Page("offices.change", ADMIN, "/staff/offices/{office}/details"),
    Page("services.index", LUCIA, "/staff/services"),
    Page("services.choose_office", ADMIN, "/staff/services/new"),
    Page("services.add", LUCIA, "/staff/services/new/{office}"),
    Page("services.change", LUCIA, "/staff/services/{service}"),
    Page("counselors.index", LUCIA, "/staff/counselors"),
    Page("counselors.add", LUCIA, "/staff/counselors/new"),
    Page("counselors.change", LUCIA, "/staff/counselors/{counselor}/details"),
    Page("hours.mine", INES, "/staff/hours", "of several diaries"),
    Page("hours.mine", OMAR, "/staff/hours"),
    Page("hours.show", LUCIA, "/staff/hours/{counselor}"),
    Page("people.index", ADMIN, "/staff/people"),
    Page("people.invite", ADMIN, "/staff/people/new"),
    Page("people.show", ADMIN, "/staff/people/{colleague}"),
    Page("front.show", NOBODY, "/nothing-here", "no such page", 404),
    Page("offices.show", NOBODY, "/staff/offices/{office}", "not for you", 404),
)
"""In the order in which they are opened: a link that must be opened first stands first."""
WALKS = {
    "booking.answer": "test_a_guest_books",
    "booking.check": "test_a_guest_books",
    "booking.confirm_move": "test_an_appointment_is_moved",
    "sign_in.code": "test_signing_in_by_code",
    "first_run.show": "test_the_first_page_of_a_new_installation",
}
"""Pages that are reached by doing something, and the test that does it."""
NO_PAGE = {
    "api-docs.openapi_json": "JSON",
    "api.days": "JSON",
    "api.services": "JSON",
    "api.slots": "JSON",
    "booking.calendar_entry": "a file for calendar programs",
    "brand.logo": "a picture",
    "brand.sheet": "a style sheet",
    "health.alive": "for machines",
    "health.figures": "for machines",
    "health.ready": "for machines",
    "languages.choose": "goes back to the page it came from",
    "meetings.events": "JSON",
    "meetings.ice": "JSON",
    "practice.show": "for the practice partner",
}
"""Routes that answer GET without a page of ours, and what they are."""
