"""A Linked Data Event Stream: latest versions, deletions, only new pages again, bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.fetching.event_stream import EventStream
from eclod_loaders.fetching.web import Web

from .conftest import Asked, Said, Server

Read = Callable[..., str]

HEAD = """@prefix as: <https://www.w3.org/ns/activitystreams#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ldes: <https://w3id.org/ldes#> .
@prefix locn: <http://www.w3.org/ns/locn#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix tree: <https://w3id.org/tree#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#stream> a ldes:EventStream ; ldes:versionOfPath dct:isVersionOf ; ldes:timestampPath dct:created .
"""


def version(name: str, thing: str, day: int, label: str) -> str:
    return (
        f"<#stream> tree:member <http://r/v/{name}> .\n<http://r/v/{name}> dct:isVersionOf <http://r/{thing}> ;\n"
        f'  dct:created "2026-01-{day:02d}T00:00:00Z"^^xsd:dateTime ; skos:prefLabel "{label}"@en ;\n'
        f'  locn:address [ locn:postName "{label}-ville" ] .\n'
    )


def relation(page: str) -> str:
    return f"<> tree:relation [ a tree:GreaterThanRelation ; tree:node <{page}> ] .\n"


@pytest.fixture
def read(server: Server, tmp_path: Path) -> Read:
    def read(pages: int = 100) -> str:
        stream = EventStream(server.url("/feed"), Web(sleep=lambda _: None), pages)
        return stream.fetch(tmp_path / "stream.sqlite", tmp_path / "stream.nt").read_text(encoding="utf-8")

    return read


def test_the_latest_version_counts_and_only_what_is_new_is_read_again(server: Server, read: Read) -> None:
    first = HEAD + version("a2", "a", 5, "A new") + version("a1", "a", 1, "A old") + relation("/feed/2")
    server.say("/feed", first, Content_Type="text/turtle", Cache_Control="max-age=9, immutable")
    pages = {"tag": '"1"', "text": HEAD + version("b1", "b", 2, "B")}

    def last(asked: Asked) -> Said:
        if asked.headers.get("if-none-match") == pages["tag"]:
            return Said(status=304, headers={"ETag": pages["tag"]})
        return Said(pages["text"].encode(), headers={"Content-Type": "text/turtle", "ETag": pages["tag"]})

    server.speakers["/feed/2"] = last
    found = read()
    assert '<http://r/a> <http://www.w3.org/2004/02/skos/core#prefLabel> "A new"@en .' in found
    assert '"A new-ville"' in found
    assert "A old" not in found
    assert "isVersionOf" not in found and "created" not in found and "/v/" not in found
    assert found.count("prefLabel") == 2
    assert read() == found
    assert [asked.path for asked in server.asked] == ["/feed", "/feed/2", "/feed/2"]
    pages |= {"tag": '"2"', "text": pages["text"] + version("b2", "b", 9, "B again") + version("c1", "c", 3, "C")}
    again = read()
    assert '"B again"' in again and '"C"' in again and '"B"' not in again
    assert len(server.asked) == 4


def test_activities_of_our_own_feed_say_what_is_deleted(server: Server, read: Read) -> None:
    def activity(name: str, kind: str, thing: str, day: int, graph: str = "") -> str:
        return (
            f"<#stream> tree:member <http://r/act/{name}> .\n"
            f"<http://r/act/{name}> a as:{kind} ; as:object <http://r/{thing}> ;"
            f' as:published "2026-01-{day:02d}T00:00:00Z"^^xsd:dateTime .\n'
            + (f"<http://r/act/{name}> {{ {graph} }}\n" if graph else "")
        )

    text = (
        HEAD
        + activity(
            "1", "Create", "a", 1, '<http://r/a> skos:prefLabel "A"@en . <http://r/a#address> locn:postName "X" .'
        )
        + activity("2", "Create", "b", 2, '<http://r/b> skos:prefLabel "B"@en .')
        + activity("3", "Delete", "b", 3)
    )
    server.say("/feed", text, Content_Type="application/trig")
    assert read().splitlines() == [
        '<http://r/a#address> <http://www.w3.org/ns/locn#postName> "X" .',
        '<http://r/a> <http://www.w3.org/2004/02/skos/core#prefLabel> "A"@en .',
    ]


def test_moments_are_compared_as_moments(server: Server, read: Read) -> None:
    text = (
        HEAD
        + version("a1", "a", 2, "later").replace("02T00:00:00Z", "01T23:30:00Z")
        + version("a2", "a", 2, "earlier").replace("02T00:00:00Z", "02T00:15:00+01:00")
    )
    server.say("/feed", text, Content_Type="text/turtle")
    assert '"later"' in read()


def test_a_stream_without_end_is_left(server: Server, read: Read) -> None:
    for number in range(30):
        server.say(f"/feed/{number}", HEAD + relation(f"/feed/{number + 1}"), Content_Type="text/turtle")
    server.say("/feed", HEAD + relation("/feed/0"), Content_Type="text/turtle")
    with pytest.raises(BadInput, match=r"more new pages than are read at once \(10, "):
        read(10)
    assert len(server.asked) == 10


def test_circles_and_other_schemes_are_not_followed(server: Server, read: Read) -> None:
    text = HEAD + relation("/feed") + relation("file:///etc/passwd") + relation("/feed#x") + version("a", "a", 1, "A")
    server.say("/feed", text, Content_Type="text/turtle")
    assert '"A"' in read()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "sentence"),
    [
        ("<html><title>Log in</title>", "text/html", "web page called 'Log in'"),
        ("<a> <b>", "text/turtle", "/feed, line 1"),
        ('{"@context": "http://127.0.0.1:9/c"}', "application/ld+json", "nothing is fetched"),
    ],
)
def test_a_page_that_is_no_good_is_said(server: Server, read: Read, body: str, media_type: str, sentence: str) -> None:
    server.say("/feed", body, Content_Type=media_type)
    with pytest.raises(BadInput) as raised:
        read()
    assert sentence in raised.value.message


def test_a_state_that_cannot_be_read_says_what_to_do(server: Server, read: Read, tmp_path: Path) -> None:
    (tmp_path / "stream.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(BadInput, match="remove it, and the stream is read anew"):
        read()
