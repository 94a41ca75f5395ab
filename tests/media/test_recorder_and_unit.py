"""The recorder behind the real unit: what a publisher sends over DTLS and SRTP is found in the file."""

from __future__ import annotations

import asyncio
import signal
import struct
import sys
from pathlib import Path

import pytest

from benchmarks.media.light import LightPeer

from .feeding import H264, RATE, VP8, Sent, encode_pictures, encode_sound, play, send_pictures, send_sound
from .running import running, until

MID = 1
"""The id of the header extension that names a section."""


def named(packet: bytes, mid: str) -> bytes:
    """The same packet with its section's name in a header extension (RFC 8285, RFC 9143)."""
    words = bytes([MID << 4 | len(mid) - 1]) + mid.encode()
    words += bytes(-len(words) % 4)
    return bytes([packet[0] | 0x10]) + packet[1:12] + struct.pack("!HH", 0xBEDE, len(words) // 4) + words + packet[12:]


@pytest.mark.parametrize(("codec", "name"), [(VP8, "VP8"), (H264, "H264")])
def test_what_is_published_is_in_the_file(tmp_path: Path, codec: int, name: str) -> None:
    pictures, sound = encode_pictures(codec, 4, every=1), encode_sound(4)

    async def case() -> None:
        async with running() as house:
            told = house.unit.join({"token": house.token("ana", ["audio", "video"])})
            ana = LightPeer("ana", codec=name)
            answer = ana.answer(told["offer"], {"pa": (), "pv": ()})
            house.unit.answer({"peer": told["peer"], "sdp": answer})
            await ana.connect()
            await until(lambda: bool(house.unit.members[told["peer"]].peer.keys))
            ssrcs = {mid: ana.sources[mid, ""].ssrc for mid in ("pa", "pv")}
            recorder = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "realtime.media.recorder", str(house.unit.settings.control), "m", str(tmp_path)
            )
            await until(lambda: house.unit.meetings["m"].feeds, 20)
            sent: list[tuple[str, Sent]] = [
                *(("pv", each) for each in send_pictures(codec, pictures, ssrc=ssrcs["pv"])),
                *(("pa", each) for each in send_sound(sound, ssrc=ssrcs["pa"])),
            ]
            began = asyncio.get_running_loop().time()
            for mid, each in sorted(sent, key=lambda pair: pair[1].at):
                await asyncio.sleep(max(0.0, began + each.at - asyncio.get_running_loop().time()))
                ana.send(named(each.packet, mid))
            recorder.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(recorder.wait(), 20) == 0

    asyncio.run(case())
    (file,) = [path for path in tmp_path.iterdir() if path.suffix != ".json"]
    seen = play(file)
    assert seen.codecs == {name.lower(), "opus"}
    assert len(seen.pictures) > 3 * RATE
    assert seen.flash is not None
    assert seen.tone is not None
    assert abs(seen.flash - seen.tone) < 0.04
