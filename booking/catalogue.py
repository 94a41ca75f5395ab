"""What the public may book: services by office, and the languages that are spoken there."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager

from foundation.db import db
from foundation.errors import NotFound
from virtual_office.offices.models import Office

from .models import Resource, Service, ServiceResource
from .references import is_public_id

LANGUAGE = "language:"
SIGNED = "sign-"


def get(public_id: str) -> Service:
    """A service that can be booked at an open office. Raises NotFound."""
    service = db.session.scalar(_offered().where(Service.public_id == public_id)) if is_public_id(public_id) else None
    if service is None:
        raise NotFound
    return service


def offered() -> list[Service]:
    """Every service that can be booked, by office and name."""
    return list(db.session.scalars(_offered().order_by(Office.name, Office.id, Service.name, Service.id)))


def counters(place: str = "") -> list[tuple[Office, list[Service]]]:
    """Offices with their services; `place` keeps offices whose name or address has it."""
    query = _offered().order_by(Office.name, Office.id, Service.name, Service.id)
    if place:
        query = query.where(
            or_(Office.name.icontains(place, autoescape=True), Office.address.icontains(place, autoescape=True))
        )
    found: dict[int, tuple[Office, list[Service]]] = {}
    for service in db.session.scalars(query):
        found.setdefault(service.office_id, (service.office, []))[1].append(service)
    return list(found.values())


def languages_spoken(service: Service) -> list[str]:
    """Language codes that its counselors speak, or interpreters; the installation's own come first."""
    gives = select(ServiceResource.resource_id).where(ServiceResource.service_id == service.id)
    query = select(Resource.kind, Resource.features).where(
        Resource.active,
        or_(Resource.id.in_(gives), Resource.kind == "interpreter"),
    )
    ours = list(current_app.config["VO"].language_codes)
    spoken, any_language = set(), False
    for kind, features in db.session.execute(query):
        codes = {feature.removeprefix(LANGUAGE) for feature in features if feature.startswith(LANGUAGE)}
        spoken |= {code for code in codes if not code.startswith(SIGNED)}
        any_language = any_language or (kind == "counselor" and not codes)
    if any_language or not spoken:
        spoken |= set(ours)
    return sorted(spoken, key=lambda code: (ours.index(code) if code in ours else len(ours), code))


def _offered() -> Select[Service]:
    query = select(Service).join(Service.office).options(contains_eager(Service.office))
    return query.where(Service.active, Office.active)
