"""GeoJSON as rows: exact digits, lists, points, and what is wrong with a file in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.rows import Row

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "cs"
[[sources]]
file = "./map.geojson"
adapter = "geojson"
"""
MAPPING = """
ignored = { obory = "x", firma = "x" }
[things.park]
shape = "Organisation"
key = "name"
[things.park.fields]
name = "name"
location = { point = ["longitude", "latitude"] }
"""


def feature(properties: object, geometry: object = None) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def point(*coordinates: object) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


def collection(*features: object, **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}, ensure_ascii=False)


@pytest.fixture
def load(make_registry: Make, read: Read) -> Callable[[str | bytes], list[Row]]:
    return lambda content: read(make_registry(MAPPING, content, REGISTRY, "map.geojson"))


Load = Callable[[str | bytes], list[Row]]


def test_features_are_rows_with_exact_digits(load: Load) -> None:
    text = collection(feature({"name": "A", "obory": ["x", None, "", "y"]}, {"at": 0}))
    rows = load(text.replace('{"at": 0}', '{"type": "Point", "coordinates": [13.831412777777777770, 5.064e1, 210.5]}'))
    assert rows[0].number == 1
    assert rows[0].cells == {
        "name": ("A",),
        "obory": ("x", "y"),
        "longitude": ("13.831412777777777770",),
        "latitude": ("50.64",),
    }


def test_values_that_are_no_text(load: Load) -> None:
    rows = load(collection(feature({"name": 12, "obory": [True, 1.5], "firma": {"any": "thing"}})))
    assert rows[0].cells["name"] == ("12",)
    assert rows[0].cells["obory"] == ("true", "1.5")
    assert rows[0].defect == ""


def test_no_geometry_is_no_fault(load: Load) -> None:
    row = load(collection(feature({"name": "A"}, None)))[0]
    assert (row.cells["longitude"], row.cells["latitude"], row.defect) == ((), (), "")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (feature({"name": "A"}, {"type": "Polygon", "coordinates": []}), "is a Polygon, and a Point is needed"),
        (feature({"name": "A"}, {"type": "Point"}), "no pair of numbers"),
        (feature({"name": "A"}, point("13.8", "50.6")), "no pair of numbers"),
        (feature({"name": "A"}, point(13.8)), "no pair of numbers"),
        (feature({"name": "A"}, "here"), "is a broken object"),
        (feature({"name": {"cs": "A"}}), "'name' holds an object"),
        (feature([1]), "are not an object"),
        ({"type": "Point"}, "not a Feature"),
        ("text", "not a Feature"),
    ],
)
def test_a_broken_feature_is_a_defect_of_its_row(load: Load, broken: object, message: str) -> None:
    rows = load(collection(feature({"name": "B"}, point(13.8, 50.6)), broken))
    assert not rows[0].defect
    assert message in rows[1].defect


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, column 2: not JSON"),
        ('{"type": "FeatureCollection", "features": [', "not JSON .*may be cut off"),
        ("[]", "not a GeoJSON FeatureCollection"),
        ('{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection"}', "without a list of features"),
        (collection(feature({"jmeno": "A"})), "feature 1: 'jmeno' is not in the mapping"),
        (collection(feature({"obory": []})), "no feature has the property 'name'"),
        ("[" * 100_000, "nested too deeply"),
        ('{"name": "ž"}'.encode("cp1250"), "byte 0x9E does not exist in utf-8"),
        (
            collection(feature({"name": "A"}), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::5514"}}),
            "has its coordinates in urn:ogc:def:crs:EPSG::5514",
        ),
    ],
)
def test_faults_of_a_file_are_one_sentence(load: Load, content: str | bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        load(content)
    assert fault.value.message.startswith("map.geojson")


def test_a_system_that_says_longitude_and_latitude_is_fine(load: Load) -> None:
    crs = {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert len(load(collection(feature({"name": "A"}, point(1, 2)), crs=crs))) == 1
