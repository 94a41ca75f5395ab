"""Build and run `limit.c`: what forwarding costs at least on this machine. `python -m benchmarks.media.limit [VIEWERS [SECONDS]]`."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pylibsrtp._binding as binding

SOURCE = Path(__file__).with_name("limit.c")
BURST, SIZE, VOICE, EVERY = 6, 1100, 80, 1 / 30
"""Packets of a picture, bytes of their payload, bytes of a voice's, seconds between pictures: what the publisher of the other servers sends."""
LIBRARIES = {"same": binding.__file__, "Debian": "libcrypto.so.3"}
"""The crypto library inside pylibsrtp, and the system's."""


class Absent(Exception):
    """It cannot be measured here; the text says why."""


class Result(ctypes.Structure):
    """What the C part tells."""

    _fields_ = (
        ("cpu", ctypes.c_double),
        ("sent", ctypes.c_uint64),
        ("received", ctypes.c_uint64),
        ("failed", ctypes.c_uint64),
        ("late", ctypes.c_uint64),
    )


@contextmanager
def built() -> Iterator[Path]:
    """The shared library in a folder that goes away again. Raises Absent without a C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise Absent("no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "limit.so"
        subprocess.run([compiler, "-O2", "-Wall", "-shared", "-fPIC", "-o", made, SOURCE, "-ldl"], check=True)
        yield made


def measured(library: Path, crypto: str, viewers: int, together: int, seconds: float) -> dict[str, float]:
    """One round in a process of its own: `us` of CPU per received packet, and how many were sent and received. Raises Absent."""
    arguments = [str(library), LIBRARIES[crypto], str(viewers), str(together), str(seconds)]
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.media.limit", *arguments], capture_output=True, text=True, check=False
    )
    if said.returncode:
        raise Absent(said.stderr.strip().rpartition("\n")[2])
    told: dict[str, float] = json.loads(said.stdout)
    return told


def _run(library: str, crypto: str, viewers: int, together: int, seconds: float) -> dict[str, float]:
    part = ctypes.CDLL(library)
    part.limit.argtypes = [ctypes.c_char_p, *[ctypes.c_int] * 5, ctypes.c_double, ctypes.c_double, ctypes.c_void_p]
    told = Result()
    code = part.limit(crypto.encode(), viewers, BURST, together, SIZE, VOICE, EVERY, seconds, ctypes.byref(told))
    if code or not told.received:
        raise SystemExit(f"limit.c: error {-code}, {told.received} packets received")
    return {
        "us": told.cpu / told.received * 1e6,
        "sent": told.sent,
        "received": told.received,
        "failed": told.failed,
        "late": told.late,
    }


def main(arguments: list[str]) -> None:
    """With a built library first: one round as JSON. Else a small table."""
    if arguments and arguments[0].endswith(".so"):
        path, crypto, *numbers = arguments
        print(json.dumps(_run(path, crypto, int(numbers[0]), int(numbers[1]), float(numbers[2]))))
        return
    viewers, seconds = [*map(float, arguments), *(200.0, 3.0)[len(arguments) :]]
    with built() as library:
        for crypto in LIBRARIES:
            for together in (1, BURST):
                told = measured(library, crypto, int(viewers), together, seconds)
                print(f"crypto {crypto:<7} {together} packets together: {told['us']:.2f} us a packet, {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
