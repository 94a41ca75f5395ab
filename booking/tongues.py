"""Whether the people of a held time understand each other: a language is a wish, an interpreter makes it sure."""

from __future__ import annotations

from foundation.db import db

from .models import Hold, Need, Resource

LANGUAGE = "language:"


def shared(hold: Hold) -> bool:
    """Whether somebody of the held time speaks the person's language, or an interpreter comes; unknown languages count as spoken."""
    if not hold.language or Need.INTERPRETER in hold.needs:
        return True
    for resource_id in hold.resource_ids:
        resource = db.session.get_one(Resource, resource_id)
        spoken = {feature for feature in resource.features if feature.startswith(LANGUAGE)}
        if resource.kind == "counselor" and spoken:
            return bool(spoken & {LANGUAGE + hold.language, LANGUAGE + hold.language.partition("-")[0]})
    return True
