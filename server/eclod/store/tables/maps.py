"""Clusters on a map, as GeoJSON: each of them, so that the file can be joined with others, with the best point known.

Source: RFC 7946; a feature of no known place has `geometry: null` (section 3.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

from eclod.core.namespaces import expand
from eclod.core.wkt import point_of
from eclod.store.tables import columns, files
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.layout import Table
from eclod.store.tables.readers import Cell
from eclod.store.tables.rows import Cells
from eclod.store.tables.view import View, literal_of, term

#: What is on the map, and what else: the organisations that manage it, where a point of theirs is known.
CLUSTERS: Final = "clusters"
FILE: Final = "clusters.geojson"
_ORGANISATIONS: Final = "organisations"
_MANAGERS: Final = "ClusterOrganisation"
_GEOMETRY: Final = term(expand("geo:hasDefaultGeometry"))
_WKT: Final = term(expand("geo:asWKT"))

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A point, and whose it is: of the thing itself, of its organisation or of its region."""

    point: _Point | None = None
    whose: str | None = None


def own_columns() -> tuple[Column, ...]:
    """Return the properties of features that no table has."""
    return tuple(columns.fixed(name, Datatype.TEXT, required=name == "table") for name in ("table", "point_of"))


def write(path: Path, tables: Mapping[str, Table], found: Mapping[str, Cells], view: View) -> int:
    """Write all clusters, and the cluster organisations that have a point, as features; return how many there are.

    The properties are the columns of both tables, each null where a thing has none, and those of `own_columns`;
    several values are joined as in CSV.
    """
    clusters, organisations = tables[CLUSTERS], tables[_ORGANISATIONS]
    names = dict.fromkeys(column.name for table in (clusters, organisations) for column in table.columns)
    points = {str(row["iri"]): point for row in _rows(organisations, found[_ORGANISATIONS]) if (point := _own(row))}
    rows = [(CLUSTERS, row, _placed(row, points, view)) for row in _rows(clusters, found[CLUSTERS])]
    managers = _managers(organisations, found[_ORGANISATIONS])
    rows += [(_ORGANISATIONS, row, _Placed(point, "itself")) for row in managers if (point := _own(row))]
    features = []
    for table, row, placed in rows:
        geometry = {"type": "Point", "coordinates": placed.point} if placed.point else None
        plain = {column.name: files.plain(row[column.name], column) for column in tables[table].columns}
        properties = {"table": table, "point_of": placed.whose, **{name: plain.get(name) for name in names}}
        features.append({"type": "Feature", "id": row["iri"], "geometry": geometry, "properties": properties})
    features.sort(key=lambda feature: str(feature["id"]))
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    return len(features)


def _rows(table: Table, cells: Cells) -> Iterator[Mapping[str, Cell]]:
    names = [column.name for column in table.columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))


def _managers(table: Table, cells: Cells) -> Iterator[Mapping[str, Cell]]:
    kind = next(each.target_class for each in table.shapes if each.name == _MANAGERS)
    assert table.class_position is not None
    wanted = [one == kind for one in cells[table.class_position]]
    return _rows(table, [list(compress(column, wanted)) for column in cells])


def _placed(row: Mapping[str, Cell], organisations: Mapping[str, _Point], view: View) -> _Placed:
    """Return the best point of a cluster; of several regions that of the smallest."""
    if own := _own(row):
        return _Placed(own, "itself")
    for iri in _several(row["managed_by"]):
        if iri in organisations:
            return _Placed(organisations[iri], "organisation")
    for iri in sorted(
        _several(row["region"]), key=lambda iri: (-len(iri), iri)
    ):  # a NUTS code is longer than its whole
        if point := _point_of(iri, view):
            return _Placed(point, "region")
    return _Placed()


def _own(row: Mapping[str, Cell]) -> _Point | None:
    longitude, latitude = row["longitude"], row["latitude"]
    return (float(longitude), float(latitude)) if isinstance(longitude, str) and isinstance(latitude, str) else None


def _several(cell: Cell) -> list[str]:
    return [value for value in (cell if isinstance(cell, tuple) else (cell,)) if value]


def _point_of(iri: str, view: View) -> _Point | None:
    """Return the point of a thing that has no row."""
    for geometry in view.about(term(iri)).get(_GEOMETRY, ()):
        for text in view.about(geometry).get(_WKT, ()):
            if (literal := literal_of(text)) and (point := point_of(literal[0])):
                return point
    return None
