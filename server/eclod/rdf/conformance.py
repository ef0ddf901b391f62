"""The promises and a run of the probe as EARL: who asserts what of which subject, with which outcome.

Source: https://www.w3.org/TR/EARL10-Schema/
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from eclod.core.namespaces import PREFIXES, expand
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, UNTESTED, Report, promises

_OUTCOMES: Final = {
    PASSED: "earl:passed",
    FAILED: "earl:failed",
    INAPPLICABLE: "earl:inapplicable",
    UNTESTED: "earl:untested",
}


def turtle(report: Report, base: str) -> bytes:
    """Return a report in Turtle; promises are named below `{base}/conformance`."""
    output = io.BytesIO()
    used = {name: PREFIXES[name] for name in ("earl", "dct", "foaf", "xsd")}
    ox.serialize(triples(report, base), output, ox.RdfFormat.TURTLE, prefixes=used)
    return output.getvalue()


def triples(report: Report | None, base: str) -> Iterator[ox.Triple]:
    """Return the promises, and what a report asserts of each."""

    def node(name: str) -> ox.NamedNode:
        return ox.NamedNode(expand(name))

    def say(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Triple:
        return ox.Triple(subject, node(predicate), value)

    page = f"{base}/conformance"
    for name, promise in promises().items():
        test = ox.NamedNode(f"{page}#{name}")
        yield say(test, "rdf:type", node("earl:TestRequirement"))
        yield say(test, "dct:title", ox.Literal(promise.promise, language="en"))
        yield say(test, "dct:source", ox.NamedNode(promise.source))
    if report is None:
        return
    subject, software = ox.NamedNode(f"{report.subject}/"), ox.NamedNode(f"{page}#probe")
    moment = ox.Literal(report.at, datatype=node("xsd:dateTime"))
    yield say(subject, "rdf:type", node("earl:TestSubject"))
    yield say(software, "rdf:type", node("earl:Software"))
    yield say(software, "foaf:name", ox.Literal(f"eclod probe {report.version}"))
    for result in report.results:
        test = ox.NamedNode(f"{page}#{result.name}")
        assertion, found = (ox.NamedNode(f"{page}#{result.name}-{part}") for part in ("assertion", "result"))
        yield say(assertion, "rdf:type", node("earl:Assertion"))
        yield say(assertion, "earl:assertedBy", software)
        yield say(assertion, "earl:subject", subject)
        yield say(assertion, "earl:test", test)
        yield say(assertion, "earl:mode", node("earl:automatic"))
        yield say(assertion, "earl:result", found)
        yield say(found, "rdf:type", node("earl:TestResult"))
        yield say(found, "earl:outcome", node(_OUTCOMES[result.outcome]))
        yield say(found, "dct:description", ox.Literal(result.seen))
        yield say(found, "dct:date", moment)
