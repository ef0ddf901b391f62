"""GeoJSON (RFC 7946) as rows: one a feature, its properties as cells, its point as `longitude` and `latitude`.

Its geometry, of whatever sort, is the column `geometry` as well-known text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from eclod.core.errors import BadInput
from eclod_loaders.declarations.mapping_file import FieldSource, RegistryMapping
from eclod_loaders.declarations.registry import Source
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.reading import json_file
from eclod_loaders.reading.json_file import Digits
from eclod_loaders.reading.tabular import check_known, read_bytes
from eclod_loaders.rows import Row
from eclod_loaders.values import outlines
from eclod_loaders.values.coordinates import CRS84

LONGITUDE: Final = "longitude"
LATITUDE: Final = "latitude"
GEOMETRY: Final = "geometry"


def read_geojson(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the features of a collection as rows, numbered from 1. `name` is the file's name in messages.

    Raises BadInput, naming the file and what to do, when it is no feature collection, lacks a mapped property or has
    one that is neither mapped nor ignored.
    """
    return feature_rows(_features(path, name, source.mapping), name, source)


def feature_rows(features: Sequence[Any], name: str, source: Source) -> Iterator[Row]:
    """Return features, their numbers as `Digits`, as rows. Raises BadInput as `read_geojson` does."""
    seen: set[str] = set()
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        for key in properties if isinstance(properties, dict) else ():
            column = column_name(key)
            if column not in seen:
                check_known(column, f"{name}, feature {number}", source.mapping)
                seen.add(column)
    missing = sorted(source.mapping.used_columns - seen - {LONGITUDE, LATITUDE, GEOMETRY})
    if missing and features:
        raise BadInput(
            f"{name}: no feature has the property '{missing[0]}', which the mapping uses; correct one of them."
        )
    for number, feature in enumerate(features, start=1):
        yield _row(name, number, feature, source.mapping)


def _features(path: Path, name: str, mapping: RegistryMapping) -> list[Any]:
    content = json_file.load(read_bytes(path, name), name, "utf-8")
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise BadInput(f"{name} is not a GeoJSON FeatureCollection; export it as one.")
    features = content.get("features")
    if not isinstance(features, list):
        raise BadInput(f"{name} is a FeatureCollection without a list of features; export it anew.")
    _check_crs(name, content.get("crs"), mapping)
    return features


def _check_crs(name: str, crs: object, mapping: RegistryMapping) -> None:
    """Raise BadInput for a file of before RFC 7946 that names a coordinate system which the mapping does not."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    said = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if not said or "CRS84" in said or said.endswith(":4326"):
        return
    declared = {s.crs for thing in mapping.things.values() for s in thing.sources() if _is_place(s)} - {CRS84}
    if not any(said.endswith(":" + each.removeprefix("EPSG:")) for each in declared):
        raise BadInput(
            f"{name} has its coordinates in {said}; write it as crs = \"EPSG:…\" beside 'point' or 'column'."
        )


def _is_place(source: FieldSource) -> bool:
    return source.point is not None or source.column == GEOMETRY


def _row(name: str, number: int, feature: object, mapping: RegistryMapping) -> Row:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return Row(name, number, {}, "This element of 'features' is not a Feature; export the file anew.")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        return Row(name, number, {}, "The properties of this feature are not an object; export the file anew.")
    cells: dict[str, tuple[str, ...]] = {}
    defect = ""
    for key, value in properties.items():
        column = column_name(key)
        listed = value if isinstance(value, list) else [value]
        if column in mapping.used_columns and any(isinstance(each, dict | list) for each in listed):
            defect = f"The property '{column}' holds an object; only texts, numbers and lists of them can be mapped."
            continue
        texts = (json_file.text(each) for each in listed if each is not None)
        cells[column] = tuple(mapping.repaired(column, text) for text in texts if text.strip())
    point, wrong = _point(feature.get("geometry"))
    if LONGITUDE in mapping.used_columns and LONGITUDE not in cells:
        cells |= point
        defect = defect or wrong
    if GEOMETRY in mapping.used_columns and GEOMETRY not in cells:
        text, wrong = _text(feature.get("geometry"))
        cells[GEOMETRY] = (text,) if text else ()
        defect = defect or wrong
    return Row(name, number, cells, defect)


def _point(geometry: object) -> tuple[Mapping[str, tuple[str, ...]], str]:
    """Return the cells of a point, and what is wrong with a geometry that is not one; no geometry is no fault."""
    nothing: Mapping[str, tuple[str, ...]] = {LONGITUDE: (), LATITUDE: ()}
    if geometry is None:
        return nothing, ""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind != "Point":
        return nothing, f"The geometry is a {kind or 'broken object'}, and a Point is needed; export points."
    position = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(position, list) or len(position) < 2 or not all(isinstance(c, Digits) for c in position):
        return nothing, "The point has no pair of numbers as coordinates; correct it or set the geometry to null."
    return {LONGITUDE: (json_file.text(position[0]),), LATITUDE: (json_file.text(position[1]),)}, ""


def _text(geometry: object) -> tuple[str, str]:
    """Return a geometry as well-known text, and what is wrong with one that is not one; no geometry is no fault."""
    if geometry is None:
        return "", ""
    kind, coordinates = (geometry.get("type"), geometry.get("coordinates")) if isinstance(geometry, dict) else ("", ())
    try:
        return outlines.well_known_text(str(kind), coordinates), ""
    except ValueError:
        return "", "The geometry is no point, line or closed area of pairs of numbers; correct it or set it to null."
