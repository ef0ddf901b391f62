"""Points: as the file has them, and as longitude and latitude.

Well-known text as GeoSPARQL 1.1 has it (section 8.5.1): without a prefix it is CRS84, longitude first; any other system
is named by its IRI and keeps the axis order of its definition.
"""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import Final

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from eclod_loaders.values.texts import Unreadable, number, plain

CRS84: Final = "CRS84"

#: About a centimetre, which is finer than any address.
_PLACES: Final = Decimal("0.0000001")
#: Degrees that a point may lie outside the area a system is made for: Bornholm in zone 32, not an exchanged pair.
_MARGIN: Final = 10.0


def check_crs(name: str) -> str:
    """Return the name of a coordinate reference system, `CRS84` or `EPSG:…`. Raises ValueError when there is none."""
    if name != CRS84 and not name.startswith("EPSG:"):
        raise ValueError(f"'{name}' is no coordinate reference system; write 'CRS84' or a code such as 'EPSG:25832'")
    try:
        transformer(name)
    except CRSError:
        raise ValueError(f"there is no coordinate reference system '{name}'") from None
    return name


def source_wkt(east: str, north: str, crs: str) -> str:
    """Return the point in the system and with the digits of the file."""
    if crs == CRS84:
        return f"POINT({east} {north})"
    first_north = CRS(crs).axis_info[0].direction.lower() == "north"
    pair = f"{north} {east}" if first_north else f"{east} {north}"
    return f"<http://www.opengis.net/def/crs/EPSG/0/{crs.removeprefix('EPSG:')}> POINT({pair})"


def crs84_wkt(east: str, north: str, crs: str) -> str:
    """Return the point as longitude and latitude; converted ones have seven decimals, others the digits of the file.

    Raises Unreadable for a point that lies outside the world or far outside the area of its system.
    """
    x, y = Decimal(east), Decimal(north)
    if crs == CRS84:
        longitude, latitude = x, y
    else:
        converted = transformer(crs).transform(float(x), float(y))
        if not all(map(math.isfinite, converted)):
            raise outside(east, north, crs)
        longitude, latitude = (Decimal(repr(value)).quantize(_PLACES) for value in converted)
    west, south, far_east, far_north = bounds(crs)
    if not (west <= longitude <= far_east and south <= latitude <= far_north):
        raise outside(east, north, crs)
    return f"POINT({plain(longitude)} {plain(latitude)})"


def coordinate(text: str, locale: str | None) -> str:
    """Return the digits of one coordinate with a decimal point, nothing rounded."""
    return format(number(text, [locale or "en"]), "f")


def outside(east: str, north: str, crs: str) -> Unreadable:
    """Return what is wrong with a position that cannot be in a system."""
    return Unreadable(
        "coordinates",
        f"The point {east}, {north} lies outside the area of {crs}; check the two numbers, their order and the system.",
    )


@lru_cache(maxsize=64)
def transformer(crs: str) -> Transformer:
    """Return what turns (east, north) of a system into longitude and latitude."""
    return Transformer.from_crs("OGC:CRS84" if crs == CRS84 else crs, "OGC:CRS84", always_xy=True)


@lru_cache(maxsize=64)
def bounds(crs: str) -> tuple[float, float, float, float]:
    """Return west, south, east and north, in degrees, of where positions of a system may lie."""
    area = None if crs == CRS84 else CRS(crs).area_of_use
    if area is None:
        return -180.0, -90.0, 180.0, 90.0
    west, south, east, north = area.bounds
    return west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN
