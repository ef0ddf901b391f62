"""Clusters on a map, as GeoJSON: each of them, so that the file can be joined with others, with the best point known.

Source: RFC 7946; a feature of no known place has `geometry: null` (section 3.2).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from eclod.core.namespaces import expand
from eclod.core.wkt import point_of
from eclod.store.tables import columns, files
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.layout import Table
from eclod.store.tables.readers import Cell
from eclod.store.tables.rows import Cells
from eclod.store.tables.view import View, literal_of, name_of, term

#: What is on the map, and what else: the organisations that manage it, where a point of theirs is known.
CLUSTERS: Final = "clusters"
FILE: Final = "clusters.geojson"
ORGANISATIONS: Final = "organisations"
_MANAGERS: Final = "ClusterOrganisation"
#: The columns with the things by which a cluster has a place that has none itself.
PLACED_BY: Final = ("managed_by", "region")
GEOMETRY: Final = term(expand("geo:hasDefaultGeometry"))
_WKT: Final = term(expand("geo:asWKT"))

_BEGIN: Final = '{"type":"FeatureCollection","features":['
_END: Final = "]}\n"
_FEATURE: Final = '{"type":"Feature","id":"'

Point = tuple[float, float]
#: The features of a thing by its IRI, as JSON: two where it is a cluster and a cluster organisation.
Features = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A point, and whose it is: of the thing itself, of its organisation or of its region."""

    point: Point | None = None
    whose: str | None = None


def own_columns() -> tuple[Column, ...]:
    """Return the properties of features that no table has."""
    return tuple(columns.fixed(name, Datatype.TEXT, required=name == "table") for name in ("table", "point_of"))


def features(
    tables: Mapping[str, Table], found: Mapping[str, Cells], points: Callable[[str], Point | None], view: View
) -> Features:
    """Return the features, as JSON and by IRI, for all clusters in the cells, and for the cluster organisations that
    have a point.

    The properties are the columns of both tables, each null where a thing has none, and those of `own_columns`;
    several values are joined as in CSV. `points` tells where an organisation is.
    """
    clusters, organisations = tables[CLUSTERS], tables[ORGANISATIONS]
    names = dict.fromkeys(column.name for table in (clusters, organisations) for column in table.columns)
    rows = [(CLUSTERS, row, _placed(row, points, view)) for row in _rows(clusters, found[CLUSTERS])]
    managers = _managers(organisations, found[ORGANISATIONS])
    rows += [(ORGANISATIONS, row, _Placed(point, "itself")) for row in managers if (point := _own(row))]
    made: dict[str, list[str]] = {}
    for table, row, placed in rows:
        geometry = {"type": "Point", "coordinates": placed.point} if placed.point else None
        plain = {column.name: files.plain(row[column.name], column) for column in tables[table].columns}
        properties = {"table": table, "point_of": placed.whose, **{name: plain.get(name) for name in names}}
        feature = {"type": "Feature", "id": row["iri"], "geometry": geometry, "properties": properties}
        text = json.dumps(feature, ensure_ascii=False, separators=(",", ":"))
        made.setdefault(str(row["iri"]), []).append(text)
    return made


def managers_of(table: Table, cells: Cells) -> set[str]:
    """Return the organisations on whose points the places of clusters may depend, by IRI."""
    position = [column.name for column in table.columns].index(PLACED_BY[0])
    return {iri for cell in cells[position] for iri in _several(cell)}


def own_points(table: Table, cells: Cells) -> dict[str, Point]:
    """Return the points that things have themselves, by IRI."""
    names = [column.name for column in table.columns]
    wanted = {name: cells[names.index(name)] for name in ("iri", "longitude", "latitude")}
    rows = (dict(zip(wanted, row, strict=True)) for row in zip(*wanted.values(), strict=True))
    return {str(row["iri"]): point for row in rows if (point := _own(row))}


def collection(made: Features) -> bytes:
    """Return the file of features, sorted by IRI."""
    texts = [text for _, several in sorted(made.items()) for text in several]
    return f"{_BEGIN}{','.join(texts)}{_END}".encode()


def count(made: Features) -> int:
    """Return how many features there are."""
    return sum(map(len, made.values()))


def features_of(content: bytes) -> Features:
    """Return the features of a file that `collection` made; raises ValueError for another."""
    text = content.decode()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise ValueError("no collection of features as it is written here")
    made: dict[str, list[str]] = {}
    # A quotation mark inside a text has a backslash before it, so this is nowhere but at the start of a feature.
    parts = text[len(_BEGIN) : -len(_END)].split(f",{_FEATURE}")
    for part in parts if parts != [""] else ():
        feature = _FEATURE + part.removeprefix(_FEATURE)
        iri, _ = json.JSONDecoder().raw_decode(feature, len(_FEATURE) - 1)
        made.setdefault(iri, []).append(feature)
    return made


def _rows(table: Table, cells: Cells) -> Iterator[Mapping[str, Cell]]:
    names = [column.name for column in table.columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))


def _managers(table: Table, cells: Cells) -> Iterator[Mapping[str, Cell]]:
    kind = next(each.target_class for each in table.shapes if each.name == _MANAGERS)
    assert table.class_position is not None
    wanted = [one == kind for one in cells[table.class_position]]
    return _rows(table, [list(compress(column, wanted)) for column in cells])


def _placed(row: Mapping[str, Cell], points: Callable[[str], Point | None], view: View) -> _Placed:
    """Return the best point of a cluster; of several regions that of the smallest."""
    if own := _own(row):
        return _Placed(own, "itself")
    for iri in _several(row[PLACED_BY[0]]):
        if point := points(iri):
            return _Placed(point, "organisation")
    for iri in sorted(
        _several(row[PLACED_BY[1]]), key=lambda iri: (-len(iri), iri)
    ):  # a NUTS code is longer than its whole
        if point := _point_of(iri, view):
            return _Placed(point, "region")
    return _Placed()


def _own(row: Mapping[str, Cell]) -> Point | None:
    longitude, latitude = row["longitude"], row["latitude"]
    return (float(longitude), float(latitude)) if isinstance(longitude, str) and isinstance(latitude, str) else None


def _several(cell: Cell) -> list[str]:
    return [value for value in (cell if isinstance(cell, tuple) else (cell,)) if value]


def _point_of(iri: str, view: View) -> Point | None:
    """Return the point of a thing that has no row."""
    for geometry in view.about(name_of(iri)).get(GEOMETRY, ()):
        for text in view.about(geometry).get(_WKT, ()):
            if (literal := literal_of(text)) and (point := point_of(literal[0])):
                return point
    return None
