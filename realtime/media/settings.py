"""What one process of the unit is told by the service's settings (foundation/config.py)."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path

from foundation import config

from . import tokens


@dataclass(frozen=True)
class Settings:
    """`port` 0 is any free one; `addresses` are told to browsers, the best first; `control` is the Unix socket."""

    name: str
    port: int
    addresses: tuple[str, ...]
    control: Path
    key: bytes


def read(number: int) -> Settings:
    """Of process `number` (0 is the first) of this installation."""
    told = config.load()
    port = told.media_udp_port + number if told.media_udp_port else 0
    addresses = tuple(told.media_addresses) or own_addresses(told.loopback)
    key = tokens.key(config.secret_key(told))
    return Settings(f"media-{number}", port, addresses, told.folder / f"media-{number}.sock", key)


def own_addresses(loopback: bool) -> tuple[str, ...]:
    """Addresses by which this machine reaches the world, IPv4 first, asked of the routing table; the loopback where only that is served."""
    found = ["127.0.0.1"] if loopback else []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as asked:
                # Nothing is sent: connecting a datagram socket only looks up the route.
                asked.connect((far, 9))
                own = asked.getsockname()[0]
        except OSError:
            continue
        if not ipaddress.ip_address(own).is_link_local and own not in found:
            found.append(own)
    return tuple(found) or ("127.0.0.1",)
