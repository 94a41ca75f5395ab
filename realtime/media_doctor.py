"""What `flask doctor` says about the forwarding units: do they answer, how do packets leave, can browsers reach them."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable

from flask import current_app

from foundation.config import Settings
from foundation.doctor import Finding

from .media_line import Units

PATIENCE = 2.0
"""Seconds for all units to answer."""
SLOW = "; every packet is a call to the kernel of its own, so it carries half as many people as on a newer Linux"


def look() -> Iterable[Finding]:
    """A finding for each unit, and one for the address that browsers are told."""
    settings: Settings = current_app.config["VO"]
    if not settings.media_processes:
        return [
            Finding("media", True, "none is wanted (VO_MEDIA_PROCESSES=0): more than two have no sound and picture")
        ]
    units = Units(settings.media_path, settings.media_processes)
    units.start()
    until = time.monotonic() + PATIENCE
    while len(units.alive()) < len(units.lines) and time.monotonic() < until:
        time.sleep(0.02)
    told = units.figures(PATIENCE)
    units.stop()
    return [*(_unit(settings, unit, told.get(unit)) for unit in units.lines), *_address(settings)]


def _unit(settings: Settings, unit: str, figures: dict[str, object] | None) -> Finding:
    if figures is None:
        port = settings.media_udp_port
        why = f"Its log says why; perhaps UDP port {port + int(unit.rpartition('-')[2])} is taken." if port else ""
        return Finding(unit, False, f"does not answer. Is the service running? {why}".strip())
    way = str(figures.get("way", "unknown"))
    words = (
        f"answers on UDP port {figures.get('port', '?')}, {figures.get('peers', 0)} connected, packets leave by {way}"
    )
    return Finding(unit, True, words + (SLOW if way == "plain" else ""))


def _address(settings: Settings) -> Iterable[Finding]:
    if settings.loopback:
        return
    told = [ipaddress.ip_address(address) for address in settings.media_addresses]
    if told and all(address.is_private for address in told):
        yield Finding(
            "media address", False, "VO_MEDIA_PUBLIC_IP has private addresses only: nobody outside reaches them"
        )
    elif not told:
        words = "the machine's own addresses are told; behind NAT set VO_MEDIA_PUBLIC_IP to the public one"
        yield Finding("media address", True, words)
    else:
        yield Finding("media address", True, "VO_MEDIA_PUBLIC_IP is told to browsers")
