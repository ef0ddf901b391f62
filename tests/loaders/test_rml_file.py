"""A table mapped by RML through morph-kgc, which lives in an environment of its own (`ECLOD_RML_PYTHON`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping.statements import map_statements
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.reading.rml_file import read_rml

from .conftest import Outcome
from .test_rdf_file import StandIn

PYTHON = os.environ.get("ECLOD_RML_PYTHON", "")
needs_morph_kgc = pytest.mark.skipif(not PYTHON, reason="ECLOD_RML_PYTHON names no Python with morph-kgc")
REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "da"
[[sources]]
file = "./rows.csv"
adapter = "rml"
"""
RML = """@prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix rml: <http://semweb.mmlab.be/ns/rml#> .
@prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<#Cluster> rml:logicalSource [ rml:source "elsewhere.csv" ; rml:referenceFormulation ql:CSV ] ;
  rr:subjectMap [ rr:template "https://register.example/id/{id}" ; rr:class eclod:Cluster ] ;
  rr:predicateObjectMap
    [ rr:predicate skos:prefLabel ; rr:objectMap [ rml:reference "name" ; rr:language "da" ] ] ,
    [ rr:predicate eclod:sector ; rr:objectMap [ rml:reference "sector" ] ] .
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Registry]:
    def make(mapping: str | None = RML, rows: str = "id,name,sector\n1,Træ,28.11\n2,Vand,XX\n") -> Registry:
        folder = tmp_path / "dk-test"
        folder.mkdir()
        (folder / "registry.toml").write_text(REGISTRY, encoding="utf-8")
        (folder / "rows.csv").write_text(rows, encoding="utf-8")
        if mapping is not None:
            (folder / "mapping.rml.ttl").write_text(mapping, encoding="utf-8")
        return Registry.load(folder)

    return make


Make = Callable[..., Registry]


@needs_morph_kgc
def test_rows_become_things(make: Make, catalogue: object, codes: object) -> None:
    registry = make()
    rows = ADAPTERS["rml"](registry.folder / "rows.csv", "rows.csv", registry.sources[0])
    found = Outcome(list(map_statements(registry, rows, catalogue, codes, StandIn())))  # type: ignore[arg-type]
    assert [row.own_iri for row in found.accepted] == ["https://register.example/id/1"]
    assert found.values("prefLabel") == {"Træ"}
    assert found.values("ontology#sector") == {"http://data.europa.eu/ux2/nace2.1/2811"}
    assert [(problem.rule, problem.value) for problem in found.problems] == [("unknown-code", "XX")]


@needs_morph_kgc
def test_a_mapping_that_is_none_is_said(make: Make) -> None:
    registry = make("this is no RML")
    with pytest.raises(BadInput, match=r"morph-kgc does not take dk-test/mapping\.rml\.ttl: "):
        list(read_rml(registry.folder / "rows.csv", "rows.csv", registry.sources[0]))


def test_a_mapping_has_to_be_there(make: Make) -> None:
    with pytest.raises(BadInput, match=r"mapping\.rml\.ttl is missing"):
        make(None)


def test_without_morph_kgc_it_says_what_to_do(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = make()
    monkeypatch.delenv("ECLOD_RML_PYTHON", raising=False)
    with pytest.raises(BadInput, match="name the Python of that with ECLOD_RML_PYTHON"):
        list(read_rml(registry.folder / "rows.csv", "rows.csv", registry.sources[0]))
    monkeypatch.setenv("ECLOD_RML_PYTHON", "/nowhere/python")
    with pytest.raises(BadInput, match="cannot be run"):
        list(read_rml(registry.folder / "rows.csv", "rows.csv", registry.sources[0]))
    monkeypatch.setenv("ECLOD_RML_PYTHON", sys.executable)  # which has no morph-kgc
    with pytest.raises(BadInput, match="does not take"):
        list(read_rml(registry.folder / "rows.csv", "rows.csv", registry.sources[0]))
