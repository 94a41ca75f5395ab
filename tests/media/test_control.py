"""The control line: answers in order, events to everybody, and nobody who is slow, broken or wild disturbs the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from realtime.media import control
from realtime.media.control import Control, Line
from realtime.media.frames import LARGEST, encode
from realtime.media.refused import Refused
from tests.media.lines import Ear
from tests.tiers import examples


async def act(line: Line, do: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the tests ask for."""
    if do == "say":
        return {"said": request.get("text")}
    if do == "wait":
        await asyncio.sleep(request["seconds"])
        return {}
    if do == "refuse":
        raise Refused("token_used", "This token was used before.")
    if do == "large":
        return {"text": "x" * LARGEST}
    if do == "feed":
        line.tell("fed")
        return {}
    raise KeyError("amal@example.org")


@contextlib.asynccontextmanager
async def listening(path: Path) -> AsyncIterator[Control]:
    unit = Control(path, act)
    await unit.serve()
    try:
        yield unit
    finally:
        await unit.close()


def run(path: Path, story: Callable[[Control], Awaitable[None]]) -> None:
    """Play a story against a unit that listens there."""

    async def whole() -> None:
        async with listening(path) as unit:
            await story(unit)

    asyncio.run(whole())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "media-0.sock"


def test_answers_carry_the_number_that_was_asked_with(path: Path) -> None:
    async def story(_: Control) -> None:
        async with Ear(path) as ear:
            assert await ear.ask("say", text="é \ud800") == {"id": 1, "ok": True, "said": "é \ud800"}
            ear.say({"id": 70, "do": "wait", "seconds": 0.2})
            assert (await ear.ask("say", text="b"))["said"] == "b", "a slow act holds up nobody"
            assert json.loads(await ear.frame()) == {"id": 70, "ok": True}

    run(path, story)


def test_requests_that_need_no_waiting_are_done_in_order(path: Path) -> None:
    async def story(_: Control) -> None:
        async with Ear(path) as ear:
            for number in range(200):
                ear.say({"id": number, "do": "say", "text": number})
            assert [json.loads(await ear.frame())["said"] for _ in range(200)] == list(range(200))

    run(path, story)


def test_refusals_and_faults_are_answers(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(_: Control) -> None:
        async with Ear(path) as ear:
            no = {"ok": False, "code": "token_used", "message": "This token was used before."}
            assert await ear.ask("refuse", token="secret-token") == {"id": 1, **no}
            assert await ear.ask("nonsense") == {
                "id": 2,
                "ok": False,
                "code": "broken",
                "message": "The unit could not do this.",
            }
            assert (await ear.ask("large"))["code"] == "broken"
            assert (await ear.ask("say", text=1))["ok"], "the line lives on"

    with caplog.at_level(logging.INFO):
        run(path, story)
    lines = [record for record in caplog.records if record.name == control.__name__]
    assert [line.getMessage() for line in lines] == ["refused", "request broken", "request broken"]
    refused = vars(lines[0])
    assert (refused["do"], refused["code"]) == ("refuse", "token_used")
    assert "secret-token" not in repr(refused)


def test_events_reach_every_line(path: Path) -> None:
    async def story(unit: Control) -> None:
        async with Ear(path) as one, Ear(path) as two:
            await one.ask("say")
            await two.ask("say")
            unit.tell("joined", meeting="m1", participant="p1", peer="x")
            for ear in (one, two):
                assert await ear.event() == {"event": "joined", "meeting": "m1", "participant": "p1", "peer": "x"}
            with pytest.raises(ValueError, match="frame of"):
                unit.tell("places", text="x" * LARGEST)

    run(path, story)


def test_only_our_account_may_enter(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "media-0.sock"

    async def story(_: Control) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    run(path, story)
    assert not path.exists()


def test_socket_of_a_dead_unit_is_replaced_and_one_of_a_newer_is_left(path: Path) -> None:
    async def whole() -> None:
        old, new = Control(path, act), Control(path, act)
        await old.serve()
        await new.serve()
        await old.close()
        async with Ear(path) as ear:
            assert (await ear.ask("say"))["ok"]
        await new.close()

    asyncio.run(whole())
    assert not path.exists()


def test_a_file_that_is_no_socket_is_not_removed(path: Path) -> None:
    path.write_text("somebody's notes")
    with pytest.raises(OSError, match="in use"):
        asyncio.run(Control(path, act).serve())
    assert path.read_text() == "somebody's notes"


def test_a_deep_folder(tmp_path: Path) -> None:
    path = tmp_path / ("d" * 120) / "media-0.sock"

    async def story(_: Control) -> None:
        assert stat.S_ISSOCK(path.stat().st_mode)

    run(path, story)


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\0\0\0",
        (LARGEST + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"\0\0\0\x01x",
        b"\0\0\0\x02[]",
        b"\0\0\0\x02{}",
        *(
            len(raw).to_bytes(4, "big") + raw
            for raw in (
                b'{"id":"1","do":"say"}',
                b'{"id":true,"do":"say"}',
                b'{"id":-1,"do":"say"}',
                b'{"id":1e3,"do":"say"}',
                b'{"id":9007199254740992,"do":"say"}',
                b'{"id":1,"do":null}',
                b'{"id":1,"do":"say","text":NaN}',
                b'{"id":1,"do":"say","text":"\xff"}',
                '{"id":1,"do":"say"}'.encode("utf-16"),
                b"[" * 200_000,
                b'{"id":' + b"9" * 200_000 + b"}",
                b"\0RTP",
            )
        ),
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_no_request_closes_the_line_with_one_log_line(
    path: Path, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(_: Control) -> None:
        async with Ear(path) as wild, Ear(path) as other:
            assert (await other.ask("say"))["ok"]
            wild.send(raw + encode({"id": 1, "do": "say"}))
            assert await wild.frame() == b""
            assert (await other.ask("say"))["ok"]

    run(path, story)
    assert [record.getMessage() for record in caplog.records] == ["control line closed"]


def test_hello_tells_one_life_from_the_next(path: Path) -> None:
    lives = []

    async def story(_: Control) -> None:
        async with Ear(path) as one, Ear(path) as two:
            hello = await one.ask("hello")
            assert hello["unit"] == "media-0"
            assert await two.ask("hello") == hello
            lives.append(hello["life"])

    run(path, story)
    run(path, story)
    assert lives[0] != lives[1]


def test_too_many_requests_at_once_are_refused(path: Path) -> None:
    async def story(_: Control) -> None:
        async with Ear(path) as ear:
            for number in range(control.MOST_ASKED):
                ear.say({"id": number, "do": "wait", "seconds": 60})
            assert (await ear.ask("say"))["code"] == "busy"

    run(path, story)


def test_line_that_does_not_read_is_dropped_and_the_others_go_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(control, "PATIENCE", 0.4)
    monkeypatch.setattr(control, "LOOK", 0.05)

    async def story(unit: Control) -> None:
        async with Ear(path) as deaf, Ear(path) as other:
            await deaf.ask("say")
            await other.ask("say")
            deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
            gone = asyncio.Event()
            for line in unit.lines:
                line.when_closed(lambda _: gone.set())
            for _ in range(20):
                unit.tell("places", text="x" * 50_000)
                assert len(json.loads(await other.frame())["text"]) == 50_000
            async with asyncio.timeout(5):
                await gone.wait()
            assert len(unit.lines) == 1
            assert (await other.ask("say"))["ok"]

    run(path, story)
    assert [vars(record)["why"] for record in caplog.records] == ["it does not read"]


def test_line_for_which_too_much_is_held_is_dropped(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(unit: Control) -> None:
        async with Ear(path) as deaf:
            await deaf.ask("say")
            (line,) = unit.lines
            for _ in range(40):
                unit.tell("places", text="x" * 200_000)
                assert line.behind <= control.MOST_HELD
            assert not line.open
            assert line.feed(b"\0") is False
            unit.tell("joined")

    run(path, story)
    assert len(caplog.records) == 1


def test_slow_but_reading_line_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is behind all the time, for three times as long as a line that reads nothing may be."""
    monkeypatch.setattr(control, "PATIENCE", 0.3)
    monkeypatch.setattr(control, "LOOK", 0.02)

    async def story(unit: Control) -> None:
        async with Ear(path) as ear:
            await ear.ask("say")
            (line,) = unit.lines
            for _ in range(15):
                unit.tell("places", text="x" * 200_000)
            for _ in range(15):
                assert await ear.frame()
                await asyncio.sleep(0.06)
            assert line.open
            assert (await ear.ask("say"))["ok"]

    run(path, story)


def test_feed_arrives_in_order_between_the_events(path: Path) -> None:
    async def story(unit: Control) -> None:
        async with Ear(path) as ear:
            await ear.ask("say")
            (line,) = unit.lines
            frames = [b"\0" + os.urandom(1 + number * 37 % 1_400) for number in range(500)]
            for number, frame in enumerate(frames):
                assert line.feed(frame)
                if number % 100 == 50:
                    unit.tell("places", number=number)
            for number, frame in enumerate(frames):
                assert await ear.frame() == frame
                if number % 100 == 50:
                    assert (await ear.event())["number"] == number

    run(path, story)


def test_recorder_that_is_slow_misses_frames_is_told_and_stays(path: Path) -> None:
    async def story(unit: Control) -> None:
        async with Ear(path) as ear:
            await ear.ask("say")
            (line,) = unit.lines
            frame = b"\0" * 1_200
            sent = [line.feed(frame) for _ in range(5_000)]
            assert line.dropped == sent.count(False) > 1_000
            assert line.behind <= control.MOST_FED + len(frame) + 4
            unit.tell("left")
            assert line.open, "half of the room is left for events"
            for _ in range(sent.count(True)):
                assert await ear.frame() == frame
            assert await ear.event() == {"event": "left"}
            assert line.feed(b"\0 again")
            assert await ear.event() == {"event": "dropped", "frames": line.dropped}
            assert await ear.frame() == b"\0 again"

    run(path, story)


def wild_frame(dice: random.Random) -> bytes:
    """Anything from pure noise to a request with one byte changed."""
    kind = dice.randrange(5)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 200))
    raw = json.dumps({"id": dice.randrange(9), "do": "say", "text": "x" * dice.randrange(50)}).encode()
    if kind == 1:
        raw = raw[: dice.randrange(len(raw))]
    if kind in {2, 3}:
        at = dice.randrange(len(raw))
        raw = raw[:at] + dice.randbytes(1) + raw[at + 1 :]
    length = len(raw) if kind < 4 else dice.choice([0, 1, len(raw) - 1, len(raw) + 3, LARGEST + 1, 2**32 - 1])
    return length.to_bytes(4, "big") + raw


@pytest.mark.fuzz
def test_random_frames_hurt_only_the_line_that_sends_them(path: Path, dice: random.Random) -> None:
    async def story(unit: Control) -> None:
        async with Ear(path) as other:
            for number in range(examples(5_000) // 10):
                async with Ear(path) as wild:
                    with contextlib.suppress(ConnectionError):
                        for _ in range(10):
                            wild.send(wild_frame(dice))
                        wild.writer.write_eof()
                        while await wild.frame():
                            pass
                assert (await other.ask("say"))["ok"], f"line {number}"
            for _ in range(100):
                if len(unit.lines) > 1:
                    await asyncio.sleep(0.01)
            assert len(unit.lines) == 1, "no line is left behind"

    run(path, story)
