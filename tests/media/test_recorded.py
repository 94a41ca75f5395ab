"""What Chromium and Firefox really said, read by the unit."""

from __future__ import annotations

import pytest

from realtime.media.answers import answer, read_answer, read_offer
from realtime.media.codecs import OURS, extensions
from realtime.media.sdp import Section

from .descriptions import OFFERS, local, places, recorded

SECTIONS = places()
PLACES = SECTIONS[3:]


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_publisher_sends_sound_and_a_camera_in_two_layers(browser: str) -> None:
    read = read_answer(recorded(f"{browser}_publisher"), SECTIONS)
    microphone, camera, screen = read.sections[:3]
    assert (microphone.direction, camera.direction, screen.direction) == ("sendonly", "sendonly", "inactive")
    assert camera.rids == ("h", "l")
    assert camera.dialect.extensions == extensions("video", layered=True)
    assert microphone.dialect.extensions.items() <= extensions("audio", layered=False).items()
    assert "audio-level" in microphone.dialect.extensions
    assert camera.dialect.types["VP8"] == 96
    assert microphone.dialect.types["opus"] == 111
    assert microphone.stream_id == camera.stream_id != ""


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_viewer_takes_every_place_with_our_numbers(browser: str) -> None:
    read = read_answer(recorded(f"{browser}_viewer"), SECTIONS)
    assert [one.direction for one in read.sections] == ["inactive"] * 3 + ["recvonly"] * len(PLACES)
    assert (read.setup, [algorithm for algorithm, _value in read.fingerprints]) == ("active", ["sha-256"])
    for one in read.sections[3:]:
        assert one.dialect.types.items() <= OURS.types.items()
        assert one.dialect.extensions.items() <= OURS.extensions.items()
        assert one.dialect.types.keys() >= {"audio": {"opus"}, "video": {"VP8", "rtx:VP8"}}[one.kind]
    assert len({one.dialect for one in read.sections[3:]}) == 2, "one for sound, one for pictures"


def test_viewers_at_both_browsers_can_share_pictures_in_vp8() -> None:
    chromium, firefox = (
        read_answer(recorded(f"{one}_viewer"), SECTIONS).sections[-1] for one in ("chromium", "firefox")
    )
    carried = ["VP8", "rtx:VP8"], ["mid", "abs-send-time"]
    assert chromium.dialect.narrowed(*carried) == firefox.dialect.narrowed(*carried)


@pytest.mark.parametrize("name", OFFERS)
def test_our_answer_takes_sound_and_pictures_of_each_offer(name: str) -> None:
    remote = read_offer(recorded(name))
    publish = name.endswith("whip")
    assert {one.direction for one in remote.sections} == {"sendonly" if publish else "recvonly"}
    ours = [
        Section(one.mid, one.kind, "recvonly" if publish else "sendonly", 1000, 1001, "s", "t", ("h", "l"))
        for one in remote.sections
    ]
    text = answer(local(), remote, ours)
    audio, video = text.split("\r\nm=")[1:]
    assert audio.startswith("audio 47000 ")
    assert video.startswith("video 47000 ")
    assert f"a=rtpmap:{remote.sections[0].dialect.types['opus']} opus/48000/2\r\n" in audio
    assert f"a=rtpmap:{remote.sections[1].dialect.types['VP8']} VP8/90000\r\n" in video
    assert "transport-wide" not in text
    assert "transport-cc" not in text
    assert ("a=simulcast:recv h;l" in video) == publish
    assert ("a=ssrc:1000 cname:s" in video) != publish
