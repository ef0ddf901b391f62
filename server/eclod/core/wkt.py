"""Points in well-known text.

Source: OGC GeoSPARQL 1.1, section 8.5.1.
"""

from __future__ import annotations

import re
from typing import Final

_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_POINT: Final = re.compile(
    r"\s*(?:<(?P<system>[^>]*)>\s*)?POINT\s*\(\s*(?P<longitude>[-+\d.eE]+)\s+(?P<latitude>[-+\d.eE]+)\s*\)\s*",
    re.IGNORECASE,
)


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
