"""One place where a refusal becomes a page or a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any

import click
from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from .db import db
from .errors import Busy, InputWrong, NotFound, Refusal, TooMany

log = logging.getLogger(__name__)
RETRY_AFTER = {503: "2", 429: "60"}
PROTOCOLS = ("/whip/", "/whep/")
"""Of these a standard says what is answered where our own pages look absent."""
PROGRAMS = ("/api/", *PROTOCOLS)
"""Beginnings of the addresses that programs open, not people."""


def wants_json() -> bool:
    """Whether this door speaks JSON."""
    return request.path.startswith(PROGRAMS)


def problem(code: str, status: int, detail: str, extra: dict[str, Any] | None = None) -> Response:
    """An RFC 9457 problem document."""
    answer = jsonify(
        {"type": f"/api/problems/{code}", "title": detail, "status": status, "code": code, **(extra or {})}
    )
    answer.status_code = status
    answer.content_type = "application/problem+json"
    if status in RETRY_AFTER:
        answer.headers["Retry-After"] = RETRY_AFTER[status]
    return answer


def refuse(refusal: Refusal) -> ResponseReturnValue:
    """Answer a refusal at an HTTP door."""
    db.session.rollback()
    if wants_json():
        return problem(refusal.code, refusal.status, str(refusal.message), refusal.extra)
    template = f"errors/{refusal.status}.html" if refusal.status in {404, 429, 503} else "errors/refusal.html"
    answer = Response(render_template(template, refusal=refusal), refusal.status, mimetype="text/html")
    if refusal.status in RETRY_AFTER:
        answer.headers["Retry-After"] = RETRY_AFTER[refusal.status]
    return answer


def register(app: Flask) -> None:
    """Error handlers of every HTTP door and of the commands."""
    app.register_error_handler(Refusal, refuse)
    app.register_error_handler(CSRFError, lambda _error: refuse(_form_is_old()))
    app.register_error_handler(OperationalError, _on_database)
    app.register_error_handler(PoolTimeout, lambda _error: refuse(Busy()))
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(500, _on_crash)
    app.teardown_request(lambda _error: db.session.rollback())


class CommandRefused(click.ClickException):
    """A refusal at the command line: the message and exit code 1."""


def _form_is_old() -> Refusal:
    refusal = Refusal(
        _("This page was open for a long time. Go back, reload it and send it again. What you typed is still there.")
    )
    refusal.status, refusal.code = 400, "form_too_old"
    return refusal


def _on_database(error: OperationalError) -> ResponseReturnValue:
    log.error("database unavailable", extra={"reason": type(error.orig).__name__, "request_id": g.get("request_id")})
    return refuse(Busy())


def _on_http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error
    if code == 405 and request.path.startswith(PROTOCOLS):
        answer = problem("method_not_allowed", 405, str(NotFound.message))
        answer.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
        return answer
    if code in {404, 405}:
        return refuse(NotFound())
    if code == 429:
        return refuse(TooMany())
    if code == 413:
        return refuse(_with_status(InputWrong(_("This is too much at once. Send less text or a smaller file.")), 413))
    if code >= 500:
        return _on_crash(error)
    return refuse(_with_status(InputWrong(), code))


def _on_crash(_error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if wants_json():
        return problem("internal", 500, _("Something failed on our side. It is not your fault."))
    return Response(render_template("errors/500.html"), 500, mimetype="text/html")


def _with_status(refusal: Refusal, status: int) -> Refusal:
    refusal.status = status
    return refusal
