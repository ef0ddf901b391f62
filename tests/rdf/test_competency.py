"""Competency questions: what a head must say, and the graph that they are in."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from eclod.core.errors import Damaged
from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.rdf import competency, competency_graph, query_catalogue, query_graph
from eclod.rdf.competency import SYSTEMS

QUESTIONS = competency.load()
NAMES = Names("https://example.org/data")
TRIPLES = competency_graph.triples(QUESTIONS, NAMES)
HEAD = ("question: Who is it?", "asked_by: portal", "system: events", "starting: 3")
TEXT = "PREFIX a: <urn:a:>\n\nSELECT ?s WHERE { ?s a a:B }\n"


def written(folder: Path, *head: str, text: str = TEXT) -> Path:
    lines = [f"#+ {line}\n" for line in head]
    (folder / "odd.rq").write_text("".join(lines) + text, encoding="utf-8")
    return folder


def test_a_question_is_read(tmp_path: Path) -> None:
    question = competency.load(written(tmp_path, *HEAD, "uses: [events]"))["odd"]
    assert (question.question, question.asked_by, question.starting) == ("Who is it?", "portal", 3)
    assert (question.uses, question.prefixes, question.text) == (("events",), {"a": "urn:a:"}, TEXT)


@pytest.mark.parametrize(
    ("head", "text", "reason"),
    [
        (HEAD[1:], TEXT, "question"),
        (("question: Tell me", *HEAD[1:]), TEXT, "String should match pattern"),
        ((HEAD[0], "asked_by: nobody", *HEAD[2:]), TEXT, "asked_by"),
        ((*HEAD[:2], "system: clouds", HEAD[3]), TEXT, "the system 'clouds' is none of cluster-collaboration-platform"),
        ((*HEAD[:3], "starting: few"), TEXT, "starting"),
        ((*HEAD, "mood: good"), TEXT, "mood"),
        (HEAD, "ASK { ?s ?p ?o }", "it is no SELECT query"),
        (HEAD, "SELECT ?s WHERE {", "expected"),
        ((), TEXT, "it needs a head in YAML"),
    ],
)
def test_a_question_that_does_not_hold_is_named(head: tuple[str, ...], text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"The competency question odd\.rq does not hold") as refused:
        competency.load(written(tmp_path, *head, text=text))
    assert reason in refused.value.message


def test_the_graph_has_every_question_with_its_text_and_its_page() -> None:
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in TRIPLES)
    prologue = "".join(f"PREFIX {p}: <{expand(f'{p}:')}>\n" for p in ("dct", "rdfs", "schema", "sh"))
    found = store.query(
        prologue
        + """SELECT ?q ?label ?text ?page (GROUP_CONCAT(?word; separator="|") AS ?words) WHERE {
               { SELECT * { ?q a sh:SPARQLExecutable , sh:SPARQLSelectExecutable ; rdfs:label ?label ;
                   rdfs:comment ?label ; sh:select ?text ; dct:isPartOf ?page ; schema:keywords ?word } ORDER BY ?word }
             } GROUP BY ?q ?label ?text ?page ORDER BY ?q"""
    )
    assert isinstance(found, ox.QuerySolutions)
    assert [tuple(term.value for term in row) for row in found] == [
        (
            f"{NAMES.base}/queries/competency#{each.name}",
            each.question,
            each.text,
            f"{NAMES.base}/queries/competency",
            "|".join(sorted([SYSTEMS[each.system], "competency question", each.asked_by.replace("-", " ")])),
        )
        for each in QUESTIONS
    ]


def test_prefixes_are_declared_and_nothing_is_a_blank_node() -> None:
    declared = {t.object for t in TRIPLES if t.predicate.value == expand("sh:prefix")}
    assert declared == {ox.Literal(prefix) for each in QUESTIONS for prefix in each.prefixes}
    assert not any(isinstance(term, ox.BlankNode) for t in TRIPLES for term in (t.subject, t.object))
    assert competency_graph.triples(competency.load(), NAMES) == TRIPLES


def test_what_is_said_of_saved_queries_stays_apart() -> None:
    saved = query_graph.triples(query_catalogue.load(), NAMES)
    assert {t.subject for t in saved}.isdisjoint({t.subject for t in TRIPLES})


@pytest.mark.parametrize("name", QUESTIONS.questions)
def test_other_parsers_read_the_text(name: str) -> None:
    """So that it runs elsewhere: SPARQL 1.1 as rdflib reads it."""
    rdflib.plugins.sparql.prepareQuery(QUESTIONS[name].text)
