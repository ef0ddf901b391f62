"""Lines and areas: well-known text from GeoJSON and TopoJSON, in longitude and latitude, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.rows import Row
from eclod_loaders.values import outlines
from eclod_loaders.values.texts import Unreadable

from .conftest import Outcome

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]
Run = Callable[..., Outcome]

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "cs"
[[sources]]
file = "./rows.csv"
adapter = "ADAPTER"
"""
MAPPING = """
file = { records = "regions" }
[things.region]
shape = "Region"
iri = "http://data.europa.eu/nuts/code/{id}"
[things.region.fields]
sourceLocation = { thing = "boundary" }
[things.boundary]
shape = "Geometry"
inside = "region"
when = "geometry"
key = [{ constant = "20M" }]
[things.boundary.fields]
wkt = { column = "geometry", crs = "CRS" }
"""
SQUARE = [["4321000", "3210000"], ["4421000", "3210000"], ["4421000", "3310000"], ["4321000", "3210000"]]
REFUSED = "The geometry is no point, line or closed area of pairs of numbers; correct it or set it to null."


def topology(*regions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return two squares of 1 degree beside each other: arc 0 is the line between them, 1 and 2 the rest of each."""
    arcs = [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]]
    content = {
        "type": "Topology",
        "transform": {"scale": [0.5, 1], "translate": [10, 50]},
        "arcs": arcs,
        "objects": {"regions": {"type": "GeometryCollection", "geometries": list(regions)}, "lines": {}},
    }
    return {**content, **more}


def area(code: str, *arcs: Any, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": kind, "properties": {"id": code}, "arcs": list(arcs)}


@pytest.fixture
def load(make_registry: Make) -> Callable[..., Registry]:
    def load(content: object, adapter: str = "topojson", crs: str = "CRS84", mapping: str = MAPPING) -> Registry:
        if adapter != "topojson":
            mapping = mapping.replace('file = { records = "regions" }', "")
        file, text = f"map.{adapter}", json.dumps(content)
        return make_registry(mapping.replace("CRS", crs), text, REGISTRY.replace("ADAPTER", adapter), file)

    return load


Load = Callable[..., Registry]


def test_areas_of_a_topology_share_their_arcs(load: Load, run: Run) -> None:
    """The line between two areas is there once; the second area has it the other way round."""
    outcome = run(load(topology(area("XX01", [0, 1]), area("XX02", [2, -1]))))
    assert outcome.problems == []
    region = "http://data.europa.eu/nuts/code/XX0"
    assert outcome.values("#hasGeometry", f"{region}1") == {f"{region}1#boundary-20M"}
    assert outcome.values("#asWKT", f"{region}1#boundary-20M") == {"POLYGON((10.5 50,10.5 51,10 51,10 50,10.5 50))"}
    assert outcome.values("#asWKT", f"{region}2#boundary-20M") == {"POLYGON((10.5 50,11 50,11 51,10.5 51,10.5 50))"}


def test_several_areas_of_one_region(load: Load, read: Read) -> None:
    rows = read(load(topology(area("XX03", [[0, 1]], [[2, -1]], kind="MultiPolygon"), area("XX01", [0, 1]))))
    first, second = rows[0].cells["geometry"][0].removeprefix("MULTIPOLYGON(").removesuffix(")").split("),(")
    assert first == "((10.5 50,10.5 51,10 51,10 50,10.5 50)"
    assert second.startswith("(10.5 50,11 50,11 51")
    assert [row.number for row in rows] == [1, 2]


def test_a_topology_without_steps_has_positions_in_its_arcs(load: Load, read: Read) -> None:
    arcs = [[[10, 50], [11, 50], [11, 51], [10, 50]]]
    content = topology(area("XX01", [0]), arcs=arcs, transform=None)
    assert read(load(content))[0].cells["geometry"] == ("POLYGON((10 50,11 50,11 51,10 50))",)


@pytest.mark.parametrize(
    "arcs",
    [[[7]], [[0]], "0", [["a"]], None, [[]]],
    ids=["no such arc", "not closed", "no list", "no number", "none", "empty"],
)
def test_an_area_that_cannot_be_drawn_is_rejected(load: Load, run: Run, arcs: Any) -> None:
    broken = {"type": "Polygon", "properties": {"id": "XX01"}, "arcs": arcs}
    outcome = run(load(topology(broken, area("XX02", [0, 1]))))
    assert [problem.message for problem in outcome.problems] == [REFUSED]
    assert len(outcome.accepted) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"type": "FeatureCollection"}, "is not a TopoJSON Topology"),
        (topology(objects={"other": {}}), "has no object 'regions' with geometries; there are 'other'"),
        (topology(arcs=[[["a", 0]]]), "has arcs or a transform that TopoJSON 1.0 does not have"),
        (topology(area("XX01", [0, 1]) | {"properties": {"id": "XX01", "na": "A"}}), "'na' is not in the mapping"),
    ],
)
def test_faults_of_a_topology_are_one_sentence(load: Load, read: Read, content: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(load(content))


def test_a_topology_needs_the_name_of_one_object(load: Load) -> None:
    with pytest.raises(BadInput, match="names under \\[file\\] one object of the topology as 'records'"):
        load(topology(), mapping=MAPPING.replace('file = { records = "regions" }', ""))


def test_areas_of_geojson_are_brought_to_longitude_and_latitude(load: Load, run: Run) -> None:
    text = {"type": "Polygon", "coordinates": [[list(map(int, pair)) for pair in SQUARE]]}
    feature = {"type": "Feature", "properties": {"id": "XX01"}, "geometry": text}
    nowhere = {**feature, "properties": {"id": "XX02"}, "geometry": None}
    content = {"type": "FeatureCollection", "features": [feature, nowhere]}
    outcome = run(load(content, "geojson", "EPSG:3035"))
    assert outcome.problems == [] and len(outcome.mapped) == 2
    (wkt,) = outcome.values("#asWKT")
    assert wkt == "POLYGON((10 52,11.4559 51.991,11.4857 52.8895,10 52))"
    assert outcome.values("#hasGeometry") == {"http://data.europa.eu/nuts/code/XX01#boundary-20M"}


@pytest.mark.parametrize(
    ("kind", "coordinates", "text"),
    [
        ("Point", ["1.50", "2"], "POINT(1.50 2)"),
        ("MultiPoint", [["1", "2"], ["3", "4"]], "MULTIPOINT(1 2,3 4)"),
        ("LineString", [["1", "2", "9"], ["3", "4"]], "LINESTRING(1 2,3 4)"),
        ("MultiLineString", [[["1", "2"], ["3", "4"]]], "MULTILINESTRING((1 2,3 4))"),
        ("Polygon", [SQUARE], "POLYGON((4321000 3210000,4421000 3210000,4421000 3310000,4321000 3210000))"),
    ],
)
def test_every_sort_of_geometry(kind: str, coordinates: Any, text: str) -> None:
    assert outlines.well_known_text(kind, coordinates) == text


@pytest.mark.parametrize(
    ("kind", "coordinates"),
    [
        ("Circle", ["1", "2"]),
        ("Polygon", [SQUARE[:3]]),
        ("Polygon", []),
        ("Point", ["1"]),
        ("Point", [1, 2]),
        ("Point", ["1e999999999", "2"]),
        ("Point", "12"),
    ],
)
def test_what_is_no_geometry(kind: str, coordinates: Any) -> None:
    with pytest.raises(ValueError, match=r"geometry|closed|empty|pair of numbers|nowhere|list"):
        outlines.well_known_text(kind, coordinates)


def test_what_is_in_longitude_and_latitude_keeps_its_digits() -> None:
    text = "POLYGON((14.5270 50.177,14.532 50.177,14.5310 50.173,14.5270 50.177))"
    assert outlines.crs84(text, "CRS84") == text
    named = "<http://www.opengis.net/def/crs/EPSG/0/3035> POINT(3210000 4321000)"
    assert outlines.crs84(named, "CRS84") == named


def test_positions_that_become_one_are_there_once() -> None:
    """A metre is less than the fourth decimal; only whole positions are compared."""
    line = "LINESTRING(4321000 3210000,4321001 3210000,4321002 3210001,4421000 3210000)"
    assert outlines.crs84(line, "EPSG:3035") == "LINESTRING(10 52,11.4559 51.991)"


def test_a_position_outside_the_area_of_its_system_is_refused() -> None:
    with pytest.raises(Unreadable, match="lies outside the area of EPSG:3035"):
        outlines.crs84("LINESTRING(4321000 3210000,99910435 -30498497)", "EPSG:3035")
