"""Where requests go: to hosts on the list, at public addresses, over redirects that are checked again."""

from __future__ import annotations

import pytest

from eclod.core import hosts
from eclod.core.errors import BadSetting, EndpointFailed, NotAllowed, TooLarge
from eclod.core.settings import from_environment
from eclod.store.linkbacks.reaching import Reach

from .conftest import Portal


def test_a_list_of_hosts_is_read_and_compared() -> None:
    def allows(listed: str, address: str) -> bool:
        return Reach(hosts.parse(listed)).allows(address)

    assert allows("a.example", "https://a.example/x")
    assert allows("a.example", "http://A.EXAMPLE/x")
    assert not allows("a.example", "https://a.example:8443/x")
    assert allows("a.example:8443", "https://a.example:8443/x")
    assert not allows("a.example", "https://b.a.example/")
    assert allows("*.a.example", "https://b.a.example/")
    assert not allows("*.a.example", "https://evila.example/")
    assert not allows("", "https://a.example/")
    with pytest.raises(BadSetting, match="without scheme"):
        from_environment({"ECLOD_LINKBACK_HOSTS": "https://a.example"})


def test_private_addresses_are_refused_unless_allowed(portal: Portal) -> None:
    portal.answers["/"] = (200, {}, b"hello")
    listed = hosts.parse(f"{portal.host} localhost:{portal.server.server_port} [::1] 169.254.169.254")
    for address in (
        portal.url,
        f"http://localhost:{portal.server.server_port}/",
        "http://[::1]/",
        "http://169.254.169.254/",
    ):
        with pytest.raises(NotAllowed, match="private network"):
            Reach(listed).get(address, "*/*")
    assert portal.asked == []
    assert Reach(listed, private=True).get(portal.url, "*/*").body == b"hello"


def test_a_redirect_is_checked_again(portal: Portal) -> None:
    port = portal.server.server_port
    portal.answers |= {
        "/far": (302, {"Location": "https://elsewhere.example/"}, b""),
        "/private": (302, {"Location": f"http://localhost:{port}/"}, b""),
        "/near": (301, {"Location": "/here"}, b""),
        "/here": (200, {}, b"here"),
        "/loop": (302, {"Location": "/loop"}, b""),
    }
    reach = Reach(hosts.parse(portal.host), private=True)
    for path in ("/far", "/private"):
        with pytest.raises(NotAllowed, match="redirects to a host"):
            reach.get(portal.url + path, "*/*")
    assert reach.get(f"{portal.url}/near", "*/*").address == f"{portal.url}/here"
    with pytest.raises(EndpointFailed, match="more than 3 times"):
        reach.get(f"{portal.url}/loop", "*/*")


def test_long_and_slow_and_compressed_answers_are_refused(portal: Portal) -> None:
    portal.answers["/long"] = (200, {}, b"x" * 2000)
    portal.answers["/zip"] = (200, {"Content-Encoding": "gzip"}, b"x")
    portal.answers["/slow"] = (200, {"Content-Length": "5000"}, b"x" * 10)
    listed = hosts.parse(portal.host)
    with pytest.raises(TooLarge):
        Reach(listed, True, size=1000).get(f"{portal.url}/long", "*/*")
    with pytest.raises(EndpointFailed, match="compressed"):
        Reach(listed, True).get(f"{portal.url}/zip", "*/*")
    with pytest.raises(EndpointFailed):
        Reach(listed, True, seconds=0.5).get(f"{portal.url}/slow", "*/*")
