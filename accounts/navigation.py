"""What the top of the page offers to whom: features add links, the layout shows those that the visitor may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for

from .access import Policy, visitor
from .models import Role


@dataclass(frozen=True)
class Link:
    """One link of the navigation, in the reader's language; `current` marks the page's own part."""

    text: str
    url: str
    current: bool


@dataclass(frozen=True)
class _Entry:
    label: Any
    policy: Policy
    order: int


_entries: dict[str, _Entry] = {}


def add(label: Any, endpoint: str, policy: Policy | Role | tuple[Role, ...], order: int = 50) -> None:
    """Offer an endpoint (lazy `label`) to whom the policy or roles admit; smaller `order` comes first."""
    if not isinstance(policy, Policy):
        roles = frozenset(policy) if isinstance(policy, tuple) else frozenset({policy})
        policy = Policy("roles", roles)
    _entries[endpoint] = _Entry(label, policy, order)


def nav_links() -> list[Link]:
    """The links for the visitor at the door, in order; endpoints that this installation lacks are left out."""
    at_the_door = visitor()
    # A denied page looks like an absent one: it belongs to no part of the site.
    here = None if g.get("denied") else request.blueprint
    offered = sorted(_entries.items(), key=lambda item: item[1].order)
    return [
        Link(str(entry.label), url_for(endpoint), endpoint.partition(".")[0] == here)
        for endpoint, entry in offered
        if endpoint in current_app.view_functions and entry.policy.admits(at_the_door)
    ]


def register(app: Flask) -> None:
    """The template global."""
    app.jinja_env.globals["nav_links"] = nav_links
