"""Geometries of any sort as well-known text: as a file has them, and in longitude and latitude.

Well-known text as GeoSPARQL 1.1 has it (section 8.5.1): without a prefix it is CRS84, longitude first. GeoJSON and
TopoJSON have east first in whatever system.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from eclod_loaders.values.coordinates import CRS84, bounds, outside, transformer
from eclod_loaders.values.texts import plain

#: The sorts of geometries that GeoJSON has (RFC 7946, section 3.1), and how deep the lists of positions are in each.
_DEPTHS: Final = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_RINGS: Final = frozenset({"Polygon", "MultiPolygon"})
#: About ten metres, which is finer than any outline that is drawn to be looked at.
_PLACES: Final = 4
_POSITION: Final = re.compile(r"(-?[0-9.]+) (-?[0-9.]+)")
_REPEATED: Final = re.compile(r"(?<=[(,])([^,()]+)(?:,\1(?=,))+")
#: How large a coordinate may be, as a power of ten: there are no places beyond, only texts of a gigabyte.
_LARGEST: Final = 12


def well_known_text(kind: str, coordinates: Any) -> str:
    """Return a geometry of GeoJSON, its numbers as texts, as well-known text with the digits of the file.

    A third coordinate is left out. Raises ValueError for what is no geometry, and for an area whose outline is not
    closed.
    """
    depth = _DEPTHS.get(kind)
    if depth is None:
        raise ValueError(f"there is no geometry '{kind}'; known are {', '.join(_DEPTHS)}")
    text = _nested(coordinates, depth, kind in _RINGS)
    return f"{kind.upper()}{text}" if depth else f"{kind.upper()}({text})"


def crs84(text: str, crs: str) -> str:
    """Return well-known text without a prefix in longitude and latitude.

    What is in them already, or names a system of its own, stays as it is. What is converted has four decimals, and
    positions that then are the same as the one before are left out. Raises Unreadable for a position far outside the
    area of the system.
    """
    if text.startswith("<"):
        return text
    pairs = [(match[1], match[2]) for match in _POSITION.finditer(text)]
    east, north = ([float(pair[axis]) for pair in pairs] for axis in (0, 1))
    if crs != CRS84:
        east, north = (list(axis) for axis in transformer(crs).transform(east, north))
    west, south, far_east, far_north = bounds(crs)
    for x, y, pair in zip(east, north, pairs, strict=True):
        if not (math.isfinite(x) and math.isfinite(y) and west <= x <= far_east and south <= y <= far_north):
            raise outside(*pair, crs)
    if crs == CRS84:
        return text
    places = iter(zip(east, north, strict=True))
    moved = _POSITION.sub(lambda _: " ".join(map(_rounded, next(places))), text)
    return _REPEATED.sub(r"\1", moved)


def _rounded(degrees: float) -> str:
    return plain(Decimal(f"{degrees:.{_PLACES}f}"))


def _nested(value: Any, depth: int, closed: bool) -> str:
    if not isinstance(value, list | tuple):
        raise ValueError("its coordinates are no list")
    if depth == 0:
        return _position(value)
    if not value:
        raise ValueError("a list of its coordinates is empty")
    parts = [_nested(each, depth - 1, closed) for each in value]
    if depth == 1 and closed and (len(parts) < 4 or parts[0] != parts[-1]):
        raise ValueError("an outline is not closed: it needs four positions, the last of them the first again")
    return f"({','.join(parts)})"


def _position(value: Sequence[Any]) -> str:
    if len(value) < 2 or not all(isinstance(each, str) for each in value[:2]):
        raise ValueError("a position has no pair of numbers")
    try:
        numbers = [Decimal(each) for each in value[:2]]
    except InvalidOperation:
        raise ValueError("a position has no pair of numbers") from None
    if not all(each.is_finite() and abs(each.adjusted()) <= _LARGEST for each in numbers):
        raise ValueError("a position lies nowhere")
    return " ".join(format(each, "f") for each in numbers)
