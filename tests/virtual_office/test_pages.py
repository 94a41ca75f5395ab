"""The desk, the letters page and the demo mailbox through HTTP, as the people have them who use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import people
from foundation import carrying, letters
from foundation.db import db, write_tx
from foundation.models import Letter
from tests.application import Browser, running
from tests.booking.pages.reading import Page
from tests.security.world import World
from virtual_office.mailbox import linked
from virtual_office.meetings.models import Meeting


def page(browser: Browser, path: str) -> Page:
    """One page, which must be there."""
    seen = Page(browser.get(path))
    assert seen.status == 200, path
    return seen


def appointment_of(world: World) -> Meeting:
    return db.session.query(Meeting).filter_by(public_id=world.a.things["meeting"]).one()


# — the desk —


def test_the_desk_s_one_button_changes_with_time(world: World, at: Callable[..., object]) -> None:
    amal = world.browsers["jobseeker_a"]
    with world.app.app_context():
        opens = appointment_of(world).opens_at
        public_id = people.get(world.a.people["jobseeker"]).public_id
    meeting = f"/meetings/{world.a.things['meeting']}"
    seen = page(amal, "/desk")
    assert seen.link("Test your camera") == f"{meeting}/device-check" and "Move or cancel" in seen.words
    for minutes, words in ((-1, "Test your camera"), (0, "Go to the waiting room"), (15, "Join now"), (40, "Join now")):
        with at(opens + timedelta(minutes=minutes)):  # type: ignore[attr-defined]
            later = Browser(world.app)
            later.post("/demo/sign-in", {"person": public_id})
            assert page(later, "/desk").link(words).startswith(meeting), minutes


def test_the_desk_shows_one_s_own_things_only(world: World) -> None:
    own, other = world.a.things["appointment"], world.b.things["appointment"]
    html = page(world.browsers["jobseeker_a"], "/desk").html
    assert own in html and other not in html
    assert "You have nothing coming up" in page(world.browsers["leader_a"], "/desk").words
    for who in ("anonymous", "link_a"):
        assert world.browsers[who].get("/desk", follow=False).status_code in {302, 404}


# — letters —


def put_letters(world: World) -> dict[str, str]:
    """One letter of each state for town A; public ids by state."""
    with world.app.app_context():
        with write_tx():
            for state in ("waiting", "sent", "failed", "withdrawn"):
                letters.post(
                    "appointment_confirmation", language="en", dedupe=f"page:{state}", office_id=world.a.office_id
                )
                row = db.session.scalars(select(Letter).where(Letter.dedupe == f"page:{state}")).one()
                row.state = state
                row.failure = {"failed": "550 address refused", "withdrawn": "cancelled"}.get(state)
        return {row.state: row.public_id for row in db.session.query(Letter).filter(Letter.dedupe.like("page:%"))}


def test_the_letters_page_says_what_waits_what_went_and_why_not(world: World) -> None:
    found = put_letters(world)
    seen = page(world.browsers["operator_a"], "/staff/letters")
    for words in (
        "Waiting",
        "Sent",
        "Failed",
        "Not needed any more",
        "refuses this address (550)",
        "was cancelled before",
    ):
        assert words in seen.words, words
    resend = {form.action for form in seen.forms if form.action.endswith("/resending")}
    assert {f"/staff/letters/{found[state]}/resending" for state in ("sent", "failed")} == resend
    only = page(world.browsers["operator_a"], "/staff/letters?state=failed")
    assert "refuses this address" in only.words and "was cancelled before" not in only.words
    for odd in ("?state=nonsense", "?before=x", "?before=-1", f"?before={10**30}", f"?before=-{10**30}", "?before=0"):
        assert world.browsers["operator_a"].get(f"/staff/letters{odd}").status_code == 200, odd
    assert "No letters here" in page(world.browsers["operator_a"], "/staff/letters?before=1").words


def test_a_letter_is_sent_again_once_it_went_or_failed(world: World) -> None:
    found = put_letters(world)
    desk = world.browsers["leader_a"]
    for state, status in {"sent": 302, "failed": 302, "waiting": 404, "withdrawn": 404}.items():
        assert desk.post(f"/staff/letters/{found[state]}/resending", follow=False).status_code == status, state
    with world.app.app_context():
        for state in ("sent", "failed"):
            row = db.session.query(Letter).filter_by(public_id=found[state]).one()
            assert (row.state, row.tries, row.failure) == ("waiting", 0, None)
    assert desk.post(f"/staff/letters/{found['sent']}/resending", follow=False).status_code == 404, "it is on its way"


def test_letters_of_other_offices_are_nobody_s_here(world: World) -> None:
    found = put_letters(world)
    before = world.digest()
    for who in ("leader_b", "operator_b", "counselor_a", "jobseeker_a", "anonymous"):
        answer = world.browsers[who].get("/staff/letters")
        assert answer.status_code == 404 or found["failed"] not in answer.get_data(as_text=True), who
        assert world.browsers[who].post(f"/staff/letters/{found['failed']}/resending").status_code == 404, who
    assert world.digest() == before
    assert found["failed"] in world.browsers["admin"].get("/staff/letters").get_data(as_text=True)


def test_many_letters_come_in_pages(world: World) -> None:
    with world.app.app_context(), write_tx():
        for number in range(60):
            letters.post("appointment_reminder", language="en", dedupe=f"many:{number}", office_id=world.a.office_id)
    seen, count, path = 0, 0, "/staff/letters?state=waiting"
    while path and count < 5:
        now = page(world.browsers["operator_a"], path)
        seen += now.html.count("<tr>") - 1
        path = next((href for _said, href in now.links if "before=" in href), "")
        count += 1
    with world.app.app_context():
        waiting = db.session.query(Letter).filter_by(office_id=world.a.office_id, state="waiting").count()
    assert seen == waiting > 60 and count == 2


# — the demo mailbox —


def test_in_the_demo_everybody_s_letters_can_be_read_and_their_links_followed(world: World) -> None:
    with world.app.app_context():
        while carrying.carry_due():
            pass
        kept = db.session.query(Letter).filter(Letter.body.is_not(None)).all()
        assert {letter.state for letter in kept} == {"sent"} and kept
        amal = next(letter for letter in kept if letter.subject_id and letter.office_id == world.a.office_id)
        public_id, subject = amal.public_id, amal.subject_line
    anybody = world.browsers["anonymous"]
    listed = page(anybody, "/demo/mailbox")
    assert f"/demo/mailbox/{public_id}" in listed.html and "jobseeker a" in listed.words
    read = page(anybody, f"/demo/mailbox/{public_id}")
    assert subject in read.words
    manage = next(href for _said, href in read.links if "/m/" in href)
    assert page(Browser(world.app), "/" + manage.partition("://")[2].partition("/")[2]).status == 200
    for odd in ("x" * 22, world.a.things["letter"] + "x"):
        assert anybody.get(f"/demo/mailbox/{odd}").status_code == 404
    chosen = next(value for value in listed.form("").offers["person"] if value)
    assert page(anybody, f"/demo/mailbox?person={chosen}").html.count("<tr>") < listed.html.count("<tr>")
    assert "No letters yet" in page(anybody, "/demo/mailbox?person=nobody").words


def test_outside_the_demo_there_is_no_mailbox(app: Flask) -> None:
    assert Browser(app).get("/demo/mailbox").status_code == 404
    assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/demo")]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("see http://a.example/x?a=1&b=2 now", 'see <a class="govuk-link" href="http://a.example/x?a=1&amp;b=2">http://a.example/x?a=1&amp;b=2</a> now'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('http://a.example/"onmouseover=x', '<a class="govuk-link" href="http://a.example/">http://a.example/</a>&#34;onmouseover=x'),
    ],
)  # fmt: skip
def test_only_addresses_become_links_and_nothing_becomes_markup(text: str, html: str) -> None:
    assert str(linked(text)) == html


def test_a_demo_s_mailbox_is_part_of_the_demo_only(tmp_path: Path) -> None:
    with running(tmp_path / "demo", VO_DEMO="1") as demo:
        assert "No letters yet" in page(Browser(demo), "/demo/mailbox").words
