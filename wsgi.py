"""The web process: `gunicorn --config python:foundation.web_server wsgi:app` (see foundation/supervisor.py)."""

from gevent import monkey

monkey.patch_all()

import realtime  # noqa: E402 - nothing may import sockets or threads before the line above
from app import create_app  # noqa: E402
from foundation import health, nudge  # noqa: E402

app = create_app()
nudge.listen(app.config["VO"].folder)
health.serve_figures(app)
realtime.start(app)
