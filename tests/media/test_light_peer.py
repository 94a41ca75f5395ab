"""The light peer of the benchmarks is an honest witness: two of them talk over real sockets, and what is wrong is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiortc import rtp as rtcp

from benchmarks.media import descriptions
from benchmarks.media.light import Arrivals, LightPeer, Swarm
from benchmarks.media.packets import KEYFRAME, Source, parse, payload, picture, stamp

UNIT_OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=ice-lite
a=group:BUNDLE pv v0
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103
c=IN IP4 0.0.0.0
a=mid:pv
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef0123456789
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=candidate:1 1 udp 2130706431 127.0.0.1 7000 typ host
a=candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype passive
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=rid:h recv
a=rid:l recv
a=simulcast:recv h;l
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:v0
a=sendonly
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=ssrc-group:FID 1000 1001
a=ssrc:1000 cname:unit
a=ssrc:1001 cname:unit
"""


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[LightPeer, LightPeer]]:
    """A sender of audio and video, and the one that receives them and sends a picture back."""
    sender, receiver = LightPeer("sender"), LightPeer("receiver")
    offer = sender.propose(send=("audio", "video"), receive=("video",))
    sender.accept(receiver.answer(offer, publish={"2": ()}))
    await asyncio.gather(sender.connect(keep=False), receiver.connect(keep=False))
    try:
        yield sender, receiver
    finally:
        await sender.close()
        await receiver.close()


def run(case: Callable[[LightPeer, LightPeer], Awaitable[None]]) -> None:
    """One case between two connected peers."""

    async def whole() -> None:
        async with connected() as (sender, receiver):
            await case(sender, receiver)

    asyncio.run(whole())


def test_media_flows_both_ways_and_every_packet_is_found_whole() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        for _turn in range(20):
            sender.say()
            sender.show(packets=4, size=900)
            receiver.show(packets=3)
        video, audio = sender.source("video").ssrc, sender.source("audio").ssrc
        back = receiver.source("video").ssrc
        await receiver.until(lambda: receiver.heard(video).packets == 80 and receiver.heard(audio).packets == 20)
        await sender.until(lambda: sender.heard(back).packets == 60)
        for one in (receiver.heard(video), receiver.heard(audio), sender.heard(back)):
            assert (one.bad, one.lost, one.twice, one.jumps, one.wild_switches, one.broken_pictures) == (0,) * 6
            assert one.streams == [one.ssrc]
        assert (receiver.heard(video).frames, receiver.heard(video).keyframes) == (20, 1)
        assert receiver.wire.refused == sender.wire.refused == 0
        assert sender.profile == receiver.profile
        assert sender.profile.startswith("SRTP_")

    run(case)


def test_a_payload_altered_by_a_forwarder_is_found() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        source = sender.source("audio")
        whole = source.sound()
        sender.send(whole)
        broken = bytearray(source.sound())
        broken[-30] ^= 1
        sender.send(bytes(broken))
        await receiver.until(lambda: receiver.heard(source.ssrc).packets == 2)
        assert receiver.heard(source.ssrc).bad == 1

    run(case)


def test_a_packet_altered_on_the_way_or_sent_again_is_refused() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        source = sender.source("audio")
        sender.say()
        await receiver.until(lambda: receiver.heard(source.ssrc).packets == 1)
        sender.replay()
        broken = bytearray(sender.wire.dtls._tx_srtp.protect(source.sound()))
        broken[-20] ^= 1
        sender.junk(bytes(broken))
        sender.junk(b"\xff junk")
        await receiver.until(lambda: receiver.wire.refused == 2 and receiver.wire.strange == 1)
        assert receiver.heard(source.ssrc).packets == 1

    run(case)


def test_a_hole_is_counted_and_a_nack_fills_it() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        ssrc = sender.source("video").ssrc
        sender.show()
        sender.go_silent()
        sender.show(packets=2)
        sender.go_on()
        sender.show()
        heard = receiver.heard(ssrc)
        await receiver.until(lambda: heard.packets == 12)
        assert heard.lost == 2
        receiver.nack(ssrc, heard.missing())
        await sender.until(lambda: bool(sender.feedback))
        await receiver.until(lambda: heard.lost == 0)
        assert heard.bad == 0

    run(case)


def test_feedback_arrives_and_a_pli_brings_a_keyframe() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        ssrc = sender.source("video").ssrc
        sender.show()
        await receiver.until(lambda: receiver.heard(ssrc).keyframes == 1)
        receiver.pli(ssrc)
        receiver.remb(300_000)
        receiver.report()
        await sender.until(lambda: len(sender.feedback) == 3)
        remb, report = sender.feedback[1:]
        bitrate, ssrcs = rtcp.unpack_remb_fci(remb.fci)
        assert (round(bitrate, -3), ssrcs) == (300_000, [ssrc])
        assert report.reports[0].ssrc == ssrc
        sender.report()
        await receiver.until(lambda: len(receiver.feedback) == 2)
        assert [one.ssrc for one in receiver.feedback] == [sender.source("audio").ssrc, ssrc]
        assert receiver.feedback[1].sender_info.packet_count == 6
        sender.show()
        await receiver.until(lambda: receiver.heard(ssrc).keyframes == 2)

    run(case)


def test_a_peer_that_moves_goes_on_from_another_port() -> None:
    async def case(sender: LightPeer, receiver: LightPeer) -> None:
        ssrc = sender.source("audio").ssrc
        sender.say()
        await receiver.until(lambda: receiver.heard(ssrc).packets == 1)
        before = sender.wire.socket.getsockname()
        sender.move()
        assert sender.wire.socket.getsockname() != before
        sender.say()
        await receiver.until(lambda: receiver.heard(ssrc).packets == 2 and receiver.wire.far != before)
        answered = sender.wire.checks_answered
        sender.wire.check()
        await sender.until(lambda: sender.wire.checks_answered > answered)

    run(case)


def test_a_peer_with_another_certificate_is_not_let_in() -> None:
    async def case() -> None:
        one, other = LightPeer(), LightPeer()
        one.accept(other.answer(one.propose(send=("audio",))))
        algorithm, digest = one.wire.theirs.fingerprints[0]
        one.wire.theirs.fingerprints = [(algorithm, "00" + digest[2:])]
        ended = await asyncio.gather(one.connect(keep=False), other.connect(keep=False), return_exceptions=True)
        assert isinstance(ended[0], ConnectionError)
        await one.close()
        await other.close()

    asyncio.run(case())


def test_a_swarm_counts_what_was_sent_and_nothing_else() -> None:
    async def case() -> None:
        swarm = Swarm()
        senders, viewers = [LightPeer() for _one in range(5)], [LightPeer() for _one in range(5)]
        for sender, viewer in zip(senders, viewers, strict=True):
            sender.accept(viewer.answer(sender.propose(send=("audio", "video"))))
        await asyncio.gather(*(one.connect(keep=False) for one in (*senders, *viewers)))
        for viewer in viewers:
            swarm.add(viewer)
        for index, sender in enumerate(senders):
            for _turn in range(index + 1):
                sender.say()
                sender.show(packets=5)
            sender.report()
        swarm.start()
        await senders[4].until(lambda: any(isinstance(one, rtcp.RtcpRrPacket) for one in senders[4].feedback))
        await swarm.stop()
        assert swarm.packets[:5].tolist() == [6, 12, 18, 24, 30]
        assert swarm.audio[:5].tolist() == [1, 2, 3, 4, 5]
        assert (swarm.others[:5] >= 1).all()
        assert swarm.sizes[0] > 5 * 1100
        video = senders[4].source("video")
        assert senders[4].feedback[-1].reports[0].ssrc == video.ssrc
        for one in (*senders, *viewers):
            await one.close()

    asyncio.run(case())


def test_an_offer_of_the_unit_is_answered_with_its_numbers() -> None:
    async def case() -> str:
        peer = LightPeer()
        made = peer.answer(UNIT_OFFER, publish={"pv": ("h", "l")})
        assert peer.wire.controlling
        assert peer.wire.theirs.candidates == [("127.0.0.1", 7000)]
        assert peer.source("video", "l").extensions == {1: b"pv", 2: b"l"}
        await peer.close()
        return made

    told = descriptions.read(asyncio.run(case()))
    assert (told.setup, [one.direction for one in told.sections]) == ("active", ["sendonly", "recvonly"])
    camera = told.section("pv")
    assert (camera.rids, camera.payload_types, camera.repairs) == (["h", "l"], [96, 97], {97: 96})
    assert camera.extensions == {descriptions.MID: 1, descriptions.RID: 2}
    assert descriptions.read(UNIT_OFFER).section("v0").repair_ssrcs == {1001: 1000}


def test_a_packet_says_what_it_is() -> None:
    source = Source("video", 7, 96, {1: b"pv", 2: b"h"}, send_time=5)
    first, last = (parse(one) for one in source.frame(packets=2, size=300))
    assert (first.marker, last.marker, len(first.body)) == (False, True, 300)
    assert (first.extensions[1], first.extensions[2], len(first.extensions[5])) == (b"pv", b"h", 3)
    assert last.sequence == (first.sequence + 1) % (1 << 16)
    shown = picture(first.body)
    assert (shown.starts, shown.keyframe, shown.size) == (True, True, 4)
    assert picture(last.body).picture == shown.picture
    assert first.body[4:].startswith(KEYFRAME)
    assert stamp(first.body[4:]) == (7, 0)


@pytest.mark.parametrize("bit", range(0, 240, 7))
def test_any_changed_bit_of_a_payload_is_found(bit: int) -> None:
    made = bytearray(payload(b"\x78", 30, 5, 1))
    assert stamp(bytes(made)) == (5, 1)
    made[bit // 8] ^= 1 << bit % 8
    assert stamp(bytes(made)) is None


def test_h264_is_cut_into_nal_units_as_a_forwarder_expects() -> None:
    source, heard = Source("video", 7, 102, {}, codec="H264"), Arrivals(7)
    made = [parse(one) for one in (*source.frame(packets=3, size=200), *source.frame(packets=2, size=200))]
    assert [one.body[0] & 0x1F for one in made] == [24, 28, 28, 28, 28]
    assert [one.body[1] for one in made[1:]] == [0x85, 0x45, 0x81, 0x41]
    aggregate, units = made[0].body[1:], []
    while aggregate:
        size = int.from_bytes(aggregate[:2], "big")
        units.append(aggregate[2] & 0x1F)
        assert len(aggregate) >= 2 + size
        aggregate = aggregate[2 + size :]
    assert units == [7, 8, 6]
    for one in made:
        heard.take(one)
    assert (heard.bad, heard.frames, heard.keyframes, heard.lost) == (0, 2, 1, 0)


def test_a_repair_counts_for_the_stream_that_it_repairs() -> None:
    async def case() -> None:
        peer = LightPeer()
        peer.answer(UNIT_OFFER)
        source = Source("video", 1000, 96, {})
        first, second, third = source.frame(packets=3)
        peer._rtp(first)
        peer._rtp(third)
        assert peer.heard(1000).lost == 1
        whole = parse(second)
        again = Source("video", 1001, 97, {}, timestamp=whole.timestamp)
        peer._rtp(again.packet(whole.sequence.to_bytes(2, "big") + whole.body, whole.marker))
        heard = peer.heard(1000)
        assert (heard.lost, heard.bad, heard.repaired, heard.packets) == (0, 0, 1, 3)
        await peer.close()

    asyncio.run(case())


def test_a_switch_without_a_keyframe_and_a_skipped_picture_id_are_found() -> None:
    heard, large, small = Arrivals(5), Source("video", 1, 96, {}), Source("video", 2, 96, {}, wants_keyframe=False)
    for packet in large.frame(packets=2):
        heard.take(replace(parse(packet), ssrc=5, sequence=heard.packets))
    for packet in small.frame(packets=2):
        heard.take(replace(parse(packet), ssrc=5, sequence=heard.packets))
    assert heard.streams == [1, 2]
    assert (heard.wild_switches, heard.broken_pictures, heard.lost, heard.bad) == (1, 1, 0, 0)
