"""Settings of the forwarding units: what is unknown or unsafe stops the start, and is named without its value."""

from __future__ import annotations

import pytest

from foundation.config import UnsafeSettings, load

ABROAD = {"VO_BIND": "0.0.0.0:8000", "VO_PUBLIC_URL": "https://office.example.org"}


def test_one_unit_on_its_port_is_the_default() -> None:
    settings = load({})
    assert (settings.media_processes, settings.media_udp_port, settings.media_addresses) == (1, 8189, [])


def test_addresses_are_read_as_a_list() -> None:
    settings = load({**ABROAD, "VO_MEDIA_PUBLIC_IP": "203.0.113.7, 2001:db8::7,"})
    assert settings.media_addresses == ["203.0.113.7", "2001:db8::7"]
    assert load({"VO_MEDIA_PUBLIC_IP": "127.0.0.1"}).media_addresses == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("VO_WHIP_ORIGINS", "other.example.net", {}),
        ("VO_WHIP_ORIGINS", "https://other.example.net/page", {}),
        ("VO_MEDIA_PROCESSES", "-1", {}),
        ("VO_MEDIA_PROCESSES", "65", {}),
        ("VO_MEDIA_PROCESSES", "one", {}),
        ("VO_MEDIA_FOLDER", "instance", {"VO_SECRET_KEY": "k" * 32}),
        ("VO_MEDIA_FOLDER", "/srv/office", {}),
        ("VO_MEDIA_UDP_PORT", "443", {}),
        ("VO_MEDIA_UDP_PORT", "-1", {}),
        ("VO_MEDIA_UDP_PORT", "65536", {}),
        ("VO_MEDIA_UDP_PORT", "65534", {"VO_MEDIA_PROCESSES": "3"}),
        ("VO_MEDIA_PUBLIC_IP", "media.example.org", {}),
        ("VO_MEDIA_PUBLIC_IP", "203.0.113.7;203.0.113.8", {}),
        ("VO_MEDIA_PUBLIC_IP", "0.0.0.0", {}),
        ("VO_MEDIA_PUBLIC_IP", "fe80::1", {}),
        ("VO_MEDIA_PUBLIC_IP", "239.0.0.1", {}),
        ("VO_MEDIA_PUBLIC_IP", "127.0.0.1", ABROAD),
    ],
)
def test_what_can_not_work_is_named(name: str, value: str, more: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings) as wrong:
        load({**more, name: value})
    assert [problem.split()[0] for problem in wrong.value.problems] == [name]
    assert value not in wrong.value.problems[0].replace("from 0 to 64", "").replace(
        "1024 to 65535", ""
    )  # figures of the rule


def test_units_of_another_supervisor() -> None:
    settings = load({"VO_MEDIA_FOLDER": "/srv/office", "VO_SECRET_KEY": "k" * 32})
    assert str(settings.media_path) == "/srv/office"
    assert load({}).media_path == load({}).folder


def test_the_last_ports_are_good() -> None:
    load({"VO_MEDIA_UDP_PORT": "65533", "VO_MEDIA_PROCESSES": "3"})
    load({"VO_MEDIA_UDP_PORT": "0", "VO_MEDIA_PROCESSES": "64"})
    load({"VO_MEDIA_PROCESSES": "0"})
