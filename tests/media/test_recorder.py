"""A recorded meeting: what a player finds in the files, and what the manifest tells of it."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import pytest

from realtime.media.recorder.clocks import SenderClock, StreamClock
from realtime.media.recorder.manifest import Strange
from realtime.media.recorder.recording import Recording
from realtime.media.recorder.writing import Writing
from tests.media.feeding import (
    AUDIO,
    CAMERA,
    H264,
    LENGTH,
    OPUS,
    RATE,
    RED,
    SCREEN,
    VP8,
    Sent,
    encode_pictures,
    encode_sound,
    framed,
    manifest,
    play,
    report,
    rtp,
    send_pictures,
    send_sound,
    track,
)
from tests.tiers import examples

START = 1_800_000_000_000_000
"""When the recordings of this module begin, in microseconds since 1970."""
NAMES = {VP8: ("ana-camera.webm", "vp8"), H264: ("ana-camera.mp4", "h264")}


def feed(recording: Recording, streams: list[tuple[int, list[Sent], float]], participant: str = "ana") -> int:
    """Give a recording all packets of (kind, packets, way in seconds) in the order of their arrival; the end in microseconds."""
    arrivals = [(sent.at + way, kind, sent.packet) for kind, packets, way in streams for sent in packets]
    now = START
    for at, kind, packet in sorted(arrivals, key=lambda each: each[0]):
        now = START + round(at * 1_000_000)
        recording.take(framed(now, participant, kind, packet), now)
    return now


def finish(recording: Recording, now: int) -> dict[str, Any]:
    recording.look(now + 400_000)
    recording.close(now + 400_000)
    return manifest(recording.folder)


@pytest.mark.parametrize("codec", [VP8, H264])
def test_sound_and_pictures_of_one_person_share_a_file_in_step(tmp_path: Path, codec: int) -> None:
    recording = Recording(tmp_path, "m", START)
    pictures, sound = send_pictures(codec, encode_pictures(codec, 4)), send_sound(encode_sound(4))
    told = finish(recording, feed(recording, [(CAMERA, pictures, 0.03), (AUDIO, sound, 0.03)]))
    name, decoder = NAMES[codec]
    seen = play(tmp_path / name)
    assert seen.codecs == {decoder, "opus"}
    assert len(seen.pictures) == 4 * RATE
    assert seen.pictures[-1] - seen.pictures[0] == pytest.approx(4 - 1 / RATE, abs=0.01)
    assert seen.sounds[-1] - seen.sounds[0] == pytest.approx(4, abs=0.06)
    assert seen.flash is not None
    assert seen.tone is not None
    assert abs(seen.flash - seen.tone) < 0.04
    assert {each["file"] for each in told["tracks"]} == {name}
    assert told["ended"] == "clean"
    assert track(told, "camera")["ended"] == track(told, "audio")["ended"] == "clean"
    assert track(told, "camera")["from"] == pytest.approx(0.03, abs=0.001)
    assert track(told, "camera")["to"] - track(told, "camera")["from"] == pytest.approx(4 - 1 / RATE, abs=0.01)
    assert track(told, "audio")["gaps"] == track(told, "camera")["gaps"] == []


def test_sender_reports_bring_ways_of_different_length_in_step(tmp_path: Path) -> None:
    pictures, sound = send_pictures(VP8, encode_pictures(VP8, 8)), send_sound(encode_sound(8))
    # Both sources began at 5,000 s of their sender's clock; the pictures are on their way for 120 ms longer.
    reports = [
        report("ana", "camera", 5_000, 2**32 - 45_000),
        report("ana", "audio", 5_000, 2**32 - 24_000),
    ]
    apart = []
    for folder, told in (("with", reports), ("without", [])):
        (tmp_path / folder).mkdir()
        recording = Recording(tmp_path / folder, "m", START)
        early = [(CAMERA, pictures[:1], 0.15), (AUDIO, sound[:1], 0.03)]
        feed(recording, early)
        for each in told:
            recording.take(each, START)
        now = feed(recording, [(CAMERA, pictures[1:], 0.15), (AUDIO, sound[1:], 0.03)])
        finish(recording, now)
        seen = play(tmp_path / folder / "ana-camera.webm")
        assert seen.flash is not None
        assert seen.tone is not None
        apart.append(abs(seen.flash - seen.tone))
    assert apart[0] < 0.04
    assert apart[1] > 0.08, "without reports this can not be known, else the test proves nothing"


@pytest.mark.parametrize("codec", [VP8, H264])
def test_loss_costs_pictures_up_to_the_next_keyframe_and_no_more(
    tmp_path: Path, codec: int, dice: random.Random
) -> None:
    coded = encode_pictures(codec, 6)
    pictures, sound = send_pictures(codec, coded), send_sound(encode_sound(6))
    # Out of order by up to 200 ms, and without the packets of 2.5 to 2.6 s of pictures and 3.0 to 3.2 s of sound.
    # (The sound draws first: how many packets a picture takes hangs on how busy the machine is.)
    heard = [Sent(sent.at + dice.uniform(0, 0.2), sent.packet) for sent in sound if not 3.0 <= sent.at < 3.2]
    kept = [Sent(sent.at + dice.uniform(0, 0.2), sent.packet) for sent in pictures if not 2.5 <= sent.at < 2.6]
    recording = Recording(tmp_path, "m", START)
    told = finish(recording, feed(recording, [(CAMERA, kept, 0.03), (AUDIO, heard, 0.03)]))
    seen = play(tmp_path / NAMES[codec][0])
    # Keyframes stand at 0, 2 and 4 s.
    missing = [at for at, _ in coded if 2.5 <= at < 4]
    assert len(seen.pictures) == len(coded) - len(missing)
    assert seen.keyframes == 3
    (gap,) = track(told, "camera")["gaps"]
    assert gap["why"] == "loss"
    assert gap["to"] - gap["from"] == pytest.approx(4 - 2.5 + 1 / RATE, abs=0.05)
    assert track(told, "camera")["dropped"] == len([at for at in missing if at >= 2.6])
    assert track(told, "camera")["lost"] == len(pictures) - len(kept)
    (silence,) = track(told, "audio")["gaps"]
    assert silence["to"] - silence["from"] == pytest.approx(0.2, abs=0.03)
    steps = [after - before for before, after in zip(seen.sounds, seen.sounds[1:], strict=False)]
    assert max(steps) == pytest.approx(0.2 + LENGTH, abs=0.03), "silence is a gap in the file's time as well"
    assert seen.flash is not None
    assert seen.tone is not None
    assert abs(seen.flash - seen.tone) < 0.04


@pytest.mark.parametrize("codec", [VP8, H264])
def test_a_change_of_size_plays(tmp_path: Path, codec: int) -> None:
    small, large = encode_pictures(codec, 2), encode_pictures(codec, 2, size=(320, 240))
    pictures = send_pictures(codec, [*small, *((at + 2, data) for at, data in large)])
    recording = Recording(tmp_path, "m", START)
    told = finish(recording, feed(recording, [(CAMERA, pictures, 0.0)]))
    seen = play(tmp_path / NAMES[codec][0])
    assert seen.sizes == [(160, 120), (320, 240)]
    assert len(seen.pictures) == 4 * RATE
    sizes = track(told, "camera")["sizes"]
    assert [(each["width"], each["height"]) for each in sizes] == [(160, 120), (320, 240)]
    assert sizes[1]["at"] - sizes[0]["at"] == pytest.approx(2, abs=0.01)


def test_a_camera_that_comes_later_begins_a_file_and_a_screen_has_its_own(tmp_path: Path) -> None:
    later = send_pictures(H264, [(at + 3, data) for at, data in encode_pictures(H264, 2)])
    screen = send_pictures(VP8, encode_pictures(VP8, 5), ssrc=9)
    sound = send_sound(encode_sound(5))
    recording = Recording(tmp_path, "m", START)
    told = finish(recording, feed(recording, [(AUDIO, sound, 0), (CAMERA, later, 0), (SCREEN, screen, 0)]))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ana-audio.webm",
        "ana-camera.mp4",
        "ana-screen.webm",
        "manifest.json",
    ]
    alone, together = (play(tmp_path / name) for name in ("ana-audio.webm", "ana-camera.mp4"))
    assert alone.codecs == {"opus"}
    assert len(together.pictures) == 2 * RATE
    # No sound is lost or twice where one file follows the other.
    assert len(alone.sounds) + len(together.sounds) == len(sound)
    assert play(tmp_path / "ana-screen.webm").codecs == {"vp8"}
    assert {(each["kind"], each["file"]) for each in told["tracks"]} == {
        ("audio", "ana-audio.webm"),
        ("audio", "ana-camera.mp4"),
        ("camera", "ana-camera.mp4"),
        ("screen", "ana-screen.webm"),
    }


def test_repeated_sound_is_unwrapped(tmp_path: Path) -> None:
    coded = encode_sound(3)
    sent = []
    for number, (at, data) in enumerate(coded):
        before = coded[number - 1][1] if number else b""
        head = struct.pack("!I", 1 << 31 | OPUS << 24 | 960 << 10 | len(before)) if number else b""
        payload = head + bytes([OPUS]) + before + data
        sent.append(Sent(at + LENGTH, rtp(RED, number, round(at * 48_000), 2, payload)))
    recording = Recording(tmp_path, "m", START)
    finish(recording, feed(recording, [(AUDIO, sent, 0)]))
    seen = play(tmp_path / "ana-audio.webm")
    assert len(seen.sounds) == len(coded)
    assert seen.tone is not None


def test_names_of_participants_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    recording = Recording(tmp_path / "in", "m", START)
    for name in ("../out", "/etc/x", "a" * 200, "", "é"):
        feed(recording, [(AUDIO, send_sound(encode_sound(2)), 0)], name)
    told = finish(recording, START + 2_000_000)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert {each["participant"] for each in told["tracks"]} == {"../out", "/etc/x", "a" * 200, "", "é"}
    assert all((tmp_path / "in" / each["file"]).is_file() for each in told["tracks"])


def test_a_folder_of_another_meeting_is_refused_and_nothing_is_overwritten(tmp_path: Path) -> None:
    sound = send_sound(encode_sound(2))
    for _ in range(2):
        recording = Recording(tmp_path, "m", START)
        told = finish(recording, feed(recording, [(AUDIO, sound, 0)]))
    assert [each["file"] for each in told["tracks"]] == ["ana-audio.webm", "ana-audio-2.webm"]
    assert len(told["runs"]) == 2
    with pytest.raises(Strange):
        Recording(tmp_path, "another", START)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(Strange):
        Recording(tmp_path, "m", START)
    assert (tmp_path / "manifest.json").read_text() == "{"


def test_a_full_disk_ends_a_file_and_not_the_recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime.media.recorder import output

    def full(folder: Path, stem: str, suffix: str) -> tuple[str, Any]:
        return stem + suffix, open("/dev/full", "r+b", buffering=0)  # noqa: SIM115

    monkeypatch.setattr(output, "open_new", full)
    recording = Recording(tmp_path, "m", START)
    told = finish(recording, feed(recording, [(AUDIO, send_sound(encode_sound(5)), 0)]))
    assert [each["ended"] for each in told["tracks"]] == ["failed"]


class Slow:
    """A recording whose disk does nothing until it is told to; the edge that this test replaces."""

    def __init__(self) -> None:
        import threading

        self.go = threading.Event()
        self.lost = 0
        self.taken = 0
        self.closed = False

    def take(self, _frame: bytes, now: int) -> int:
        self.go.wait()
        self.taken += 1
        return now

    def dropped(self, frames: int) -> None:
        self.lost += frames

    def look(self, now: int) -> None: ...

    def sync(self, now: int) -> None: ...

    def close(self, now: int) -> None:
        self.closed = True


def test_a_slow_disk_drops_and_counts() -> None:
    slow = Slow()
    writing = Writing(slow, most=100_000)  # type: ignore[arg-type]
    writing.start()
    took = [writing.offer(bytes(1000)) for _ in range(500)]
    assert took.count(True) == 100, "no more is held than may be held, even while the first is being written"
    slow.go.set()
    writing.stop()
    assert (slow.taken, slow.lost, slow.closed) == (100, 400, True)


def test_time_follows_a_clock_that_drifts_and_never_leaps() -> None:
    clock = StreamClock(90_000, SenderClock())
    told = []
    for number in range(30 * 600):
        # A sender 100 ppm fast, whose packets come up to 50 ms late.
        true = number / 30
        clock.arrived(round(true * 1.0001 * 90_000), round((true + 0.05 * (number * 7 % 11) / 11) * 1_000_000))
        told.append(clock.at(round(true * 1.0001 * 90_000)))
    late = [at / 1_000_000 - number / 30 for number, at in enumerate(told)]
    assert max(map(abs, late[300:])) < 0.01
    assert all(before < after for before, after in zip(told, told[1:], strict=False))


@pytest.mark.fuzz
def test_no_packet_brings_the_recorder_down(tmp_path: Path, dice: random.Random, seed: int) -> None:
    print(f"seed {seed}")
    kinds = {
        CAMERA: [*send_pictures(VP8, encode_pictures(VP8, 2)), *send_pictures(H264, encode_pictures(H264, 2))],
        AUDIO: send_sound(encode_sound(2)),
    }
    kinds[SCREEN] = kinds[CAMERA]
    recording = Recording(tmp_path, "m", START)
    now = START
    for _ in range(examples(5_000)):
        now += dice.randrange(20_000)
        kind = dice.choice(list(kinds))
        packet = bytearray(dice.choice(kinds[kind]).packet)
        for _ in range(dice.randrange(4)):
            # Mostly the heads, where the lengths are.
            packet[dice.randrange(min(len(packet), dice.choice([4, 16, 1500])))] = dice.randrange(256)
        shape = dice.random()
        if shape < 0.1:
            packet = packet[: dice.randrange(len(packet))]
        elif shape < 0.2:
            packet = bytearray(dice.randbytes(dice.randrange(100)))
        frame = bytearray(framed(now, dice.choice(["ana", "ben"]), kind, bytes(packet)))
        if shape > 0.95:
            frame[dice.randrange(min(len(frame), 16))] = dice.randrange(256)
        recording.take(bytes(frame), now)
        if dice.random() < 0.01:
            words = [None, -1, 1e300, "camera", 0, True, [], 2**63, float("nan")]
            said = {name: dice.choice(words) for name in ("kind", "ntp", "rtp", "frames")}
            names = ["report", "left", "dropped", 7]
            recording.take(json.dumps({"event": dice.choice(names), "participant": "ana", **said}).encode(), now)
            recording.take(b"{" + dice.randbytes(20), now)
        if dice.random() < 0.02:
            recording.look(now)
    # Whole again: what comes well-formed is recorded well.
    now += 2_000_000
    late = [
        Sent(sent.at + (now - START) / 1e6, sent.packet) for sent in send_pictures(VP8, encode_pictures(VP8, 2), ssrc=5)
    ]
    told = finish(recording, feed(recording, [(CAMERA, late, 0)], "cleo"))
    assert told["ended"] == "clean"
    assert len(play(tmp_path / "cleo-camera.webm").pictures) == 2 * RATE
