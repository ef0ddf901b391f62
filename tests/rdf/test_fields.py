"""The catalogue of fields, read from the real shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclod.core.errors import Damaged
from eclod.core.iris import KINDS
from eclod.core.namespaces import SHAPES, expand
from eclod.rdf import fields
from eclod.rdf.fields import ClassShape, FieldCatalogue

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix shapes: <https://w3id.org/eclod/shapes#> .
@prefix eclod: <https://w3id.org/eclod/ontology#> . @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix ex: <https://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SMALL = """
shapes:Thing sh:targetClass ex:Thing ; eclod:kind "thing" ;
    sh:property shapes:Thing-name , shapes:Thing-note , shapes:Thing-code , shapes:Thing-part , shapes:Thing-end-order .
shapes:Thing-name sh:path ex:name ; sh:datatype rdf:langString ; sh:minCount 1 ; sh:uniqueLang true .
shapes:Thing-note sh:path ex:note ; sh:datatype xsd:string ; sh:maxCount 1 .
shapes:Thing-code sh:path ex:code ; sh:nodeKind sh:IRI ; sh:node shapes:Code ; eclod:codeList ex:b , ex:a .
shapes:Thing-part sh:path ex:part ; sh:node shapes:Part ; sh:class ex:Part ; sh:maxCount 2 ; sh:minCount 0 .
shapes:Thing-end-order sh:path ex:end .
shapes:Part sh:targetClass ex:Part ; sh:property shapes:Part-note .
shapes:Part-note sh:path ex:note ; sh:datatype xsd:string .
shapes:Special sh:targetClass ex:Special ; sh:node shapes:Thing ; sh:property shapes:Special-note .
shapes:Special-note sh:path ex:comment ; sh:datatype xsd:date .
"""


@pytest.fixture(scope="module")
def catalogue() -> FieldCatalogue:
    return fields.load()


@pytest.fixture
def small(tmp_path: Path) -> FieldCatalogue:
    path = tmp_path / "small.ttl"
    path.write_text(PREFIXES + SMALL, encoding="utf-8")
    return fields.load([path])


def test_shapes_have_kinds_that_identifiers_know(catalogue: FieldCatalogue) -> None:
    kinds = {shape.kind for shape in catalogue if shape.kind}
    assert kinds - {"registry"} == set(KINDS)  # a registry is named by its name, not by a code
    assert all(shape.iri == SHAPES + shape.name for shape in catalogue)


def test_nested_nodes_have_no_kind_and_things_have_one(catalogue: FieldCatalogue) -> None:
    nested = {field.nested for shape in catalogue for field in shape.fields.values() if field.nested}
    assert {"Address", "Geometry", "Interval", "Instant", "MonetaryAmount", "Grant"} <= nested
    for name in nested:
        assert catalogue[name].kind is None


def test_what_a_nested_field_holds_is_an_instance_of_the_nested_shape(catalogue: FieldCatalogue) -> None:
    for shape in catalogue:
        for field in shape.fields.values():
            if field.nested:
                assert field.target == catalogue[field.nested].target_class, field.shape
                assert field.is_iri


def test_a_field_is_one_thing_only(catalogue: FieldCatalogue) -> None:
    for shape in catalogue:
        for field in shape.fields.values():
            assert sum(map(bool, (field.datatypes, field.code_lists, field.nested))) <= 1, field.shape
            assert field.shape == f"{shape.iri}-{field.name}"
            assert not (field.language_tagged and field.is_iri)


def test_the_fields_of_a_cluster(catalogue: FieldCatalogue) -> None:
    name = catalogue.field("Cluster", "name")
    assert name is not None
    assert (name.required, name.language_tagged, name.one_per_language, name.single) == (True, True, True, False)
    assert name.path == expand("skos:prefLabel")
    region = catalogue.field("Cluster", "region")
    assert region is not None
    assert region.code_lists == ("http://data.europa.eu/nuts/scheme/2021", "http://data.europa.eu/nuts/scheme/2024")
    assert (region.nested, region.is_iri) == (None, True)
    manager = catalogue.field("Cluster", "managedBy")
    assert manager is not None
    assert manager.target == expand("org:Organization")
    assert catalogue.field("Cluster", "colour") is None


@pytest.mark.parametrize(
    ("name", "parent"),
    [("ClusterOrganisation", "Organisation"), ("PublicOrganisation", "Organisation"), ("Initiative", "Project")],
)
def test_a_special_class_has_the_fields_and_the_type_of_the_general_one(
    catalogue: FieldCatalogue, name: str, parent: str
) -> None:
    assert [shape.name for shape in catalogue.lineage(name)] == [name, parent]
    assert catalogue.classes(name) == [catalogue[name].target_class, catalogue[parent].target_class]
    assert {field.name for field in catalogue.all_fields(parent)} <= {f.name for f in catalogue.all_fields(name)}
    assert catalogue.field(name, "homepage") == catalogue.field(parent, "homepage") is not None
    for rule in (catalogue.single_valued, catalogue.one_per_language):
        assert rule[catalogue[parent].target_class] <= rule[catalogue[name].target_class]


def test_what_may_stand_once_is_told_by_class(catalogue: FieldCatalogue) -> None:
    project = expand("eurio:Project")
    assert expand("eurio:startDate") in catalogue.single_valued[project]
    assert expand("skos:prefLabel") in catalogue.one_per_language[project]
    assert expand("foaf:homepage") not in catalogue.single_valued[project]
    assert catalogue.single_valued.keys() == {shape.target_class for shape in catalogue}


def test_code_lists_are_told_by_property(catalogue: FieldCatalogue) -> None:
    assert set(catalogue.code_list_properties[expand("eclod:country")]) == {
        "http://publications.europa.eu/resource/authority/country"
    }
    for schemes in catalogue.code_list_properties.values():
        assert len(set(schemes)) == len(schemes) > 0


def test_a_small_catalogue_is_read_as_written(small: FieldCatalogue) -> None:
    thing = small["Thing"]
    assert isinstance(thing, ClassShape)
    assert sorted(thing.fields) == ["code", "name", "note", "part"]  # a shape that only adds a rule is no field
    assert thing.fields["code"].code_lists == ("https://example.org/a", "https://example.org/b")
    assert (thing.fields["note"].single, thing.fields["note"].required) == (True, False)
    assert (thing.fields["part"].single, thing.fields["part"].required) == (False, False)
    assert thing.fields["part"].nested == "Part"
    assert [shape.name for shape in small] == ["Part", "Special", "Thing"]


def test_an_own_field_goes_before_an_inherited_one(small: FieldCatalogue) -> None:
    note = small.field("Special", "note")
    assert note is not None
    assert note.path == "https://example.org/comment"
    assert [field.name for field in small.all_fields("Special")] == ["code", "name", "note", "part"]
    assert note in small.all_fields("Special")


def test_an_unknown_shape_is_a_key_error(small: FieldCatalogue) -> None:
    with pytest.raises(KeyError):
        small["Nothing"]


def test_a_file_that_is_not_turtle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text("shapes:Thing sh:targetClass", encoding="utf-8")
    with pytest.raises(Damaged, match=r"broken\.ttl is not Turtle"):
        fields.load([path])


def test_only_figures_keep_the_codes_of_their_time(catalogue: FieldCatalogue) -> None:
    assert catalogue.properties_with_codes_of_their_time == {expand("eclod:region")}
