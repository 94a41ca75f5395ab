"""The offers of the unit, line by line where a browser would refuse or misread them."""

from __future__ import annotations

import re

import pytest

from realtime.media import codecs, sdp
from realtime.media.codecs import OURS, Dialect
from realtime.media.sdp import Section

from .descriptions import FINGERPRINT, local, places


def sections_of(text: str) -> list[list[str]]:
    """The lines of each m-section."""
    return [["m=" + part.splitlines()[0], *part.splitlines()[1:]] for part in text.split("\r\nm=")[1:]]


def test_lines_end_in_crlf_and_stand_in_the_order_of_the_grammar() -> None:
    text = sdp.offer(local(), places())
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == text.count("\r")
    assert re.match(r"v=0\r\no=- 77 1 IN IP4 127\.0\.0\.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE pa pv ps a0", text)
    for section in sections_of(text):
        assert [line[:2] for line in section] == ["m=", "c=", *["a="] * (len(section) - 2)]
    assert len(text.encode()) < 16 * 1024


def test_the_number_stays_and_the_version_grows() -> None:
    first, later = (sdp.offer(local(version=at), places()).splitlines()[1].split() for at in (1, 2))
    assert first[1] == later[1] == "77"
    assert (first[2], later[2]) == ("1", "2")


def test_everything_is_one_bundle_and_we_are_lite_and_let_the_browser_choose_its_end_of_dtls() -> None:
    head, mids = sdp.offer(local(), places()).split("\r\nm=")[0].splitlines(), [one.mid for one in places()]
    assert f"a=group:BUNDLE {' '.join(mids)}" in head
    assert {"a=ice-lite", "a=setup:actpass", "a=ice-ufrag:oursU", f"a=fingerprint:{FINGERPRINT}"} <= set(head)
    for section, mid in zip(sections_of(sdp.offer(local(), places())), mids, strict=True):
        assert {f"a=mid:{mid}", "a=rtcp-mux", "a=rtcp-rsize"} <= set(section)


def test_all_candidates_stand_in_the_first_section_the_preferred_first() -> None:
    first, *others = sections_of(sdp.offer(local(), places()))
    assert [line for line in first if "candidate" in line] == [
        "a=candidate:1 1 udp 2130706431 192.0.2.7 47000 typ host",
        "a=candidate:2 1 udp 2130706175 2001:db8::7 47000 typ host",
        "a=end-of-candidates",
    ]
    assert not any("candidate" in line for section in others for line in section)
    assert {section[1] for section in (first, *others)} == {"c=IN IP4 192.0.2.7"}


def test_a_machine_with_ipv6_only_says_so() -> None:
    first = sections_of(sdp.offer(local(candidates=(("2001:db8::7", 47000),)), places()))[0]
    assert first[:2] == ["m=audio 47000 UDP/TLS/RTP/SAVPF 111 63", "c=IN IP6 2001:db8::7"]


def test_payload_types_and_extension_ids_are_the_fixed_ones() -> None:
    told = {section[2].removeprefix("a=mid:"): section for section in sections_of(sdp.offer(local(), places()))}
    assert told["pv"][0].endswith(" 96 97 102 103")
    assert told["a3"][0].endswith(" 111 63")
    text = "\n".join(told["pv"])
    assert (
        "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:96 ccm fir\na=rtcp-fb:96 goog-remb"
        in text
    )
    assert "a=rtpmap:103 rtx/90000\na=fmtp:103 apt=102" in text
    assert "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" in text
    assert not any("transport-cc" in line or "transport-wide" in line for section in told.values() for line in section)
    extensions = {line for section in told.values() for line in section if line.startswith("a=extmap")}
    assert extensions == {f"a=extmap:{number} {uri}" for uri, number in codecs.EXTENSIONS.items()}
    assert f"a=extmap:5 {codecs.ABS_SEND_TIME}" in told["v0"], "without it a viewer sends no REMB"


def test_only_the_camera_is_asked_for_layers_the_full_one_first() -> None:
    told = {section[2].removeprefix("a=mid:"): section for section in sections_of(sdp.offer(local(), places()))}
    assert told["pv"][-3:] == ["a=rid:h recv", "a=rid:l recv", "a=simulcast:recv h;l"]
    layered = [mid for mid, section in told.items() if any("rid:" in line or "stream-id" in line for line in section)]
    assert layered == ["pv"]


def test_a_place_tells_its_stream_and_its_repair() -> None:
    told = {section[2].removeprefix("a=mid:"): section for section in sections_of(sdp.offer(local(), places()))}
    assert told["v1"][-4:] == [
        "a=msid:v1 tv1",
        "a=ssrc-group:FID 2001 3001",
        "a=ssrc:2001 cname:v1",
        "a=ssrc:3001 cname:v1",
    ]
    assert told["a1"][-2:] == ["a=msid:a1 ta1", "a=ssrc:1001 cname:a1"]
    assert not any("ssrc:" in line or "msid:" in line for line in told["pa"])


def test_a_section_that_rests_tells_no_stream() -> None:
    (section,) = sections_of(sdp.offer(local(), [Section("v0", "video", "inactive", 2000, 3000, "v0", "tv0")]))
    assert "a=inactive" in section
    assert not any("ssrc" in line or "msid" in line for line in section)


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_the_table_of_codecs_agrees_with_itself(kind: str) -> None:
    for one in codecs.codecs(kind):
        assert codecs.codec(one.name) is one
        assert OURS.types[one.name] == one.payload_type
        assert OURS.names[one.payload_type] == one.name
        if one.name.startswith("rtx:"):
            assert one.parameters == f"apt={OURS.types[one.name.removeprefix('rtx:')]}"
    assert len(OURS.names) == len(codecs.CODECS)


def test_peers_with_one_dialect_meet_in_one_drawer() -> None:
    same = Dialect(dict(reversed(OURS.types.items())), dict(OURS.extensions))
    other = Dialect({**OURS.types, "VP8": 120}, OURS.extensions)
    assert same == OURS
    assert {OURS: 1}[same] == 1
    assert other not in {OURS: 1}
    no_h264 = Dialect({"VP8": 96, "rtx:VP8": 97}, OURS.extensions)
    assert no_h264 != OURS
    assert no_h264.narrowed(["VP8"], ["abs-send-time"]) == OURS.narrowed(["VP8"], ["abs-send-time"])
    assert codecs.dialect((("VP8", 96),), (("mid", 1),)) is codecs.dialect((("VP8", 96),), (("mid", 1),))
