"""Content negotiation, row by row: what people, programs and browsers send, and what they get."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import NotAcceptable
from eclod.core.formats import (
    DOCUMENT_FORMATS,
    HTML,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    RESULT_CSV,
    RESULT_FORMATS,
    RESULT_JSON,
    RESULT_TSV,
    RESULT_XML,
    TURTLE,
    Format,
)
from eclod.core.negotiation import MediaRange, choose, parse_accept

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
OLD_EXPLORER = "image/gif, image/jpeg, image/pjpeg, application/x-ms-application, application/xaml+xml, */*"
JENA = "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,*/*;q=0.3"
RDFLIB = "application/rdf+xml,text/rdf+n3;q=0.9,application/xhtml+xml;q=0.5, */*;q=0.1"
PROTEGE = "application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, */*; q=0.09"
LODVIEW = (
    "application/rdf+xml;q=0.9,text/turtle;q=0.9,application/ld+json;q=0.9,application/n-triples;q=0.9,"
    "application/n-quads;q=0.8,application/trig;q=0.8,text/html;q=0.5"
)

DOCUMENTS = {
    # nothing, or nothing that can be read: the default
    None: TURTLE,
    "": TURTLE,
    "  ": TURTLE,
    ",": TURTLE,
    ";": TURTLE,
    ", ;,": TURTLE,
    ";q=1": TURTLE,
    "text": TURTLE,
    "/": TURTLE,
    "text/": TURTLE,
    "/html": TURTLE,
    '"': TURTLE,
    "\x00": TURTLE,
    "*": TURTLE,
    "*/*": TURTLE,
    # one type, in all its spellings
    "text/turtle": TURTLE,
    "TEXT/TURTLE": TURTLE,
    " text/html ": HTML,
    "Text/Html;Charset=UTF-8": HTML,
    'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"': JSON_LD,
    'application/ld+json; profile="a,b;c=\\"d\\""; q=0.5, text/html;q=0.4': JSON_LD,
    'application/ld+json;profile="x, text/html;q=1"': JSON_LD,
    "application/n-triples;charset=utf-8;q=0.3": N_TRIPLES,
    "application/xhtml+xml": HTML,
    "application/json": JSON_LD,
    "text/xml": RDF_XML,
    "text/x-nquads": N_QUADS,
    # the highest q
    "text/html;q=0.4, application/rdf+xml;q=0.5": RDF_XML,
    "application/rdf+xml;q=0.5,text/html;q=0.5001": HTML,
    "text/html;Q=0.1,application/rdf+xml;q=0.2": RDF_XML,
    "text/html ; q = 0.1 , application/rdf+xml ; q = 0.2": RDF_XML,
    "text/html;level=1;q=0.1, application/rdf+xml;q=0.2": RDF_XML,
    "text/html;q=7, application/rdf+xml;q=0.9": HTML,
    # q = 0 is never chosen, not even by a wildcard
    "text/turtle;q=0, */*;q=0.1": JSON_LD,
    "text/turtle;q=0.000, application/ld+json;q=0, */*;q=0.1": RDF_XML,
    "*/*, text/*;q=0": JSON_LD,
    "text/*;q=0.1, text/turtle;q=0": HTML,
    # then the most specific, whatever stands first
    "*/*, text/html": HTML,
    "text/*, text/html": HTML,
    "text/html, */*;q=1.0": HTML,
    "text/*": TURTLE,
    "text/*;q=0.9,application/rdf+xml;q=0.8": TURTLE,
    "application/*": JSON_LD,
    "*/*;q=0.9, text/*;q=0.1": JSON_LD,
    # then our order
    "text/html, text/turtle": TURTLE,
    "application/rdf+xml, application/ld+json": JSON_LD,
    "text/turtle, text/html": TURTLE,
    # a type of its own before one that it also goes by
    "application/json, application/rdf+xml": RDF_XML,
    # what people's software sends
    FIREFOX: HTML,
    CHROME: HTML,
    OLD_EXPLORER: TURTLE,
    JENA: TURTLE,
    RDFLIB: RDF_XML,
    PROTEGE: RDF_XML,
    LODVIEW: TURTLE,
    "image/png, text/html;q=0.1": HTML,
}

RESULTS = {
    None: RESULT_JSON,
    "*/*": RESULT_JSON,
    "text/*": RESULT_CSV,
    "text/tab-separated-values": RESULT_TSV,
    "application/json": RESULT_JSON,
    "application/xml": RESULT_XML,
    "application/sparql-results+xml, application/sparql-results+json;q=0.9": RESULT_XML,
    "text/html, text/csv;q=0.5": RESULT_CSV,
    FIREFOX: RESULT_XML,
}


@pytest.mark.parametrize(("accept", "expected"), DOCUMENTS.items())
def test_documents(accept: str | None, expected: Format) -> None:
    assert choose(accept, DOCUMENT_FORMATS, TURTLE) is expected


@pytest.mark.parametrize(("accept", "expected"), RESULTS.items())
def test_results(accept: str | None, expected: Format) -> None:
    assert choose(accept, RESULT_FORMATS, RESULT_JSON) is expected


@pytest.mark.parametrize("accept", [None, "*/*", "text/*", "text/html, text/turtle", "image/png;q=1, */*;q=0.1"])
def test_ties_go_to_the_default(accept: str | None) -> None:
    assert choose(accept, DOCUMENT_FORMATS, HTML) is HTML


@pytest.mark.parametrize(
    "accept",
    [
        "image/png",
        "text/turtle;q=0",
        "*/*;q=0",
        "text/*;q=0, application/*;q=0",
        "text/turtle2",
        "text/turtle;q=high",
        "text/turtle;q=",
        "text/turtle;q=-1",
        "text/turtle;q=nan",
        "*/turtle",
    ],
)
def test_nothing_acceptable_says_what_there_is(accept: str) -> None:
    with pytest.raises(NotAcceptable) as caught:
        choose(accept, DOCUMENT_FORMATS, TURTLE)
    assert caught.value.status == 406
    assert caught.value.details["available"] == [form.media_type for form in DOCUMENT_FORMATS]
    assert all(form.media_type in caught.value.message for form in DOCUMENT_FORMATS)


def test_a_header_is_taken_apart() -> None:
    header = 'text/*;q=0.3, text/HTML;level="1,2";q=0.7, nonsense, */*;q=2'
    assert parse_accept(header) == [
        MediaRange("text", "*", 0.3),
        MediaRange("text", "html", 0.7),
        MediaRange("*", "*", 1.0),
    ]


def test_a_huge_header_is_read_in_no_time() -> None:
    assert choose("text/html;q=0.1," * 20_000 + "text/turtle", DOCUMENT_FORMATS, HTML) is TURTLE
    assert choose('"' * 100_000, DOCUMENT_FORMATS, HTML) is HTML


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.text(alphabet='textml/,;q=0.15*"\\ \tjson+', max_size=60))
def test_any_header_gives_a_format_or_not_acceptable(header: str) -> None:
    try:
        chosen = choose(header, DOCUMENT_FORMATS, TURTLE)
    except NotAcceptable:
        assert parse_accept(header)
    else:
        assert chosen in DOCUMENT_FORMATS


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.permutations(["text/html;q=0.5", "application/ld+json;q=0.7", "application/*;q=0.9", "text/turtle;q=0.7"]))
def test_the_order_of_the_header_does_not_count(ranges: list[str]) -> None:
    assert choose(", ".join(ranges), DOCUMENT_FORMATS, TURTLE) is RDF_XML
