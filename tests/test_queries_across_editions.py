"""Questions with a code of another edition of NUTS or NACE, on a small made-up classification.

The answer says by which concordance a thing was found, and where two codes only share something it says that too
instead of guessing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pyoxigraph as ox
import pytest

from eclod.core import formats
from eclod.core.namespaces import PREFIXES
from eclod.rdf import query_catalogue
from eclod.store.engine import Question
from eclod.store.inprocess import InProcessEngine

Ask = Callable[..., list[dict[str, str]]]

#: AA1 was renumbered as AA5. AA2 was divided: AA6 has all of its own, AA7 also what came from AA3; within AA7, AA71 is
#: what was AA21 and AA72 what was AA31. NACE 2 class 6201 is 6210 now; of division 13 a part went to another one.
DATA = """
nuts:AA skos:inScheme nuts21: ; skos:prefLabel "Aa" .
nuts:AA1 skos:broader nuts:AA ; eclod:nutsLevel 1 ; skos:exactMatch nuts:AA5 ; dct:isReplacedBy nuts:AA5 .
nuts:AA5 skos:broader nuts:AA ; eclod:nutsLevel 1 ; skos:exactMatch nuts:AA1 ; dct:replaces nuts:AA1 .
nuts:AA2 skos:broader nuts:AA ; eclod:nutsLevel 1 ; dct:isReplacedBy nuts:AA6 , nuts:AA7 .
nuts:AA21 skos:broader nuts:AA2 ; eclod:nutsLevel 2 ; skos:exactMatch nuts:AA71 .
nuts:AA31 skos:broader nuts:AA3 ; eclod:nutsLevel 2 ; skos:exactMatch nuts:AA72 .
nuts:AA3 skos:broader nuts:AA ; eclod:nutsLevel 1 ; dct:isReplacedBy nuts:AA7 .
nuts:AA6 skos:broader nuts:AA ; eclod:nutsLevel 1 ; dct:replaces nuts:AA2 .
nuts:AA7 skos:broader nuts:AA ; eclod:nutsLevel 1 ; dct:replaces nuts:AA2 , nuts:AA3 .
nuts:AA71 skos:broader nuts:AA7 ; eclod:nutsLevel 2 ; skos:exactMatch nuts:AA21 .
nuts:AA72 skos:broader nuts:AA7 ; eclod:nutsLevel 2 ; skos:exactMatch nuts:AA31 .
ex:n xkos:madeOf ex:1 , ex:2 , ex:3 , ex:4 , ex:5 , ex:6 .
ex:1 xkos:sourceConcept nuts:AA1 ; xkos:targetConcept nuts:AA5 .
ex:2 xkos:sourceConcept nuts:AA2 ; xkos:targetConcept nuts:AA6 .
ex:3 xkos:sourceConcept nuts:AA2 ; xkos:targetConcept nuts:AA7 .
ex:4 xkos:sourceConcept nuts:AA3 ; xkos:targetConcept nuts:AA7 .
ex:5 xkos:sourceConcept nuts:AA21 ; xkos:targetConcept nuts:AA71 .
ex:6 xkos:sourceConcept nuts:AA31 ; xkos:targetConcept nuts:AA72 .
nace2:62 skos:inScheme ex:nace2 ; skos:prefLabel "Informatique"@fr , "Software"@en .
nace2:6201 skos:broader nace2:62 ; skos:inScheme ex:nace2 ; skos:exactMatch nace21:6210 .
nace21:62 skos:inScheme ex:nace21 ; skos:prefLabel "Software and the like"@en , "Informatique et autres"@fr .
nace21:6210 skos:broader nace21:62 ; skos:inScheme ex:nace21 ; skos:exactMatch nace2:6201 .
nace2:13 skos:relatedMatch nace21:13 . nace2:18 skos:relatedMatch nace21:13 .
nace21:13 skos:relatedMatch nace2:13 , nace2:18 .
nace2:62 skos:exactMatch nace21:62 . nace21:62 skos:exactMatch nace2:62 .
ex:e xkos:madeOf ex:7 , ex:8 , ex:9 , ex:10 ; dct:title "A table"@en .
ex:7 xkos:sourceConcept nace21:6210 ; xkos:targetConcept nace2:6201 .
ex:8 xkos:sourceConcept nace21:13 ; xkos:targetConcept nace2:13 .
ex:9 xkos:sourceConcept nace21:13 ; xkos:targetConcept nace2:18 .
ex:10 xkos:sourceConcept nace21:62 ; xkos:targetConcept nace2:62 .
nace2:M skos:prefLabel "both"@en . nace2:13 skos:broader nace2:M . nace2:18 skos:broader nace2:M .
"""
CLUSTERS = {"five": "AA5", "six": "AA6", "seven": "AA7", "inside": "AA71", "outside": "AA72"}


@pytest.fixture(scope="module")
def ask() -> Ask:
    """Return a function that asks a saved query of the made-up classification and five clusters."""
    store = ox.Store()
    names = {**PREFIXES, "ex": "https://example.org/", "nuts21": "http://data.europa.eu/nuts/scheme/2021"}
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in names.items())
    clusters = "".join(
        f'ex:{name} a eclod:Cluster ; skos:prefLabel "{name}"@de ; eclod:country ex:cc ; dct:spatial nuts:{place} .\n'
        for name, place in CLUSTERS.items()
    )
    work = "ex:five eclod:sector nace21:6210 . ex:six eclod:sector nace21:13 .\n"
    store.load((head + DATA + clusters + work).encode(), format=ox.RdfFormat.TURTLE)
    engine, catalogue = InProcessEngine(store, "test"), query_catalogue.load()

    def asked(name: str, **parameters: str) -> list[dict[str, str]]:
        query = catalogue[name]
        question = Question(query.template, formats.RESULT_CSV, formats.N_TRIPLES, bindings=query.bindings(parameters))
        return list(csv.DictReader(io.StringIO(engine.ask(question).read().decode())))

    return asked


def bonds(rows: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    """Return how each cluster was found, and by which concordance."""
    assert len({row["cluster"] for row in rows}) == len(rows), "each cluster once"
    return {row["name"]: (row["bond"], row["concordance"].rpartition("/")[2]) for row in rows}


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ("AA5", {"five": ("same code", "")}),
        ("AA1", {"five": ("other code", "n")}),
        # What was AA31 is known not to lie in AA2, what is only known to be in AA6 or AA7 may.
        ("AA2", {"six": ("other borders", "n"), "seven": ("other borders", "n"), "inside": ("other code", "n")}),
        ("AA3", {"seven": ("other borders", "n"), "outside": ("other code", "n")}),
        ("AA", dict.fromkeys(CLUSTERS, ("same code", ""))),
        ("AA9", {}),
    ],
)
def test_clusters_by_a_region_of_any_edition(ask: Ask, region: str, found: dict[str, tuple[str, str]]) -> None:
    assert bonds(ask("clusters-of-a-region", region=region)) == found


@pytest.mark.parametrize(
    ("sector", "found"),
    [
        ("nace21:62", {"five": ("same code", "")}),
        ("nace2:62", {"five": ("same activity", "e")}),
        ("nace2:6201", {"five": ("same activity", "e")}),
        ("nace2:13", {"six": ("shares a part", "e")}),
        # Both codes that the cluster's code corresponds to lie within it.
        ("nace2:M", {"six": ("same activity", "e")}),
    ],
)
def test_clusters_by_a_sector_of_either_edition(ask: Ask, sector: str, found: dict[str, tuple[str, str]]) -> None:
    assert bonds(ask("clusters-of-a-sector", sector=sector)) == found


def test_codes_in_another_version_are_called_in_english(ask: Ask) -> None:
    """Names are not those of whichever language comes first in the alphabet."""
    names = {row["there"]: row["name"] for row in ask("code-in-another-version", code="nace21:62")}
    assert names == {PREFIXES["nace21"] + "62": "Software and the like", PREFIXES["nace2"] + "62": "Software"}
