"""What is added to a graph (SPARQL 1.1 Graph Store HTTP Protocol, section 5.5): what it has now, and the rest.

The two are merged as RDF says (RDF 1.1 Semantics, section 4.1): a blank node of one is none of the other, whatever it
is called there; exporters call the first one of each file `_:b0`. The same file added once more adds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

from eclod.core.errors import BadInput
from eclod.store.submission import Submission
from eclod_loaders.declarations.registry import URL, Registry, Source
from eclod_loaders.fetching import locating
from eclod_loaders.reading import rdf_syntax
from eclod_loaders.reading.rdf_file import MAX_BYTES

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_NAMED: Final = 32


def merged(
    submission: Submission, before: Submission | None, registry: Registry, source: Source, sources: Path | None
) -> Path:
    """Return the file to check and publish: what arrived or, when it adds to what there is, both together.

    What there is, is the submission that holds now or else the registry's own file. Raises BadInput when one of them is
    no RDF, or when what there is comes from an address.
    """
    if submission.arrival.operation != "merge":
        return submission.delivered
    known = before.delivered if before else locating.locate(source, registry, sources)
    if known is None and URL.match(source.file):
        raise BadInput(
            "What this graph has is fetched from an address, so nothing is added here; send all of it (PUT)."
        )
    triples: dict[ox.Triple, None] = {}
    if known is not None:
        triples |= dict.fromkeys(_triples(known, known.name, has_names=before is not None and known == before.merged))
    triples |= dict.fromkeys(_triples(submission.content, submission.arrival.file))
    submission.merged.write_bytes(ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"")
    return submission.merged


def _triples(path: Path, name: str, has_names: bool = False) -> Iterator[ox.Triple]:
    """Return the triples of a file, with blank nodes named after its content and the order in which they come.

    In what was merged before they have such names already.
    """
    content = rdf_syntax.unpacked(path.read_bytes(), name, MAX_BYTES)
    mark = hashlib.sha256(content).hexdigest()[:_NAMED]
    given: dict[ox.BlankNode, ox.BlankNode] = {}

    def named(term: Term) -> Term:
        if isinstance(term, ox.Triple):
            return named_in(term)
        if isinstance(term, ox.BlankNode) and not has_names:
            return given.setdefault(term, ox.BlankNode(f"b{mark}n{len(given)}"))
        return term

    def named_in(triple: ox.Triple) -> ox.Triple:
        subject = named(triple.subject)
        assert isinstance(subject, ox.NamedNode | ox.BlankNode)
        return ox.Triple(subject, triple.predicate, named(triple.object))

    for quad in rdf_syntax.quads(content, name, rdf_syntax.format_of(path.name, content)):
        yield named_in(quad.triple)
