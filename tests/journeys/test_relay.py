"""Addresses that are hidden: two people behind a real coturn (T43, S-22)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.server import free_port

from .conftest import House, opened
from .people import Human, until
from .test_call import both_receive, let_in

SECRET = "a secret that coturn and the office share"
PAIRS = """async () => {
  const found = [];
  for (const pc of window.connections ?? []) {
    if (pc.connectionState !== 'connected') continue;
    const all = await pc.getStats();
    for (const one of all.values()) {
      if (one.type !== 'candidate-pair' || !one.nominated || one.state !== 'succeeded') continue;
      found.push([all.get(one.localCandidateId).candidateType, all.get(one.remoteCandidateId).candidateType]);
    }
  }
  return found;
}"""
LEARNED = """async () => {
  const found = [];
  for (const pc of window.connections ?? []) {
    found.push(pc.remoteDescription?.sdp ?? '');
    for (const one of (await pc.getStats()).values()) if (one.type === 'remote-candidate') found.push(`typ ${one.candidateType}`);
  }
  return found.join('\\n');
}"""


def own_address() -> str:
    """An address of this machine that is not its loopback: browsers never try that one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))
        return str(one.getsockname()[0])


class Relay:
    """A coturn at `url`, which can be started anew."""

    def __init__(self, folder: str) -> None:
        program = shutil.which("turnserver")
        assert program, "needs the Debian package coturn"
        here, port = own_address(), free_port()
        self.url, self.folder = f"turn:{here}:{port}?transport=udp", folder
        self.command = [program, "-n", f"--listening-ip={here}", f"--listening-port={port}", f"--relay-ip={here}"]
        self.command += ["--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=example.org", "--no-tls"]
        self.command += ["--no-dtls", "--no-cli", f"--pidfile={folder}/pid", "--log-file=stdout", "--no-stdout-log"]
        self.start()

    def start(self) -> None:
        """From now on it relays."""
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=nowhere, stderr=nowhere)

    def kill(self) -> None:
        """Everything that it relayed is gone."""
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    with tempfile.TemporaryDirectory() as folder:
        made = Relay(folder)
        yield made
        made.kill()


@pytest.fixture(scope="module")
def relayed(relay: Relay) -> Iterator[House]:
    """The town with that relay."""
    with opened(VO_TURN_URLS=relay.url, VO_TURN_SECRET=SECRET) as made:
        yield made


@pytest.fixture
def someone(relayed: House) -> Iterator[Callable[..., Human]]:
    def come(name: str, **context: Any) -> Human:
        made = relayed.human(name, **context)
        made.sign_in()
        return made

    relayed.humans.clear()
    yield come
    for one in relayed.humans:
        one.context.close()


HIDE = """async () => {
  const wire = JSON.parse(document.getElementById('wire').textContent);
  const data = new FormData();
  data.set('csrf_token', wire.csrf); data.set('hide', 'yes');
  await fetch(wire.address, {method: 'POST', body: data});
}"""
"""What the tick on the check page does, for a host, whose page goes in at once."""


def hide(one: Human, path: str) -> None:
    """Tick it, and wait until it is kept."""
    one.open(path)
    with one.page.expect_response(lambda answer: answer.url.endswith("/address") and answer.ok):
        one.page.get_by_label("Hide my internet address").check()


@pytest.mark.parametrize("both", [pytest.param(True, marks=pytest.mark.soak), False])
def test_only_relay_addresses_are_learned(relayed: House, someone: Callable[..., Human], both: bool) -> None:
    amal, ines = someone("Amal Mansour"), someone("Inés Vidal")
    path = relayed.meeting()
    hide(amal, path)
    if both:
        with ines.page.expect_response(lambda answer: answer.url.endswith("/address")):
            ines.open(path)
            until("Inés is on the stage", lambda: ines.in_call)
            ines.page.evaluate(HIDE)
    let_in(amal, ines, path)
    both_receive(amal, ines, patience=40)
    (mine, theirs) = ines.page.evaluate(PAIRS)[0]
    assert theirs == "relay", "Inés sends to the relay"
    assert amal.page.evaluate(PAIRS)[0][0] == "relay", "and Amal sends by it"
    if both:
        assert mine == "relay"
    learned = ines.page.evaluate(LEARNED)
    for kind in ("typ host", "typ srflx", "typ prflx"):
        assert kind not in learned, "Inés' browser never hears of Amal's own addresses"
    if not both:
        assert "typ host" in amal.page.evaluate(LEARNED), "who does not hide is not hidden: the look can fail"


@pytest.mark.soak
def test_a_call_comes_back_when_the_relay_is_started_anew(
    relayed: House, relay: Relay, someone: Callable[..., Human]
) -> None:
    """R-20: its memory is empty, so both sides have to ask it for new places; nobody clicks."""
    amal, ines = someone("Amal Mansour"), someone("Inés Vidal")
    path = relayed.meeting()
    hide(amal, path)
    let_in(amal, ines, path)
    both_receive(amal, ines, patience=40)
    before = amal.page.evaluate(PAIRS)
    assert before[0][0] == "relay"
    relay.kill()
    until("nothing comes any more", lambda: amal.lacks(1))
    relay.start()
    began = time.monotonic()
    both_receive(amal, ines, patience=40)
    print(f"the relay started anew: sound and picture after {time.monotonic() - began:.1f} s")
    assert amal.page.evaluate(PAIRS)[0][0] == "relay"
