"""Heavy work leaves the others running, with gevent and without."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from foundation.offload import offload
from tests.server import ROOT

UNDER_GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent, time
from gevent import monkey
from foundation.offload import offload
really_sleep = monkey.get_original("time", "sleep")
longest, last = 0.0, time.monotonic()
def watch():
    global longest, last
    while True:
        gevent.sleep(0.005)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
gevent.spawn(watch)
gevent.sleep(0.02)
longest, last = 0.0, time.monotonic()
{work}
gevent.sleep(0.02)
print(longest)
"""


def stall(work: str) -> float:
    """Longest time in seconds that other greenlets stood still during `work`."""
    program = UNDER_GEVENT.format(work=work)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_without_gevent_it_is_a_call_in_this_thread() -> None:
    assert offload(threading.get_ident) == threading.get_ident()


def test_result_and_exception_come_back() -> None:
    assert offload(divmod, 7, 3) == (2, 1)
    with pytest.raises(ZeroDivisionError):
        offload(divmod, 7, 0)


def test_under_gevent_others_keep_running_and_without_offload_they_would_not() -> None:
    assert stall("assert offload(lambda: really_sleep(0.5) or 5) == 5") < 0.4
    assert stall("really_sleep(0.5)") >= 0.45
