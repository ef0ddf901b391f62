"""The identifiers of a release: read from its graphs, the same after a change as from nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.errors import NotFound
from eclod.store import identities, known_as, lines
from eclod.store.identities import Identities, IdentitiesOf, Identity, Outside
from eclod.store.releases import Releases
from eclod.store.tables import layout
from eclod.store.tables.rows import OTHER_NAMES

BASE = "https://w3id.org/eclod"
ONE, TWO, THREE = (f"{BASE}/id/cluster/{code}" for code in ("0000000001a", "0000000002b", "0000000003c"))
LIFE = f"{BASE}/graph/{identities.LIFE}"
DK, LU = f"{BASE}/graph/registry/dk", f"{BASE}/graph/registry/lu"
PREFIXES = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix scheme: <https://w3id.org/eclod/scheme/> .
@prefix eli: <http://data.europa.eu/eli/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
DESCRIBED = f"""
<{ONE}> skos:prefLabel "One"@en ; adms:identifier <{ONE}#vat> .
<{ONE}#vat> skos:notation "DK12345674" ; dct:conformsTo <https://w3id.org/eclod/scheme/identifier-scheme/vat> ;
  eclod:country <http://publications.europa.eu/resource/authority/country/DNK> .
"""
DECISION = """
<http://publications.europa.eu/resource/celex/32006D1639> a eli:LegalResource ; eclod:celex "32006D1639" .
<https://w3id.org/eclod/registries/dk> a eclod:Registry ; owl:sameAs <https://register.example/> .
"""
MERGED = f"""
<{TWO}> eclod:lifecycleStatus <https://w3id.org/eclod/scheme/lifecycle/merged> ; dct:isReplacedBy <{ONE}> ;
  prov:invalidatedAtTime "2026-01-02T03:04:05Z"^^xsd:dateTime ; prov:wasInvalidatedBy <{TWO}#change-1> .
<{TWO}#change-1> dct:description "The same cluster." ; prov:wasAssociatedWith <{TWO}#change-1-by> .
<{TWO}#change-1-by> foaf:name "Ada" .
"""


def dataset(**turtle: str) -> dict[str, list[bytes]]:
    """Return graphs by IRI; the merged view has all that they say."""
    names = {"dk": DK, "lu": LU, "life": LIFE}
    graphs = {
        names[name]: lines.of_triples((q.triple for q in ox.parse(PREFIXES + text, ox.RdfFormat.TURTLE)), names[name])
        for name, text in turtle.items()
    }
    graphs[""] = sorted({lines.without_graph(line, iri) for iri, graph in graphs.items() for line in graph})
    return graphs


def contents(path: Path) -> tuple[list[tuple[str, ...]], ...]:
    with closing(sqlite3.connect(path)) as connection:
        return (
            connection.execute("SELECT * FROM identity ORDER BY iri").fetchall(),
            connection.execute("SELECT * FROM outside ORDER BY iri, value").fetchall(),
            connection.execute("SELECT * FROM known ORDER BY iri, how, key").fetchall(),
            connection.execute("PRAGMA user_version").fetchall(),
        )


def test_what_the_graphs_say_is_found_by_identifier_and_by_what_others_call_it(tmp_path: Path) -> None:
    path = tmp_path / identities.FILE
    identities.write(path, dataset(dk=DESCRIBED, lu=f'<{ONE}> skos:altLabel "Uno" .', life=MERGED), BASE)
    found = Identities(path)
    one = Identity(ONE, "cluster", "0000000001a", registries=("dk", "lu"))
    two = Identity(TWO, "cluster", "0000000002b", "merged", (ONE,), "2026-01-02T03:04:05Z", "The same cluster.", "Ada")
    assert list(found.all()) == [one, two]
    assert (found.get(ONE), found.get(TWO), found.get(THREE)) == (one, two, None)
    assert list(found.changed()) == [two]
    number = Outside("vat", "DNK", "DK12345674", ONE)
    assert found.by_outside("DK12345674") == found.by_outside("DK12345674", "vat", "DNK") == [number]
    assert found.by_outside("DK12345674", "lei") == found.by_outside("DK12345674", country="LUX") == []
    assert found.outside_of(ONE) == list(found.all_outside()) == [number]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"dk": DESCRIBED}, {"dk": DESCRIBED, "life": MERGED}),
        ({"dk": DESCRIBED, "life": MERGED}, {"dk": DESCRIBED + f'<{TWO}> skos:prefLabel "Two" .'}),
        ({"dk": DESCRIBED, "lu": f'<{THREE}> skos:prefLabel "3" .'}, {"lu": f'<{ONE}> skos:prefLabel "1" .'}),
        ({"dk": DESCRIBED}, {"dk": DESCRIBED.replace("DK12345674", "DK10000009")}),
        ({"dk": DESCRIBED}, {"dk": DESCRIBED + DECISION}),
        ({"dk": DESCRIBED + DECISION}, {"dk": DESCRIBED}),
        ({"dk": DECISION}, {"dk": DECISION.replace("a eli:LegalResource", "a skos:Concept")}),
        ({"dk": DECISION}, {"dk": DECISION.replace("32006D1639", "32006D1640"), "lu": DECISION}),
    ],
)
def test_after_a_change_the_file_is_as_from_nothing(
    tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    old, new = dataset(**before), dataset(**after)
    identities.write(tmp_path / "old", old, BASE)
    identities.write(tmp_path / "whole", new, BASE)
    store = ox.Store()
    for graph in new.values():
        lines.load(store, b"\n".join(graph))
    identities.update(tmp_path / "new", tmp_path / "old", _touched(old, new), store, new, BASE)
    assert contents(tmp_path / "new") == contents(tmp_path / "whole")
    assert contents(tmp_path / "new") != contents(tmp_path / "old")


def test_a_file_that_does_not_know_what_others_named_is_written_anew(tmp_path: Path) -> None:
    """As written before version 4: nothing outside `{base}/id/`."""
    data = dataset(dk=DESCRIBED + DECISION)
    identities.write(tmp_path / "whole", data, BASE)
    identities.write(tmp_path / "old", dataset(dk=DESCRIBED), BASE)
    with closing(sqlite3.connect(tmp_path / "old")) as connection, connection:
        connection.execute("PRAGMA user_version = 3")
    assert Identities(tmp_path / "old").get(ONE) is not None
    store = ox.Store()
    for graph in data.values():
        lines.load(store, b"\n".join(graph))
    identities.update(tmp_path / "new", tmp_path / "old", set(), store, data, BASE)
    assert contents(tmp_path / "new") == contents(tmp_path / "whole")


def test_what_others_named_is_known_and_is_no_identifier_of_ours(tmp_path: Path) -> None:
    path = tmp_path / identities.FILE
    identities.write(path, dataset(dk=DECISION), BASE)
    found = Identities(path)
    decision = "http://publications.europa.eu/resource/celex/32006D1639"
    assert (list(found.all()), found.get(decision)) == ([], None)
    assert found.known_as("32006D1639") == [("celex", decision)]
    assert found.known_as("publications.europa.eu/resource/celex/32006D1639") == [("IRI", decision)]
    assert found.known_as("register.example") == [("same", f"{BASE}/registries/dk")]


def test_all_that_the_table_lists_is_known() -> None:
    assert {name[1:-1].decode() for name in OTHER_NAMES} <= known_as.PROPERTIES.keys()
    rows = {shape.target_class for table in layout.tables() if table.name != layout.PLACES for shape in table.shapes}
    assert known_as.identified_classes() == rows


def _touched(old: Mapping[str, Sequence[bytes]], new: Mapping[str, Sequence[bytes]]) -> set[bytes]:
    return {
        lines.subject(line)
        for graph in old.keys() | new.keys()
        for line in set(old.get(graph, ())) ^ set(new.get(graph, ()))
    }


def test_a_release_without_the_file_knows_nothing(tmp_path: Path) -> None:
    found = Identities(tmp_path / "missing")
    assert (found.get(ONE), list(found.all()), found.by_outside("x"), list(found.all_outside())) == (None, [], [], [])
    with pytest.raises(NotFound):
        IdentitiesOf(Releases(tmp_path)).for_release("none")
