"""Floor 2: who people are, what they may do, and how they sign in."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from . import navigation
from .access import EVERYONE, SIGNED_IN, allow, guard, undeclared
from .models import Role

FOUNDATION_DOORS = (
    "languages.choose",
    "health.alive",
    "health.ready",
    "health.figures",
    "brand.sheet",
    "brand.logo",
)
"""Doors below this floor, which can not declare their policy themselves."""


class UndeclaredDoor(Exception):
    """A route declares no policy: the service does not start."""


def register(app: Flask) -> None:
    """The guard before every request, signing in and out, accounts, colleagues, commands."""
    from . import (  # noqa: F401  letters adds its renderers, privacy and retention what is kept
        account_views,
        browsers,
        cli,
        data_views,
        demo_door,
        first_run_views,
        fresh,
        letters,
        people_views,
        privacy,
        privacy_cli,
        provider_views,
        retention,
        retention_views,
        second_step_views,
        security_views,
        sign_in_views,
    )

    app.before_request(guard)
    app.before_request(fresh.ask_again)
    for endpoint in FOUNDATION_DOORS:
        if endpoint in app.view_functions:
            app.view_functions[endpoint] = allow(EVERYONE)(app.view_functions[endpoint])
    for part in (browsers, navigation, cli, privacy_cli, demo_door):
        part.register(app)
    for door in (
        sign_in_views,
        second_step_views,
        provider_views,
        account_views,
        security_views,
        people_views,
        first_run_views,
        data_views,
        retention_views,
    ):
        app.register_blueprint(door.blueprint)
    app.jinja_env.globals.update(role_name=people_views.role_name, place_name=people_views.place_name)
    navigation.add(_l("Colleagues"), "people.index", (Role.ADMIN, Role.TEAM_LEADER), order=80)
    navigation.add(_l("Personal data"), "data.find", (Role.ADMIN, Role.OPERATOR), order=82)
    navigation.add(_l("My account"), "account.show", SIGNED_IN, order=90)


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when any route declares no policy."""
    if missing := undeclared(app):
        raise UndeclaredDoor(", ".join(missing))
