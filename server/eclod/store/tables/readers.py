"""From statements to cells: for each sort of field, which columns it has and how its values fill them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from eclod.core.namespaces import expand
from eclod.core.wkt import point_of
from eclod.rdf.fields import Field, FieldCatalogue
from eclod.store.tables import columns
from eclod.store.tables.columns import Column, Datatype
from eclod.store.tables.view import View, best_text, iri_of, literal_of, term

#: What stands in a cell: a value in the spelling of its type, several, or nothing.
Cell = str | tuple[str | None, ...] | None

_POINT: Final = expand("geo:hasDefaultGeometry")
_WKT: Final = term(expand("geo:asWKT"))
#: How a value of a type may be spelt (a date with its zone, which goes); the rest, which only data without a gate can
#: hold, is left out.
_SPELLINGS: Final = {
    Datatype.DATE: re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)?", re.ASCII),
    Datatype.YEAR: re.compile(r"(-?\d{4,9})", re.ASCII),
    Datatype.DECIMAL: re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))", re.ASCII),
    Datatype.DOUBLE: re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN)", re.ASCII),
    Datatype.INTEGER: re.compile(r"([+-]?\d{1,18})", re.ASCII),
    Datatype.BOOLEAN: re.compile(r"(true|false)"),
}


class Reader(Protocol):
    """Reads the values of one field."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        """Return a cell for each column from the values (terms as lines have them, sorted)."""
        ...


@dataclass(frozen=True, slots=True)
class BestText:
    """Texts of which there is one for each language: the best, and which language it is in."""

    columns: tuple[Column, ...]

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        best = best_text(values)
        # Undetermined (ISO 639-2) is what a registry says that does not know.
        cells = (best[0], None if best[1] in ("", "und") else best[1]) if best else (None, None)
        return cells[: len(self.columns)]


@dataclass(frozen=True, slots=True)
class Literals:
    """Values of a type."""

    columns: tuple[Column]

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        column = self.columns[0]
        texts = (literal[0] for literal in map(literal_of, values) if literal is not None)
        typed = (_typed(text, column.datatype) for text in texts)
        return (_cell(list(dict.fromkeys(text for text in typed if text is not None)), column.many),)


@dataclass(frozen=True, slots=True)
class Links:
    """Names of other things, with their codes and labels beside them in the same order."""

    columns: tuple[Column, ...]
    coded: bool
    labelled: bool

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        if not self.coded:
            return self._read(values, view)
        # Thousands of things are in one country, of one sort.
        key: tuple[int | bytes, ...] = (id(self), *values)
        if key not in view.kept:
            view.kept[key] = self._read(values, view)
        kept: Sequence[Cell] = view.kept[key]
        return kept

    def _read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        many = self.columns[0].many
        found = [(value, iri) for value in values if (iri := iri_of(value)) is not None]
        cells = [_cell([iri for _, iri in found], many)]
        if self.coded:
            cells.append(_cell([view.code(value) for value, _ in found], many))
        if self.labelled:
            cells.append(_cell([view.label(value) for value, _ in found], many))
        return cells


@dataclass(frozen=True, slots=True)
class Nested:
    """Parts of a thing that have fields of their own: one cell for each of these, one value for each part."""

    columns: tuple[Column, ...]
    many: bool
    parts: tuple[tuple[bytes, Reader], ...]

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        rows = [self._part(value, view) for value in values]
        if not self.many:
            return rows[0] if rows else (None,) * len(self.columns)
        return [_flat(cells) for cells in zip(*rows, strict=True)] if rows else (None,) * len(self.columns)

    def _part(self, value: bytes, view: View) -> list[Cell]:
        about = view.about(value)
        return [cell for path, reader in self.parts for cell in reader.read(about.get(path, ()), view)]


@dataclass(frozen=True, slots=True)
class Point:
    """Where a thing is: longitude and latitude of a point, and any geometry as well-known text."""

    columns: tuple[Column, Column, Column]

    def read(self, values: Sequence[bytes], view: View) -> Sequence[Cell]:
        texts = (literal_of(wkt) for value in values for wkt in view.about(value).get(_WKT, ()))
        wkt = next((literal[0] for literal in texts if literal is not None), None)
        point = point_of(wkt) if wkt is not None else None
        return (repr(point[0]), repr(point[1]), wkt) if point else (None, None, wkt)


def of_fields(fields: tuple[Field, ...], catalogue: FieldCatalogue, *, outermost: bool = True) -> Reader:
    """Return the reader for a field, which several shapes may have under the same name; the first tells its sort."""
    first, column = fields[0], columns.of_field(fields)
    if first.nested is not None:
        return _nested(first, column, catalogue)
    if first.language_tagged and not column.many:
        language = (columns.derived("language", column),) if outermost else ()
        return BestText((column, *language))
    if not first.is_iri:
        return Literals((column,))
    coded, labelled = bool(first.code_lists), not first.is_web_page and _has_name(first.target, catalogue)
    notation = (expand("skos:notation"),)
    beside = [columns.derived("code", column, properties=notation, code_lists=column.code_lists)] if coded else []
    beside += [columns.derived("label", column, properties=(expand("skos:prefLabel"),))] if labelled else []
    return Links((column, *beside), coded, labelled)


def _has_name(target: str | None, catalogue: FieldCatalogue) -> bool:
    """Return whether things of a class may have a name; of those that no shape describes it is not known."""
    known = [shape for shape in catalogue if shape.target_class == target]
    return not known or any(catalogue.field(shape.name, "name") for shape in known)


def _nested(field: Field, column: Column, catalogue: FieldCatalogue) -> Reader:
    assert field.nested is not None
    shape = catalogue[field.nested]
    inner = sorted(catalogue.all_fields(shape.name), key=lambda part: (part.order, part.name))
    parts = [(term(part.path), of_fields((part,), catalogue, outermost=False)) for part in inner]
    found = [columns.inside(field, each, column.many) for _, reader in parts for each in reader.columns]
    if field.path == _POINT and len(found) == 1:
        longitude, latitude = (columns.fixed(name, Datatype.DOUBLE, unit="°") for name in ("longitude", "latitude"))
        return Point((longitude, latitude, replace(found[0], many=False)))
    return Nested(tuple(found), column.many, tuple(parts))


def _typed(text: str, datatype: Datatype) -> str | None:
    """Return a value as its type is spelt, or None when it is not of the type."""
    spelling = _SPELLINGS.get(datatype)
    if spelling is None:
        return text
    match = spelling.fullmatch(text)
    if match is None:
        return None
    if datatype is Datatype.DATE:
        with suppress(ValueError):
            return date.fromisoformat(match[1]).isoformat()
        return None
    return match[1]


def _cell(found: Sequence[str | None], many: bool) -> Cell:
    """Return the cell of a column; nothing where no value is known, even if it is known how many there are."""
    if not many:
        return found[0] if found else None
    return tuple(found) if any(value is not None for value in found) else None


def _flat(cells: Sequence[Cell]) -> Cell:
    """Return one value for each part, or all values where a part has several."""
    found: list[str | None] = []
    for cell in cells:
        if isinstance(cell, tuple):
            found += cell
        else:
            found.append(cell)
    return _cell(found, many=True)
