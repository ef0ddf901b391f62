"""The judge finds what pyshacl reports, result by result, although it makes no report and judges many nodes at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyshacl.constraints.core.shape_based_constraints import PropertyConstraintComponent
from rdflib.namespace import SH

from eclod.core import assets
from eclod.core.namespaces import expand
from eclod.rdf.gate import _bytes
from eclod.rdf.judge import Judge, Violation

EXAMPLES = sorted((Path(__file__).parents[1] / "shapes").glob("*/invalid.*.ttl"))
OURS = "https://example.org/"


def renamed(term: Any, number: int) -> Any:
    """Return a term of an example under a name that no other example has."""
    if isinstance(term, ox.NamedNode) and term.value.startswith(OURS):
        return ox.NamedNode(f"{OURS}{number}/{term.value.removeprefix(OURS)}")
    return term


def things_and_codes() -> tuple[bytes, bytes]:
    """Return every third invalid example in one graph, under names of its own, and what stands beside them."""
    things: dict[ox.Triple, None] = {}
    beside: dict[ox.Triple, None] = {}
    for number, path in enumerate(EXAMPLES[::3]):
        triples = [quad.triple for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE)]
        if path.parent.name.endswith("Style") or any(isinstance(t.subject, ox.BlankNode) for t in triples):
            continue
        for triple in triples:
            side = things if OURS in str(triple.subject) else beside
            side[ox.Triple(renamed(triple.subject, number), triple.predicate, renamed(triple.object, number))] = None
    return _bytes([*things]), _bytes([*beside])


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(tuple(assets.gating_shapes()))


def in_words(message: rdflib.term.Node) -> tuple[str, str]:
    assert isinstance(message, rdflib.Literal)
    return message.language or "", str(message)


def reported(judge: Judge, data: bytes, beside: bytes) -> Iterator[Violation]:
    """Return what pyshacl's own report says of the nodes of `data`."""
    graph = rdflib.Graph().parse(data=data, format="nt")
    judged = set(graph.subjects())
    graph.parse(data=beside, format="nt")
    _, report, _ = pyshacl.validate(graph, shacl_graph=judge.shapes, advanced=False, inference="none")
    assert isinstance(report, rdflib.Graph)

    def text(node: rdflib.term.Node, predicate: rdflib.URIRef) -> str:
        return str(report.value(node, predicate) or "")

    waiting = [(node, "") for node in report.objects(None, SH.result)]
    while waiting:
        node, thing = waiting.pop()
        about = text(node, SH.focusNode).partition("#")[0]
        if thing and about != thing:
            continue
        waiting += [(detail, about) for detail in report.objects(node, SH.detail)]
        if report.value(node, SH.focusNode) not in judged:
            continue
        value = report.value(node, SH.value)
        yield Violation(
            focus=text(node, SH.focusNode),
            path=text(node, SH.resultPath) or None,
            value=None if value is None else str(value),
            shape=text(node, SH.sourceShape),
            component=text(node, SH.sourceConstraintComponent).rpartition("#")[2].removesuffix("ConstraintComponent"),
            severity=text(node, SH.resultSeverity).rpartition("#")[2],
            messages=tuple(sorted(map(in_words, report.objects(node, SH.resultMessage)))),
        )


def test_what_is_found_is_what_pyshacl_reports(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue of the gate, "the same verdict": results taken as they come are those of the report, on all shapes."""
    data, beside = things_and_codes()
    found = {each for each in judge.validate(data, beside) if each.blocks}
    # pyshacl as it comes looks at the nodes of a property shape one by one.
    one_by_one = vars(PropertyConstraintComponent)["_evaluate_property_shape"].__wrapped__
    monkeypatch.setattr(PropertyConstraintComponent, "_evaluate_property_shape", one_by_one)
    assert found == {each for each in reported(judge, data, beside) if each.blocks}
    assert len(found) > 200


def test_a_chosen_rule_is_judged_as_among_all(judge: Judge) -> None:
    data, beside = things_and_codes()
    everything = judge.validate(data, beside)
    chosen = frozenset(each.shape for each in everything[::2])
    found = set(judge.validate(data, beside, chosen))
    assert {each for each in everything if each.shape in chosen} <= found <= set(everything)
    assert set(judge.validate(data, beside)) == set(everything)


def test_a_blank_node_keeps_its_label(judge: Judge) -> None:
    node = ox.NamedNode(OURS + "project")
    said = [
        ox.Triple(node, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("eurio:Project"))),
        ox.Triple(node, ox.NamedNode(expand("foaf:homepage")), ox.BlankNode("page")),
    ]
    assert "page" in {each.value for each in judge.validate(_bytes(said), b"")}
