"""Whether a page links: read as HTML or RDF, hostile ones in a moment."""

from __future__ import annotations

import json
import time

import pytest

from eclod.core.errors import BadInput
from eclod.store.linkbacks import pages

from .conftest import PAGE, SUCCESSOR, THING


@pytest.mark.parametrize(
    ("media_type", "text", "links"),
    [
        ("text/html", f"<a href='{THING}'>x</a>", True),
        ("text/html", f"<title>T</title><link rel=related href={THING}>", True),
        ("text/html", f'<div about="{THING}">x</div>', True),
        ("text/html", f'<script type="application/ld+json">{{"sameAs": ["{THING}"]}}</script>', True),
        ("text/html", f"<!-- <a href='{THING}'> --> {THING}", False),
        ("text/html", f"<script>var a = '<a href={THING}>'</script>", False),
        ("text/html", f"<a href='{SUCCESSOR}'>another</a>", False),
        ("text/turtle", f"<> <urn:about> <{THING}> .", True),
        ("text/turtle", f'<> <urn:about> "{THING}" .', False),
        ("application/ld+json", json.dumps({"@id": "", "urn:about": {"@id": THING}}), True),
    ],
)
def test_a_link_is_a_link_and_not_a_text(media_type: str, text: str, links: bool) -> None:
    assert pages.read(media_type, "", text.encode(), PAGE, THING.__eq__).links is links


@pytest.mark.parametrize("media_type", ["application/pdf", "", "image/svg+xml"])
def test_only_html_and_rdf_are_looked_at(media_type: str) -> None:
    with pytest.raises(BadInput, match="only HTML or RDF"):
        pages.read(media_type, "", THING.encode(), PAGE, THING.__eq__)


def test_rdf_of_a_page_fetches_no_context() -> None:
    body = json.dumps({"@context": "http://10.0.0.1/", "@id": THING}).encode()
    with pytest.raises(BadInput, match="never fetched"):
        pages.read("application/ld+json", "", body, PAGE, THING.__eq__)


def test_a_title_is_short_and_has_nothing_that_is_not_seen() -> None:
    text = f"<title>Our\u202e &lt;b&gt;\n\tclusters\x00 {'x' * 5000}</title>"
    found = pages.read("text/html", "utf-8", text.encode(), PAGE, THING.__eq__).title
    assert found.startswith("Our <b> clusters xxx")
    assert len(found) == 120


@pytest.mark.parametrize(
    "part", ["<!--", "<a ", "<a href='", "<script>", "&#", "<!", "</", '<script type="application/ld+json">[']
)
def test_a_hostile_page_is_read_in_a_moment(part: str) -> None:
    started = time.monotonic()
    pages.read("text/html", "", (part * (500_000 // len(part))).encode(), PAGE, THING.__eq__)
    assert time.monotonic() - started < 5
