"""The recorder as a process: killed, told to stop, with a unit that dies, and in a meeting that begins later."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.media.feeding import (
    AUDIO,
    CAMERA,
    H264,
    RATE,
    VP8,
    Unit,
    encode_pictures,
    encode_sound,
    in_time,
    manifest,
    play,
    send_pictures,
    send_sound,
    track,
)


@contextmanager
def recorder(unit: Path, folder: Path, meeting: str = "m") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "realtime.media.recorder", str(unit), meeting, str(folder)], stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_killed_recorder_leaves_files_that_play_up_to_the_kill(tmp_path: Path) -> None:
    unit = Unit(tmp_path / "line")
    pictures, moving = encode_pictures(VP8, 8, every=60), encode_pictures(H264, 8, every=60)
    streams = [
        ("ana", CAMERA, send_pictures(VP8, pictures)),
        ("ana", AUDIO, send_sound(encode_sound(8))),
        ("ben", CAMERA, send_pictures(H264, moving)),
        ("ben", AUDIO, send_sound(encode_sound(8))),
    ]
    folder = tmp_path / "kept"
    with recorder(unit.path, folder) as process:
        unit.wait()
        assert unit.asked == [{"id": 1, "do": "feed", "meeting": "m"}]
        for at, frame in in_time(streams):
            unit.send(frame)
            if at > 7:
                break
        process.kill()
        process.wait()
    told = manifest(folder)
    assert told["ended"] == "killed"
    assert {each["ended"] for each in told["tracks"]} == {"killed"}
    for name in ("ana-camera.webm", "ben-camera.mp4"):
        seen = play(folder / name)
        print(
            name,
            "plays up to",
            7 - seen.pictures[-1],
            "s (pictures) and",
            7 - seen.sounds[-1],
            "s (sound) before the kill",
        )
        assert 7 - seen.pictures[-1] < 5
        assert 7 - seen.sounds[-1] < 5
        assert seen.flash is not None
    assert all(7 - each["to"] < 5 for each in told["tracks"])
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".json"}
    unit.hang_up()
    unit = Unit(tmp_path / "line")
    with recorder(unit.path, folder) as process:
        unit.wait()
        for _, frame in in_time([("ana", CAMERA, send_pictures(VP8, pictures[:20], ssrc=77))]):
            unit.send(frame)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    told = manifest(folder)
    assert [run["ended"] for run in told["runs"]] == ["killed", "clean"]
    assert told["tracks"][-1]["file"] == "ana-camera-2.webm"
    assert told["tracks"][-1]["ended"] == "clean"
    assert told["tracks"][-1]["from"] > 7
    assert len(play(folder / "ana-camera-2.webm").pictures) == 20
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_unit_that_dies_leaves_a_gap_and_the_file_goes_on(tmp_path: Path) -> None:
    unit = Unit(tmp_path / "line")
    pictures, sound = encode_pictures(VP8, 2), encode_sound(2)
    folder = tmp_path / "kept"
    with recorder(unit.path, folder) as process:
        unit.wait()
        for _, frame in in_time([("ana", CAMERA, send_pictures(VP8, pictures)), ("ana", AUDIO, send_sound(sound))]):
            unit.send(frame)
        unit.hang_up()
        time.sleep(1)
        unit = Unit(tmp_path / "line")
        unit.wait()
        again = [
            ("ana", CAMERA, send_pictures(VP8, pictures, ssrc=3, stamp=5)),
            ("ana", AUDIO, send_sound(sound, ssrc=4, stamp=5)),
        ]
        for _, frame in in_time(again):
            unit.send(frame)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    told = manifest(folder)
    away = [gap for gap in told["gaps"] if gap["to"] - gap["from"] > 0.5]
    assert [gap["why"] for gap in away] == ["line"]
    assert [gap["why"] for gap in track(told, "camera")["gaps"]] == ["line"]
    assert track(told, "camera")["file"] == "ana-camera.webm"
    seen = play(folder / "ana-camera.webm")
    assert len(seen.pictures) == 4 * RATE
    pause = max(after - before for before, after in zip(seen.pictures, seen.pictures[1:], strict=False))
    assert 1 < pause < 4


def test_a_meeting_that_begins_later_is_asked_for_again(tmp_path: Path) -> None:
    unit = Unit(tmp_path / "line", there=False)
    with recorder(unit.path, tmp_path / "kept") as process:
        unit.until(lambda: len(unit.asked) == 1)
        unit.send(json.dumps({"event": "joined", "meeting": "another", "participant": "x", "peer": "p"}).encode())
        unit.there = True
        unit.send(json.dumps({"event": "joined", "meeting": "m", "participant": "ana", "peer": "p"}).encode())
        unit.wait()
        assert len(unit.asked) == 2
        for _, frame in in_time([("ana", CAMERA, send_pictures(VP8, encode_pictures(VP8, 1)))]):
            unit.send(frame)
        unit.send(
            json.dumps({"event": "left", "meeting": "m", "participant": "ana", "peer": "p", "reason": "left"}).encode()
        )
        unit.until(lambda: [each["ended"] for each in manifest(tmp_path / "kept")["tracks"]] == ["clean"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert len(play(tmp_path / "kept" / "ana-camera.webm").pictures) == RATE


def test_the_recorder_knows_no_web_framework_and_refuses_a_strange_folder(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")
    with recorder(tmp_path / "line", tmp_path) as process:
        assert process.wait(20) == 2
    code = (
        "import sys, realtime.media.recorder.__main__ as m; sys.exit(bool({'flask', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
