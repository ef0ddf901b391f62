"""The tables of a release: they say what the release says, the same in every format and with the same bytes."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pandas as pd
import pytest
from csvw import CSVW  # type: ignore[import-untyped]

from eclod.store.tables import layout
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.layout import Table

from .conftest import Make, Release

TABLES = {table.name: table for table in layout.tables()}
CLASSES = {name: [f"<{shape.target_class}>" for shape in table.shapes] for name, table in TABLES.items()}


def of_classes(name: str) -> str:
    """Return a pattern for the things of a table."""
    return f"?s a ?class FILTER(?class IN ({', '.join(CLASSES[name])}))"


def value_of(text: str, column: Column) -> object:
    """Return what Parquet should hold for a text of CSV."""
    if column.many:
        return [_one(part, column) if part else None for part in text.split(" | ")] if text else None
    return _one(text, column) if text else None


def _one(text: str, column: Column) -> object:
    if column.datatype in (Datatype.DECIMAL, Datatype.DOUBLE):
        return float(text)
    if column.datatype in (Datatype.YEAR, Datatype.INTEGER):
        return int(text)
    if column.datatype is Datatype.BOOLEAN:
        return text == "true"
    return date.fromisoformat(text) if column.datatype is Datatype.DATE else text


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_hold_the_same(starting: Release, name: str) -> None:
    table = TABLES[name]
    rows, values = starting.csv(name), starting.rows(name)
    assert starting.header(name) == [column.name for column in table.columns] == starting.parquet(name).column_names
    assert len(rows) == len(values)
    for row, value in zip(rows, values, strict=True):
        for column in table.columns:
            plain, text = value[column.name], row[column.name]
            if isinstance(plain, str) and text == f"'{plain}":
                continue  # made harmless
            if column.many and plain is not None:
                plain = [one.replace("|", "¦") if isinstance(one, str) else one for one in plain]
            assert value_of(text, column) == plain, (row["iri"], column.name)
    iris = [value["iri"] for value in values]
    assert iris == sorted(set(iris))


@pytest.mark.parametrize("name", layout.KINDS)
def test_the_rows_of_a_table_are_the_things_of_its_classes(starting: Release, name: str) -> None:
    found = starting.select(f"SELECT DISTINCT ?s {{ {of_classes(name)} }}")
    assert {row["iri"] for row in starting.rows(name)} == {iri for (iri,) in found}
    entry = next(entry for entry in starting.manifest.tables if entry.name == name)
    assert entry.rows == len(found)


def test_every_value_of_a_property_is_in_its_column(starting: Release) -> None:
    compared = 0
    for name in layout.KINDS:
        rows = starting.rows(name)
        for column in TABLES[name].columns:
            if not column.direct or not rows:
                continue
            paths = "|".join(f"<{path}>" for path in column.properties)
            pattern = f"{{ SELECT DISTINCT ?s {{ {of_classes(name)} }} }} ?s {paths} ?o"
            cells = [row[column.name] for row in rows]
            filled = starting.select(f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ {pattern} }}")
            assert [(str(sum(cell is not None for cell in cells)),)] == filled, (name, column.name)
            if column.many and column.datatype is Datatype.IRI:
                asked = starting.select(f"SELECT DISTINCT ?s ?o {{ {pattern} }}")
                assert {(row["iri"], value) for row in rows for value in row[column.name] or ()} == set(asked)
                compared += len(asked)
    assert compared > 1000


def test_labels_and_codes_stand_beside_what_they_belong_to(starting: Release) -> None:
    query = """SELECT ?iri ?name ?code { ?iri skos:inScheme <http://data.europa.eu/nuts/scheme/2024> ;
        skos:notation ?code OPTIONAL { ?iri skos:prefLabel ?name FILTER(lang(?name) = "en") } }"""
    regions = {str(iri): (name, code) for iri, name, code in starting.select(query)}
    seen = 0
    for row in starting.rows("clusters"):
        for iri, code, label in zip(*(row[c] or () for c in ("region", "region_code", "region_label")), strict=True):
            if iri in regions:
                seen += 1
                assert code == regions[iri][1]
                assert label and (regions[iri][0] in (None, label))
        assert row["country"] is None or all(len(code) == 2 for code in row["country_code"])
    assert seen > 200


def test_the_best_language_is_chosen_and_named(starting: Release) -> None:
    named = {row["iri"]: (row["name"], row["name_language"]) for row in starting.rows("clusters")}
    english = starting.select(
        'SELECT ?c ?name { ?c a eclod:Cluster ; skos:prefLabel ?name FILTER(lang(?name) = "en") }'
    )
    assert len(english) > 100
    for iri, name in english:
        assert named[str(iri)] == (name, "en")
    others = {language for _, language in named.values()} - {"en", None}
    assert len(others) > 5


def test_identifiers_lists_everything_that_has_one(starting: Release) -> None:
    rows = {row["iri"]: row for row in starting.rows("identifiers")}
    things = {row["iri"] for name in (*layout.KINDS, "places") for row in starting.rows(name)}
    assert set(rows) == things
    said = starting.select("""SELECT ?thing ?code ?local ?registry {
        GRAPH ?g { ?thing eclod:code ?code ; eclod:localIdentifier ?local ; eclod:registeredBy ?registry } }""")
    assert len(said) > 700
    for thing, code, local, registry in said:
        row = rows[str(thing)]
        assert (row["code"], row["local_id"], row["registry"]) == (code, [local], [registry])
        assert row["state"] == "valid"
        assert str(thing).endswith(f"/{row['kind']}/{code}")
    regulation = rows["http://publications.europa.eu/resource/celex/32013R1287"]
    assert regulation["kind"] == "document"
    assert {"32013R1287", "http://data.europa.eu/eli/reg/2013/1287/oj"} <= set(regulation["identifier"])
    assert (regulation["code"], regulation["state"]) == (None, None)


def test_what_is_nowhere_is_no_place(starting: Release) -> None:
    places = starting.rows("places")
    where = "?s locn:address|geo:hasDefaultGeometry ?where"
    assert {row["iri"] for row in places} == {iri for (iri,) in starting.select(f"SELECT DISTINCT ?s {{ {where} }}")}
    assert {row["class_label"] for row in places} >= {"event", "cluster organisation"}
    assert any(row["address_city"] for row in places)


def test_the_manifest_lists_the_files_as_they_are(starting: Release) -> None:
    listed = {file.name: file for table in starting.manifest.tables for file in table.files}
    assert set(listed) == {path.name for path in starting.tables.iterdir()}
    assert [table.name for table in starting.manifest.tables] == [*TABLES, "dictionary"]
    assert len(listed) == 2 * len(TABLES) + 3
    for name, file in listed.items():
        content = (starting.tables / name).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_dictionary_explains_every_column_and_says_how_full_it_is(starting: Release) -> None:
    lines = {(line["table"], line["column"]): line for line in starting.csv("dictionary")}
    every = [(name, column.name) for name, table in TABLES.items() for column in table.columns]
    assert list(lines) == [*every, ("clusters.geojson", "table"), ("clusters.geojson", "point_of")]
    clusters = starting.rows("clusters")
    share = sum(row["homepage"] is not None for row in clusters) / len(clusters)
    assert float(lines["clusters", "homepage"]["filled"]) == pytest.approx(share, abs=1e-4)
    empty = [name for name in TABLES if not starting.rows(name)]
    assert {lines[name, column.name]["filled"] for name in empty for column in TABLES[name].columns} <= {""}
    region = lines["clusters", "region"]
    assert (region["datatype"], region["several"], region["cardinality"]) == ("anyURI", "true", "0..n")
    assert region["property"] == "http://purl.org/dc/terms/spatial"
    assert region["code_list"].split(" | ") == [
        "http://data.europa.eu/nuts/scheme/2021",
        "http://data.europa.eu/nuts/scheme/2024",
    ]
    assert {region[f"label_{language}"] for language in ("en", "fr", "de")} == {"region", "région", "Region"}


def test_the_metadata_is_valid_csvw(starting: Release) -> None:
    described = CSVW(str(starting.tables / "csv-metadata.json"), validate=True)
    assert described.is_valid, described.warnings[:3]
    tables = json.loads((starting.tables / "csv-metadata.json").read_text(encoding="utf-8"))["tables"]
    assert [table["url"] for table in tables] == [f"{n}.csv" for n in (*TABLES, "dictionary")]
    columns = {column["name"]: column for column in tables[0]["tableSchema"]["columns"]}
    assert columns["name"]["propertyUrl"] == "http://www.w3.org/2004/02/skos/core#prefLabel"
    assert columns["region"]["separator"] == " | "
    assert columns["region_label"]["suppressOutput"]
    for table in tables:
        header = starting.header(table["url"].removesuffix(".csv"))
        assert [column["titles"] for column in table["tableSchema"]["columns"]] == header


def test_pandas_reads_both(starting: Release) -> None:
    for name in TABLES:
        from_csv = pd.read_csv(starting.tables / f"{name}.csv", keep_default_na=False, na_values=[""])
        from_parquet = pd.read_parquet(starting.tables / f"{name}.parquet")
        assert list(from_csv.columns) == list(from_parquet.columns)
        assert list(from_csv["iri"]) == list(from_parquet["iri"])
        assert list(from_csv.notna().sum()) == list(from_parquet.notna().sum())
    figures = pd.read_parquet(starting.tables / "figures.parquet")
    assert figures["value"].dtype == float
    assert figures.loc[figures["name"].str.contains("jobs|employ", case=False), "value"].max() > 1e6


def test_parquet_says_what_its_columns_are(starting: Release) -> None:
    schema = starting.parquet("projects").schema
    assert str(schema.field("start").type) == "date32[day]"
    assert str(schema.field("start_year").type) == "int32"
    assert str(schema.field("total_cost_value").type) == "double"
    assert str(schema.field("country").type).startswith("list<")
    told = schema.field("country").metadata
    assert told[b"property"] == b"https://w3id.org/eclod/ontology#country"
    assert told[b"description"].startswith(b"The country")
    assert not schema.field("iri").nullable
    assert schema.metadata[b"title"] == b"Projects"


HOSTILE = r"""
<cluster/a> a eclod:Cluster ; skos:prefLabel "=HYPERLINK(\"http://a.example\")"@en ; skos:altLabel "+x"@en ,
    "=SUM(A1)"@en ;    dct:identifier "+4512345678" , "-2+3+cmd|' /C calc'!A0" .
<cluster/b> a eclod:Cluster ; skos:prefLabel "line\nbreak \"quoted\", ; =x"@en ; dct:identifier "NULL" ;
    dct:description "@SUM(1)"@en .
<cluster/c> a eclod:Cluster ; skos:prefLabel "'s-Hertogenbosch | x"@nl ; dct:identifier "-12" ;
    dct:description "\t=1+1"@en .
<cluster/d> a eclod:Cluster ; skos:prefLabel "\uff1d1+1"@en ; dct:description "\r=1+1"@en ; dct:identifier "NA" .
<cluster/e> a eclod:Cluster ; skos:prefLabel "\n=1+1"@en ; dct:description "-1"@en ;
    geo:hasDefaultGeometry <cluster/e#g> .
<cluster/e#g> geo:asWKT "POINT(-1 -2.5)"^^geo:wktLiteral .
"""


def test_no_cell_is_a_formula_and_none_is_lost(make: Make) -> None:
    release = make(HOSTILE)
    rows = {row["iri"][-1]: row for row in release.csv("clusters")}
    exact = {row["iri"][-1]: row for row in release.rows("clusters")}
    for letter, name in {
        "a": '=HYPERLINK("http://a.example")',
        "b": 'line\nbreak "quoted", ; =x',
        "c": "'s-Hertogenbosch | x",
        "d": "\uff1d1+1",
        "e": "\n=1+1",
    }.items():
        assert exact[letter]["name"] == name
        assert rows[letter]["name"] == (name if letter in "bc" else f"'{name}")
    assert exact["a"]["alternative_name"] == ["+x", "=SUM(A1)"]
    assert rows["a"]["alternative_name"] == "'+x | =SUM(A1)"
    assert rows["a"]["identifier"] == "'+4512345678 | -2+3+cmd¦' /C calc'!A0"
    assert [rows[letter]["description"] for letter in "bcd"] == ["'@SUM(1)", "'\t=1+1", "'\r=1+1"]
    assert (rows["b"]["identifier"], rows["c"]["identifier"], rows["d"]["identifier"]) == ("NULL", "-12", "NA")
    assert (rows["e"]["longitude"], rows["e"]["latitude"], rows["e"]["description"]) == ("-1.0", "-2.5", "-1")
    for row in rows.values():
        for name, cell in row.items():
            assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "\uff1d")), name
    raw = (release.tables / "clusters.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfiri,")
    assert raw.count(b"\r\n") == 6
    frame = pd.read_csv(release.tables / "clusters.csv", keep_default_na=False, na_values=[""])
    assert list(frame["identifier"][[1, 3]]) == ["NULL", "NA"]


PARTS = """
<project/p> a eurio:Project ; skos:prefLabel "P"@en ; eurio:isFundedBy <project/p#grant> , <project/p#other> ;
    locn:address <project/p#one> , <project/p#two> ; eurio:startDate "2021-02-03"^^xsd:date ;
    eurio:endDate "2021-02-30"^^xsd:date ;
    eclod:endYear "2022"^^xsd:gYear ; eclod:coFinancingRate "half" ; eclod:country country:GRC , <urn:nowhere> .
<project/p#grant> eurio:hasFundingAmount [ eurio:value 1200.50 ; eurio:currency "EUR" ] .
<project/p#other> eclod:fund <urn:fund> .
<project/p#one> locn:postName "Aarhus"@da , "Aarhus C"@en .
<project/p#two> locn:thoroughfare "Main Street"@en ; locn:postName "Beta"@und .
country:GRC skos:notation "GR"^^eclod:iso-alpha-2 , "EL"^^eclod:eu-code ; skos:prefLabel "Greece"@en , "Grèce"@fr .
<project/q> a eurio:Project ; skos:prefLabel "Zwei"@de , "Deux"@fr , "Dve"@und .
[] a eurio:Project ; skos:prefLabel "nameless" .
"""


def test_parts_keep_their_order_and_gaps_show(make: Make) -> None:
    rows = {row["name"]: row for row in make(PARTS).rows("projects")}
    project = rows["P"]
    assert project["address_city"] == ["Aarhus C", "Beta"]
    assert project["address_street"] == [None, "Main Street"]
    assert project["address_postcode"] is None
    assert (project["grant_amount_value"], project["grant_amount_currency"]) == ([1200.5, None], ["EUR", None])
    assert project["grant_fund"] == [None, "urn:fund"]
    assert project["grant_fund_label"] is None
    assert project["start"] == date(2021, 2, 3)
    assert (project["end"], project["end_year"]) == (None, 2022)  # there is no 30 February
    assert project["co_financing_rate"] is None
    assert project["country"] == ["http://publications.europa.eu/resource/authority/country/GRC", "urn:nowhere"]
    assert project["country_code"] == ["GR", None]
    assert project["country_label"] == ["Greece", None]
    assert (rows["Dve"]["name_language"], rows["nameless"]["iri"][:2]) == (None, "_:")


def test_tables_know_their_shapes() -> None:
    organisations: Table = TABLES["organisations"]
    assert organisations.shapes[-1].name == "Organisation"  # the most general last
