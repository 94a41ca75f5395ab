"""The web process: `gunicorn --config python:foundation.web_server wsgi:app` (see foundation/supervisor.py)."""

from gevent import monkey

monkey.patch_all()

from app import create_app  # noqa: E402 - nothing may import sockets or threads before the line above
from foundation import health, nudge  # noqa: E402
from realtime import listening, media_line  # noqa: E402

app = create_app()
nudge.listen(app.config["VO"].folder)
health.serve_figures(app)
listening.start(app)
media_line.start(app)
