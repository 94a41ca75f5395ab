"""Real browsers before the unit without the product around it: a bare page, a plain control line, and a publisher or viewer."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.media import unit as units
from realtime.media import tokens

PAGE = b"""<!doctype html><title>Unit</title><video id=v0 muted autoplay playsinline></video><audio id=a0 autoplay></audio><script>
window.join = async (offer, publish) => {
  const pc = window.pc = new RTCPeerConnection();
  window.connections = [pc];
  pc.ontrack = ({transceiver, track}) => {
    if (transceiver.mid === 'v0') { v0.srcObject = new MediaStream([track]); v0.play(); }
    if (transceiver.mid === 'a0') { a0.srcObject = new MediaStream([track]); a0.play(); }
  };
  await pc.setRemoteDescription({type: 'offer', sdp: offer});
  if (publish) {
    const media = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 360, frameRate: 20}});
    for (const one of pc.getTransceivers()) {
      const track = media.getTracks().find((t) => t.kind === {pa: 'audio', pv: 'video'}[one.mid]);
      if (!track) continue;
      await one.sender.replaceTrack(track);
      one.direction = 'sendonly';
      const settings = one.sender.getParameters();
      for (const layer of settings.encodings) {
        if (layer.rid) Object.assign(layer, {h: {scaleResolutionDownBy: 1, maxBitrate: 900000}, l: {scaleResolutionDownBy: 4, maxBitrate: 120000}}[layer.rid]);
      }
      await one.sender.setParameters(settings);
    }
  }
  await pc.setLocalDescription();
  window.began = performance.now();
  return pc.localDescription.sdp;
};
window.seen = async () => {
  const told = {frames: 0, lost: 0, freezes: 0, width: 0, audio: 0, layers: {}, delay: -1, state: window.pc.connectionState, sent: {}};
  for (const one of (await window.pc.getStats()).values()) {
    if (one.type === 'inbound-rtp' && one.kind === 'video' && one.framesDecoded) {
      Object.assign(told, {frames: one.framesDecoded, lost: one.packetsLost, freezes: one.freezeCount, width: one.frameWidth, plis: one.pliCount, nacks: one.nackCount, again: one.retransmittedPacketsReceived, fec: one.jitterBufferDelay / one.jitterBufferEmittedCount});
    }
    if (one.type === 'inbound-rtp' && one.kind === 'audio') told.audio += one.packetsReceived;
    if (one.type === 'outbound-rtp' && one.kind === 'video' && one.framesEncoded) told.sent[one.rid ?? ''] = one.framesEncoded;
    if (one.type === 'remote-inbound-rtp') told.delay = one.roundTripTime ?? told.delay;
    if (one.type === 'transport') Object.assign(told, {tls: one.tlsVersion, cipher: one.srtpCipher});
  }
  return told;
};
</script>"""


class Line:
    """A control line, one question at a time."""

    def __init__(self, path: Path) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(path))
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def ask(self, do: str, **data: Any) -> dict[str, Any]:
        """One request and its answer, which must not be a refusal."""
        number = next(self._numbers)
        raw = json.dumps({"id": number, "do": do, **data}).encode()
        self._line.sendall(len(raw).to_bytes(4, "big") + raw)
        while (told := self._read()).get("id") != number:
            self.events.append(told)
        assert told["ok"], told
        return told

    def _read(self) -> dict[str, Any]:
        size = int.from_bytes(self._exactly(4), "big")
        told: dict[str, Any] = json.loads(self._exactly(size))
        return told

    def _exactly(self, many: int) -> bytes:
        got = b""
        while len(got) < many:
            got += self._line.recv(many - len(got))
        return got

    def join(self, who: str, publish: tuple[str, ...] = ()) -> dict[str, Any]:
        """Somebody comes into the meeting: their name there, and our offer."""
        claims = tokens.Claims(
            "m", who, "host", publish, tokens.Places(3, 3), units.NAME, False, int(time.time()) + 50, tokens.fresh_jti()
        )
        return self.ask("join", token=tokens.mint(tokens.key(units.SECRET), claims))


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The page's address."""

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def come(
    browser: Browser,
    site: str,
    line: Line,
    who: str,
    *,
    publish: bool = False,
    through: Callable[[str], str] = lambda offer: offer,
) -> tuple[Page, str]:
    """A browser's page that is in the meeting; `through` changes the offer on its way there."""
    page = browser.new_page()
    page.goto(site)
    told = line.join(who, ("audio", "video") if publish else ())
    answer = page.evaluate("([offer, publish]) => window.join(offer, publish)", [through(told["offer"]), publish])
    line.ask("answer", peer=told["peer"], sdp=answer)
    return page, told["peer"]
