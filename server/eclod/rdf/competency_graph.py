"""The competency questions as data, in the graph of saved queries and made as they are: see query_graph.

A question is a `sh:SPARQLExecutable` named `{base}/queries/competency#…` and part of the page
`{base}/queries/competency` (`dct:isPartOf`), which tells it from a saved query. `schema:keywords` say its system and
who asks, `rdfs:seeAlso` names saved queries that are close to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.rdf.competency import SYSTEMS, CompetencyQuestion, CompetencyQuestions
from eclod.rdf.query_graph import prefix_declarations

_KIND: Final = "competency question"


def page(names: Names) -> str:
    """Return the IRI of all questions, which is also the address of their page."""
    return f"{names.base}/queries/competency"


def iri(question: CompetencyQuestion, names: Names) -> str:
    """Return the IRI of a question, a place on their page."""
    return f"{page(names)}#{question.name}"


def triples(questions: CompetencyQuestions, names: Names) -> list[Triple]:
    """Return the graph of all questions."""
    prefixes = {prefix: namespace for each in questions for prefix, namespace in each.prefixes.items()}
    found = [triple for each in questions for triple in _of_question(each, names)]
    return [*found, *prefix_declarations(prefixes, page(names))]


def _of_question(question: CompetencyQuestion, names: Names) -> Iterator[Triple]:
    node = NamedNode(iri(question, names))

    def say(name: str, value: NamedNode | Literal) -> Triple:
        return Triple(node, NamedNode(expand(name)), value)

    yield say("rdf:type", NamedNode(expand("sh:SPARQLExecutable")))
    yield say("rdf:type", NamedNode(expand("sh:SPARQLSelectExecutable")))
    for name in ("rdfs:label", "rdfs:comment"):  # lists show the label, tools for examples the comment
        yield say(name, Literal(question.question, language="en"))
    yield say("sh:select", Literal(question.text))
    yield say("sh:prefixes", NamedNode(f"{page(names)}#prefixes"))
    yield say("schema:target", NamedNode(f"{names.base}/sparql"))
    yield say("dct:isPartOf", NamedNode(page(names)))
    for keyword in (_KIND, SYSTEMS[question.system], question.asked_by.replace("-", " ")):
        yield say("schema:keywords", Literal(keyword, language="en"))
    for name in question.uses:
        yield say("rdfs:seeAlso", NamedNode(f"{names.base}/queries/{name}"))
