"""Takes a person's own internet addresses out of what goes to a peer, for whoever hides them: only a relay's are left. Pure; nothing is kept."""

from __future__ import annotations

import re
from typing import Any

NOWHERE = "0.0.0.0"  # noqa: S104 - a word of SDP, nothing is bound
CANDIDATE = re.compile(r"^(?:a=)?candidate:", re.IGNORECASE)
RELAYED = re.compile(r"\styp\s+relay(?:\s|$)", re.IGNORECASE)
BEHIND = re.compile(r"(\s)raddr\s+\S+(\s+rport\s+)\S+", re.IGNORECASE)
"""A relay candidate names the address behind it too."""
PLACE = re.compile(r"^(o=\S+ \S+ \S+|c=|a=rtcp:\d+)( ?IN IP[46] )\S+", re.IGNORECASE)


def hidden(kind: str, data: Any) -> Any:
    """The payload of a signal without own addresses; None when nothing of it may go on."""
    if not isinstance(data, dict):
        return data
    if kind == "candidate":
        line = data.get("candidate")
        if not line:
            return data
        clean = _candidate(line) if isinstance(line, str) else None
        # `usernameFragment`, `sdpMid` and the rest name no address; what is not known does not pass.
        kept = {
            name: data[name] for name in ("sdpMid", "sdpMLineIndex", "usernameFragment", "epoch", "to") if name in data
        }
        return None if clean is None else {"candidate": clean, **kept}
    if isinstance(data.get("sdp"), str):
        return {**data, "sdp": _description(data["sdp"])}
    return data


def _candidate(line: str) -> str | None:
    # One line is one candidate: a second one behind a line break would be read by nobody here and by the peer.
    if "\n" in line or "\r" in line or not CANDIDATE.match(line) or not RELAYED.search(line):
        return None
    return BEHIND.sub(rf"\1raddr {NOWHERE}\g<2>9", line)


def _description(sdp: str) -> str:
    kept = []
    for line in re.split(r"\r\n|\r|\n", sdp):
        if line.lower().startswith("a=candidate") or CANDIDATE.match(line):
            clean = _candidate(line)
            if clean is None:
                continue
            line = clean
        elif line.lower().startswith("a=remote-candidates"):
            continue
        kept.append(PLACE.sub(rf"\1\g<2>{NOWHERE}", line))
    return "\r\n".join(kept)
