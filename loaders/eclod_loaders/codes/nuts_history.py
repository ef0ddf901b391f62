"""Codes of NUTS that the editions 2016 and 2021 dropped, and the correspondences between editions as a whole.

The pairs of 2013 to 2016 and of 2016 to 2021 stand in `ontology/concordances/nuts.csv`, those of 2021 to 2024 come
from Eurostat's workbook (see `nuts_changes`). Where a code has several successors, or its successor several
predecessors, the two are not the same region, and nothing here says how much of one is in the other.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core import assets
from eclod.core.errors import Damaged
from eclod.core.namespaces import PREFIXES, SCHEME
from eclod_loaders.codes.concepts import RDF_TYPE, term

CONVERTER: Final = "https://urban.jrc.ec.europa.eu/tools/nuts-converter"
_FILE: Final = "concordances/nuts.csv"
_COLUMNS: Final = ("from_edition", "from", "label", "to_edition", "to")


@dataclass(frozen=True, slots=True)
class Pair:
    """A dropped code with its name and the last edition that had it, and a code of a later edition that took over."""

    old: str
    label: str
    edition: str
    new: str
    later: str


def read(path: Path | None = None) -> list[Pair]:
    """Return the pairs of the table, by default the project's. Raises Damaged when it has other columns."""
    with (path or assets.folder("ontology") / _FILE).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != _COLUMNS:
            raise Damaged(f"The table {_FILE} needs the columns {', '.join(_COLUMNS)}.")
        return [Pair(row["from"], row["label"], row["from_edition"], row["to"], row["to_edition"]) for row in rows]


def one_to_one(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the pairs in which each code has the other as its only partner."""
    every = list(pairs)
    successors = Counter(old for old, _ in every)
    predecessors = Counter(new for _, new in every)
    return {(old, new) for old, new in every if successors[old] == 1 == predecessors[new]}


def correspondence(edition: str, later: str, pairs: Iterable[tuple[str, str]], source: str) -> Iterator[Triple]:
    """Return the correspondence between two editions, with an association for each pair (XKOS, section 8)."""
    iri = f"{SCHEME}nuts{edition}-nuts{later}"
    node = NamedNode(iri)
    yield Triple(node, RDF_TYPE, term("xkos:Correspondence"))
    for language, title in {
        "en": f"Correspondence between NUTS {edition} and NUTS {later}, for codes that were dropped",
        "fr": f"Table de correspondance entre la NUTS {edition} et la NUTS {later}, pour les codes supprimés",
        "de": f"Korrespondenztabelle zwischen NUTS {edition} und NUTS {later} für weggefallene Codes",
    }.items():
        yield Triple(node, term("dct:title"), Literal(title, language=language))
    yield Triple(node, term("dct:source"), NamedNode(source))
    for each in (edition, later):
        yield Triple(node, term("xkos:compares"), NamedNode(f"http://data.europa.eu/nuts/scheme/{each}"))
    for old, new in sorted(set(pairs)):
        association = NamedNode(f"{iri}/{old}-{new}")
        yield Triple(node, term("xkos:madeOf"), association)
        yield Triple(association, RDF_TYPE, term("xkos:ConceptAssociation"))
        label = f"NUTS {edition} {old} – NUTS {later} {new}"
        yield Triple(association, term("rdfs:label"), Literal(label, language="en"))
        yield Triple(association, term("xkos:sourceConcept"), NamedNode(PREFIXES["nuts"] + old))
        yield Triple(association, term("xkos:targetConcept"), NamedNode(PREFIXES["nuts"] + new))
