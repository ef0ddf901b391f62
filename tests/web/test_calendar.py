"""Events as iCalendar: one, a series, a list; read back by the library, with what caches and browsers need."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, RELEASE, FoundEverywhere, write_release

SERIES, FAIR, TALK, YEAR, LONELY = (
    codes.derive("event", "dk", name) for name in ("series", "fair", "talk", "year", "lonely")
)
EVENT = f"{BASE}/id/event/"
MADE = "2026-01-02T03:04:05+00:00"
DATA = """
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX eclod: <https://w3id.org/eclod/ontology#>
PREFIX ev: <https://w3id.org/eclod/id/event/>
PREFIX country: <http://publications.europa.eu/resource/authority/country/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX locn: <http://www.w3.org/ns/locn#>
PREFIX nuts: <http://data.europa.eu/nuts/code/>
PREFIX schema: <https://schema.org/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX time: <http://www.w3.org/2006/time#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
ev:@SERIES@ a schema:EventSeries , cv:PublicEvent ; dct:title "Fairs"@en , "Märkte"@de .
ev:@FAIR@ a cv:PublicEvent ; dct:title "Fair; of ships, and all that floats on the water of the fjord"@en , "Messe"@de ;
    dct:description "One.\\nTwo\\r\\nBEGIN:VEVENT"@en ; cv:parentEvent ev:@SERIES@ ; eclod:country country:DNK ;
    dct:spatial nuts:DK050 ; cv:eventStatus <https://w3id.org/eclod/scheme/event-status/cancelled> ;
    eclod:ecosystem <https://w3id.org/eclod/scheme/ecosystem/health> ; dcat:keyword "blue, deep"@en ;
    foaf:homepage <https://fair.example/ø?a=1;b=2> ; locn:address <https://w3id.org/eclod/id/event/@FAIR@#address> ;
    geo:hasDefaultGeometry <https://w3id.org/eclod/id/event/@FAIR@#location> ; time:hasTime ev:fair-time .
<https://w3id.org/eclod/id/event/@FAIR@#address> locn:postName "Aalborg" .
<https://w3id.org/eclod/id/event/@FAIR@#location> geo:asWKT "POINT(9.9217 57.0488)"^^geo:wktLiteral .
ev:fair-time time:hasBeginning ev:b1 ; time:hasEnd ev:e1 .
ev:b1 time:inXSDDate "2026-05-04"^^xsd:date . ev:e1 time:inXSDDate "2026-05-06"^^xsd:date .
ev:@TALK@ a cv:PublicEvent ; dct:title "Talk"@en ; cv:parentEvent ev:@FAIR@ ; time:hasTime ev:talk-time ;
    cv:format <https://w3id.org/eclod/scheme/event-format/online> .
ev:talk-time time:hasBeginning ev:b2 ; time:hasEnd ev:e2 .
ev:b2 time:inXSDDate "2026-05-04"^^xsd:date ; time:inXSDDateTimeStamp "2026-05-04T09:00:00+02:00"^^xsd:dateTime .
ev:e2 time:inXSDDate "2026-05-04"^^xsd:date ; time:inXSDDateTimeStamp "2026-05-04T10:30:00+02:00"^^xsd:dateTime .
ev:@YEAR@ a cv:PublicEvent ; dct:title "Some day in a year"@en ; time:hasTime ev:year-time .
ev:year-time time:hasBeginning ev:b3 ; time:hasEnd ev:b3 . ev:b3 time:inXSDgYear "2026"^^xsd:gYear .
ev:@LONELY@ a cv:PublicEvent ; dct:title "Elsewhere"@fr ; dct:spatial nuts:FR1 ; eclod:country country:FRA ;
    time:hasTime ev:t4 .
ev:t4 time:hasBeginning ev:b4 ; time:hasEnd ev:b4 . ev:b4 time:inXSDDate "2025-12-31"^^xsd:date .
nuts:DK050 a skos:Concept ; skos:broader nuts:DK05 . nuts:DK05 a skos:Concept ; skos:broader nuts:DK0 .
nuts:DK0 a skos:Concept ; skos:prefLabel "Danmark"@da , "Denmark"@en . nuts:FR1 a skos:Concept .
country:DNK skos:prefLabel "Denmark"@en , "Dänemark"@de .
<https://w3id.org/eclod/scheme/event-status/cancelled> skos:notation "cancelled" .
<https://w3id.org/eclod/scheme/event-format/online> skos:notation "online" ; skos:prefLabel "online"@en .
<https://w3id.org/eclod/scheme/ecosystem/health> skos:prefLabel "Health"@en , "Gesundheit"@de .
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("events")
    releases = Releases(folder)
    write_release(releases, RELEASE, None, MADE)
    releases.switch(RELEASE)
    text = DATA
    for name, code in (("SERIES", SERIES), ("FAIR", FAIR), ("TALK", TALK), ("YEAR", YEAR), ("LONELY", LONELY)):
        text = text.replace(f"@{name}@", code)
    store = ox.Store()
    store.load(text.encode(), ox.RdfFormat.TURTLE)
    return create_app(Settings(data=folder), InProcessEngine(store, RELEASE), releases, FoundEverywhere()).test_client()


def events(client: FlaskClient, path: str) -> dict[str, Any]:
    """Return the events of a calendar by the code in their UID; the file is what RFC 5545 asks for."""
    response = client.get(path)
    assert (response.status_code, response.content_type) == (200, "text/calendar; charset=utf-8")
    lines = response.data.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR" and lines[-2:] == [b"END:VCALENDAR", b""]
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    calendar = Calendar.from_ical(response.data)
    assert (str(calendar["VERSION"]), calendar.errors) == ("2.0", []) and calendar["PRODID"]
    found: list[Any] = calendar.walk("VEVENT")
    for event in found:
        assert event.errors == [] and event["DTSTAMP"].dt == datetime.datetime.fromisoformat(MADE)
        assert event["DTEND"].dt > event["DTSTART"].dt
    return {str(event["UID"]).removeprefix(EVENT): event for event in found}


def test_an_event_with_its_parts(client: FlaskClient) -> None:
    found = events(client, f"/doc/event/{FAIR}.ics")
    assert set(found) == {FAIR, TALK}
    fair = found[FAIR]
    assert str(fair["SUMMARY"]) == "Fair; of ships, and all that floats on the water of the fjord"
    assert fair["SUMMARY"].params["LANGUAGE"] == "en"
    # A line that looks like the beginning of an event stays text.
    assert str(fair["DESCRIPTION"]) == "One.\nTwo\nBEGIN:VEVENT"
    assert (fair["DTSTART"].dt, fair["DTEND"].dt) == (datetime.date(2026, 5, 4), datetime.date(2026, 5, 7))
    assert str(fair["LOCATION"]) == "Aalborg, Denmark"
    assert (fair["GEO"].latitude, fair["GEO"].longitude) == (57.0488, 9.9217)
    assert [str(each) for each in fair["CATEGORIES"].cats] == ["Health", "blue, deep"]
    assert (str(fair["STATUS"]), str(fair["RELATED-TO"])) == ("CANCELLED", EVENT + SERIES)
    assert str(fair["URL"]) == "https://fair.example/%C3%B8?a=1;b=2"
    talk = found[TALK]
    assert talk["DTSTART"].dt == datetime.datetime(2026, 5, 4, 7, tzinfo=datetime.UTC)
    assert talk["DTEND"].dt == datetime.datetime(2026, 5, 4, 8, 30, tzinfo=datetime.UTC)
    assert (str(talk["LOCATION"]), str(talk["URL"])) == ("online", EVENT + TALK)
    assert "STATUS" not in talk and "DESCRIPTION" not in talk


def test_a_series_is_its_editions(client: FlaskClient) -> None:
    assert set(events(client, f"/doc/event/{SERIES}.ics")) == {FAIR, TALK}


def test_texts_are_in_the_language_that_the_address_asks_for(client: FlaskClient) -> None:
    fair = events(client, f"/doc/event/{FAIR}.ics?lang=de")[FAIR]
    assert (str(fair["SUMMARY"]), str(fair["LOCATION"])) == ("Messe", "Aalborg, Dänemark")
    assert str(fair["DESCRIPTION"]).startswith("One.") and fair["DESCRIPTION"].params["LANGUAGE"] == "en"
    assert [str(each) for each in fair["CATEGORIES"].cats] == ["Gesundheit"]
    plain = client.get(f"/doc/event/{FAIR}.ics").data
    assert client.get(f"/doc/event/{FAIR}.ics", headers={"Accept-Language": "de"}).data == plain


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ("", {FAIR, TALK, LONELY}),
        ("?region=DK05", {FAIR}),
        ("?region=FR1&region=DK05", {FAIR, LONELY}),
        ("?country=FR", {LONELY}),
        ("?ecosystem=health", {FAIR}),
        (f"?series={FAIR}", {TALK}),
        ("?q=talk", {TALK}),
        ("?ecosystem=digital", set()),
    ],
)
def test_a_list_is_a_calendar(client: FlaskClient, chosen: str, wanted: set[str]) -> None:
    assert set(events(client, f"/events.ics{chosen}")) == wanted


def test_a_calendar_without_events_is_still_one(client: FlaskClient) -> None:
    body = client.get("/events.ics?ecosystem=digital").data
    assert [each.name for each in Calendar.from_ical(body).subcomponents] == ["VTIMEZONE"]


def test_a_calendar_says_what_it_is_of(client: FlaskClient) -> None:
    for path, title in (("/events.ics", "Events"), ("/events.ics?region=DK0", "Events: Denmark")):
        calendar = Calendar.from_ical(client.get(path).data)
        assert {str(calendar["NAME"]), str(calendar["X-WR-CALNAME"])} == {title}


@pytest.mark.parametrize("path", [f"/doc/event/{FAIR}", "/events"])
def test_it_is_negotiated(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/calendar, text/html;q=0.5"})
    assert response.mimetype == "text/calendar"
    assert response.headers["Content-Location"] == f"{path}.ics"
    assert response.data == client.get(f"{path}.ics").data == client.get(f"{path}?format=ics").data
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.mimetype == "text/html"
    assert f'<{path}.ics>; rel="alternate"; type="text/calendar"' in page.headers["Link"]


@pytest.mark.parametrize("path", [f"/doc/event/{FAIR}.ics", "/events.ics?region=DK05"])
def test_caches_and_other_origins(client: FlaskClient, path: str) -> None:
    first, head = client.get(path), client.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", first.headers["ETag"])
    assert first.headers["Access-Control-Allow-Origin"] == "*" and first.headers["Eclod-Release"] == RELEASE
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path).data == first.data


def test_the_thing_sends_on(client: FlaskClient) -> None:
    response = client.get(f"/id/event/{FAIR}.ics")
    assert (response.status_code, response.headers["Location"]) == (303, f"/doc/event/{FAIR}.ics")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/doc/event/{YEAR}.ics", 404),
        (f"/doc/event/{YEAR}?format=ics", 400),
        ("/events.ics?colour=red", 400),
        ("/events.ics?region=%22%3E", 400),
        (f"/doc/cluster/{codes.derive('cluster', 'dk', '1')}.ics", 404),
        ("/clusters.ics", 404),
    ],
)
def test_what_has_no_day_is_in_no_calendar(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status
