"""A first file that is RDF already: what of it is in terms of our vocabulary, and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eclod.core.namespaces import shorten
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping.statements import map_statements
from eclod_loaders.reading import rdf_file, rdf_syntax
from eclod_loaders.reading.tabular import read_bytes

_SHOWN: Final = 8
#: The endings that RDF shares with other formats.
_SHARED: Final = frozenset({".json", ".xml"})
_SNIFFED: Final = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of the things of a file; `remarks` are for whoever makes the registry."""

    read: int
    mapped: int
    remarks: Sequence[str]


class _Nobody:
    """Stands in for the ledger: nothing has an identifier yet."""

    def thing(self, kind: str, local_id: str, named_by: str = "") -> str:
        return f"urn:x:id:{kind}:{local_id.encode().hex()}"

    def given(self, iri: str) -> bool | None:
        return None


def is_rdf(path: Path) -> bool:
    """Tell whether a file is RDF, by its ending; one that other formats have too is looked into."""
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix not in _SHARED:
        return suffix in rdf_syntax.FORMATS
    start = read_bytes(path, path.name)[:_SNIFFED]
    return b'"@context"' in start if suffix == ".json" else b"www.w3.org/1999/02/22-rdf-syntax-ns#" in start


def read(registry: Registry, path: Path, catalogue: FieldCatalogue, codes: CodeLists) -> Reading:
    """Return what the things of a file would become, with the most frequent reasons why not. Raises BadInput."""
    source = registry.sources[0]
    count = mapped = 0
    said: Counter[str] = Counter()
    for found in map_statements(registry, rdf_file.read_rdf(path, path.name, source), catalogue, codes, _Nobody()):
        count += 1
        mapped += bool(found.subjects)
        if found.ignored:
            said[f"things are {found.ignored}"] += 1
        said.update(f"values of {shorten(each.column or '')}: {each.message}" for each in found.problems)
        said.update(f"statements are left out: {each.column}" for each in found.notes)
    remarks = [f"{number} {what}" for what, number in said.most_common(_SHOWN)]
    if len(said) > _SHOWN:
        remarks.append(f"… and {len(said) - _SHOWN} other reasons; the check lists them all.")
    return Reading(count, mapped, remarks)
