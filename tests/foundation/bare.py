"""A house with only its first floor: the database, letters and languages, nothing of offices or appointments."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

import virtual_office.offices.models  # noqa: F401 - accounts, which every test imports, points at its table
from foundation import config, languages
from foundation.db import db, set_up_engine


def bare_app(folder: Path, **environ: str) -> Flask:
    """A Flask app on its own SQLite file with every table of the floors that are imported."""
    settings = config.load({"VO_INSTANCE": str(folder), **environ})
    config.ensure_folder(settings)
    app = Flask("bare", template_folder=str(folder))
    app.config.update(
        VO=settings,
        SECRET_KEY="k" * 40,
        SQLALCHEMY_DATABASE_URI=config.database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=config.engine_options(settings),
        BABEL_DEFAULT_LOCALE="en",
    )
    db.init_app(app)
    languages.babel.init_app(app, locale_selector=languages.current)
    with app.app_context():
        set_up_engine(db.engine)
        db.create_all()
    return app
