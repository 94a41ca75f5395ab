"""What a service takes, as plain values: read by one small statement, and good beyond the transaction that read it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from foundation.db import db
from foundation.errors import NotFound
from virtual_office.offices.models import Office

from .models import Service
from .references import is_public_id


class Terms(NamedTuple):
    """A service and its office; `active` when both can be booked. Lengths are minutes, `horizon_days` local days."""

    service_id: int
    office_id: int
    zone: str
    region: str
    modalities: list[str]
    minutes: int
    before_minutes: int
    after_minutes: int
    notice_minutes: int
    horizon_days: int
    active: bool


_S, _O = Service.__table__.c, Office.__table__.c
_READ = select(
    _S.id,
    _S.office_id,
    _O.zone,
    _O.region,
    _S.modalities,
    _S.minutes,
    _S.before_minutes,
    _S.after_minutes,
    _S.notice_minutes,
    _S.horizon_days,
    (_S.active & _O.active).label("active"),
).join_from(Service.__table__, Office.__table__, _S.office_id == _O.id)
_BY_ID = _READ.where(_S.id == bindparam("service"))
_BY_PUBLIC_ID = _READ.where(_S.public_id == bindparam("service"))


def of(service_id: int) -> Terms:
    """The terms of a service, active or not. Raises NotFound."""
    row = db.session.execute(_BY_ID, {"service": service_id}).first()
    if row is None:
        raise NotFound
    return Terms._make(row)


def bookable(public_id: str) -> Terms:
    """The terms of a service that people may book now. Raises NotFound."""
    row = db.session.execute(_BY_PUBLIC_ID, {"service": public_id}).first() if is_public_id(public_id) else None
    if row is None or not row.active:
        raise NotFound
    return Terms._make(row)
