"""Where requests may go: public addresses, or those that the operator allows, and never one that was not checked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from eclod.core.errors import EndpointFailed, NotAllowed
from eclod.store import addresses

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "2001::1",
    "2001:0:7f00:1::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:c0a8:1::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "91.198.174.192",
    "172.32.0.1",
    "100.128.0.1",
    "2a00:1450::1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_this_machine_and_its_surroundings_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0x7f.0.0.0x1",
        "2852039166",  # 169.254.169.254
        "localhost",
        "::1",
        "::ffff:127.0.0.1",
    ],
)
def test_every_spelling_of_a_private_address_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(NotAllowed, match="an address of a private network or of this machine"):
        addresses.look_up(host, 80, 10, private=False)
    assert addresses.look_up(host, 80, 10, private=True)


Resolver = Callable[[str, int], list[str]]


def resolve_as(monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in resolver(host, port)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_as(monkeypatch, lambda *_: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(NotAllowed):
        addresses.look_up("mixed.example.org", 80, 10, private=False)
    resolve_as(monkeypatch, lambda *_: ["8.8.8.8", "2a00:1450::1"])
    found = addresses.look_up("public.example.org", 443, 10, private=False)
    assert [address[:2] for _, address in found] == [("8.8.8.8", 443), ("2a00:1450::1", 443)]


def test_a_name_that_nobody_knows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolve_as(monkeypatch, unknown)
    with pytest.raises(EndpointFailed, match=r"host nowhere\.example is not found \(Name or service not known\)"):
        addresses.look_up("nowhere.example", 80, 10, private=True)


def test_a_resolver_that_hangs_takes_no_more_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(*_: object) -> list[str]:
        release.wait(60)
        return ["8.8.8.8"]

    resolve_as(monkeypatch, hang)
    started = time.monotonic()
    with pytest.raises(EndpointFailed, match="no answer in time"):
        addresses.look_up("slow.example.org", 80, 0.2, private=True)
    assert time.monotonic() - started < 20
    release.set()
