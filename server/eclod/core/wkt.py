"""Points and outlines in well-known text.

Source: OGC GeoSPARQL 1.1, section 8.5.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_POINT: Final = re.compile(
    r"\s*(?:<(?P<system>[^>]*)>\s*)?POINT\s*\(\s*(?P<longitude>[-+\d.eE]+)\s+(?P<latitude>[-+\d.eE]+)\s*\)\s*",
    re.IGNORECASE,
)
_AREA: Final = re.compile(
    r"\s*(?:<(?P<system>[^>]*)>\s*)?(?:MULTI)?POLYGON\s*\((?P<rings>[-+\d.eE\s,()]+)\)\s*", re.IGNORECASE
)
_RING: Final = re.compile(r"\(([^()]+)\)")
#: A ring has at least three corners and the first again.
_LEAST: Final = 4

Ring = tuple[tuple[float, float], ...]


def point_of(wkt: str) -> tuple[float, float] | None:
    """Return (longitude, latitude) of a WKT point in CRS84, or None for another shape, system or number."""
    match = _POINT.fullmatch(wkt)
    if match is None or (match["system"] or _CRS84).replace("https:", "http:") != _CRS84:
        return None
    try:
        longitude, latitude = float(match["longitude"]), float(match["latitude"])
    except ValueError:
        return None
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None


def rings_of(wkt: str, most: int) -> tuple[Ring, ...]:
    """Return the outlines and holes of a polygon or several in CRS84, as (longitude, latitude), for a small drawing.

    Of more than `most` positions only every second, third … is taken, and small rings are left out. Nothing for another
    shape or system, or for what is no number.
    """
    match = _AREA.fullmatch(wkt)
    if match is None or (match["system"] or _CRS84).replace("https:", "http:") != _CRS84:
        return ()
    try:
        rings = [_ring(text) for text in _RING.findall(match["rings"])]
    except ValueError:
        return ()
    every = -(-sum(map(len, rings)) // most)
    thinned = [(*ring[:-1:every], ring[-1]) for ring in rings]
    return tuple(ring for ring in thinned if len(ring) >= _LEAST)


def _ring(text: str) -> Ring:
    positions: Sequence[Sequence[float]] = [tuple(map(float, pair.split())) for pair in text.split(",")]
    return tuple((longitude, latitude) for longitude, latitude, *_ in positions)
