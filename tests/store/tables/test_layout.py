"""Which tables and columns there are: they follow from the shapes, and each is explained in three languages."""

from __future__ import annotations

import re

from eclod.core.namespaces import expand
from eclod.rdf import fields
from eclod.store.tables import columns, layout
from eclod.store.tables.columns import Datatype
from eclod.store.tables.layout import Table

TABLES = {table.name: table for table in layout.tables()}


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_every_kind_of_thing_has_a_table() -> None:
    kinds = {shape.kind for shape in fields.load() if shape.kind}
    assert {*layout.KINDS.values(), "place"} == kinds
    assert list(TABLES) == [*layout.KINDS, layout.PLACES, layout.IDENTIFIERS]


def test_every_field_of_every_shape_is_a_column_or_several() -> None:
    catalogue = fields.load()
    seen = 0
    for table in (TABLES[name] for name in layout.KINDS):
        positions = {fill.position for fills in table.fills.values() for several in fills.values() for fill in several}
        for shape in table.shapes:
            for field in catalogue.all_fields(shape.name):
                seen += 1
                begins = columns.snake_case(field.name)
                wanted = begins if field.nested is None else f"{begins}_"
                assert any(name.startswith(wanted) for name in names(table)), f"{table.name}: {field.name}"
        assert positions <= set(range(len(table.columns)))
    assert seen > 180


def test_names_suit_programs_and_are_given_once() -> None:
    total = 0
    for table in TABLES.values():
        assert len(set(names(table))) == len(table.columns), table.name
        assert names(table)[0] == "iri"
        for name in names(table):
            assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), f"{table.name}: {name}"
            total += 1
    assert total > 300


def test_every_table_and_column_is_explained_in_three_languages() -> None:
    for table in TABLES.values():
        assert set(table.title) == set(table.description) == set(columns.LANGUAGES)
        for column in table.columns:
            for texts in (column.labels, column.descriptions):
                assert set(texts) == set(columns.LANGUAGES), f"{table.name}: {column.name}"
                assert all(text.strip() and "{" not in text for text in texts.values())


def test_what_the_columns_of_a_table_are() -> None:
    organisations = {column.name: column for column in TABLES["organisations"].columns}
    assert names(TABLES["organisations"])[:5] == ["iri", "class", "class_label", "name", "name_language"]
    region, code, label = (organisations[name] for name in ("region", "region_code", "region_label"))
    assert (region.datatype, region.many, region.direct) == (Datatype.IRI, True, True)
    assert region.properties == (expand("dct:spatial"),)
    assert region.code_lists == code.code_lists != ()
    assert (code.datatype, code.many, code.direct, label.direct) == (Datatype.TEXT, True, False, False)
    assert organisations["name"].cardinality == "1"
    assert organisations["description"].cardinality == "0..1"
    assert organisations["homepage"].cardinality == "0..n"
    assert "homepage_label" not in organisations
    projects = {column.name: column for column in TABLES["projects"].columns}
    types = ("start", "start_year", "total_cost_value", "longitude", "programme", "grant_fund_code")
    assert [projects[name].datatype.value for name in types] == [
        "date",
        "gYear",
        "decimal",
        "double",
        "anyURI",
        "string",
    ]
    assert "currency" in projects["total_cost_value"].unit
    assert projects["grant_amount_value"].many
    assert not projects["total_cost_value"].many
    assert "involved_party_label" not in projects  # participations have no names
    assert projects["programme_label"].labels["de"].endswith("Bezeichnung")


def test_a_column_of_several_shapes_names_each_property() -> None:
    date = next(column for column in TABLES["documents"].columns if column.name == "date")
    assert date.properties == (expand("dct:issued"), expand("eli:date_document"))
    assert date.datatype is Datatype.DATE
