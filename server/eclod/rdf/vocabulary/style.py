"""Whether the ontology and the code lists keep their own rules: `shapes/ontology-style.ttl`."""

from __future__ import annotations

from typing import Final

import pyshacl
import rdflib
from rdflib.namespace import SH

from eclod.core.namespaces import shorten
from eclod.rdf.vocabulary.editions import Edition

STYLE: Final = "ontology-style.ttl"


def problems(edition: Edition) -> list[str]:
    """Return one sentence for each rule that the ontology or a code list of an edition breaks."""
    style = rdflib.Graph().parse(edition.shapes / STYLE)
    data = rdflib.Graph()
    for path in (*edition.ontology_files, *edition.scheme_files):
        data.parse(path)
    _, report, _ = pyshacl.validate(
        data, shacl_graph=style, advanced=False, inference="none", do_owl_imports=False, meta_shacl=False
    )
    assert isinstance(report, rdflib.Graph)
    found = set()
    for result in report.objects(None, SH.result):
        messages = [m for m in report.objects(result, SH.resultMessage) if getattr(m, "language", "") in ("en", None)]
        node = report.value(result, SH.focusNode)
        found.add(f"{shorten(str(node))}: {' '.join(sorted(map(str, messages)))}")
    return sorted(found)
