"""The list of endpoints that a query may ask: on a page, in the service description, and nowhere else a connection."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Flask
from flask.testing import FlaskClient

from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import FoundEverywhere

SD = "http://www.w3.org/ns/sparql-service-description#"


def listed(client: FlaskClient) -> list[str]:
    return list(json.loads(client.get("/federation?format=json").data)["endpoints"])


def test_the_list_is_on_its_page_and_in_the_service_description(client: FlaskClient) -> None:
    endpoints = listed(client)
    assert "https://query.wikidata.org/sparql" in endpoints
    page = client.get("/federation", headers={"Accept": "text/html"}).text
    assert all(endpoint in page for endpoint in endpoints)
    assert "How an endpoint gets on the list" in page
    described = list(ox.parse(client.get("/sparql").data, format=ox.RdfFormat.TURTLE))
    asked = {q.object.value for q in described if q.predicate.value == "http://purl.org/dc/terms/references"}  # type: ignore[union-attr]
    assert asked == {*endpoints}
    features = {q.object.value for q in described if q.predicate.value == SD + "feature"}  # type: ignore[union-attr]
    assert features == {SD + "BasicFederatedQuery"}


def test_an_empty_list_is_said_to_be_one(settings: Settings, engine: InProcessEngine, app: Flask) -> None:
    none = settings.model_copy(update={"federation": "none"})
    client = create_app(none, engine, Releases(settings.data), FoundEverywhere()).test_client()
    assert listed(client) == []
    assert "There is none" in client.get("/federation", headers={"Accept": "text/html"}).text
    assert b"BasicFederatedQuery" not in client.get("/sparql").data


def test_a_service_that_is_not_on_the_list_is_refused(client: FlaskClient) -> None:
    answer = client.get(
        "/sparql?" + urlencode({"query": "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }"})
    )
    assert answer.status_code == 403
    assert json.loads(answer.data)["type"].endswith("not-allowed")
