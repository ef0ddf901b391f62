"""The linksets of VoID are those of the saved query, and count what it answers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pyoxigraph as ox
import pytest

from eclod.core.assets import folder
from eclod.core.namespaces import PREFIXES, SCHEME
from eclod.rdf import query_catalogue
from eclod.rdf.description import linksets

BASE = "https://w3id.org/eclod"
DATA = """
@prefix dct: <http://purl.org/dc/terms/> . @prefix adms: <http://www.w3.org/ns/adms#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://w3id.org/eclod/id/organisation/1> dct:spatial <http://data.europa.eu/nuts/code/DK01> ;
  dct:subject <http://data.europa.eu/nuts/code/DK01> , <http://data.europa.eu/ux2/nace2.1/62> ;
  adms:identifier <https://w3id.org/eclod/id/organisation/1#lei> , <https://w3id.org/eclod/id/organisation/1#again> .
<https://w3id.org/eclod/id/organisation/1#lei> skos:notation "549300BNQWKT764DHJ16" ;
  dct:conformsTo <https://w3id.org/eclod/scheme/identifier-scheme/lei> ;
  dct:spatial <http://data.europa.eu/nuts/code/DK02> .
<https://w3id.org/eclod/id/organisation/1#again> skos:notation "549300BNQWKT764DHJ16" ;
  dct:conformsTo <https://w3id.org/eclod/scheme/identifier-scheme/lei> .
<https://w3id.org/eclod/id/project/2> dct:source <https://cordis.europa.eu/project/id/1> , <https://cordis.europa.eu/> .
<http://data.europa.eu/nuts/code/DK01> dct:isPartOf <http://data.europa.eu/nuts/code/DK0> .
"""


@pytest.fixture(scope="module")
def store() -> ox.Store:
    found = ox.Store()
    found.load(DATA.encode(), ox.RdfFormat.TURTLE)
    return found


def test_the_query_offers_the_targets() -> None:
    query = query_catalogue.load(base=BASE)[linksets.QUERY]
    assert list(query.parameters[0].options) == [target.name for target in linksets.TARGETS]
    for target in linksets.TARGETS:
        assert f'"{target.space}"' in query.text


def test_each_linkset_counts_what_its_dump_holds(store: ox.Store) -> None:
    query = query_catalogue.load(base=BASE)[linksets.QUERY]
    counted = {
        cast("ox.Literal", row["to"]).value: int(cast("ox.Literal", row["links"]).value)
        for row in cast("ox.QuerySolutions", store.query(linksets.count_query(BASE)))
    }
    assert counted == {"nuts": 2, "nace": 1, "lei": 1, "cordis": 1}
    for target in linksets.TARGETS:
        dump = store.query(query.with_values(query.bindings({"to": target.name})))
        assert len(set(cast("ox.QueryTriples", dump))) == counted.get(target.name, 0)


def test_schemes_are_those_of_the_code_list() -> None:
    text = Path(folder("ontology") / "schemes" / "identifier-scheme.ttl").read_text(encoding="utf-8")
    for target in linksets.TARGETS:
        assert not target.scheme or f"<{SCHEME}identifier-scheme/{target.scheme}>" in text
    assert PREFIXES["scheme"] == SCHEME
