"""What the other side says: browsers' recorded words, and everything that is refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from realtime.media import sdp
from realtime.media.answers import SdpWrong, answer, read_answer, read_offer
from realtime.media.codecs import OURS, extensions
from realtime.media.grammar import MAX_LINES, MAX_SECTIONS
from realtime.media.sdp import Section

from .descriptions import FINGERPRINT, PUBLISHED, local, mirrored, places

SECTIONS = places(1, 1)
GOOD = mirrored(SECTIONS)


def swapped(old: str, new: str, count: int = -1) -> Callable[[str], str]:
    """A change that must hit something."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, count)

    return change


def doubled(line: str, other: str) -> Callable[[str], str]:
    """A second line after each such line."""
    return swapped(line + "\r\n", f"{line}\r\n{other}\r\n")


def test_an_answer_is_read_into_its_parts() -> None:
    read = read_answer(GOOD, SECTIONS)
    assert (read.ufrag, read.pwd, read.setup) == ("thEM", "their/password+of/22ch", "active")
    assert read.fingerprints == (("sha-256", FINGERPRINT.removeprefix("sha-256 ")),)
    assert [(one.mid, one.direction) for one in read.sections] == [
        ("pa", "sendonly"),
        ("pv", "sendonly"),
        ("ps", "sendonly"),
        ("a0", "recvonly"),
        ("v0", "recvonly"),
    ]
    camera, place = read.sections[1], read.sections[4]
    assert camera.rids == ("h", "l")
    assert place.dialect == OURS.narrowed(["VP8", "rtx:VP8", "H264", "rtx:H264"], extensions("video", layered=False))
    assert read.section("v0") is place
    assert read.section("v1") is None


@pytest.mark.parametrize(
    "change",
    [
        swapped("\r\n", "\n"),
        lambda text: text + "\r\n\r\n",
        swapped("a=rtcp-mux", "a=x-unheard-of:thing \u00e9\r\na=rtcp-mux"),
        swapped("s=-", "s=Zoë's browser"),
        lambda text: text.replace("a=fingerprint:sha-256", "a=fingerprint:SHA-256").replace("0A:0B", "0a:0b"),
        lambda text: re.sub(r"(a=fingerprint:.*)", r"a=fingerprint:sha-1 00:11\r\n\1", text),
        doubled("a=mid:pv", "a=mid:pv"),
    ],
)
def test_harmless_differences_are_taken(change: Callable[[str], str]) -> None:
    assert read_answer(change(GOOD), SECTIONS) == read_answer(GOOD, SECTIONS)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("the description is too long", lambda text: text + "a=x\r\n" * 20_000),
        ("too many or too long lines", lambda text: text + "a=x\r\n" * MAX_LINES),
        ("too many or too long lines", lambda text: text + f"a=x:{'y' * 5_000}\r\n"),
        ("too many lines above the first section", swapped("t=0 0\r\n", "t=0 0\r\n" + "a=x\r\n" * 200)),
        ("too many sections", lambda text: text + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * MAX_SECTIONS),
        ("a control character", swapped("a=mid:pa", "a=mid:pa\ra=x")),
        ("a control character", swapped("a=mid:pa", "a=mid:p\0a")),
        ("not a session description", lambda text: ""),
        ("not a session description", lambda text: text[2:]),
        ("a line without a type", swapped("a=mid:pa", "mid:pa")),
        ("no section", lambda text: text.split("m=")[0]),
        ("a section's first line is malformed", swapped("m=audio 9 UDP", "m=audio nine UDP")),
        ("a section's first line is malformed", swapped("UDP/TLS/RTP/SAVPF 111 63", "UDP/TLS/RTP/SAVPF")),
        ("a port is too large", swapped("m=audio 9 ", "m=audio 99999 ")),
        ("no fingerprint", lambda text: re.sub(r"a=fingerprint.*\r\n", "", text)),
        ("the fingerprint is too weak", swapped("sha-256", "sha-1")),
        ("the fingerprint is malformed", swapped(":1E:1F", ":1E")),
        ("the fingerprint is malformed", swapped(":1E:1F", ":1E:1G")),
        ("the fingerprints differ within the bundle", swapped(":1E:1F", ":1E:FF", 1)),
        ("ice-ufrag differs within the bundle", swapped("a=ice-ufrag:thEM", "a=ice-ufrag:other", 1)),
        ("no ice-pwd", lambda text: re.sub(r"a=ice-pwd.*\r\n", "", text)),
        ("the ICE credentials are malformed", swapped("a=ice-ufrag:thEM", "a=ice-ufrag:the")),
        ("the ICE credentials are malformed", swapped("a=ice-pwd:their", "a=ice-pwd:th\u00e9ir")),
        ("setup differs within the bundle", swapped("a=setup:active", "a=setup:passive", 1)),
        ("an answer must choose active or passive", swapped("a=setup:active", "a=setup:actpass")),
        ("both sides speak ICE-lite", swapped("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n")),
        ("a section without rtcp-mux", swapped("a=rtcp-mux\r\n", "", 1)),
        ("not every section is in the bundle", swapped("BUNDLE pa pv ps a0 v0", "BUNDLE pa pv ps a0")),
        ("not every section is in the bundle", swapped("a=group:BUNDLE pa pv ps a0 v0\r\n", "")),
        ("the bundle names sections that are not there", swapped("BUNDLE pa", "BUNDLE pa zz")),
        ("more than one bundle", swapped("a=group:BUNDLE pa", "a=group:BUNDLE x\r\na=group:BUNDLE pa")),
        ("a section without a proper mid", swapped("a=mid:pv\r\n", "")),
        ("two different lines of mid", doubled("a=mid:pv", "a=mid:pw")),
        ("two sections have the same mid", swapped("a=mid:ps", "a=mid:pv")),
        ("every section is rejected", lambda text: re.sub(r"m=(\w+) 9 ", r"m=\1 0 ", text)),
        ("a section with two directions", doubled("a=mid:pv", "a=recvonly")),
        ("a section's direction does not fit the offer", swapped("a=sendonly", "a=sendrecv", 1)),
        ("the answer has another number of sections than the offer", lambda text: text[: text.rindex("m=video")].replace(" v0", "")),
        ("the answer's sections are not those of the offer", lambda text: text.replace("a0", "tmp").replace("v0", "a0").replace("tmp", "v0")),
        ("the answer has layers that were not offered", lambda text: text.replace("rid:h", "rid:q").replace("send h;l", "send q;l")),
        ("a layer's name is malformed", swapped("a=rid:h send", "a=rid:h\u00e9 send")),
        ("the layers are malformed", swapped("send h;l", "send h;m")),
        ("the layers are malformed", swapped("send h;l", "send h;h")),
        ("a payload type is not a number in range", swapped("SAVPF 111 63", "SAVPF 111 x")),
        ("a payload type is not a number in range", swapped("SAVPF 111 63", "SAVPF 111 128")),
        ("a payload type that looks like RTCP", swapped("SAVPF 111 63", "SAVPF 111 72")),
        ("a payload type is listed twice", swapped("SAVPF 111 63", "SAVPF 111 111")),
        ("a payload type is told twice", doubled("a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP9/90000")),
        ("too many codecs", swapped("SAVPF 111 63", f"SAVPF {' '.join(map(str, range(128)))}")),
        ("a codec in unknown letters", swapped("useinbandfec=1", "useinbandfec=\u00b9")),
        ("a header extension's id is not a number in range", swapped("a=extmap:1 ", "a=extmap:-1 ")),
        ("two header extensions with one id", swapped("a=extmap:5 ", "a=extmap:1 ")),
        ("an SSRC is not a number in range", doubled("a=mid:pa", "a=ssrc:4294967296 cname:x")),
        ("a repair without its stream", doubled("a=mid:pv", "a=ssrc-group:FID 5")),
        ("too many streams in a section", doubled("a=mid:pv", "\r\n".join(f"a=ssrc:{at} cname:x" for at in range(20)))),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_reason(reason: str, change: Callable[[str], str]) -> None:
    with pytest.raises(SdpWrong) as refused:
        read_answer(change(GOOD), SECTIONS)
    assert refused.value.reason == reason


def test_a_section_may_be_rejected_or_rest() -> None:
    text = mirrored(SECTIONS).replace("m=video 9", "m=video 0", 1).replace("BUNDLE pa pv", "BUNDLE pa")
    read = read_answer(text, SECTIONS)
    assert (read.sections[1].direction, read.sections[1].dialect.types) == ("inactive", {})
    resting = mirrored(SECTIONS).replace("a=sendonly", "a=inactive")
    assert {one.direction for one in read_answer(resting, SECTIONS).sections[:3]} == {"inactive"}


def test_credentials_may_stand_above_the_sections() -> None:
    lines = (
        "a=ice-ufrag:thEM\r\n",
        "a=ice-pwd:their/password+of/22ch\r\n",
        f"a=fingerprint:{FINGERPRINT}\r\n",
        "a=setup:active\r\n",
    )
    text = GOOD
    for line in lines:
        assert line in text
        text = text.replace(line, "").replace("t=0 0\r\n", f"t=0 0\r\n{line}")
    assert read_answer(text, SECTIONS) == read_answer(GOOD, SECTIONS)


def whip(**changes: str) -> str:
    """An offer with foreign payload types and ids, several forms of H264 and a data channel."""
    text = "\r\n".join(
        [
            *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2"),
            *(
                "a=ice-ufrag:thEM",
                "a=ice-pwd:their/password+of/22ch",
                f"a=fingerprint:{FINGERPRINT}",
                "a=setup:actpass",
            ),
            *("m=audio 9 UDP/TLS/RTP/SAVPF 0 109", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendonly", "a=rtcp-mux"),
            *(
                "a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                "a=extmap:20 urn:ietf:params:rtp-hdrext:sdes:mid",
            ),
            *("a=rtpmap:109 opus/48000/2", "a=fmtp:109 maxplaybackrate=48000;stereo=1", "a=ssrc:5 msid:desk t1"),
            *(
                "m=video 0 UDP/TLS/RTP/SAVPF 100 101 104 105 106 107",
                "a=bundle-only",
                "a=mid:1",
                "a=sendonly",
                "a=rtcp-mux",
                "a=rtcp-rsize",
            ),
            *("a=rtpmap:100 H264/90000", "a=fmtp:100 profile-level-id=42e01f;packetization-mode=0"),
            *("a=rtpmap:101 H264/90000", "a=fmtp:101 profile-level-id=640032;packetization-mode=1"),
            *(
                "a=rtpmap:104 h264/90000",
                "a=fmtp:104 profile-level-id=42E01F;packetization-mode=1",
                "a=rtcp-fb:* nack pli",
            ),
            *("a=rtpmap:105 rtx/90000", "a=fmtp:105 apt=100", "a=rtpmap:106 rtx/90000", "a=fmtp:106 apt=104"),
            *(
                "a=rtpmap:107 VP9/90000",
                "a=ssrc-group:FID 7 8",
                "a=ssrc:7 cname:x",
                "a=ssrc:8 cname:x",
                "a=msid:desk t2",
            ),
            *("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:2", "a=sctp-port:5000", ""),
        ]
    )
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_whip_offer_keeps_its_own_payload_types_and_ids() -> None:
    audio, video, data = read_offer(whip()).sections
    assert (audio.dialect.types, audio.dialect.extensions) == ({"opus": 109}, {"audio-level": 3})
    assert video.dialect.types == {"H264": 104, "rtx:H264": 106}, (
        "constrained baseline in packetization-mode 1, and its repair"
    )
    assert (audio.stream_id, video.stream_id) == ("desk", "desk")
    assert (video.ssrcs, video.repairs) == ((7,), ((7, 8),))
    assert (data.kind, data.direction, data.line) == (
        "application",
        "inactive",
        ("UDP/DTLS/SCTP", "webrtc-datachannel"),
    )


def test_our_answer_takes_what_we_take_and_rejects_the_rest() -> None:
    remote = read_offer(whip())
    ours = [Section("0", "audio", "recvonly"), Section("1", "video", "recvonly", rids=("h",))]
    text = answer(local(version=3), remote, ours)
    assert "o=- 77 3 IN IP4" in text
    assert "\r\na=group:BUNDLE 0 1\r\n" in text
    assert "\r\na=setup:passive\r\n" in text
    audio, video, data = text.split("\r\nm=")[1:]
    assert audio.startswith("audio 47000 UDP/TLS/RTP/SAVPF 109\r\n")
    assert "a=fmtp:109 maxplaybackrate=48000;stereo=1" in audio
    assert "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level" in audio
    assert "a=rtcp-rsize" not in audio
    assert "a=end-of-candidates" in audio
    assert video.startswith("video 47000 UDP/TLS/RTP/SAVPF 104 106\r\n")
    assert "a=rtcp-fb:104 nack pli\r\n" in video
    assert "goog-remb" not in video, "not offered, so not answered"
    assert "a=rtcp-rsize" in video
    assert "rid" not in video, "the other side offered no layers"
    assert data == "application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=inactive\r\n"


def test_candidates_stand_in_the_first_section_that_is_taken() -> None:
    text = answer(local(), read_offer(whip()), [Section("1", "video", "recvonly")])
    audio, video, _data = text.split("\r\nm=")[1:]
    assert audio.startswith("audio 0 ")
    assert "candidate" not in audio
    assert "a=candidate:1 " in video
    assert "\r\na=group:BUNDLE 1\r\n" in text


def test_a_player_is_told_the_streams() -> None:
    remote = read_offer(whip().replace("a=sendonly", "a=recvonly"))
    text = answer(local(), remote, [Section("1", "video", "sendonly", 2000, 3000, "v0", "tv0")])
    assert "a=sendonly\r\n" in text
    assert "a=ssrc-group:FID 2000 3000\r\n" in text


@pytest.mark.parametrize(
    "ours",
    [
        [],
        [Section("9", "audio", "recvonly")],
        [Section("0", "video", "recvonly")],
        [Section("0", "audio", "sendonly", 1)],
        [Section("2", "application", "recvonly")],
    ],
)
def test_an_offer_of_which_we_can_take_nothing_is_refused(ours: list[Section]) -> None:
    with pytest.raises(SdpWrong, match="nothing that both sides can"):
        answer(local(), read_offer(whip()), ours)


def test_an_offer_must_let_us_be_passive() -> None:
    with pytest.raises(SdpWrong, match="must let us be passive"):
        read_offer(whip().replace("actpass", "passive"))


def test_our_own_offer_reads_back() -> None:
    text = sdp.offer(local(), PUBLISHED).replace("a=ice-lite\r\n", "")
    assert [one.mid for one in read_offer(text).sections] == ["pa", "pv", "ps"]
