"""Several things needed at once (counselor, interpreter, place): when all are free together, and which to take. Pure.

A pool is what can answer one need. Nothing can answer two needs of one meeting, also where it stands in two pools.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations


def possible(pools: Sequence[Mapping[int, int]]) -> int:
    """The ticks at which every pool can give another one of its own. Each pool maps ids to masks; no pools: all ticks (-1)."""
    if any(one.keys() & other.keys() for one, other in combinations(pools, 2)):
        return _one_by_one(pools)
    together = -1
    for pool in pools:
        together &= union(pool)
    return together


def union(pool: Mapping[int, int]) -> int:
    """The ticks at which at least one of a pool is free."""
    mask = 0
    for free in pool.values():
        mask |= free
    return mask


def room(free: Sequence[set[int]]) -> int:
    """How many meetings fit at one moment, given the free ids of each pool: by Hall's theorem, exact also where pools overlap."""
    return min(len(set().union(*some)) // size for size in range(1, len(free) + 1) for some in combinations(free, size))


def choices(pools: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """One id of each pool, each pool's best first; every id of the first pool comes, and the others take turns.

    Whoever loses one choice to another person finds other ids in the next.
    """
    found: dict[tuple[int, ...], None] = {}
    for turn in range(max(map(len, pools), default=0)):
        choice = _pick(pools, turn, ())
        if choice is not None:
            found[choice] = None
    return list(found)


def _pick(pools: Sequence[Sequence[int]], turn: int, taken: tuple[int, ...]) -> tuple[int, ...] | None:
    if len(taken) == len(pools):
        return taken
    pool = pools[len(taken)]
    for number in range(len(pool)):
        one = pool[(turn + number) % len(pool)]
        if one not in taken:
            rest = _pick(pools, turn, (*taken, one))
            if rest is not None:
                return rest
    return None


def _one_by_one(pools: Sequence[Mapping[int, int]], taken: frozenset[int] = frozenset()) -> int:
    if not pools:
        return -1
    mask = 0
    for one, free in pools[0].items():
        if free and one not in taken:
            mask |= free & _one_by_one(pools[1:], taken | {one})
    return mask
