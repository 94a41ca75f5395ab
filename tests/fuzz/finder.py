"""The finder against the oracle on random worlds: `python -m tests.fuzz.finder 10000 [SEED]` prints the seed and each difference."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from booking import explain, finder
from foundation import clock
from tests.booking import oracle, reasons
from tests.booking.oracle import Calendar, Truth, Wish, World
from tests.foundation.bare import bare_app

from . import worlds


def check(dice: random.Random) -> int:
    """Compare everything that the finder says about one random world, twice: the second time after new claims and some minutes.

    Returns how many free starts there were. Needs an application context. Raises AssertionError with the difference.
    """
    world, wish = worlds.make(dice)
    with clock.frozen(world.now):
        service_id = worlds.write_down(world)
        found = compare(dice, world, wish, service_id)
        worlds.write_claims(worlds.claim_some(dice, world))
    world.now += timedelta(seconds=dice.randint(0, 900))
    with clock.frozen(world.now):
        return found + compare(dice, world, wish, service_id)


def compare(dice: random.Random, world: World, wish: Wish, service_id: int) -> int:
    """Days, times, the first, the nearest, who, and why nothing."""
    query = finder.Query(service_id, wish.modality, wish.language, wish.needs)
    calendar = Calendar(world)
    truth = oracle.truth(calendar, wish)
    names = {one.id: one.name for one in world.things}
    first, last = calendar.today() - timedelta(days=1), calendar.today() + timedelta(days=world.horizon + 1)
    for day in finder.days(query, first, last):
        starts = [at for at in truth.fits if calendar.day(at) == day.on]
        _same("days", day.on, len(starts), day.free)
        expected = [
            (
                at,
                at + timedelta(minutes=world.minutes),
                truth.fits[at],
                tuple(sorted(names[one] for one in truth.who[at])),
            )
            for at in sorted(starts)
        ]
        _same(
            "slots",
            day.on,
            expected,
            [(s.starts_at, s.ends_at, s.free, s.counselors) for s in finder.slots(query, day.on)],
        )
        if not starts:
            reason = explain.why_nothing(query, day.on)
            assert reason.text
            _same("why nothing", day.on, reasons.why_nothing(calendar, wish, day.on), reason.code)
    if not truth.fits:
        _same("why nothing", "at all", reasons.why_nothing(calendar, wish, None), explain.why_nothing(query, None).code)
    soonest = finder.first_free(query)
    _same("first free", "", min(truth.fits, default=None), soonest.starts_at if soonest else None)
    some = [dice.choice(calendar.moments) for _ in range(3)] + dice.sample(sorted(truth.fits), min(3, len(truth.fits)))
    offered = oracle.truth(calendar, wish, claims=False).fits
    for at in some:
        _same("offered", at, at in offered, finder.offered(query, at))
        nearest = sorted((abs(other - at), other) for other in truth.fits if other != at)[:3]
        _same(
            "alternatives",
            at,
            sorted(other for _, other in nearest),
            [s.starts_at for s in finder.alternatives(query, at)],
        )
        _check_candidates(calendar, wish, truth, query, at)
    return len(truth.fits)


def _check_candidates(calendar: Calendar, wish: Wish, truth: Truth, query: finder.Query, at: datetime) -> None:
    world = calendar.world
    found = finder.candidates(query, at)
    _same("candidates", at, at in truth.fits, bool(found))
    for chosen in found:
        assert len(set(chosen)) == len(chosen), chosen
        assert any(
            chosen[0] in calendar.counselors(at, modality, True)
            and len(chosen) == 1 + len(needs)
            and all(
                one in calendar.answering(at, modality, need, wish, True)
                for one, need in zip(chosen[1:], needs, strict=True)
            )
            for modality in world.modalities
            if wish.modality in ("", modality)
            for needs in [oracle.needed(world, wish, modality)]
        ), (at, chosen)


def _same(what: str, where: object, expected: object, got: object) -> None:
    assert expected == got, f"{what} {where}: the oracle says {expected}, the finder {got}"


def main(number: int, seed: int) -> int:
    """Try so many worlds; returns how many differ."""
    print(f"seed: {seed} (one world again: python -m tests.fuzz.finder 1 SEED)")
    began, free, wrong = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        app = bare_app(Path(folder))
        with app.app_context():
            for one in range(seed, seed + number):
                try:
                    free += check(random.Random(one))
                except AssertionError as difference:
                    wrong += 1
                    print(f"seed {one}: {difference}")
    print(
        f"{number} worlds, {free} free starts, {wrong} differences, {time.monotonic() - began:.0f} s, {datetime.now(UTC):%F}"
    )
    return wrong


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:]]
    sys.exit(
        main(asked[0] if asked else 10_000, asked[1] if len(asked) > 1 else random.SystemRandom().randrange(10**9)) > 0
    )
