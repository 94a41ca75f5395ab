"""Who may come through which door: role × route × method, generated from the running product (S-01, S-02, S-03, S-07).

What is denied answers like what is absent, byte for byte, and changes nothing. Each check has a control that shows it can fail.
"""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

import accounts
from accounts import access
from accounts.access import Visitor
from accounts.models import Role, RoleGrant
from foundation.security import csrf
from tests.application import Browser, make_app, words_of

from .doors import http_doors
from .world import World

VISITORS = (
    "anonymous",
    "link_a",
    "jobseeker_a",
    "jobseeker_b",
    "counselor_a",
    "counselor_b",
    "operator_a",
    "interpreter_a",
    "leader_a",
    "leader_b",
    "head_a",
    "admin",
)
OF_TOWN_A = ("anonymous", "link_a", "jobseeker_a", "counselor_a", "operator_a", "interpreter_a", "leader_a", "head_a")
"""Who owns, serves or leads things of town A and nothing of town B."""
SENDERS = frozenset({"anonymous", "jobseeker_a", "counselor_a", "admin"})
"""Who sends nonsense in `make test`; in `make soak` everybody does."""
NOWHERE = "/nothing-here"
SAFE = frozenset({"GET"})
NONSENSE = {
    "name": "\x00\u202e",
    "email": "a@",
    "phone": "x" * 10_000,
    "starts_at": "2026-99-99T99",
    "office": "x",
    "version": "-1",
    "kind": "[]",
    "text": "\ud7ff" * 10_000,
}


def ask(browser: Browser, method: str, path: str, **more: object) -> TestResponse:
    """One request as a page of ours would send it, without following."""
    if method in SAFE:
        return browser.get(path, follow=False)
    headers = {"X-CSRFToken": browser.token(), **dict(more.pop("headers", {}))}  # type: ignore[call-overload]
    return browser.client.open(path, method=method, headers=headers, **more)


def look_of(answer: TestResponse, path: str) -> tuple[int, bytes, str]:
    """Status, words and kind of an answer, whatever path was asked for."""
    words = words_of(answer)
    for spelling in {path, quote(path, safe=""), quote(path)}:
        words = words.replace(spelling.encode(), b"PATH")
    return answer.status_code, words, answer.headers.get("Location", "")


class Standing:
    """A person's roles, outside of any request."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.grants = [RoleGrant(role=role) for role in roles]


def visitor_of(world: World, who: str) -> Visitor:
    """What the guard sees of a browser."""
    with world.app.test_request_context(headers={"Cookie": _cookie_header(world.browsers[who])}):
        found = access.visitor()
        return Visitor(Standing(frozenset(found.roles)) if found.person else None, None, found.links)  # type: ignore[arg-type]


def _cookie_header(browser: Browser) -> str:
    return "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.client._cookies.values())


def no_finding(found: list[str]) -> None:
    """Fail with one line for each finding."""
    if found:
        pytest.fail(f"{len(found)} findings:\n" + "\n".join(found), pytrace=False)


def leaks_at_the_guard(world: World, visitors: tuple[str, ...] = VISITORS) -> list[str]:
    """Doors that let somebody in whom their policy denies, answer otherwise than an absent page, fail, or change something."""
    found = []
    doors = list(http_doors(world.app))
    before = world.digest()
    for who in visitors:
        browser, visitor = world.browsers[who], visitor_of(world, who)
        absent: dict[tuple[str, str], tuple[int, bytes, str]] = {}
        for door in doors:
            path = door.path(world.b if who.endswith("_b") else world.a)
            if door.policy.admits(visitor):
                continue
            answer = ask(browser, door.method, path)
            nowhere = ("/api/v1" if path.startswith("/api/") else "") + NOWHERE
            if (door.method, nowhere) not in absent:
                absent[door.method, nowhere] = look_of(ask(browser, door.method, nowhere), nowhere)
            if look_of(answer, path) != absent[door.method, nowhere]:
                found.append(f"{who}: {door} answers {answer.status_code}, not like an absent page")
        if world.digest() != before:
            found.append(f"{who}: a denied request changed rows")
            world.restore()
    return found


def leaks_of_foreign_things(world: World, who: str) -> list[str]:
    """Doors where a thing of town B answers somebody of town A otherwise than a thing that does not exist, or is changed."""
    found = []
    browser = world.browsers[who]
    before = world.digest()
    for door in http_doors(world.app):
        for at, kind in enumerate(door.owned):
            path, absent_path = door.path(world.a, world.b, at), door.path(world.a, None, at, unknown=True)
            answer, absent = ask(browser, door.method, path), ask(browser, door.method, absent_path)
            same = look_of(answer, path) == look_of(absent, absent_path)
            changed = door.method not in SAFE and world.digest() != before
            if not (same and answer.status_code == 404) or changed:
                found.append(
                    f"{door} with a foreign {kind} answers {answer.status_code} (unknown: {absent.status_code})"
                )
                world.restore()
    return found


def changes_without_token(world: World, forge: str) -> list[str]:
    """State-changing doors that do not answer 400, or change something, when the form token is missing or wrong."""
    found = []
    before = world.digest()
    for door in http_doors(world.app):
        if door.method in SAFE or (door.policy is access.API and not world.app.config["VO"].rate_limits):
            continue
        who = next((one for one in VISITORS if door.policy.admits(visitor_of(world, one))), None)
        assert who is not None, f"nobody in this matrix may use {door}: add somebody"
        more = {
            "missing": {"data": {"name": "x"}},
            "wrong": {"data": {"csrf_token": "x"}, "headers": {"X-CSRFToken": "wrong"}},
            "plain": {"data": b'{"name": "x"}', "content_type": "text/plain"},
            "foreign": {"data": {"csrf_token": world.browsers["counselor_b"].token()}},
        }[forge]
        answer = world.browsers[who].client.open(door.path(world.a), method=door.method, **more)
        # A program has no form token: without its signature the door is absent, without its key it is asked for it.
        if answer.status_code != {access.SIGNED: 404, access.BEARER: 401}.get(door.policy, 400):
            found.append(f"{door} answers {answer.status_code}")
        if world.digest() != before:
            found.append(f"{door} changed rows")
            world.restore()
    return found


def failures(world: World, who: str) -> list[str]:
    """Doors that answer 5xx to whom they let in, with nothing in the form or with nonsense."""
    found = set()
    browser, visitor = world.browsers[who], visitor_of(world, who)
    kept = browser.cookie()
    for door in http_doors(world.app):
        if not door.policy.admits(visitor) or door.endpoint == "health.ready":
            continue
        path = door.path(world.b if who.endswith("_b") else world.a)
        for fields in ({},) if door.method in SAFE else ({}, NONSENSE):
            answer = ask(browser, door.method, path, **({"data": fields} if fields else {}))
            if answer.status_code >= 500:
                found.add(f"{door} answers {answer.status_code} to {fields}")
            if door.method not in SAFE:
                world.restore()
                with browser.client.session_transaction() as cookie:
                    cookie.clear()
                    cookie.update(kept)
    return sorted(found)


def test_every_argument_of_every_door_is_known_to_the_matrix(world: World) -> None:
    unknown = {f"{prefix} ({door})" for door in http_doors(world.app) for prefix in door.unexplained}
    assert not unknown, (
        "say in tests/security/doors.py what a foreign thing is here (KINDS), or why there is none (OPEN, WORDS):\n"
        + "\n".join(sorted(unknown))
    )


def test_denied_looks_like_absent_at_every_door(world: World) -> None:
    no_finding(leaks_at_the_guard(world))


def test_without_the_guard_the_matrix_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    open_house = [before for before in world.app.before_request_funcs[None] if before is not access.guard]
    monkeypatch.setitem(world.app.before_request_funcs, None, open_house)
    assert len(leaks_at_the_guard(world, ("anonymous", "counselor_a"))) > 10


@pytest.mark.parametrize("who", OF_TOWN_A)
def test_foreign_things_look_like_things_that_do_not_exist(world: World, who: str) -> None:
    no_finding(leaks_of_foreign_things(world, who))


def test_without_office_scope_foreign_things_show(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Visitor, "offices", lambda _self, *_roles: None)
    assert len(leaks_of_foreign_things(world, "leader_a")) > 10


@pytest.mark.parametrize("forge", ["missing", "wrong", "plain", "foreign"])
def test_nothing_changes_without_the_form_token(world: World, forge: str) -> None:
    no_finding(changes_without_token(world, forge))


def test_without_the_token_check_forged_forms_pass(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csrf, "protect", lambda: None)
    assert changes_without_token(world, "missing")


def test_the_interface_for_programs_needs_the_token_too(tmp_path) -> None:
    app = make_app(tmp_path / "limits", VO_DEMO="1")
    for door in http_doors(app):
        if door.policy is access.API and door.method not in SAFE:
            path = door.rule.replace("<appointment_id>", "x").replace("<service_id>", "x")
            assert app.test_client().open(path, method=door.method, json={}).status_code == 400, door


@pytest.mark.parametrize(
    "who", [who if who in SENDERS else pytest.param(who, marks=pytest.mark.soak) for who in VISITORS]
)
def test_nothing_anybody_sends_breaks_a_door(world: World, who: str) -> None:
    no_finding(failures(world, who))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_door_without_a_policy_stops_the_start(tmp_path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    class Careless:
        @staticmethod
        def register(app: Flask) -> None:
            app.add_url_rule("/careless", "careless.show", lambda: "open", methods=[method])

    product = __import__("app")
    monkeypatch.setattr(product, "FLOORS", (*product.FLOORS, Careless))
    with pytest.raises(accounts.UndeclaredDoor, match=f"{method} careless.show"):
        make_app(tmp_path / "careless")


def test_methods_can_not_be_overridden(world: World) -> None:
    browser = world.browsers["admin"]
    path = f"/staff/people/{world.a.things['colleague']}/leaving"
    before = world.digest()
    for more in ({"headers": {"X-HTTP-Method-Override": "POST"}}, {"query_string": {"_method": "POST"}}):
        assert browser.client.get(path, **more).status_code == 404
    assert world.digest() == before
