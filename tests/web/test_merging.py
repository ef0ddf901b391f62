"""The pages about the policy of the merged view and about what lost by it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod.store import conflicts
from eclod.store.conflicts import Conflict
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, CLUSTER, EARLIER, RELEASE, FoundEverywhere, write_release

NAME = expand("skos:prefLabel")
GRAPH = f"{BASE}/graph/registry/dk"
OTHER = f"{BASE}/graph/registry/other"
POLICY = {
    "registries": [
        {"name": "dk", "title": "Danish clusters", "precedence": 100, "issued": "2026-01-01"},
        {"name": "other", "title": "Other", "precedence": 200, "issued": ""},
    ],
    "rules": [
        {
            "shape": "Cluster",
            "field": "name",
            "believe": "newest",
            "order": ["dk"],
            "reason": "They know <best>.",
            "class": expand("eclod:Cluster"),
            "property": NAME,
        }
    ],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, engine: InProcessEngine) -> FlaskClient:
    settings = Settings(data=tmp_path_factory.mktemp("data"))
    releases = Releases(settings.data)
    write_release(releases, EARLIER, None, "2025-12-31T00:00:00+00:00")
    write_release(releases, RELEASE, EARLIER, "2026-01-02T03:04:05+00:00")
    folder: Path = releases.root / RELEASE
    (folder / "merging.json").write_text(json.dumps(POLICY))
    things = [f"{BASE}/id/cluster/{CLUSTER}", *(f"https://example.org/{number:03}" for number in range(60))]
    conflicts.write(
        folder / conflicts.FILE,
        [
            *(Conflict(thing, NAME, '"=Other\\nname"@en', OTHER, ('"Name"@en',), (GRAPH,)) for thing in things),
            Conflict(things[0], expand("foaf:homepage"), "<https://old.example.org/>", OTHER),
        ],
    )
    releases.switch(RELEASE)
    return create_app(settings, engine, releases, FoundEverywhere()).test_client()


def test_the_policy_says_who_goes_first_and_how_often_values_lose(client: FlaskClient) -> None:
    page = client.get("/merging", headers={"Accept": "text/html"})
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert text.index('<a href="/registries/dk">Danish clusters</a>') < text.index("<li>Other <span")
    assert text.count("nothing in this release") == 1, "a registry that delivered nothing has no page to lead to"
    assert "They know &lt;best&gt;." in text
    assert "the registry with the newest data" in text
    assert "62 values of registries are not in the merged view" in text.replace("\xa0", " ")
    content = client.get("/merging?format=json").json
    assert content is not None
    assert content["rules"] == POLICY["rules"]
    assert content["registries"] == POLICY["registries"]
    assert content["lost"] == [
        {"property": NAME, "registry": "other", "lost": 61},
        {"property": expand("foaf:homepage"), "registry": "other", "lost": 1},
    ]
    assert page.headers["Eclod-Release"] == RELEASE


def test_what_lost_is_listed_on_pages_and_as_data(client: FlaskClient) -> None:
    first = client.get("/merging/conflicts", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert first.count("<tr>") == 51
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    second = client.get("/merging/conflicts?page=2", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert second.count("<tr>") == 13
    assert 'rel="next"' not in second
    assert "Medicon Valley Alliance" in second
    some = client.get(f"/merging/conflicts?property={NAME.replace('#', '%23')}&registry=other&format=json").json
    assert some is not None
    assert (some["total"], len(some["conflicts"])) == (61, 61)
    assert some["conflicts"][0] == {
        "thing": "https://example.org/000",
        "property": NAME,
        "value": '"=Other\\nname"@en',
        "registry": "other",
        "stands": ['"Name"@en'],
        "said_by": ["dk"],
    }
    table = client.get("/merging/conflicts?format=csv")
    rows = list(csv.reader(io.StringIO(table.get_data(as_text=True))))
    assert len(rows) == 63
    assert rows[0] == ["thing", "property", "value", "registry", "stands", "said_by"]
    assert client.get("/merging/conflicts?registry=nobody&format=json").json == {"total": 0, "conflicts": []}


@pytest.mark.parametrize(
    ("address", "status"), [("page=0", 400), ("page=x", 400), ("what=1", 400), ("page=99", 404), ("format=ttl", 400)]
)
def test_what_there_is_not_is_said(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(f"/merging/conflicts?{address}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_release_without_these_files_has_no_rules_and_no_conflicts(
    settings: Settings, engine: InProcessEngine
) -> None:
    client = create_app(settings, engine, Releases(settings.data), FoundEverywhere()).test_client()
    assert client.get("/merging?format=json").json == {"registries": [], "rules": [], "lost": []}
    assert client.get("/merging", headers={"Accept": "text/html"}).status_code == 200
