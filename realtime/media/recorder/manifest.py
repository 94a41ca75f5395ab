"""`manifest.json`: which file holds whom, from when to when, so that a layout can be chosen when a recording is played.

All times are seconds since `started`, on the clock of arrivals. The file says at every moment what would be true if the
process died now: `ended` is "killed" until a clean end makes it "clean". `updated` tells whether somebody is still writing.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAME = "manifest.json"
MOST_GAPS = 1000
"""Gaps of one track that are listed; more are only counted, so that a bad line can not grow the file without end."""


@dataclass
class Gap:
    """A stretch without sound or pictures. `why`: "loss" (packets), "pause" (nothing was sent), "line" (the unit was away)."""

    start: float
    end: float
    why: str


@dataclass
class Track:
    """The sound or the pictures of one participant in one file. The file's own time 0 is at `origin`."""

    participant: str
    kind: str
    file: str
    codec: str
    origin: float
    start: float
    end: float
    sizes: list[dict[str, float | int]] = field(default_factory=list)
    """Where the size of the pictures changed: {"at", "width", "height"}, the first one included."""
    gaps: list[Gap] = field(default_factory=list)
    more_gaps: int = 0
    lost: int = 0
    """Packets that never came."""
    dropped: int = 0
    """Pictures that could not be written because of them."""
    ended: str = "killed"
    """"clean", "killed", or "failed" when the disk refused."""

    def gap(self, start: float, end: float, why: str) -> None:
        """Note a stretch without sound or pictures; one that follows at once makes the last one longer."""
        last = self.gaps[-1] if self.gaps else None
        if last is not None and last.why == why and start - last.end < 0.001:
            last.end = end
        elif len(self.gaps) < MOST_GAPS:
            self.gaps.append(Gap(start, end, why))
        else:
            self.more_gaps += 1


class Strange(Exception):
    """The folder holds something else than a recording of this meeting."""


class Manifest:
    """The manifest of one folder. A recorder that is started again goes on with the same `started` and a new run."""

    def __init__(self, folder: Path, meeting: str, now: int) -> None:
        """`now` is in microseconds since 1970. Raises `Strange` for another meeting's folder or a manifest that is none."""
        self._path = folder / NAME
        self._old: dict[str, Any] = self._read(meeting)
        self.meeting = meeting
        self.started = self._old.get("began_us", now)
        self.tracks: list[Track] = []
        self.gaps: list[Gap] = []
        self.dropped = 0
        self.run: dict[str, Any] = {"from": self.seconds(now), "to": self.seconds(now), "ended": "killed"}
        self._written = ""

    def seconds(self, at: int) -> float:
        """Microseconds since 1970 as seconds since the start of the recording."""
        return round((at - self.started) / 1_000_000, 6)

    def write(self, now: int) -> None:
        """Replace the file, in one step: readers and a crash see the old one or the new one. Raises `OSError`."""
        self.run["to"] = max(self.run["to"], self.seconds(now))
        text = json.dumps(self._shape(now), indent=1)
        beside = self._path.with_suffix(".tmp")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(self._path)

    def _shape(self, now: int) -> dict[str, Any]:
        old = self._old
        return {
            "meeting": self.meeting,
            "started": _rfc3339(self.started),
            "began_us": self.started,
            "updated": _rfc3339(now),
            "ended": self.run["ended"],
            "runs": [*old.get("runs", []), self.run],
            "gaps": [*old.get("gaps", []), *map(_gap, self.gaps)],
            "dropped": old.get("dropped", 0) + self.dropped,
            "tracks": [*old.get("tracks", []), *map(_track, self.tracks)],
        }

    def _read(self, meeting: str) -> dict[str, Any]:
        try:
            old = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Strange("the manifest can not be read") from error
        if not isinstance(old, dict) or old.get("meeting") != meeting or not isinstance(old.get("began_us"), int):
            raise Strange("the folder belongs to another meeting")
        for name in ("runs", "gaps", "tracks"):
            if not isinstance(old.get(name, []), list):
                raise Strange("the manifest can not be read")
        return old


def _rfc3339(at: int) -> str:
    moment = datetime.fromtimestamp(at // 1000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _gap(gap: Gap) -> dict[str, Any]:
    return {"from": gap.start, "to": gap.end, "why": gap.why}


def _track(track: Track) -> dict[str, Any]:
    told = asdict(track)
    told["from"], told["to"] = told.pop("start"), told.pop("end")
    told["gaps"] = [_gap(gap) for gap in track.gaps]
    return told


def stem(participant: str, kind: str) -> str:
    """The start of a file's name. Ids come from outside, so one that is not plain is replaced by its digits."""
    plain = re.fullmatch(r"[A-Za-z0-9_]{1,64}", participant.replace("-", "_"))
    return f"{participant if plain else 'x' + participant.encode().hex()[:64]}-{kind}"
