"""RDF in terms of our vocabulary: identifiers of ours, parts as fragments, reports by line; nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse, serialize

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.core.iris import DEFAULT_BASE
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping.statements import map_statements
from eclod_loaders.reading import rdf_file
from eclod_loaders.reading.rdf_syntax import format_of
from eclod_loaders.rows import MappedRow, Row

from .conftest import Outcome, thing_iri

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "da"
[[sources]]
file = "./things.ttl"
adapter = "rdf"
"""
PREFIXES = """@prefix adms: <http://www.w3.org/ns/adms#> .
@prefix country: <http://publications.europa.eu/resource/authority/country/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix locn: <http://www.w3.org/ns/locn#> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix r: <https://register.example/id/> .
"""
OWN = "https://register.example/id/"
LEI = "https://w3id.org/eclod/scheme/identifier-scheme/lei"


class StandIn:
    """Stands in for the ledger, which has given `/id/cluster/GIVEN` and nothing else."""

    def thing(self, kind: str, local_id: str, named_by: str = "") -> str:
        return thing_iri(kind, local_id, named_by)

    def given(self, iri: str) -> bool | None:
        return (
            iri.endswith("/GIVEN")
            if iri.startswith(("https://example.org/id/cluster/", "https://example.org/id/org"))
            else None
        )


Load = Callable[..., Outcome]


@pytest.fixture
def load(tmp_path: Path, catalogue: FieldCatalogue, codes: CodeLists) -> Load:
    folder = tmp_path / "xx-test"
    folder.mkdir()
    (folder / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    registry = Registry.load(folder)

    def load(text: str, file: str = "things.ttl") -> Outcome:
        content = (PREFIXES + text if file.endswith(".ttl") else text).encode()
        rows = rdf_file.rows(content, file, format_of(file, content))
        return Outcome(list(map_statements(registry, rows, catalogue, codes, StandIn())))

    return load


def of(kind: str, name: str) -> str:
    return thing_iri(kind, OWN + name)


def test_things_get_identifiers_and_keep_their_own_name(load: Load) -> None:
    found = load('r:a a eclod:Cluster ; skos:prefLabel "A"@en ; eclod:managedBy r:b .\nr:b a org:Organization .')
    cluster, organisation = found.accepted
    assert (cluster.subjects, cluster.own_iri) == ((of("cluster", "a"),), OWN + "a")
    assert organisation.subjects == (of("organisation", "b"),)
    assert found.values("managedBy") == {of("organisation", "b")}


def test_a_shape_brings_its_more_general_classes(load: Load) -> None:
    found = load('r:a a eclod:ClusterOrganisation, org:Organization ; skos:prefLabel "A"@en .')
    assert {each.rpartition("#")[2] for each in found.values("type")} == {"ClusterOrganisation", "Organization"}


def test_parts_become_fragments_that_stay_the_same(load: Load) -> None:
    one = '[ locn:postName "Aarhus"@da ]'
    two = f'[ skos:notation "0979 00bjcp0000187502" ; dct:conformsTo <{LEI}> ]'
    found = load(f'r:a a org:Organization ; skos:prefLabel "A"@en ; locn:address {one} ; adms:identifier {two} .')
    iri = of("organisation", "a")
    assert found.values("locn#address") == {f"{iri}#address"}
    assert found.values("postName", f"{iri}#address") == {"Aarhus"}
    assert found.values("adms#identifier") == {f"{iri}#registeredAs-lei-097900BJCP0000187502"}
    assert found.values("type", f"{iri}#address") == {"http://www.w3.org/ns/locn#Address"}
    several = '[ locn:postName "Aarhus"@da ] , [ locn:postName "Odense"@da ]'
    first = load(f"r:a a org:Organization ; locn:address {several} .").values("locn#address")
    other = load(f'r:a a org:Organization ; locn:address [ locn:postName "Odense"@da ] , {one} .')
    assert len(first) == 2
    assert first == other.values("locn#address")


def test_a_part_of_which_nothing_is_said_is_none(load: Load) -> None:
    found = load('r:a a org:Organization ; skos:prefLabel "A"@en ; locn:address [] .')
    assert len(found.accepted) == 1
    assert found.values("locn#address") == set()


def test_parts_with_names_of_their_own_go_with_the_thing(load: Load) -> None:
    found = load(
        'r:a a org:Organization ; skos:prefLabel "A"@en ; locn:address <https://register.example/id/a#seat> .\n'
        '<https://register.example/id/a#seat> a locn:Address ; locn:postName "Aarhus"@da .\n'
        'r:lost a locn:Address ; locn:postName "Odense"@da .'
    )
    assert found.values("locn#address") == {of("organisation", "a") + "#seat"}
    assert len(found.accepted) == 1
    assert found.ignored == ["only a part of something, and nothing has it"]


def test_values_are_read_as_their_fields_want_them(load: Load) -> None:
    found = load(
        'r:a a eclod:Cluster ; skos:prefLabel "Træ" ; eclod:sector "28.11" ; eclod:country "DK" ;\n'
        ' foaf:homepage "https://træ.dk"^^xsd:anyURI ; dct:identifier "7"@da .\n'
        'r:e a <http://data.europa.eu/m8g/PublicEvent> ; dct:title "E"@en ;\n'
        " <http://www.w3.org/2006/time#hasTime> [ <http://www.w3.org/2006/time#hasBeginning> [\n"
        '  <http://www.w3.org/2006/time#inXSDDate> "2026-05-04T09:00:00Z"^^xsd:dateTime ] ] .'
    )
    assert found.problems == []
    assert {(each.value, each.language) for each in found.literals() if each.language} == {("Træ", "da"), ("E", "en")}
    assert found.values("ontology#sector") == {"http://data.europa.eu/ux2/nace2.1/2811"}
    assert found.values("country") == {"http://publications.europa.eu/resource/authority/country/DNK"}
    assert found.values("inXSDDate") == {"2026-05-04"}
    assert found.values("identifier") == {"7"}


@pytest.mark.parametrize(
    ("about", "rule", "sentence"),
    [
        (
            "eclod:managedBy r:gone",
            "undescribed",
            "refers to <https://register.example/id/gone>, which is not described",
        ),
        ('eclod:managedBy "Somebody"', "value", "takes the IRI of another entry"),
        ("dct:identifier r:x", "value", "takes a text or number"),
        ("eclod:sector 'A.99'", "unknown-code", "is not a code of"),
        ('locn:address "Main Street 1"', "part", "has fields of its own"),
        ("a org:Organization", "kind", "(cluster, organisation)"),
    ],
)
def test_what_does_not_fit_is_said_by_line_and_property(load: Load, about: str, rule: str, sentence: str) -> None:
    found = load(f'r:good a eclod:Cluster ; skos:prefLabel "G"@en .\n\nr:a a eclod:Cluster ; {about} .')
    assert len(found.accepted) == 1
    (problem,) = found.problems
    assert (problem.rule, problem.place) == (rule, f"line {PREFIXES.count(chr(10)) + 3}, {OWN}a")
    assert sentence in problem.message
    assert problem.column is not None


def test_what_the_shapes_do_not_have_is_noted_statement_by_statement(load: Load) -> None:
    found = load(
        'r:a a eclod:Cluster, foaf:Group ; skos:prefLabel "A"@en ; dct:modified "x", "y" ; eclod:assessment [] .'
    )
    assert len(found.accepted) == 1
    assert [(note.column, note.value) for note in found.notes if note.column != "eclod:assessment"] == [
        ("rdf:type", "http://xmlns.com/foaf/0.1/Group"),
        ("dct:modified", "x"),
        ("dct:modified", "y"),
    ]
    assert len(found.notes) == 4


def test_what_is_no_thing_of_ours_is_ignored_with_a_reason(load: Load) -> None:
    found = load(
        "r:a a foaf:Person .\nr:b skos:prefLabel 'B'@en .\ncountry:DNK a skos:Concept ; skos:prefLabel 'Danmark'@da .\n"
        "r:c a eclod:Registry .\n<> <http://www.w3.org/2002/07/owl#imports> <https://attacker.example/x.ttl> .".replace(
            "<> ", "r:o "
        )
    )
    assert found.accepted == []
    assert found.problems == []
    assert found.ignored == [
        "of no class that has a shape (foaf:Person)",
        "of no class: it has no rdf:type",
        "a code of a list that the service has",
        "registry.toml says what is to be said of a registry",
        "of no class: it has no rdf:type",
    ]


def test_a_thing_without_iri_is_rejected(load: Load) -> None:
    found = load('[] a eclod:Cluster ; skos:prefLabel "A"@en .')
    assert [problem.rule for problem in found.problems] == ["row"]
    assert "no IRI of its own" in found.problems[0].message


def test_identifiers_of_ours_are_used_when_they_were_given(load: Load) -> None:
    found = load(
        '<https://example.org/id/cluster/GIVEN> a eclod:Cluster ; skos:prefLabel "A"@en .\n'
        '<https://example.org/id/cluster/MADE-UP> a eclod:Cluster ; skos:prefLabel "B"@en .\n'
        '<https://example.org/id/organisation/GIVEN> a eclod:Cluster ; skos:prefLabel "C"@en .'
    )
    assert [row.subjects for row in found.accepted] == [("https://example.org/id/cluster/GIVEN",)]
    assert [row.own_iri for row in found.accepted] == [""]
    assert [problem.rule for problem in found.problems] == ["given", "given"]


@pytest.mark.parametrize("file", ["things.ttl", "things.nt", "things.nq", "things.trig", "things.rdf", "things.jsonld"])
def test_every_format_says_the_same(load: Load, file: str) -> None:
    text = PREFIXES + 'r:a a eclod:Cluster ; skos:prefLabel "A"@en ; locn:address [ locn:postName "B"@da ] .'
    expected = load(text.removeprefix(PREFIXES)).statements
    form = format_of(file, b"")
    triples = [quad.triple for quad in parse(text.encode(), RdfFormat.TURTLE)]
    written = serialize(triples, format=form)
    assert written is not None
    found = load(written.decode(), file if file != "things.ttl" else "things.turtle")
    assert found.statements == expected
    assert found.accepted[0].row.place.endswith(OWN + "a")


def test_formats_are_known_by_their_beginning_when_the_name_says_nothing() -> None:
    assert format_of("x", b' \n{"@id": "a"}') == RdfFormat.JSON_LD
    assert format_of("x", b'\xef\xbb\xbf<?xml version="1.0"?>') == RdfFormat.RDF_XML
    assert format_of("x", b"<http://a> <http://b> <http://c> .") == RdfFormat.TRIG


def test_the_context_of_our_vocabulary_needs_no_network(load: Load) -> None:
    document = {"@context": f"{DEFAULT_BASE}/context.jsonld", "@id": OWN + "a", "@type": "eclod:Cluster"}
    found = load(json.dumps({**document, "skos:prefLabel": {"@value": "A", "@language": "en"}}), "a.jsonld")
    assert found.values("prefLabel") == {"A"}


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("a.jsonld", '{"@context": "https://attacker.example/c", "@id": "x:a"}', "nothing is fetched"),
        ("a.jsonld", '{"@context": {"@import": "https://attacker.example/c"}}', "JSON-LD"),
        ("a.rdf", '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r/>', "document type definition"),
        ("a.turtle", "<a> <b> <c> .", "relative IRI"),
        ("a.turtle", "<http://a/> <http://b/> \n<http://c/> <http://d/> .", "a.turtle, line 2, column"),
        ("a.nt", "no RDF", "N-Triples"),
    ],
)
def test_a_file_that_is_broken_or_wants_another_is_refused(load: Load, file: str, text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as raised:
        load(text, file)
    assert sentence in raised.value.message


def test_there_are_bounds(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdf_file, "MAX_STATEMENTS", 30)
    with pytest.raises(BadInput, match="more than 30 statements"):
        load("".join(f"r:a foaf:name '{n}' .\n" for n in range(31)))
    shared = "_:s " + " ; ".join(f"foaf:name '{n}'" for n in range(15)) + " .\n"
    with pytest.raises(BadInput, match="too many others share"):
        load(shared + "".join(f"r:{n} foaf:knows _:s .\n" for n in range(10)))


def examples() -> list[Path]:
    return sorted(assets.folder("examples").glob("*/valid*.ttl"))


def test_every_valid_example_of_the_shapes_is_taken_as_it_is(catalogue: FieldCatalogue, codes: CodeLists) -> None:
    found = examples()
    assert len(found) > 80
    refused: dict[str, list[str]] = {}
    for path in found:
        registry = Registry.model_construct(language="en", sources=())
        rows: list[Row] = list(rdf_file.rows(path.read_bytes(), path.name, RdfFormat.TURTLE))
        mapped: list[MappedRow] = list(map_statements(registry, rows, catalogue, codes, StandIn()))
        problems = [f"{problem.column}: {problem.message}" for row in mapped for problem in row.problems]
        if problems:
            refused[f"{path.parent.name}/{path.name}"] = problems
    assert refused == {}


def test_nothing_of_a_whole_example_is_lost(catalogue: FieldCatalogue, codes: CodeLists) -> None:
    path = assets.folder("examples") / "Organisation" / "valid.complete.ttl"
    registry = Registry.model_construct(language="en", sources=())
    rows = list(rdf_file.rows(path.read_bytes(), path.name, RdfFormat.TURTLE))
    mapped = list(map_statements(registry, rows, catalogue, codes, StandIn()))
    said = [t for row in rows for t in row.statements if "innovation-lab" in str(t.subject)]
    (accepted,) = [row for row in mapped if row.statements]
    assert len(accepted.statements) == len(said) == 34
    assert accepted.notes == ()
    assert all(isinstance(t.subject, NamedNode) for t in accepted.statements)
