"""People at their browsers: what they open, press, read, see and hear; each in a browser context of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page

FULL_RATE = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP localhost 127.0.0.2",
]
"""How Chromium is started where its figures count."""
FLAGS = [*FULL_RATE, "--use-fake-device-for-media-stream=fps=10"]
"""… and where they do not: half the pictures of a usual camera still move, and a small machine has room for several browsers."""
CHROMIUM = "/usr/bin/chromium"
MEASURE = """async () => {
  const found = {bytes: {audio: 0, video: 0}, frames: 0};
  for (const pc of window.connections ?? []) {
    if (pc.connectionState === 'closed') continue;
    for (const one of (await pc.getStats()).values()) {
      if (one.type !== 'inbound-rtp') continue;
      found.bytes[one.kind] += one.bytesReceived;
      found.frames += one.framesDecoded ?? 0;
    }
  }
  return found;
}"""
PICTURE = """() => {
  const video = document.querySelector('[data-other]');
  const canvas = new OffscreenCanvas(64, 36);
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.drawImage(video, 0, 0, 64, 36);
  const data = pen.getImageData(0, 0, 64, 36).data;
  let sum = 0, squares = 0, hash = 0;
  for (let i = 0; i < data.length; i += 4) {
    const grey = (data[i] + data[i + 1] + data[i + 2]) / 3;
    sum += grey; squares += grey * grey; hash = (hash * 31 + data[i] + 7 * data[i + 1] + 13 * data[i + 2]) | 0;
  }
  const n = data.length / 4;
  const shown = getComputedStyle(video).opacity === '1';
  return {hash, shown, spread: Math.sqrt(squares / n - (sum / n) ** 2)};
}"""
WATCH_MEDIA = """() => {
  window.mediaWatch = {frames: 0, bytes: 0, at: performance.now(), longest: 0};
  const watch = window.mediaWatch;
  window.setInterval(async () => {
    let frames = 0, bytes = 0;
    for (const pc of window.connections ?? []) {
      if (pc.connectionState === 'closed') continue;
      for (const one of (await pc.getStats()).values()) {
        if (one.type !== 'inbound-rtp') continue;
        if (one.kind === 'video') frames += one.framesDecoded ?? 0; else bytes += one.bytesReceived;
      }
    }
    const now = performance.now();
    watch.longest = Math.max(watch.longest, now - watch.at);
    // A new connection counts from nothing.
    watch.frames = Math.min(watch.frames, frames);
    watch.bytes = Math.min(watch.bytes, bytes);
    if (frames > watch.frames && bytes > watch.bytes) [watch.frames, watch.bytes, watch.at] = [frames, bytes, now];
  }, 100);
}"""
NEGOTIATED = """() => (window.connections ?? []).map((pc) => ({
  connection: pc.connectionState, signaling: pc.signalingState,
  lines: pc.getTransceivers().map((one) => [one.mid, one.receiver.track.kind, one.direction, one.currentDirection,
    one.sender.track?.readyState ?? 'nothing'].join(' ')),
  trace: pc.trace,
}))"""
WATCH_CONNECTIONS = """
  window.connections = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...how) {
      super(...how);
      window.connections.push(this);
      this.trace = [];
      const note = (what) => this.trace.push(`${Math.round(performance.now())} ${what}`);
      this.addEventListener('icecandidate', (event) => note(`found ${event.candidate?.candidate.split(' ')[7] ?? 'all'}`));
      this.addEventListener('signalingstatechange', () => note(this.signalingState));
      this.addEventListener('connectionstatechange', () => note(this.connectionState));
      const add = this.addIceCandidate.bind(this);
      this.addIceCandidate = (one) => add(one).then(() => note('took a candidate'), (why) => { note(why.message); throw why; });
    }
  };
"""


def until(what: str, seen: Callable[[], Any], patience: float = 40.0) -> Any:
    """Ask again until the answer is true, and give it; AssertionError with `what` and the last answer when it never is."""
    ends = time.monotonic() + patience
    last: Any = None
    while time.monotonic() < ends:
        if last := seen():
            return last
        time.sleep(0.1)
    raise AssertionError(f"not in {patience} s: {what} (last: {last!r})")


class Human:
    """Somebody at a browser, signed in through the demo door."""

    def __init__(self, browser: Browser, url: str, name: str, **context: Any) -> None:
        self.name, self.url = name, url
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        self.context.add_init_script(WATCH_CONNECTIONS)
        self.context.set_default_timeout(60_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.said: list[str] = []
        self.page.on("pageerror", lambda why: self.faults.append(f"{name}: {why}"))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        self.said.append(message.text)
        if "Content Security Policy" in message.text or "Trusted" in message.text:
            self.faults.append(f"{self.name}: {message.text}")

    def sign_in(self) -> None:
        """Be this person."""
        self.page.goto(f"{self.url}/demo")
        self.page.get_by_role("button", name=self.name).click()
        self.page.wait_for_load_state()

    def open(self, path: str) -> None:
        """Go to a page of the product."""
        self.page.goto(self.url + path)

    def press(self, name: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def submit(self, name: str) -> None:
        """Press the button of that name, and be on the page that answers."""
        with self.page.expect_navigation():
            self.press(name)

    def reads(self, selector: str) -> str:
        """The visible text of a place, one line."""
        return " ".join(self.page.locator(selector).first.inner_text().split())

    @property
    def in_call(self) -> bool:
        """Whether the stage is shown."""
        return self.page.locator("[data-state-stage]").is_visible()

    @property
    def waits(self) -> bool:
        """Whether the waiting room is shown."""
        return self.page.locator("[data-state-waiting]").is_visible()

    def incoming(self) -> dict[str, Any]:
        """Bytes and frames that came in so far, over all connections of this page."""
        return self.page.evaluate(MEASURE)

    def receives(self, seconds: float = 1.5) -> bool:
        """Whether sound and picture come in, and the picture on the screen is shown and moves, measured over a while."""
        return not self.lacks(seconds)

    def lacks(self, seconds: float = 1.5) -> dict[str, Any]:
        """What of that is missing, as measured; empty when all is well."""
        before, looks = self.incoming(), []
        for _look in range(4):
            looks.append(self.page.evaluate(PICTURE))
            self.page.wait_for_timeout(seconds * 250)
        after = self.incoming()
        well = {
            "sound": after["bytes"]["audio"] > before["bytes"]["audio"],
            "frames": after["frames"] > before["frames"],
            "moving": len({one["hash"] for one in looks}) > 1,
            # The made-up camera shows a disc that opens and closes: there are moments of one colour.
            "something to see": max(one["spread"] for one in looks) > 5,
            "shown": all(one["shown"] for one in looks),
        }
        return {} if all(well.values()) else {"well": well, "before": before, "after": after, "looks": looks}

    def negotiated(self) -> dict[str, Any]:
        """How the connections of this page stand, and what it noted about them; to be read when a call fails."""
        notes = [text for text in self.said if text.startswith("negotiation")]
        return {"who": self.name, "connections": self.page.evaluate(NEGOTIATED), "notes": notes}

    def watch_media(self) -> None:
        """From now on, keep how long sound or picture stood still at most."""
        self.page.evaluate(WATCH_MEDIA)

    def longest_stillness(self) -> float:
        """Seconds, since `watch_media`, that passed at most without new sound and a new picture."""
        return float(self.page.evaluate("() => window.mediaWatch.longest / 1000"))

    def write(self, text: str) -> None:
        """Write a message in the call."""
        if not self.page.locator("#say").is_visible():
            self.page.locator("[data-text]").click()
        self.page.locator("#say").fill(text)
        self.page.locator("#say").press("Enter")

    def messages(self) -> list[str]:
        """Every written message of the log, in order."""
        return self.page.locator("[data-log] .talk__text").all_text_contents()

    def unsent(self) -> list[str]:
        """What the log says about messages that are on their way."""
        return [text for text in self.page.locator("[data-log] .talk__state").all_text_contents() if text]
