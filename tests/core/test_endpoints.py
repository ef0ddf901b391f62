"""Addresses of endpoints: what two readers could take for two hosts is no address."""

from __future__ import annotations

import pytest

from eclod.core import endpoints
from eclod.core.endpoints import Endpoint
from eclod.core.errors import BadSetting
from eclod.core.settings import Settings, from_environment


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://example.org/sparql", Endpoint("https", "example.org", 443, "/sparql")),
        ("HTTP://Example.ORG/Sparql?graph-uri=", Endpoint("http", "example.org", 80, "/Sparql?graph-uri=")),
        ("http://example.org:8890", Endpoint("http", "example.org", 8890, "/")),
        ("http://127.0.0.1:80/", Endpoint("http", "127.0.0.1", 80, "/")),
        ("https://[2001:DB8::1]:8443/q", Endpoint("https", "2001:db8::1", 8443, "/q")),
        ("https://example.org/~a/@b:c", Endpoint("https", "example.org", 443, "/~a/@b:c")),
    ],
)  # fmt: skip
def test_an_address_is_read(iri: str, expected: Endpoint) -> None:
    assert Endpoint.parse(iri) == expected
    assert Endpoint.parse(expected.iri) == expected


@pytest.mark.parametrize(
    "iri",
    [
        "",
        "example.org/sparql",
        "//example.org/sparql",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://",
        "http:///sparql",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org#@127.0.0.1/",
        "http://example.org/#fragment",
        "http://example.org:/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:80:80/",
        "http://exa mple.org/",
        "http://example.org/a b",
        "http://example.org/\n",
        "http://example.org/\r\nHost: other",
        "http://exämple.org/",
        "http://example.org\u3002/",
        "http://127.0.0.1\uff0f@example.org/",
        "http://[::1/",
        "http://::1/",
        "http://[fe80::1%25eth0]/",
        "http://example.org/<>",
    ],
)
def test_what_is_no_plain_address_is_refused(iri: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address|has a port that does not exist"):
        Endpoint.parse(iri)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.org/sparql", "https://a.org/sparql", True),
        ("http://a.org:80/sparql", "https://A.org:443/sparql", True),
        ("http://a.org/sparql", "http://a.org/sparql/", False),
        ("http://a.org/sparql", "http://a.org/Sparql", False),
        ("http://a.org/sparql", "http://b.org/sparql", False),
        ("http://a.org:8080/sparql", "https://a.org:8080/sparql", False),
        ("http://a.org/sparql", "http://a.org:8080/sparql", False),
        ("https://a.org:80/sparql", "https://a.org/sparql", False),
    ],
)
def test_two_addresses_of_one_endpoint(one: str, other: str, same: bool) -> None:
    assert Endpoint.parse(one).same(Endpoint.parse(other)) is same
    assert Endpoint.parse(other).same(Endpoint.parse(one)) is same


def test_a_list_has_spaces_or_commas_between_and_each_once() -> None:
    text = " https://a.org/x,http://b.org:80/y\n https://a.org/x "
    assert [endpoint.iri for endpoint in endpoints.parse_list(text)] == ["https://a.org/x", "http://b.org/y"]
    assert endpoints.parse_list("none") == endpoints.parse_list("") == ()


def test_the_setting_is_the_list_as_it_was_understood() -> None:
    assert from_environment({"ECLOD_FEDERATION": "http://a.org:80/x, https://b.org"}).federation == (
        "http://a.org/x https://b.org/"
    )
    assert from_environment({"ECLOD_FEDERATION": "none"}).federation == "none"
    # As `eclod serve` hands the settings to its web server.
    for chosen in (
        Settings(),
        Settings(federation="none"),
        Settings(federation="http://a.org", federation_private=True),
    ):
        handed = {f"ECLOD_{name.upper()}": str(getattr(chosen, name)) for name in Settings.model_fields}
        assert from_environment(handed) == chosen


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(BadSetting, match=r"ECLOD_FEDERATION .*'http://a@b/' is not an address like https://"):
        from_environment({"ECLOD_FEDERATION": "https://a.org/ http://a@b/"})


def test_what_is_asked_when_nobody_says_otherwise_is_public() -> None:
    listed = endpoints.parse_list(Settings().federation)
    assert len(listed) == 4
    assert {endpoint.scheme for endpoint in listed} == {"https"}
    assert Settings().federation_private is False
