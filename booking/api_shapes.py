"""The shapes of the JSON API: what may be sent, what is answered, and how a wrong one is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from babel import localedata
from flask import Request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser

from foundation.errors import InputWrong

from . import references
from .models import Need

WORD = validate.Length(max=254)


class FieldsWrong(InputWrong):
    """One or more fields can not be understood; `fields` names them with their problems."""

    code = "fields_wrong"
    message = _l("Some of what was sent can not be understood.")


class JsonWrong(InputWrong):
    """The body is no JSON object."""

    code = "json_wrong"
    status = 400
    message = _l("Send one JSON object, with Content-Type application/json.")


class Parser(FlaskParser):
    """Tells what is wrong as a refusal, so that one handler answers everything."""

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Wrong fields: 422, each with its words."""
        raise FieldsWrong(
            fields={name: told for place in error.messages_dict.values() for name, told in _by_field(place)}
        )

    def _handle_invalid_json_error(self, error: Any, req: Request, *args: Any, **kwargs: Any) -> NoReturn:
        raise JsonWrong

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body; one that is deeper than any of ours is no JSON either."""
        try:
            return super().load_json(req, schema)
        except RecursionError:
            raise JsonWrong from None


class PublicId(fields.String):
    """A random id of 22 URL-safe characters."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not references.is_public_id(text):
            raise ValidationError(_("This is not an id of ours."))
        return text


class LanguageCode(fields.String):
    """A language code such as `en` or `ar`; empty means none chosen."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if text and not (len(text) <= 10 and text.isascii() and localedata.exists(text.replace("-", "_"))):
            raise ValidationError(_("This is not a language code."))
        return text


class Needs(fields.List[str]):
    """Codes of needs; in an address `needs=a,b` or `needs=a&needs=b`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(validate=validate.OneOf(list(Need))), load_default=list, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str | None]:
        if isinstance(value, str):
            value = [value]
        if isinstance(value, list):
            value = [
                part for one in value for part in (one.split(",") if isinstance(one, str) else [one]) if part != ""
            ]
        return [*sorted({str(need) for need in super()._deserialize(value, attr, data, **kwargs)})]


class Wanted(Schema):
    """What somebody looks for."""

    modality = fields.String(load_default="", validate=WORD)
    language = LanguageCode(load_default="")
    needs = Needs()


class DaysAsked(Wanted):
    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)


class SlotsAsked(Wanted):
    on = fields.Date(required=True)


class HoldAsked(Wanted):
    service = PublicId(required=True)
    starts_at = fields.String(required=True, validate=validate.Length(max=40))


class AppointmentAsked(Wanted):
    hold = PublicId(load_default="")
    service = PublicId(load_default="")
    starts_at = fields.String(load_default="", validate=validate.Length(max=40))
    name = fields.String(load_default="", validate=validate.Length(max=10_000))
    email = fields.String(load_default="", allow_none=True, validate=validate.Length(max=10_000))
    phone = fields.String(load_default="", allow_none=True, validate=validate.Length(max=10_000))
    on_behalf_of = PublicId(load_default="")


class TokenAsked(Schema):
    token = fields.String(load_default="", validate=WORD)


class MoveAsked(TokenAsked):
    hold = PublicId(load_default="")
    starts_at = fields.String(load_default="", validate=validate.Length(max=40))


class Moment(fields.Field[datetime]):
    """RFC 3339 in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else rfc3339(value)


class ServiceShown(Schema):
    id = fields.String()
    name = fields.String()
    office = fields.String()
    modalities = fields.List(fields.String())
    minutes = fields.Integer()


class DayShown(Schema):
    on = fields.Date()
    free = fields.Raw(metadata={"description": "A count, or true and false where only coarse availability is shown"})


class SlotShown(Schema):
    starts_at = Moment(metadata={"type": "string", "format": "date-time"})
    ends_at = Moment(metadata={"type": "string", "format": "date-time"})
    free = fields.Raw()


class HoldShown(Schema):
    hold = fields.String()
    expires_at = Moment(metadata={"type": "string", "format": "date-time"})


class AppointmentShown(Schema):
    id = fields.String()
    reference = fields.String()
    starts_at = Moment(metadata={"type": "string", "format": "date-time"})
    manage_url = fields.String()
    join_url = fields.String(allow_none=True)


class StateShown(Schema):
    id = fields.String()
    state = fields.String()


class ProblemShown(Schema):
    """RFC 9457."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String()
    alternatives = fields.List(fields.Nested(SlotShown))


def rfc3339(at: datetime) -> str:
    """`2026-11-24T09:30:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _by_field(place: Any) -> list[tuple[str, list[str]]]:
    if not isinstance(place, dict):
        return [("", [str(told) for told in place])]
    return [(str(name), _words(told)) for name, told in place.items()]


def _words(told: Any) -> list[str]:
    if isinstance(told, dict):
        return [word for inner in told.values() for word in _words(inner)]
    return [str(one) for one in told] if isinstance(told, list) else [str(told)]
