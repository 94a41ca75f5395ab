"""What a recorder hears from the real unit: pictures from a keyframe on, and the clocks of senders."""

from __future__ import annotations

import asyncio

from aiortc import rtp as rtcp

from realtime.media import packet, vp8
from realtime.media.frames import Frames, decode, encode

from .running import running, until


def test_a_recorder_that_comes_late_is_given_a_keyframe_and_the_senders_clock() -> None:
    async def case() -> None:
        async with running() as house:
            # Nobody watches: only the recorder makes the unit ask.
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            plays = asyncio.create_task(ana.play(4))
            await asyncio.sleep(1)
            assert not [
                one for one in ana.feedback if isinstance(one, rtcp.RtcpPsfbPacket) and one.fmt == rtcp.RTCP_PSFB_PLI
            ]
            reader, writer = await asyncio.open_unix_connection(house.unit.settings.control)
            writer.write(encode({"id": 1, "do": "feed", "meeting": "m"}))
            frames: list[bytes] = []

            async def listen() -> None:
                line = Frames()
                while data := await reader.read(1 << 16):
                    frames.extend(line.take(data))

            listening = asyncio.create_task(listen())

            def begins(frame: bytes) -> bool:
                one = packet.read(frame[14:]) if frame[0] == 0 and frame[13] == 1 else None
                told = vp8.describe(one.payload) if one is not None else None
                return told is not None and told.keyframe

            await until(lambda: any(map(begins, frames)), 1.5)
            ssrc = ana.source("video").ssrc
            ana.send_rtcp(bytes(rtcp.RtcpSrPacket(ssrc, rtcp.RtcpSenderInfo(5 << 32, 90_000, 1, 1))))
            want = {
                "event": "report",
                "meeting": "m",
                "participant": "ana",
                "kind": "camera",
                "ssrc": ssrc,
                "ntp": 5 << 32,
                "rtp": 90_000,
            }
            await until(lambda: want in [decode(frame) for frame in frames if frame[:1] == b"{"])
            asked = [
                one for one in ana.feedback if isinstance(one, rtcp.RtcpPsfbPacket) and one.fmt == rtcp.RTCP_PSFB_PLI
            ]
            assert 1 <= len(asked) <= 3
            writer.close()
            await listening
            await until(lambda: not house.unit.meetings["m"].feeds)
            await plays

    asyncio.run(case())
