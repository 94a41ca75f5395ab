"""The programme: from a draft to a published webinar with its hosts' time, to another time, to a copy and a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Contact, ContactKind, Role, RoleGrant
from booking import appointments, finder
from booking.engaged import ColleagueBusy
from booking.models import Resource
from foundation.db import db, write, write_tx
from foundation.errors import InputWrong
from tests.booking.world import NOW, TEN, World
from virtual_office.offices.models import Office
from webinars import hosts, questions, states, webinars
from webinars.models import HostRole, QuestionKind, Webinar, WebinarState
from webinars.questions import Asked
from webinars.states import MOVES, NotNow
from webinars.webinars import NotReady

from .planning import STARTS, letters_of, plan, register, the
from .planning import states as states_of

COUNSELOR = "counselor@example.org"


def test_only_what_the_table_says_may_happen(world: World) -> None:
    webinar = plan(world.office)
    for what, moves in MOVES.items():
        for state in WebinarState:
            with write_tx():
                the(webinar).state = state
                assert states.may(the(webinar), what) == (state in moves)
                if state not in moves:
                    with pytest.raises(NotNow):
                        states.move(the(webinar), what)
    with write_tx():
        the(webinar).state = WebinarState.SCHEDULED


def test_what_helps_people_to_follow_must_be_answered_and_somebody_must_host(world: World) -> None:
    with write_tx():
        office = db.session.get_one(Office, world.office)
        told = {
            "title": "Talk",
            "language": "en",
            "capacity": 5,
            "starts_at": STARTS,
            "ends_at": STARTS + timedelta(hours=1),
        }
        webinar = webinars.draft(office, told, None)
        number = webinar.id
    with pytest.raises(NotReady) as lacks:
        write(lambda: webinars.publish(the(number)))
    assert lacks.value.extra["missing"] == ["captions", "interpreted", "signed", "hosts"]
    answers = {"captions": False, "interpreted": True, "signed": False}
    write(lambda: webinars.change(the(number), answers, 1))
    assert webinars.missing(the(number)) == ["interpreted_into", "hosts"]


def test_a_hosts_time_is_taken_from_everybody_who_would_book_it(world: World) -> None:
    give_address(world)
    query = world.query()
    free = [slot.starts_at for slot in finder.slots(query, TEN.date())]
    assert TEN in free
    webinar = plan(world.office, starts_at=TEN, host=COUNSELOR)
    left = [slot.starts_at for slot in finder.slots(query, TEN.date())]
    assert TEN not in left and set(free) - set(left) == {TEN, TEN + timedelta(minutes=30)}
    with pytest.raises(ColleagueBusy):
        plan(world.office, starts_at=TEN + timedelta(minutes=30), host=COUNSELOR)
    write(lambda: webinars.reschedule(the(webinar), TEN + timedelta(hours=2), TEN + timedelta(hours=3)))
    assert TEN in [slot.starts_at for slot in finder.slots(query, TEN.date())]
    write(lambda: webinars.cancel(the(webinar)))
    assert [slot.starts_at for slot in finder.slots(query, TEN.date())] == free


def test_whoever_is_booked_can_not_host_at_that_time(world: World) -> None:
    give_address(world)
    write(lambda: appointments.book(world.wish(TEN)))
    with pytest.raises(ColleagueBusy) as busy:
        plan(world.office, starts_at=TEN, host=COUNSELOR)
    assert "Counselor 0" in str(busy.value.message)


def test_a_host_without_a_diary_gives_one_webinar_at_a_time(world: World) -> None:
    plan(world.office)
    with pytest.raises(ColleagueBusy):
        plan(world.office, starts_at=STARTS + timedelta(minutes=30))


def test_the_last_host_stays_and_roles_are_given_once(world: World) -> None:
    webinar = plan(world.office)
    give_address(world)
    with pytest.raises(hosts.HostsAlready):
        write(lambda: hosts.add(the(webinar), "hanna@example.org", HostRole.SPEAKER))
    with pytest.raises(hosts.NoSuchColleague):
        write(lambda: hosts.add(the(webinar), "nobody@example.org", HostRole.SPEAKER))
    with pytest.raises(hosts.LastHost):
        write(lambda: hosts.remove(the(webinar), the(webinar).hosts[0].public_id))
    write(lambda: hosts.add(the(webinar), COUNSELOR, HostRole.HOST).id)
    write(lambda: hosts.remove(the(webinar), the(webinar).hosts[0].public_id))
    assert [one.person.name for one in the(webinar).hosts] == ["Counselor 0"]


def test_another_time_must_lie_ahead_and_end_after_it_begins(world: World) -> None:
    webinar = plan(world.office)
    for starts_at, ends_at in (
        (NOW - timedelta(hours=1), NOW),
        (STARTS, STARTS),
        (STARTS, STARTS + timedelta(hours=9)),
        (STARTS + timedelta(minutes=1), STARTS + timedelta(minutes=31)),
    ):
        with pytest.raises(InputWrong):
            write(lambda a=starts_at, b=ends_at: webinars.reschedule(the(webinar), a, b))
    assert (the(webinar).starts_at, the(webinar).sequence) == (STARTS, 0)


def test_a_series_keeps_the_time_of_day_when_the_clocks_change(world: World) -> None:
    first = datetime(2027, 3, 15, 9, 0, tzinfo=UTC)
    webinar = plan(world.office, starts_at=first)
    made = write(lambda: [one.id for one in webinars.plan_series(the(webinar), 1, 3, None)])
    assert [the(one).starts_at for one in made] == [
        datetime(2027, 3, 22, 9, 0, tzinfo=UTC),
        datetime(2027, 3, 29, 8, 0, tzinfo=UTC),
        datetime(2027, 4, 5, 8, 0, tzinfo=UTC),
    ]
    assert {the(one).state for one in made} == {"draft"}
    assert {the(one).series_id for one in made} == {the(webinar).series_id}
    assert [[host.person.name for host in the(one).hosts] for one in made] == [["Hanna"]] * 3
    with pytest.raises(InputWrong):
        write(lambda: webinars.plan_series(the(webinar), 0, 3, None))


def test_a_template_is_copied_and_never_published(world: World) -> None:
    with write_tx():
        office = db.session.get_one(Office, world.office)
        told = {
            "title": "Talk",
            "language": "en",
            "capacity": 5,
            "captions": False,
            "interpreted": False,
            "signed": False,
            "template": True,
            "starts_at": STARTS,
            "ends_at": STARTS + timedelta(hours=1),
        }
        template = webinars.draft(office, told, None)
        hosts.add(template, "hanna@example.org", HostRole.HOST)
        questions.add(template, "What do you look for?", QuestionKind.CHOICE, ["Work", "Training", "Work"])
        number = template.id
    with pytest.raises(NotNow):
        write(lambda: webinars.publish(the(number)))
    made = write(lambda: webinars.copy(the(number), STARTS + timedelta(days=1), None).id)
    assert not the(made).template and the(made).questions[0].choices == ["Work", "Training"]
    write(lambda: webinars.publish(the(made)))
    assert the(made).state == WebinarState.SCHEDULED
    with pytest.raises(Asked):
        write(lambda: questions.add(the(made), "More?", QuestionKind.TEXT).id)


def test_answers_fit_their_questions(world: World) -> None:
    with write_tx():
        office = db.session.get_one(Office, world.office)
        told = {
            "title": "Talk",
            "language": "en",
            "capacity": 5,
            "starts_at": STARTS,
            "ends_at": STARTS + timedelta(hours=1),
        }
        webinar = webinars.draft(office, told, None)
        must = questions.add(webinar, "Have you a computer?", QuestionKind.YES_NO, required=True).public_id
        may = questions.add(webinar, "Where?", QuestionKind.CHOICE, ["Home", "Office"]).public_id
        number = webinar.id
    for wrong in ({}, {must: "perhaps"}, {must: "yes", may: "Elsewhere"}):
        with pytest.raises(InputWrong) as refused:
            questions.checked(the(number), wrong)
        assert refused.value.field in (f"q_{must}", f"q_{may}")
    assert questions.checked(the(number), {must: "no", may: " ", "unknown": "x"}) == {must: "no"}
    with pytest.raises(InputWrong):
        write(lambda: questions.add(the(number), "Which?", QuestionKind.CHOICE, ["One"]).id)


def test_a_cancelled_webinar_tells_everybody_and_gives_nothing_any_more(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo = register(webinar, "Ana"), register(webinar, "Bo")
    write(lambda: webinars.cancel(the(webinar)))
    write(lambda: webinars.cancel(the(webinar)))
    assert [letters_of(one, "waiting") for one in (ana, bo)] == [["webinar_cancelled"]] * 2
    assert states_of(ana, bo) == ["confirmed", "waitlisted"]
    drafts = db.session.query(Webinar).filter_by(state="draft").count()
    assert drafts == 0


def test_a_draft_can_be_deleted_and_a_published_one_can_not(world: World) -> None:
    webinar = plan(world.office)
    with pytest.raises(NotNow):
        write(lambda: webinars.discard(the(webinar)))
    made = write(lambda: webinars.copy(the(webinar), STARTS + timedelta(days=1), None).id)
    write(lambda: webinars.discard(the(made)))
    assert db.session.get(Webinar, made) is None


def give_address(world: World) -> None:
    """The counselor gets a role and an address, as a colleague has."""
    with write_tx():
        person = db.session.get_one(Resource, world.counselors[0]).person
        assert person is not None
        person.contacts.append(Contact(kind=ContactKind.EMAIL, value=COUNSELOR))
        person.grants.append(RoleGrant(role=Role.COUNSELOR, office_id=world.office))
