"""Lists as data: the formats, the same things as the page has, every list with every facet."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.web.conftest import BASE, RELEASE

from eclod.core import assets
from eclod.core.iris import Names
from eclod.web.pages.lists import state, table, texts

from .conftest import HOST, code, page, total

FORMATS = {"csv": "text/csv", "json": "application/sparql-results+json", "xml": "application/sparql-results+xml"} | {
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_list_is_data_too(lists: FlaskClient, name: str) -> None:
    response = lists.get(f"/organisations?type=sme&format={name}")
    assert (response.status_code, response.mimetype) == (200, FORMATS[name])
    assert response.headers["Content-Location"] == f"/organisations?type=sme&format={name}"
    negotiated = lists.get("/organisations?type=sme", headers={"Accept": FORMATS[name]})
    assert negotiated.data == response.data
    assert negotiated.headers["Vary"].startswith("Accept, Accept-Language")
    assert negotiated.headers["Access-Control-Allow-Origin"] == "*"
    assert negotiated.headers["Eclod-Release"] == RELEASE
    assert response.text.count("Firm 0") == 66  # all of them, not one page: two of three among the first hundred


@pytest.mark.parametrize("address", ["/clusters", "/clusters?country=DK", "/clusters?format=csv", "/browse"])
def test_a_list_is_kept_by_caches(lists: FlaskClient, address: str) -> None:
    response = lists.get(address, headers={"Accept": "text/html"})
    tag = response.headers["ETag"]
    again = lists.get(address, headers={"Accept": "text/html", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    head = lists.head(address, headers={"Accept": "text/html"})
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    assert lists.post(address).status_code == 405


def things(client: FlaskClient, address: str) -> list[str]:
    """Return the things that the data of a list has, in order."""
    separator = "&" if "?" in address else "?"
    response = client.get(f"{address}{separator}format=json")
    assert response.status_code == 200, response.text
    found = [row["thing"]["value"] for row in json.loads(response.text)["results"]["bindings"]]
    assert len(found) == len(set(found)), "a thing has several rows"
    return found


CHOICES = [
    "",
    "country=DK",
    "country=DK&country=GR",
    "region=DK0",
    "region=DK04",
    "sector=C",
    "sector=28",
    "sector=nace2:28",
    "sector=2811&ecosystem=health",
    "ecosystem=digital&ecosystem=health",
    "q=o",
    "q=%C3%B6kosystem+%22nord",
    "q=medicon+valley&country=DK",
    f"managed-by={HOST}",
]


@pytest.mark.parametrize("choice", CHOICES)
def test_page_and_data_have_the_same_things(lists: FlaskClient, choice: str) -> None:
    text = page(lists, f"/clusters?{choice}")
    found = [
        f"{BASE}/id/cluster/{match}" for match in re.findall(r'<th scope="row"><a href="/doc/cluster/(\w+)"', text)
    ]
    assert sorted(found) == sorted(things(lists, f"/clusters?{choice}"))
    assert len(found) == total(text)


@pytest.mark.parametrize("path", table.load())
def test_every_list_can_be_asked_with_every_facet(lists: FlaskClient, path: str) -> None:
    collection = table.load()[path]
    text = page(lists, f"/{path}")
    assert total(text) == len(things(lists, f"/{path}"))
    values = {"country": "DK", "region": "DK0", "sector": "C", "year": "2016", "text": "x", "code": "some"}
    for each in collection.facets:
        value = values.get(each.type) or code(each.base, "nobody")
        narrowed = page(lists, f"/{path}?{each.name}={value}")
        assert total(narrowed) == len(things(lists, f"/{path}?{each.name}={value}")), each.name
    if collection.years or collection.bars:
        for each in (*collection.bars, *([collection.years] if collection.years else [])):
            query = texts.numbers(state.State(collection, Names(BASE), {}), each)
            assert lists.get("/sparql", query_string={"query": query, "format": "csv"}).status_code == 200


def test_the_table_has_these_lists() -> None:
    every = table.load()
    assert len(every) == 24
    assert all(each.path == path and each.facet("q") is None for path, each in every.items())
    groups = [group for group, _ in itertools.groupby(each.group for each in every.values())]
    assert len(groups) == len(set(groups)), "a group is in two places of the table"


def test_browse_lists_what_there_is(lists: FlaskClient) -> None:
    text = page(lists, "/browse")
    assert re.search(r'<a href="/clusters">Clusters</a> <span class="soft">6</span>', text)
    assert re.search(r'<a href="/hubs" rel="nofollow">innovation hubs and communities</a>', text)
    assert text.index("/clusters") < text.index("/projects") < text.index("/documents")
    listed = {each["name"]: each["count"] for each in lists.get("/browse?format=json").get_json()}
    assert listed["organisations"] == 121 and listed["documents"] == 3 and listed["hubs"] == 0
    home = page(lists, "/")
    assert '<a href="/organisations"><span>Organisations</span> <strong>121</strong></a>' in home
    assert '<li data-country="DNK" data-count="4"><a href="/clusters?country=DK">Denmark</a>' in home


def test_the_documents_name_every_list_and_hidden_choice() -> None:
    text = (assets.checkout() or Path()).joinpath("docs", "users.md").read_text(encoding="utf-8")
    for path, collection in table.load().items():
        assert f"`/{path}`" in text, path
        for each in collection.facets:
            assert not each.hidden or f"/{path}?{each.name}=" in text, (path, each.name)
