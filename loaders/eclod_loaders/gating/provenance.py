"""Where statements come from: source file, hash, and the row of each thing (PROV-O; row fragments of RFC 7111)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.store.manifest import FileEntry

_TYPE = NamedNode(expand("rdf:type"))
_DERIVED = NamedNode(expand("prov:wasDerivedFrom"))
_HEX = NamedNode(expand("xsd:hexBinary"))


def of_file(names: Names, registry: str, file: FileEntry, origin: str, note: str) -> Iterator[Triple]:
    """Return the description of a source file: name, size, hash, where it was published, what kind of source it is."""
    entity = NamedNode(names.source_file(registry, file.sha256))
    checksum = NamedNode(entity.value + "#checksum")
    yield Triple(entity, _TYPE, NamedNode(expand("prov:Entity")))
    yield Triple(entity, NamedNode(expand("dct:title")), Literal(file.name))
    yield Triple(entity, NamedNode(expand("prov:wasAttributedTo")), NamedNode(names.registry(registry)))
    yield Triple(entity, NamedNode(expand("dcat:byteSize")), Literal(file.size))
    yield Triple(entity, NamedNode(expand("spdx:checksum")), checksum)
    yield Triple(checksum, _TYPE, NamedNode(expand("spdx:Checksum")))
    yield Triple(checksum, NamedNode(expand("spdx:algorithm")), NamedNode(expand("spdx:checksumAlgorithm_sha256")))
    yield Triple(checksum, NamedNode(expand("spdx:checksumValue")), Literal(file.sha256, datatype=_HEX))
    if origin:
        yield Triple(entity, NamedNode(expand("dct:source")), NamedNode(origin))
    if note:
        yield Triple(entity, NamedNode(expand("dct:provenance")), Literal(note, language="en"))


def of_things(names: Names, registry: str, rows: Mapping[str, Iterable[tuple[str, int]]]) -> Iterator[Triple]:
    """Return, for each thing, the rows it was read from; `rows` maps its IRI to (SHA-256 of the file, row number)."""
    for thing, places in rows.items():
        for sha256, number in places:
            yield Triple(NamedNode(thing), _DERIVED, NamedNode(f"{names.source_file(registry, sha256)}#row={number}"))
