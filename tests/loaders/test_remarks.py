"""What the shapes warn of is data: which value, by which shape; gone with the value (issue 5, item 5)."""

from __future__ import annotations

from pathlib import Path

from eclod.core.settings import from_environment

from .test_pipeline import add_registry, ask, build, current

WARNINGS = """PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?name ?path ?value ?shape WHERE {
  GRAPH <https://w3id.org/eclod/graph/warnings/one> { ?result a sh:ValidationResult ; sh:focusNode ?thing ;
    sh:resultPath ?path ; sh:value ?value ; sh:sourceShape ?shape ; sh:resultSeverity sh:Warning }
  ?thing skos:prefLabel ?name GRAPH ?shapes { ?shape sh:message ?message FILTER (LANG(?message) = "de") } }"""
ROWS = "id,name,region,legal\n1,Alpha,DEG0N,\n2,Beta,DK02,\n"


def test_a_withdrawn_code_is_told_with_its_value(tmp_path: Path) -> None:
    settings, folder = from_environment({}, data=tmp_path / "data"), tmp_path / "registries"
    add_registry(folder, "one", rows=ROWS)
    build(settings, folder, 1)
    spatial, region = "http://purl.org/dc/terms/spatial", "http://data.europa.eu/nuts/code/DEG0N"
    found = [("Alpha", spatial, region, "https://w3id.org/eclod/shapes#Concept-status")]
    assert ask(settings, WARNINGS) == found
    add_registry(folder, "one", rows=ROWS + "3,Gamma,DK03,\n")  # judged anew is only what changed
    build(settings, folder, 2)
    assert ask(settings, WARNINGS) == found
    add_registry(folder, "one", rows=ROWS.replace("DEG0N", "DK01"))
    build(settings, folder, 3)
    assert current(settings).graph("https://w3id.org/eclod/graph/warnings/one") is None
