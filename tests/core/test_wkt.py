"""Points in well-known text: what a map can show, and nothing else."""

from __future__ import annotations

import pytest

from eclod.core.wkt import point_of


@pytest.mark.parametrize(
    ("wkt", "point"),
    [
        ("POINT(12.5 55.6)", (12.5, 55.6)),
        ("point ( -1e1   +5 )", (-10.0, 5.0)),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(12.5 55.6)", (12.5, 55.6)),
        ("<http://www.opengis.net/def/crs/EPSG/0/25832> POINT(722000 6175000)", None),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(55.6 12.5)", None),
        ("POINT(200 5)", None),
        ("POINT(1.2.3 5)", None),
        ("POINT EMPTY", None),
        ("LINESTRING(1 2, 3 4)", None),
    ],
)
def test_point_of(wkt: str, point: tuple[float, float] | None) -> None:
    assert point_of(wkt) == point
