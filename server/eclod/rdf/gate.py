"""The SHACL gate: which nodes of a graph do not conform to the shapes, and what to tell whoever sent them.

What stands beside the data (descriptions of the codes it uses, types of things it points to) helps to judge it but is
not judged itself. Nothing is fetched: imports are never followed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib.namespace import RDF, SH

from eclod.core import assets


@dataclass(frozen=True, slots=True)
class Violation:
    """One validation result (SHACL, section 3.6.2): IRIs as text, message by language."""

    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    severity: str
    messages: Mapping[str, str]

    @property
    def blocks(self) -> bool:
        """Return whether the node must not enter; warnings and infos may."""
        return self.severity == "Violation"


class Gate:
    """The project's shapes, read once."""

    def __init__(self, files: Sequence[Path] | None = None) -> None:
        self._shapes = rdflib.Graph()
        for path in files if files is not None else assets.turtle_files("shapes"):
            if path.name != "ontology-style.ttl":
                self._shapes.parse(path, format="turtle")

    def validate(self, data: Iterable[ox.Triple], beside: Iterable[ox.Triple] = ()) -> list[Violation]:
        """Return what does not conform among the subjects of `data`, in a fixed order."""
        triples = list(data)
        judged = {triple.subject.value for triple in triples if isinstance(triple.subject, ox.NamedNode)}
        graph = _graph([*triples, *beside])
        _, report, _ = pyshacl.validate(
            graph, shacl_graph=self._shapes, advanced=False, inference="none", do_owl_imports=False, meta_shacl=False
        )
        assert isinstance(report, rdflib.Graph)
        violations = [_violation(report, node) for node in report.subjects(RDF.type, SH.ValidationResult)]
        return sorted(
            (v for v in violations if v.focus in judged), key=lambda v: (v.focus, v.shape, v.component, v.value or "")
        )


def _graph(triples: Sequence[ox.Triple]) -> rdflib.Graph:
    buffer = io.BytesIO()
    ox.serialize(triples, buffer, ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=buffer.getvalue(), format="nt")


def _violation(report: rdflib.Graph, node: rdflib.term.Node) -> Violation:
    def text(predicate: rdflib.URIRef) -> str | None:
        value = report.value(node, predicate)
        return None if value is None else str(value)

    messages = {
        (message.language or ""): str(message)
        for message in report.objects(node, SH.resultMessage)
        if isinstance(message, rdflib.Literal)
    }
    return Violation(
        focus=text(SH.focusNode) or "",
        path=text(SH.resultPath),
        value=text(SH.value),
        shape=text(SH.sourceShape) or "",
        component=(text(SH.sourceConstraintComponent) or "").rpartition("#")[2].removesuffix("ConstraintComponent"),
        severity=(text(SH.resultSeverity) or "").rpartition("#")[2],
        messages=dict(sorted(messages.items())),
    )
