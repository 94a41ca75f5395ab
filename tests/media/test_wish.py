"""What a viewer gets as their line goes: the ladder alone, then through the unit with a line that gets thin and good again."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.media.light import LightPeer
from realtime.media import wish
from realtime.media.loss import Received
from realtime.media.rtcp import Report
from realtime.media.speakers import Speakers
from realtime.media.tokens import Places
from realtime.media.wish import Ladder, Offer

from .running import running, until

TWO = Offer((100_000.0, 900_000.0), 2)


def test_a_good_line_gets_everything_at_once() -> None:
    assert Ladder().choose([TWO, TWO], 0) == [2, 2]


def test_what_was_not_asked_for_is_not_sent() -> None:
    assert Ladder().choose([Offer(TWO.rates, 1), Offer((), 0), TWO], 0) == [1, 0, 2]


def test_a_line_that_falls_gets_the_most_important_first_and_the_small_before_the_large() -> None:
    ladder = Ladder()
    ladder.bears(2_000_000, 0)
    ladder.bears(1_300_000, 1)
    assert ladder.choose([TWO, TWO], 1) == [2, 1]
    ladder.bears(150_000, 2)
    assert ladder.choose([TWO, TWO], 2) == [1, 0]
    ladder.bears(50_000, 3)
    assert ladder.choose([TWO, TWO], 3) == [1, 0], "the last picture goes for lost packets only"
    ladder.loss = 0.35
    assert ladder.choose([TWO, TWO], 6) == [0, 0], "then only sound"


def test_a_low_figure_that_only_grows_is_no_thin_line() -> None:
    ladder = Ladder()
    for second in range(20):
        ladder.bears(150_000 * 1.08**second, second)
        assert ladder.choose([TWO], second) == [2]


def test_it_comes_back_slowly_and_more_slowly_after_a_try_that_failed() -> None:
    ladder = Ladder()
    ladder.bears(1_000_000, 0)
    ladder.bears(200_000, 1)
    assert ladder.choose([TWO], 1) == [1]
    seen = [ladder.choose([TWO], at / 2)[0] for at in range(4, 60)]
    first = seen.index(2) / 2 + 2
    assert wish.UP <= first - 1 <= wish.UP + 4, first
    again = first + 5
    ladder.bears(1_000_000, again)
    ladder.bears(200_000, again + 1)
    assert ladder.choose([TWO], again + 1) == [1]
    seen = [ladder.choose([TWO], again + 1 + at / 2)[0] for at in range(4, 80)]
    assert seen.index(2) / 2 >= 2 * wish.UP - 4, "twice as long"


def test_lost_packets_take_a_step_each_two_seconds_and_a_few_hundredths_none() -> None:
    ladder = Ladder()
    ladder.loss = 0.05
    assert all(ladder.choose([TWO], at / 2) == [2] for at in range(100))
    ladder.loss = 0.2
    assert [ladder.choose([TWO], 60 + at / 2)[0] for at in range(40)][-1] == 1, (
        "the small one comes, with what is lost again"
    )
    ladder.loss = 0.4
    assert ladder.choose([TWO], 100) == [0]
    ladder.loss = 0.05
    seen = [ladder.choose([TWO], 101 + at / 2)[0] for at in range(60)]
    assert 0 < seen.index(1) / 2 <= wish.SOON + 1, "the smallest is back soon"
    ladder.loss = 0.0
    assert 2 in [ladder.choose([TWO], 131 + at / 2)[0] for at in range(150)]


def test_a_cough_does_not_take_the_word() -> None:
    speakers = Speakers()
    assert speakers.look({"ana": 30.0, "bo": 127.0}, 0) and speakers.now == "ana"
    assert not speakers.look({"ana": 31.0, "bo": 28.0}, 0.3), "hardly louder"
    assert not speakers.look({"ana": 80.0, "bo": 127.0}, 1.0), "a pause"
    assert speakers.look({"ana": 80.0, "bo": 20.0}, 1.2) and speakers.now == "bo", "louder, while Ana pauses"
    assert speakers.look({"ana": 80.0}, 3) and speakers.now is None, "who has gone has not the word"


def test_a_thin_line_gets_the_small_picture_and_then_the_large_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wish, "UP", 3.5)

    async def films(ana: LightPeer) -> None:
        while True:
            ana.show("h", 4)
            ana.show("l", 1, 400)
            await asyncio.sleep(1 / 30)

    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pv": ("h", "l")})
            bo, name = await house.join("bo")
            cleo, _ = await house.join("cleo")
            plays = asyncio.create_task(films(ana))
            seen = house.place(bo, "v0")
            await until(lambda: seen.frames > 30)
            (track,) = (one.track for one in house.unit.meetings["m"].places if one.track)
            await until(lambda: all(layer.bits > 50_000 for layer in track.layers.values()))
            member = house.unit.members[name]
            seat = member.meeting.by_ssrc[seen.ssrc].seats[member.peer]
            await until(lambda: seat.layer is not None and seat.layer.rid == "h")
            member.ladder._wait = wish.UP
            ssrcs = [seen.ssrc]
            bo.remb(3_000_000, ssrcs)
            await until(lambda: member.ladder._peak >= 2_900_000)
            before, others = len(seen.streams), len(house.place(cleo, "v0").streams)
            bo.remb(400_000, ssrcs)
            await until(lambda: len(seen.streams) > before)
            small = ("layer", {"meeting": "m", "participant": "bo", "of": "ana", "layer": "small"})
            await until(lambda: small in house.events)
            await until(lambda: len(seen.streams) > before + 1)
            plays.cancel()
            assert (seen.bad, seen.lost, seen.wild_switches, seen.broken_pictures) == (0, 0, 0, 0)
            assert len(house.place(cleo, "v0").streams) == others, "nobody else notices"

    asyncio.run(case())


def test_twelve_cameras_come_to_each_of_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    # Twelve light peers in one loop lose packets in their own sockets where the machine is busy; that is not what is asked here.
    monkeypatch.setattr(wish, "LOSSY", 2.0)

    async def case() -> None:
        async with running() as house:
            everybody = [
                (await house.join(f"p{n}", {"pa": (), "pv": ("h", "l")}, places=Places(12, 13)))[0] for n in range(12)
            ]
            plays = [asyncio.create_task(one.play(60, rids=("h", "l"), packets=1, size=300)) for one in everybody]
            for own, one in enumerate(everybody):
                seen = [house.place(one, f"v{n}") for n in range(12) if n != own]
                heard = [house.place(one, f"a{n}") for n in range(12) if n != own]
                await until(lambda seen=seen: all(place.frames > 10 for place in seen), 40)
                await until(lambda heard=heard: all(place.packets > 10 for place in heard), 40)
                assert all((place.bad, place.wild_switches, place.broken_pictures) == (0, 0, 0) for place in seen)
                assert not house.place(one, f"v{own}").packets, "nobody gets their own picture"
            for task in plays:
                task.cancel()

    asyncio.run(case())


def test_who_goes_takes_no_picture_of_others_along() -> None:
    """Two cameras on a thin line are both small; when one person leaves, the other's picture stays."""
    ladder = Ladder()
    two = [Offer((100_000.0, 500_000.0), 2), Offer((100_000.0, 500_000.0), 2)]
    ladder.loss = 0.2
    for second in range(8):
        steps = ladder.choose(two, float(second))
    ladder.loss = 0.0
    assert ladder.below >= 2, steps
    ladder.below = 2
    assert ladder.choose(two, 9.0) == [1, 1]
    assert ladder.choose(two[:1], 9.5)[0] >= 1


def test_what_was_lost_of_a_picture_that_has_ended_is_forgotten() -> None:
    received = Received()
    for ssrc, lost in ((1, 40), (2, 0)):
        received.take(Report(ssrc, 0, 0, 0, 0, 0), 0.0)
        received.take(Report(ssrc, lost, 100, 0, 0, 0), 1.0)
    assert (received.of(1), received.share(1.5)) == (0.4, 0.2)
    received.forget(1)
    assert (received.of(1), received.share(1.5)) == (0.0, 0.0)
