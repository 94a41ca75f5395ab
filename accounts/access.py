"""Who may do what: every door declares it, and what is denied looks absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, request, session
from flask_login import current_user
from sqlalchemy import select

from foundation import audit, clock
from foundation.db import db
from foundation.errors import NotFound
from foundation.security import csrf, fingerprint

from . import challenges
from .models import ApiToken, Person, Role

View = TypeVar("View", bound=Callable[..., Any])
LINKS_KEPT = 12
PASSING_KEY = "passing"
PASSING_PURPOSE = "second_step"


@dataclass(frozen=True)
class Policy:
    """Who may come through a door."""

    name: str
    roles: frozenset[Role] = frozenset()
    fresh: bool = False
    """Whether the second factor must have been shown within the last ten minutes (`accounts.fresh` asks for it)."""

    def admits(self, visitor: Visitor) -> bool:
        """Whether this visitor may come through; object rules are asked inside."""
        if self.name in {"everyone", "holder", "api", "signed", "bearer"}:
            return True
        if self.name == "passing":
            return visitor.passing is not None or bool(visitor.roles)
        if self.name == "signed_in":
            return visitor.person is not None
        return visitor.person is not None and bool(visitor.roles & self.roles)


EVERYONE = Policy("everyone")
"""Anybody at all."""
SIGNED_IN = Policy("signed_in")
"""Any person with an account."""
HOLDER = Policy("holder")
"""Anybody who holds a link to the object, owns it or serves it: the door itself asks for the object with the visitor."""
API = Policy("api")
"""A Bearer token, or the site's own form token; the door itself decides about objects."""
SIGNED = Policy("signed")
"""A program that holds an address which we signed for it; it has no form token. The door itself checks the signature."""
BEARER = Policy("bearer")
"""A program that shows a secret of its own in the Authorization header; no cookie counts, so it needs no form token. The door itself
looks at the secret, and answers whoever has none with 401 as HTTP programs expect it."""
PASSING = Policy("passing")
"""A colleague on the way in, between password and second factor; or one who is in. The door itself asks which."""
STAFF = Policy("staff", frozenset(Role))
"""Anybody with a role."""


@dataclass(frozen=True)
class Visitor:
    """Who stands at the door: perhaps a person with roles, perhaps somebody with links, perhaps a program with a token."""

    person: Person | None = None
    token: ApiToken | None = None
    links: dict[str, dict[str, int]] = field(default_factory=dict)
    """Capabilities from links: {public_id: {purpose: link_version}}; the object's rule compares the version."""
    passing: Person | None = None
    """A colleague who showed their password and not yet their second factor: nobody, to every other door."""

    @property
    def person_id(self) -> int | None:
        """The person's id, or None."""
        return self.person.id if self.person else None

    @property
    def roles(self) -> frozenset[Role]:
        """Every role the person has anywhere."""
        return frozenset(Role(grant.role) for grant in self.person.grants) if self.person else frozenset()

    def may(self, *roles: Role, office_id: int | None) -> bool:
        """Whether the person has one of the roles at this office (or everywhere)."""
        offices = self.offices(*roles)
        return offices is None or office_id in offices

    def offices(self, *roles: Role) -> set[int] | None:
        """Ids of the offices where the person has one of the roles; None means everywhere."""
        grants = [grant for grant in (self.person.grants if self.person else []) if Role(grant.role) in roles]
        if any(grant.office_id is None for grant in grants):
            return None
        return {grant.office_id for grant in grants if grant.office_id is not None}

    def link(self, public_id: str, purpose: str) -> int | None:
        """The link version that the visitor opened for this object and purpose, or None."""
        return self.links.get(public_id, {}).get(purpose)


def allow(*who: Policy | Role, fresh: bool = False) -> Callable[[View], View]:
    """Declare who may come through a view or socket handler: one policy, or one or more roles.

    `fresh`: who has a second factor is asked for it again when it was last shown more than ten minutes ago (pages only). For
    exports, role changes and resets; what was typed into the form is kept.
    """
    roles = frozenset(one for one in who if isinstance(one, Role))
    policies = [one for one in who if isinstance(one, Policy)]
    if bool(roles) == bool(policies) or len(policies) > 1:
        raise TypeError("allow() takes one policy, or roles")
    policy = policies[0] if policies else Policy("roles", roles)
    if fresh:
        policy = replace(policy, fresh=True)

    def declare(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return declare


def visitor() -> Visitor:
    """Who is at the door now; the same object for the whole request."""
    if "visitor" not in g:
        g.visitor = _look()
    return g.visitor


def forget_visitor() -> None:
    """Look again on the next question (after signing in or out, or within a long-lived socket)."""
    g.pop("visitor", None)


def remember_link(public_id: str, purpose: str, version: int) -> None:
    """Keep a capability in this browser's cookie; the oldest of more than twelve falls out."""
    links = dict(session.get("links", {}))
    links[public_id] = {**links.pop(public_id, {}), purpose: version}
    session["links"] = dict(list(links.items())[-LINKS_KEPT:])
    session.permanent = True
    forget_visitor()


def policy_of(view: Any, method: str = "GET") -> Policy | None:
    """What a view function (or the method of a view class) declares."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        view = getattr(view_class, method.lower(), view)
    return getattr(view, "policy", None)


def guard() -> None:
    """Before every request: the door's policy, then the form token."""
    g.pop("visitor", None)
    audit.act_as("visitor")
    endpoint = request.endpoint
    if endpoint is None:
        return
    # PostgreSQL keeps no NUL: no address of ours has one.
    if "\0" in request.path or b"%00" in request.query_string:
        raise NotFound
    policy = policy_of(current_app.view_functions[endpoint], request.method)
    at_the_door = visitor()
    if policy is None or not policy.admits(at_the_door):
        g.denied = True
        raise NotFound
    if at_the_door.token is not None:
        audit.act_as("token", at_the_door.token.id)
    elif at_the_door.person is not None:
        audit.act_as("person", at_the_door.person.id)
    elif at_the_door.passing is not None:
        audit.act_as("person", at_the_door.passing.id)
    if request.method not in {"GET", "HEAD", "OPTIONS"} and at_the_door.token is None and not _token_free(policy):
        csrf.protect()


def undeclared(app: Flask) -> list[str]:
    """Endpoints and methods that declare no policy."""
    missing = []
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if policy_of(app.view_functions[rule.endpoint], method) is None:
                missing.append(f"{method} {rule.endpoint}")
    return missing


def _token_free(policy: Policy) -> bool:
    return policy in (SIGNED, BEARER) or policy is API and not current_app.config["VO"].rate_limits


def _look() -> Visitor:
    if not has_request_context():
        return Visitor()
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer ") and request.path.startswith("/api/"):
        return _bearer(header.removeprefix("Bearer ").strip())
    person = current_user._get_current_object() if current_user and current_user.is_authenticated else None
    return Visitor(person=person, links=session.get("links", {}), passing=None if person else _passing())


def _passing() -> Person | None:
    passage = challenges.look(session.get(PASSING_KEY, ""), PASSING_PURPOSE) if PASSING_KEY in session else None
    person = passage.person if passage else None
    if passage is None or person is None or not person.active or not person.grants:
        return None
    return person if passage.data["version"] == person.sign_in_version else None


def _bearer(secret: str) -> Visitor:
    query = select(ApiToken).where(ApiToken.fingerprint == fingerprint(secret), ApiToken.revoked_at.is_(None))
    token = db.session.scalar(query)
    if token is None or token.expires <= clock.seconds() or not token.person.active:
        raise NotFound
    return Visitor(person=token.person, token=token)
