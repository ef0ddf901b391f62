"""What is added to a graph (SPARQL 1.1 Graph Store HTTP Protocol, section 5.5): as delivered before, and the rest."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from eclod.store.intake import Submission
from eclod_loaders.reading import rdf_syntax


def merged(submission: Submission, before: Submission | None) -> Path:
    """Return the file to check and publish: what arrived or, when it adds to what there is, both together.

    Raises BadInput when one of them is no RDF.
    """
    if submission.arrival.operation == "merge":
        triples: dict[ox.Triple, None] = {}
        for path in (*([before.delivered] if before else []), submission.content):
            content = path.read_bytes()
            form = rdf_syntax.format_of(path.name, content)
            triples |= dict.fromkeys(quad.triple for quad in rdf_syntax.quads(content, submission.arrival.file, form))
        submission.merged.write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    return submission.delivered
