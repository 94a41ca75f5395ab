"""`python -m foundation.upgrading`: the database in its newest form, without the rest of the product: a third of the start otherwise."""

from __future__ import annotations

import flask_migrate
from flask import Flask

from . import config
from .db import db, set_up_engine


def main() -> None:
    """Run the migrations that are missing. Raises UnsafeSettings, and whatever the database says."""
    settings = config.load()
    config.ensure_folder(settings)
    app = Flask(__name__)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=config.database_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=config.engine_options(settings),
    )
    db.init_app(app)
    flask_migrate.Migrate(app, db, directory="migrations", render_as_batch=True)
    with app.app_context():
        set_up_engine(db.engine)
        flask_migrate.upgrade()


if __name__ == "__main__":
    main()
