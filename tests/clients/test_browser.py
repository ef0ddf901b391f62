"""A page on another origin, in a browser: everything can be read from there, errors too, and nothing needs a cookie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from playwright.sync_api import Browser, Page
from tests.test_service import Service

from eclod.store.manifest import Manifest

from .conftest import CLUSTERS, COUNT, CROSS_JOIN, NEEDS_CHROMIUM, REGION, ROWS, Elsewhere

pytestmark = NEEDS_CHROMIUM

JSON = "application/sparql-results+json"
FETCH = """async ([address, options]) => {
    const answer = await fetch(address, options);
    return {status: answer.status, kind: answer.type, url: answer.url, redirected: answer.redirected,
            headers: Object.fromEntries(answer.headers), body: await answer.text()};
}"""

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def page(browser: Browser, elsewhere: Elsewhere) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(elsewhere.put("/", "text/html", "<!doctype html><title>Somebody else's page</title>"))
    yield page
    page.close()


def fetch(page: Page, address: str, **options: object) -> Answer:
    """Fetch from the page and return what its scripts can see of the answer."""
    answer: Answer = page.evaluate(FETCH, [address, options])
    assert answer["kind"] == "cors"
    return answer


def number(answer: Answer) -> int:
    return int(json.loads(answer["body"])["results"]["bindings"][0]["clusters"]["value"])


def test_the_page_is_at_another_origin(page: Page, service: Service) -> None:
    assert page.evaluate("location.origin") != service.base
    with pytest.raises(Exception, match="Failed to fetch"):
        page.evaluate(FETCH, ["http://127.0.0.1:1/", {}])


@pytest.mark.parametrize("way", ["get", "form", "direct"])
def test_the_three_ways_to_ask(page: Page, endpoint: str, clusters: list[str], way: str) -> None:
    accept = {"Accept": JSON}
    match way:
        case "get":
            answer = fetch(page, f"{endpoint}?{urlencode({'query': COUNT})}", headers=accept)
        case "form":
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = fetch(page, endpoint, method="POST", headers=accept | form, body=urlencode({"query": COUNT}))
        case _:  # which the browser asks about first
            direct = {"Content-Type": "application/sparql-query"}
            answer = fetch(page, endpoint, method="POST", headers=accept | direct, body=COUNT)
    assert (answer["status"], answer["headers"]["content-type"]) == (200, JSON)
    assert number(answer) == len(clusters)


def test_headers_that_a_script_can_read(page: Page, endpoint: str, starting_release: Manifest) -> None:
    headers = fetch(page, f"{endpoint}?{urlencode({'query': 'SELECT ?s { ?s ?p ?o }'})}")["headers"]
    assert headers["eclod-release"] == starting_release.id
    assert headers["eclod-truncated"] == f"rows={ROWS}; limit={ROWS}"
    assert 'rel="enclosure"' in headers["link"]  # where all of it is
    assert {"etag", "content-length", "accept-ranges", "cache-status", "vary"} <= headers.keys()
    assert 'rel="cite-as"' in fetch(page, f"{endpoint}?{urlencode({'query': COUNT})}")["headers"]["link"]


def test_what_has_not_changed_is_not_sent_again(page: Page, endpoint: str) -> None:
    address = f"{endpoint}?{urlencode({'query': COUNT})}"
    first = fetch(page, address, cache="no-store")
    again = fetch(page, address, cache="no-store", headers={"If-None-Match": first["headers"]["etag"]})
    assert (again["status"], again["body"]) == (304, "")


def test_head_and_a_part(page: Page, endpoint: str, service: Service, starting_release: Manifest) -> None:
    address = f"{endpoint}?{urlencode({'query': CLUSTERS, 'format': 'csv'})}"
    whole = fetch(page, address)
    head = fetch(page, address, method="HEAD")
    assert (head["status"], head["body"]) == (200, "")
    assert head["headers"]["etag"] == whole["headers"]["etag"]
    part = fetch(page, address, headers={"Range": "bytes=0-6"})
    assert (part["status"], part["body"]) == (206, whole["body"][:7])
    dump = f"{service.base}/releases/{starting_release.id}/dumps/default.nq.gz"
    sent = fetch(page, dump, headers={"Range": "bytes=0-99"})
    assert sent["status"] == 206
    assert sent["headers"]["content-range"].startswith("bytes 0-99/")


@pytest.mark.parametrize(
    ("parameters", "status", "headers"),
    [
        ({"query": "SELECT nonsense"}, 400, {}),
        ({"query": COUNT, "timeout": "soon"}, 400, {}),
        ({"query": COUNT}, 406, {"Accept": "image/png"}),
        ({"query": CROSS_JOIN, "timeout": "0.2"}, 503, {}),
        ({"query": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"}, 403, {}),
    ],
    ids=["syntax", "parameter", "format", "budget", "policy"],
)
def test_a_script_reads_what_is_wrong(
    page: Page, endpoint: str, parameters: dict[str, str], status: int, headers: dict[str, str]
) -> None:
    answer = fetch(page, f"{endpoint}?{urlencode(parameters)}", headers=headers)
    assert answer["status"] == status
    assert answer["headers"]["content-type"] == "application/problem+json"
    problem = json.loads(answer["body"])
    assert problem["status"] == status
    assert len(problem["detail"]) > 20


@pytest.mark.parametrize("path", ["/nothing", "/id/cluster/none", "/releases/of-never/sparql?query=ASK%7B%7D"])
def test_what_is_not_there_says_so_to_a_script(page: Page, service: Service, path: str) -> None:
    answer = fetch(page, service.base + path)
    assert answer["status"] in (400, 404)
    assert json.loads(answer["body"])["status"] == answer["status"]


def test_a_post_that_is_not_read(page: Page, endpoint: str) -> None:
    answer = fetch(
        page, endpoint, method="POST", headers={"Content-Type": "application/json"}, body='{"query": "ASK{}"}'
    )
    assert answer["status"] == 415
    update = fetch(
        page, endpoint, method="POST", headers={"Content-Type": "application/sparql-update"}, body="CLEAR ALL"
    )
    assert update["status"] == 403


def test_a_thing_as_json_ld_over_the_redirect(page: Page, service: Service, cluster: str) -> None:
    answer = fetch(page, service.base + cluster, headers={"Accept": "application/ld+json"})
    assert (answer["status"], answer["redirected"]) == (200, True)
    assert answer["url"].endswith(cluster.replace("/id/", "/doc/"))
    subjects = {str(quad.subject) for quad in ox.parse(answer["body"], format=ox.RdfFormat.JSON_LD)}
    assert f"<https://w3id.org/eclod{cluster}>" in subjects


def test_tables_saved_queries_and_searches(page: Page, service: Service, clusters: list[str]) -> None:
    table = fetch(page, f"{service.base}/tables/clusters.csv")
    assert (table["status"], table["redirected"]) == (200, True)
    assert table["body"].lstrip("\ufeff").startswith("iri,")
    assert clusters[0] in table["body"]
    saved = fetch(page, f"{service.base}/queries/clusters-of-a-region.csv?region=FR")
    assert (saved["status"], saved["body"].partition(",")[0]) == (200, "cluster")
    described = fetch(page, f"{service.base}/describe?iri={quote(REGION)}", headers={"Accept": "text/turtle"})
    assert "Hovedstaden" in described["body"]
    assert json.loads(fetch(page, f"{service.base}/search?q=copenhagen&format=json")["body"])


def test_nobody_is_asked_with_the_visitors_cookies(page: Page, endpoint: str) -> None:
    """Reading with credentials is what `*` forbids, so that no page can use a visitor's (Fetch, section 3.3.5)."""
    with pytest.raises(Exception, match="Failed to fetch"):
        page.evaluate(FETCH, [f"{endpoint}?query=ASK%7B%7D", {"credentials": "include"}])
