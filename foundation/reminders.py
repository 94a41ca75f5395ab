"""When people are reminded: an office's own rule or the house's, and text messages that never ring at night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from . import audit
from .db import db, insert_into, lock, table
from .errors import Refusal
from .models import ReminderRule

WEEK, DAY, HOUR = 7 * 1440, 1440, 60
"""Minutes before the start that can be chosen."""
CHOICES = (WEEK, DAY, HOUR)
PRINTABLE = (WEEK,)
"""What can still be printed and posted in time. The house prints no reminder: we keep no postal address, so it is work."""
FEWEST = 15
"""Minutes that a reminder must leave to set out."""
EVENING = 5
"""Minutes before the quiet begins at which a message is sent that can not wait until it ends."""


class RuleChanged(Refusal):
    """Somebody else saved in between."""

    code = "changed_meanwhile"
    message = _l("A colleague changed this while you were writing. Compare, then save again.")


@dataclass(frozen=True)
class Rule:
    """Minutes before the start by channel; quiet from and until in minutes of local wall-clock time."""

    email: tuple[int, ...] = (WEEK, DAY)
    sms: tuple[int, ...] = (DAY, HOUR)
    printed: tuple[int, ...] = ()
    quiet_from: int = 21 * 60
    quiet_until: int = 8 * 60
    version: int = 0

    def before(self, channel: str) -> tuple[int, ...]:
        """Minutes before the start for a channel."""
        return {"email": self.email, "sms": self.sms, "print": self.printed}[channel]


HOUSE = Rule()
"""What holds where an office says nothing."""


def rule_of(office_id: int | None) -> Rule:
    """The rule of an office."""
    row = _row(office_id) if office_id is not None else None
    if row is None:
        return HOUSE
    return Rule(tuple(row.email), tuple(row.sms), tuple(row.printed), row.quiet_from, row.quiet_until, row.version)


def set_rule(office_id: int, rule: Rule) -> None:
    """Keep an office's rule; letters that wait already keep their moment. `version` must be the one that was read: RuleChanged."""
    row = _locked(office_id)
    if rule.version != row.version:
        raise RuleChanged
    row.email, row.sms, row.printed = (sorted(one, reverse=True) for one in (rule.email, rule.sms, rule.printed))
    row.quiet_from, row.quiet_until, row.version = rule.quiet_from, rule.quiet_until, rule.version + 1
    db.session.flush()
    after = {"email": row.email, "sms": row.sms, "printed": row.printed, "quiet": [row.quiet_from, row.quiet_until]}
    audit.note("reminder_rule.changed", row, after=after, office_id=office_id)


def moment(starts_at: datetime, before: int, channel: str, rule: Rule, zone: str) -> datetime:
    """When a reminder leaves. A text message due in the quiet leaves when it ends, if that leaves time to set out; else before it."""
    due = starts_at - timedelta(minutes=before)
    if channel != "sms" or (quiet := quiet_around(due, rule, zone)) is None:
        return due
    begins, ends = quiet
    return ends if ends <= starts_at - timedelta(minutes=FEWEST) else begins - timedelta(minutes=EVENING)


def quiet_around(at: datetime, rule: Rule, zone: str) -> tuple[datetime, datetime] | None:
    """The quiet hours that a moment lies in, as UTC moments, or None."""
    if rule.quiet_from == rule.quiet_until:
        return None
    place = ZoneInfo(zone)
    today = at.astimezone(place).date()
    for on in (today - timedelta(days=1), today):
        last = on if rule.quiet_from < rule.quiet_until else on + timedelta(days=1)
        begins, ends = (
            datetime.combine(day, wall(minutes), place).astimezone(UTC)
            for day, minutes in ((on, rule.quiet_from), (last, rule.quiet_until))
        )
        if begins <= at < ends:
            return begins, ends
    return None


def wall(minutes: int) -> wall_time:
    """Minutes since midnight as a time of the clock."""
    return wall_time(minutes // 60, minutes % 60)


def _row(office_id: int) -> ReminderRule | None:
    return db.session.scalar(select(ReminderRule).where(ReminderRule.office_id == office_id))


def _locked(office_id: int) -> ReminderRule:
    """The row, made where there is none, locked: two who save at once come one after the other."""
    house = {"email": [], "sms": [], "printed": [], "quiet_from": HOUSE.quiet_from, "quiet_until": HOUSE.quiet_until}
    made = insert_into(table(ReminderRule)).on_conflict_do_nothing(index_elements=["office_id"])
    db.session.execute(made, {"office_id": office_id, "version": 0, **house})
    row = db.session.scalars(select(ReminderRule).where(ReminderRule.office_id == office_id)).one()
    lock(row)
    return row
