"""Virtual Office: `create_app()` is the only place that knows everything; run as a program it starts the whole service."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import accounts
import booking
import demo
import foundation
import realtime
import virtual_office
import webinars
from foundation import config
from foundation.db import db, set_up_engine

FLOORS = (foundation, accounts, virtual_office, booking, webinars, realtime, demo)


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Assemble the service from the environment's settings. Raises UnsafeSettings."""
    settings = config.load(environ)
    config.ensure_folder(settings)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        VO=settings,
        SECRET_KEY=config.secret_key(settings),
        SQLALCHEMY_DATABASE_URI=config.database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=config.engine_options(settings),
        SESSION_COOKIE_NAME="__Host-vo" if settings.secure else "vo",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=24 * 3600,
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        BABEL_DEFAULT_LOCALE=settings.language_codes[0],
        BABEL_TRANSLATION_DIRECTORIES="translations",
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_STRATEGY="fixed-window",
    )
    db.init_app(app)
    Migrate(app, db, directory="migrations", render_as_batch=True)
    with app.app_context():
        set_up_engine(db.engine)
    for floor in FLOORS:
        floor.register(app)
    accounts.refuse_undeclared(app)
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=1)  # type: ignore[method-assign]
    return app


if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "-m", "foundation.supervisor"])
