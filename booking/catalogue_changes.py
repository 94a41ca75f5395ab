"""Services opened, changed and retired by leaders; booked appointments keep what was agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from accounts.access import Visitor
from accounts.models import Role
from foundation import audit
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

from .models import Modality, Resource, Service, ServiceResource

LEADS = (Role.ADMIN, Role.TEAM_LEADER)
FIELDS = (
    "name",
    "description",
    "prepare",
    "minutes",
    "before_minutes",
    "after_minutes",
    "step_minutes",
    "notice_minutes",
    "horizon_days",
    "modalities",
    "needs",
    "detail",
    "shows_counselor",
    "active",
)
LIMITS = {
    "minutes": (5, 480),
    "before_minutes": (0, 240),
    "after_minutes": (0, 240),
    "step_minutes": (5, 480),
    "notice_minutes": (0, 60 * 24 * 30),
    "horizon_days": (1, 365),
}
FIVES = ("minutes", "before_minutes", "after_minutes", "step_minutes")


class NotInSteps(Refusal):
    """Not a multiple of five."""

    code = "not_in_steps"
    status = 422
    message = _l("Enter a number of minutes that can be divided by five")


class OutOfBounds(Refusal):
    """Too small or too large."""

    code = "out_of_bounds"
    status = 422

    def __init__(self, field: str, low: int, high: int) -> None:
        super().__init__(_l("Enter a number from %(low)s to %(high)s", low=low, high=high), field=field)


class NoModality(Refusal):
    """No way to meet was chosen."""

    code = "no_modality"
    status = 422
    field = "modalities"
    message = _l("Choose at least one way to meet")


def listed(visitor: Visitor) -> list[Service]:
    """Services of the offices that the visitor leads, by office and name, retired ones last."""
    offices = visitor.offices(*LEADS)
    query = select(Service).order_by(Service.office_id, Service.active.desc(), Service.name, Service.id)
    return list(db.session.scalars(query if offices is None else query.where(Service.office_id.in_(offices))))


def get(public_id: str, visitor: Visitor) -> Service:
    """A service of an office that the visitor leads; NotFound for others."""
    service = db.session.scalar(select(Service).where(Service.public_id == public_id))
    if service is None or not visitor.may(*LEADS, office_id=service.office_id):
        raise NotFound
    return service


def open_service(office: Office, values: Mapping[str, Any], given_by: Iterable[int] = ()) -> Service:
    """A new service of an office; `given_by` are ids of its counselors' resources."""
    _check(values)
    service = Service(office_id=office.id, **{name: values[name] for name in FIELDS if name in values})
    db.session.add(service)
    db.session.flush()
    give(service, given_by)
    audit.note("service.opened", service, office_id=office.id)
    return service


def change(service: Service, values: Mapping[str, Any], given_by: Iterable[int], version: int) -> None:
    """Save what was edited from version `version`; refuses when a colleague saved in between."""
    lock(service)
    if service.version != version:
        raise ChangedMeanwhile(version=service.version)
    _check(values)
    changed = [name for name in FIELDS if name in values and getattr(service, name) != values[name]]
    for name in changed:
        setattr(service, name, values[name])
    if give(service, given_by):
        changed.append("given_by")
    if changed:
        service.version += 1
        audit.note("service.changed", service, after={"fields": changed}, office_id=service.office_id)


def give(service: Service, resource_ids: Iterable[int]) -> bool:
    """Say which counselors of the office give a service; returns whether that changed."""
    own = select(Resource.id).where(
        Resource.office_id == service.office_id, Resource.kind == "counselor", Resource.active
    )
    wanted = set(resource_ids) & set(db.session.scalars(own))
    had = set(givers(service))
    if wanted == had:
        return False
    db.session.execute(delete(ServiceResource).where(ServiceResource.service_id == service.id))
    db.session.add_all(
        ServiceResource(service_id=service.id, resource_id=resource_id) for resource_id in sorted(wanted)
    )
    db.session.flush()
    return True


def givers(service: Service) -> list[int]:
    """Resource ids of the counselors who give a service."""
    return list(db.session.scalars(select(ServiceResource.resource_id).where(ServiceResource.service_id == service.id)))


def _check(values: Mapping[str, Any]) -> None:
    for name, (low, high) in LIMITS.items():
        if name in values and not low <= values[name] <= high:
            raise OutOfBounds(name, low, high)
    for name in FIVES:
        if name in values and values[name] % 5:
            raise NotInSteps(field=name)
    if "modalities" in values and not set(values["modalities"]) & set(Modality):
        raise NoModality
