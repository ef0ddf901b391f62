"""What the query editor is told to offer: the classes and properties in use, equal to what COUNT finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import RELEASE, Client, FoundEverywhere, write_release


@pytest.fixture
def terms(client: FlaskClient) -> dict[str, Any]:
    response = client.get("/sparql/terms.json")
    assert response.status_code == 200 and response.mimetype == "application/json"
    content: dict[str, Any] = json.loads(response.data)
    return content


def counted(client: FlaskClient, query: str) -> int:
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).json
    assert answer is not None
    return int(answer["results"]["bindings"][0]["n"]["value"])


def test_every_class_and_property_in_use_is_offered_with_its_count(client: FlaskClient, terms: dict[str, Any]) -> None:
    assert len(terms["classes"]) == 7 and len(terms["properties"]) == 18
    for term in terms["classes"]:
        assert term["count"] == counted(client, f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s a <{term['iri']}> }}")
    for term in terms["properties"]:
        assert term["count"] == counted(client, f"SELECT (COUNT(*) AS ?n) {{ ?s <{term['iri']}> ?o }}")


@pytest.mark.parametrize("kind", ["classes", "properties"])
def test_what_is_used_most_comes_first(terms: dict[str, Any], kind: str) -> None:
    counts = [term["count"] for term in terms[kind]]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]


def test_a_class_says_which_properties_its_entities_have(terms: dict[str, Any]) -> None:
    cluster = next(term for term in terms["classes"] if term["name"] == "eclod:Cluster")
    names = [terms["properties"][position]["name"] for position in cluster["properties"]]
    # The cluster has two names; of the rest one each, in the order of their IRIs.
    assert names[0] == "skos:prefLabel"
    assert set(names) == {
        "skos:prefLabel", "rdf:type", "dct:description", "foaf:homepage", "dct:spatial", "eclod:managedBy",
        "locn:address", "geo:hasDefaultGeometry",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "label", "language"),
    [("de-AT, en;q=0.5", "Cluster", "de"), ("en", "cluster", "en"), ("xx", "cluster", "en")],
)
def test_terms_are_called_as_the_visitor_does(client: FlaskClient, wish: str, label: str, language: str) -> None:
    content = json.loads(client.get("/sparql/terms.json", headers={"Accept-Language": wish}).data)
    found = next(term for term in content["classes"] if term["iri"] == expand("eclod:Cluster"))
    assert (found["label"], found["language"]) == (label, language)


def test_what_nobody_named_is_called_by_the_words_of_its_iri(terms: dict[str, Any]) -> None:
    found = next(term for term in terms["properties"] if term["name"] == "geo:hasDefaultGeometry")
    assert (found["label"], found["language"]) == ("has default geometry", "")


def test_they_are_kept_until_the_release_changes(client: FlaskClient) -> None:
    first = client.get("/sparql/terms.json")
    assert first.headers["Eclod-Release"] == RELEASE and json.loads(first.data)["release"] == RELEASE
    again = client.get("/sparql/terms.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.data
    other = client.get("/sparql/terms.json", headers={"If-None-Match": first.headers["ETag"], "Accept-Language": "de"})
    assert other.status_code == 200
    assert "Accept-Language" in first.headers["Vary"]
    head = client.head("/sparql/terms.json")
    assert head.status_code == 200 and head.headers["ETag"] == first.headers["ETag"] and not head.data


def test_only_json_is_there(client: FlaskClient) -> None:
    assert client.get("/sparql/terms.json", headers={"Accept": "text/turtle"}).status_code == 406


def test_a_release_without_counts_offers_nothing(settings: Settings, engine: InProcessEngine, tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    write_release(releases, RELEASE, None, "2026-01-02T03:04:05+00:00")
    releases.switch(RELEASE)
    app = create_app(settings.model_copy(update={"data": tmp_path}), engine, releases, FoundEverywhere())
    content = json.loads(Client(app, app.response_class).get("/sparql/terms.json").data)
    assert content == {"release": RELEASE, "classes": [], "properties": []}
