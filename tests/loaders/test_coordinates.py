"""Points: the digits of the file beside longitude and latitude, and nothing outside the area of a system."""

from __future__ import annotations

import pytest

from eclod_loaders.values import coordinates
from eclod_loaders.values.texts import Unreadable

UTM = "EPSG:25832"


def test_source_keeps_every_digit() -> None:
    east, north = (coordinates.coordinate(text, None) for text in ("560016.180", "6319238.093"))
    assert coordinates.source_wkt(east, north, UTM) == (
        "<http://www.opengis.net/def/crs/EPSG/0/25832> POINT(560016.180 6319238.093)"
    )


def test_converted_points_have_longitude_first_and_seven_decimals() -> None:
    assert coordinates.crs84_wkt("560016.186", "6319238.093", UTM) == "POINT(9.9883129 57.0127384)"


def test_bornholm_lies_outside_its_zone_and_is_read() -> None:
    assert coordinates.crs84_wkt("890649.09", "6118912.57", UTM) == "POINT(15.1204697 55.062809)"


def test_points_in_longitude_and_latitude_stay_as_they_are() -> None:
    text = "13.831412777777777", "50.64468027777778"
    assert coordinates.crs84_wkt(*text, "CRS84") == "POINT(13.831412777777777 50.64468027777778)"


def test_axis_order_of_the_definition_is_kept() -> None:
    assert coordinates.source_wkt("4321000", "3210000", "EPSG:3035").endswith("POINT(3210000 4321000)")
    assert coordinates.crs84_wkt("4321000", "3210000", "EPSG:3035") == "POINT(10 52)"


@pytest.mark.parametrize(
    ("east", "north", "crs"),
    [
        ("6319238.093", "560016.186", UTM),
        ("0", "0", UTM),
        ("50.6", "193.8", "CRS84"),
        ("1e300", "5", "CRS84"),
        ("9" * 30, "9" * 30, UTM),
    ],
)
def test_points_elsewhere_are_refused(east: str, north: str, crs: str) -> None:
    with pytest.raises(Unreadable, match="lies outside the area of") as refused:
        coordinates.crs84_wkt(east, north, crs)
    assert refused.value.rule == "coordinates"


@pytest.mark.parametrize("name", ["EPSG:999999", "UTM32", "EPSG:", "urn:ogc:def:crs:EPSG::25832"])
def test_unknown_systems_are_said(name: str) -> None:
    with pytest.raises(ValueError, match="no coordinate reference system"):
        coordinates.check_crs(name)
