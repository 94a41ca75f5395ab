"""The signed-in browser: its cookie session, made new at every sign-in, and the mark that this address signed in here before."""

from __future__ import annotations

import secrets
from contextlib import suppress

from flask import Flask, Response, after_this_request, current_app, g, request, session, url_for
from flask_login import LoginManager, login_user

from foundation import audit, clock
from foundation.db import write
from foundation.errors import Busy
from foundation.pages import safe_next
from foundation.security import matches, sign

from . import browser_names, people, sign_ins
from .access import forget_visitor, policy_of, visitor
from .models import Person

SIGN_IN = "sign_in"
NEXT = "next"
KEPT_AT_SIGN_IN = ("links", "browser", NEXT)
"""What a new cookie session takes over from the old one: capabilities from links, the owner of holds, the way on."""
KNOWN = "vo_known"
KNOWN_LIFE = 365 * 86_400
FIRST_PAGES = ("today.show", "waiting.index", "people.index", "desk.show", "front.show")
"""Where a person goes after signing in: the first that is theirs."""
login_manager = LoginManager()


def enter(person: Person, how: str = "", *, proven: bool = False, amr: list[str] | None = None) -> None:
    """Sign a person in in this browser, in a new cookie session; inside a write transaction. `proven`: a second factor was shown."""
    _begin(person, how, clock.seconds() if proven else None, amr)


def enter_again(person: Person) -> None:
    """The same browser goes on in a new cookie session, after every sign-in of the person was ended."""
    _begin(person, came_by(), proven_at(), None)


def clear_session() -> None:
    """A new cookie session that keeps nothing but what belongs to the browser: what a stranger planted in it is gone."""
    kept = {name: session[name] for name in KEPT_AT_SIGN_IN if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True


def leave() -> None:
    """Sign this browser out and forget all that its cookie held; inside a write transaction."""
    sign_ins.end(session.get(SIGN_IN, ""))
    session.clear()
    g.pop("_login_user", None)
    forget_visitor()


def sign_in_id() -> int | None:
    """The id of this browser's sign-in, for open sockets: `SignedOut` names it when it ends."""
    visitor()
    found: int | None = g.get("sign_in_id")
    return found


def proven_at() -> int | None:
    """When the second factor was last shown in this browser (UTC seconds); None: never."""
    visitor()
    found: int | None = g.get("sign_in_proven")
    return found


def came_by() -> str:
    """What was shown when this browser signed in: `password`, `passkey`, `provider` …"""
    visitor()
    return g.get("sign_in_how") or ""


def known_browser(email: str) -> str:
    """The random name of this browser if this address signed in here before, else an empty text."""
    name, _dot, signature = request.cookies.get(KNOWN, "").partition(".")
    return name if matches(signature, "known_browser", name, people.spelled(email)) else ""


def keep_next(target: str | None) -> None:
    """Remember where the person wanted to go; only paths of this site."""
    if path := safe_next(target):
        session[NEXT] = path


def next_page() -> str:
    """Where to go after signing in: what was wanted, else the person's own first page."""
    wanted = safe_next(session.pop(NEXT, None))
    if wanted:
        return wanted
    at_the_door = visitor()
    for endpoint in FIRST_PAGES:
        view = current_app.view_functions.get(endpoint)
        policy = policy_of(view) if view else None
        if policy and policy.admits(at_the_door):
            return url_for(endpoint)
    return "/"


def register(app: Flask) -> None:
    """Flask-Login, which reads the cookie; and the mark that a browser is still there."""
    login_manager.session_protection = None
    login_manager.init_app(app)
    app.before_request(_mark_seen)


@login_manager.user_loader
def _load(person_key: str) -> Person | None:
    found = sign_ins.standing(person_key, session.get(SIGN_IN, ""))
    if found is None:
        return None
    person, sign_in = found
    g.sign_in_id, g.sign_in_seen = sign_in.id, sign_in.seen
    g.sign_in_how, g.sign_in_proven = sign_in.how, sign_in.proven
    return person


def _mark_seen() -> None:
    seen = g.get("sign_in_seen")
    if seen is None or clock.seconds() - seen < sign_ins.SEEN_EVERY:
        return
    with suppress(Busy):
        write(lambda: sign_ins.mark_seen(g.sign_in_id))


def _begin(person: Person, how: str, proven: int | None, amr: list[str] | None) -> None:
    browser = browser_names.name_of(request.user_agent.string)
    sign_in = sign_ins.begin(person, how, proven, browser, amr)
    clear_session()
    login_user(person)
    session[SIGN_IN] = sign_in.public_id
    audit.act_as("person", person.id)
    forget_visitor()
    if person.grants:
        _remember_browser(person)


def _remember_browser(person: Person) -> None:
    name = secrets.token_urlsafe(16)
    value = f"{name}.{sign('known_browser', name, person.address)}"

    @after_this_request
    def give(response: Response) -> Response:
        secure = current_app.config["VO"].secure
        response.set_cookie(KNOWN, value, max_age=KNOWN_LIFE, httponly=True, secure=secure, samesite="Lax")
        return response
