"""Points and outlines in well-known text: what a map can show, and nothing else."""

from __future__ import annotations

import pytest

from eclod.core.wkt import point_of, rings_of


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


SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0))


@pytest.mark.parametrize(
    ("wkt", "rings"),
    [
        ("POLYGON((0 0,1 0,1 1,0 1,0 0))", (SQUARE,)),
        ("polygon (( 0 0, 1 0, 1 1, 0 1, 0 0 ))", (SQUARE,)),
        ("MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((0 0,1 0,1 1,0 1,0 0),(0 0,1 0,1 1,0 1,0 0)))", (SQUARE,) * 3),
        ("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POLYGON((0 0,1 0,1 1,0 1,0 0))", (SQUARE,)),
        ("<http://www.opengis.net/def/crs/EPSG/0/3035> POLYGON((0 0,1 0,1 1,0 1,0 0))", ()),
        ("POLYGON((0 0,1 0,0 0))", ()),
        ("POLYGON((0 0,1,0 0,0 1))", ()),
        ("POLYGON((0 0,1.2.3 0,0 0,0 1))", ()),
        ("POLYGON EMPTY", ()),
        ("POINT(1 2)", ()),
    ],
)
def test_rings_of(wkt: str, rings: tuple[tuple[tuple[float, float], ...], ...]) -> None:
    assert rings_of(wkt, 1000) == rings


def test_a_long_outline_is_thinned_and_stays_closed() -> None:
    """The first position is also the last, whichever are left out between."""
    corners = [f"{number / 100} {number * number / 1e6}" for number in range(1000)]
    small = "9 9,9.1 9,9.1 9.1,9 9"
    (ring,) = rings_of(f"MULTIPOLYGON((({','.join([*corners, corners[0]])})),(({small})))", 100)
    assert 80 <= len(ring) <= 110
    assert ring[0] == ring[-1] == (0.0, 0.0)
