"""The normal form of queries: comments and layout go, all else stays to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib.plugins.sparql.parser import parseQuery

from eclod.store.normal_form import lay_out, normalise

QUERIES = sorted((Path(__file__).resolve().parents[2] / "queries").glob("*.rq"))


@pytest.mark.parametrize(
    ("query", "normal"),
    [
        ("ASK  { }\n # end", "ASK { }"),
        ("# before\r\nASK{}\t", "ASK{}"),
        ("ASK { # one\n# two\r  ?s\n\n?p  ?o }", "ASK { ?s ?p ?o }"),
        ("ASK { ?s ?p 'a  # b',\n \"c  # d\" }", "ASK { ?s ?p 'a  # b', \"c  # d\" }"),
        ('ASK { ?s ?p """x\n  "y"  # z""" #"""\n}', 'ASK { ?s ?p """x\n  "y"  # z""" }'),
        ("ASK { ?s ?p '''x\n  'y'  # z''' #'''\n}", "ASK { ?s ?p '''x\n  'y'  # z''' }"),
        (r"ASK { ?s ?p 'it\'s  # a' # b", r"ASK { ?s ?p 'it\'s  # a'"),
        ("ASK { ?s <http://a/#b>  1 }", "ASK { ?s <http://a/#b> 1 }"),
        (r"ASK { ?s ex:a\#b  1 }", r"ASK { ?s ex:a\#b 1 }"),
        ("ASK { ?s ex:a#b\n1 }", "ASK { ?s ex:a 1 }"),
        ("ASK { FILTER(?a <  #x >\n ?b) }", "ASK { FILTER(?a < ?b) }"),
        ("ASK { FILTER(?a<?b&&?c>?d)  }", "ASK { FILTER(?a<?b&&?c>?d) }"),
        ("SELECT  (1 AS ?é\u00a0) {}", "SELECT (1 AS ?é\u00a0) {}"),
    ],
)
def test_comments_and_layout_go(query: str, normal: str) -> None:
    assert normalise(query) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(?a<#b>1\n+2)  }",  # an IRI, or "less than" before a comment
        "ASK { FILTER(?a<'b>1  +2')  }",
        "ASK  { ?s ?p 'a\\u0027  # b' }",  # engines differ in when they decode this
        "ASK  { ?s ?p 1 } \\U00000023",
    ],
)
def test_what_may_be_read_in_two_ways_stays(query: str) -> None:
    assert normalise(f" \n{query}\t") == query


def test_saved_queries_ask_the_same_in_their_normal_form() -> None:
    assert len(QUERIES) > 90
    for path in QUERIES[::6]:
        query = path.read_text(encoding="utf-8")
        normal = normalise(query)
        assert len(normal.splitlines()) == 1 < len(query.splitlines()), path.name
        assert str(parseQuery(normal)) == str(parseQuery(query)), path.name
        assert normalise(normal) == normal, path.name
        assert normalise(lay_out(normal)) == normal, path.name
        assert len(lay_out(normal).splitlines()) > normal.count("PREFIX") + 2, path.name


def test_a_query_is_laid_out_for_people() -> None:
    assert lay_out(
        "PREFIX a: <urn:a> SELECT ?s (GROUP_CONCAT(?o; separator='; ') AS ?n) WHERE { ?s a:b ?o ; a:c 'x { y' . "
        "OPTIONAL { ?o a:d. } } GROUP BY ?s ORDER BY ?s LIMIT 3"
    ).splitlines() == [
        "PREFIX a: <urn:a>",
        "SELECT ?s (GROUP_CONCAT(?o; separator='; ') AS ?n) WHERE {",
        "  ?s a:b ?o ;",
        "    a:c 'x { y' .",
        "  OPTIONAL {",
        "    ?o a:d.",
        "  }",
        "}",
        "GROUP BY ?s",
        "ORDER BY ?s",
        "LIMIT 3",
    ]
    for same in ("ASK{}", "ASK  {\n}", ""):
        assert lay_out(same) == same
