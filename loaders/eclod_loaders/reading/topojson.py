"""TopoJSON (version 1.0) as rows: one a geometry of one object of the topology, as features of GeoJSON are.

Lines that two areas share are there once, as arcs; an area is a list of them. Source: https://github.com/topojson/topojson-specification
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Source
from eclod_loaders.reading import geojson, json_file
from eclod_loaders.reading.json_file import Digits
from eclod_loaders.reading.tabular import read_bytes
from eclod_loaders.rows import Row
from eclod_loaders.values.texts import plain

#: How deep the lists of arcs are in each sort of geometry; a line is one list of arcs.
_DEPTHS: Final = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
#: How many digits a position has beyond the step of a quantised topology.
_BEYOND: Final = 2

_Position = tuple[Digits, Digits]


def read_topojson(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the geometries of the object that `records` names as rows, numbered from 1.

    Raises BadInput, naming the file (as `name`) and what to do, when it is no topology, has no such object, lacks a
    mapped property or has one that is neither mapped nor ignored.
    """
    topology = json_file.load(read_bytes(path, name), name, "utf-8")
    if not isinstance(topology, dict) or topology.get("type") != "Topology":
        raise BadInput(f"{name} is not a TopoJSON Topology; export it as one.")
    objects = topology.get("objects")
    chosen = source.mapping.file.records[0]
    layer = objects.get(chosen) if isinstance(objects, dict) else None
    if not isinstance(layer, dict) or not isinstance(layer.get("geometries"), list):
        there = ", ".join(f"'{each}'" for each in objects) if isinstance(objects, dict) else "none"
        raise BadInput(f"{name} has no object '{chosen}' with geometries; there are {there}. Correct 'records'.")
    arcs = _Arcs(topology, name)
    return geojson.feature_rows([_feature(each, arcs) for each in layer["geometries"]], name, source)


class _Arcs:
    """The lines of a topology, with the positions that they stand for."""

    def __init__(self, topology: dict[str, Any], name: str) -> None:
        transform = topology.get("transform")
        try:
            scale, translate = (transform["scale"], transform["translate"]) if transform else (None, None)
            self._steps = None if scale is None else tuple(map(Decimal, scale))
            self._origin = None if translate is None else tuple(map(Decimal, translate))
            self._lines = [self._positions(arc) for arc in topology["arcs"]]
        except (TypeError, KeyError, ValueError, ArithmeticError):
            raise BadInput(f"{name} has arcs or a transform that TopoJSON 1.0 does not have; export it anew.") from None

    def line(self, numbers: Sequence[Any]) -> list[_Position]:
        """Return arcs as one line: each begins where the one before ends; a negative number reverses one."""
        positions: list[_Position] = []
        for number in map(int, numbers):
            arc = self._lines[number] if number >= 0 else self._lines[~number][::-1]
            positions += arc[1:] if positions else arc
        return positions

    def _positions(self, arc: Sequence[Sequence[Any]]) -> list[_Position]:
        if self._steps is None or self._origin is None:
            return [(Digits(x), Digits(y)) for x, y, *_ in arc]
        found: list[_Position] = []
        x = y = 0
        for step_x, step_y, *_ in arc:
            x, y = x + int(step_x), y + int(step_y)
            found.append((self._digits(0, x), self._digits(1, y)))
        return found

    def _digits(self, axis: int, steps: int) -> Digits:
        assert self._steps is not None and self._origin is not None
        step = self._steps[axis]
        places = max(0, _BEYOND - step.adjusted())
        return Digits(plain(round(self._origin[axis] + step * steps, places)))


def _feature(geometry: Any, arcs: _Arcs) -> dict[str, Any]:
    """Return a geometry as a feature of GeoJSON; what is wrong with it is for GeoJSON to say."""
    if not isinstance(geometry, dict):
        return {}
    kind = str(geometry.get("type"))
    try:
        coordinates = _coordinates(geometry.get("arcs"), _DEPTHS[kind], arcs)
    except (KeyError, IndexError, TypeError, ValueError):
        coordinates = None
    shape = None if kind in ("None", "null") else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": geometry.get("properties"), "geometry": shape}


def _coordinates(value: Any, depth: int, arcs: _Arcs) -> Any:
    return arcs.line(value) if depth == 1 else [_coordinates(each, depth - 1, arcs) for each in value]
