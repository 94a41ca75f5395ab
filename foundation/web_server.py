"""How gunicorn serves web: one gevent process that dies with its parent, and no line in the log with a person's address.

Read by `gunicorn --config python:foundation.web_server`; module names that equal a gunicorn setting are that setting.
"""

from __future__ import annotations

import os
from typing import Any

from gunicorn.glogging import Logger

from . import logs
from .processes import die_with

worker_class = "gevent"
workers = 1
worker_connections = 6000
timeout = 30
graceful_timeout = 5
keepalive = 15
accesslog = None
loglevel = "warning"
proc_name = "virtual-office"
control_socket_disable = True
# X-Forwarded-* is believed only through VO_TRUSTED_PROXIES, never because a request came from this machine.
forwarded_allow_ips = ""


class HouseLogger(Logger):
    """gunicorn's words through our own formatter, which takes addresses and secrets out."""

    def setup(self, cfg: Any) -> None:
        logs.set_up("web", readable=os.environ.get("VO_DEMO", "") in {"1", "on", "true", "yes"})
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = HouseLogger


def post_fork(_arbiter: Any, worker: Any) -> None:
    """The worker ends with gunicorn's parent process, however that ended."""
    die_with(worker.ppid)
