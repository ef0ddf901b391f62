"""What a notification says, and what cannot be understood."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadInput
from eclod.store.linkbacks import notifications

from .conftest import BASE, PAGE, SUCCESSOR, THING, is_ours


def announce(**more: object) -> bytes:
    said = {"@context": notifications.CONTEXT, "type": "Announce", "object": PAGE, "context": THING}
    return json.dumps({**said, **more}).encode()


def read(body: bytes) -> notifications.Notification:
    return notifications.read(notifications.parse_json(body, f"{BASE}/inbox/"), is_ours)


@pytest.mark.parametrize("name", ["context", "target", "inReplyTo", "tag"])
def test_the_thing_is_named_by_what_the_activity_is_about(name: str) -> None:
    body = {"@context": notifications.CONTEXT, "type": "Announce", "object": f"{PAGE}#top", name: THING}
    found = read(json.dumps(body).encode())
    assert (found.page, found.about, found.taken_back) == (PAGE, THING, False)


def test_the_page_may_say_what_it_is_about_and_the_actor_where_their_inbox_is() -> None:
    page = {"id": PAGE, "https://schema.org/about": {"id": THING}}
    actor = {"id": "https://portal.example/", "inbox": "https://portal.example/inbox"}
    body = {"@context": [notifications.CONTEXT], "type": "Announce", "object": page, "actor": actor}
    found = read(json.dumps(body).encode())
    assert (found.actor, found.inbox) == ("https://portal.example/", "https://portal.example/inbox")


@pytest.mark.parametrize(
    "context", [None, {"name": "https://schema.org/name"}, [{"name": "https://schema.org/name"}], notifications.CONTEXT]
)
def test_an_activity_has_the_context_of_its_type_whether_it_names_it_or_not(context: object) -> None:
    """ActivityStreams 2.0, section 2.1: with a type of its own the normative context applies."""
    body: dict[str, object] = {"type": "Announce", "object": PAGE, "context": THING}
    if context is not None:
        body |= {"@context": context}
    quads = notifications.parse_activity(json.dumps(body).encode(), f"{BASE}/inbox/")
    found = notifications.read(quads, is_ours)
    assert (found.page, found.about) == (PAGE, THING)


def test_a_link_is_taken_back_with_an_undo() -> None:
    assert read(announce(type="Undo")).taken_back


def test_turtle_is_read_as_well() -> None:
    text = f"@prefix as: <{notifications.AS}> . [] a as:Announce ; as:object <{PAGE}> ; as:target <{THING}> ."
    found = notifications.read(notifications.parse_turtle(text.encode(), BASE), is_ours)
    assert (found.page, found.about) == (PAGE, THING)


HOSTILE = {
    "remote context": (announce(**{"@context": "https://evil.example/c"}), "contexts are never fetched"),
    "remote context in a list": (
        announce(**{"@context": [notifications.CONTEXT, "http://10.0.0.1/"]}),
        "never fetched",
    ),
    "import": (announce(**{"@context": {"@version": 1.1, "@import": "http://10.0.0.1/"}}), "never fetched"),
    "scoped context": (
        announce(**{"@context": {"@version": 1.1, "a": {"@id": "urn:a", "@context": "http://evil.example/"}}}),
        "never fetched",
    ),
    "nested arrays": (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deeply"),
    "nested objects": (b'{"a":' * 200 + b"1" + b"}" * 200, "more than 30 deep"),
    "many statements": (announce(tag=[f"urn:{number}" for number in range(500)]), "more than 200 statements"),
    "no JSON": (b"\xff\xfe", "no JSON"),
    "a list": (b"[]", "no JSON object"),
    "no object": (announce(object=[]), "0 activities"),
    "two pages": (announce(object=[PAGE, f"{PAGE}2"]), "2 pages"),
    "two things": (announce(context=[THING, SUCCESSOR]), "2 things"),
    "no thing": (announce(context="https://example.org/"), "no things"),
    "script": (announce(object="javascript:alert(1)"), "not an address"),
    "file": (announce(object="file:///etc/passwd"), "not an address"),
    "user": (announce(object="https://a@127.0.0.1/"), "not an address"),
    "long": (announce(object="https://a.example/" + "a" * 3000), "not an address"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_understood_is_refused_in_a_sentence(name: str) -> None:
    body, says = HOSTILE[name]
    with pytest.raises(BadInput, match=says):
        read(body)


def test_statements_of_the_reader_are_quads() -> None:
    assert all(isinstance(quad, ox.Quad) for quad in notifications.parse_json(announce(), BASE))
