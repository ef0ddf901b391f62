"""`/problem/{slug}`: the type of every error leads to what it means and what to do."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from eclod.core import errors

PATHS = [
    "/nothing",
    "/sparql?query=SELEC",
    "/doc/cluster/aa4b2yxva4r",
    "/describe",
    "/oembed?url=x&format=yaml",
    "/graphs?graph=https://a.example/g",
]


@pytest.mark.parametrize("path", PATHS)
def test_the_type_of_an_error_leads_to_a_page_about_it(client: FlaskClient, path: str) -> None:
    """RFC 9457, section 3.1.1: the type, when it is dereferenced, should give documentation for people."""
    problem = client.get(path).json
    assert problem is not None
    address = problem["type"].removeprefix("https://w3id.org/eclod")
    said = client.get(address, headers={"Accept": "application/json"})
    assert (said.status_code, said.mimetype) == (200, "application/json")
    assert said.json is not None
    assert {name: said.json[name] for name in ("type", "title", "status")} == {
        name: problem[name] for name in ("type", "title", "status")
    }
    page = client.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert f"<h1>{problem['title']}</h1>" in page.text


def test_a_page_about_an_error_leads_to_its_kind(client: FlaskClient) -> None:
    assert 'href="/problem/not-found"' in client.get("/nothing", headers={"Accept": "text/html"}).text


def test_every_kind_of_error_is_listed_and_has_a_page(client: FlaskClient) -> None:
    """The list comes from the errors that there are, those of single pages (`no-such-format`) among them."""
    listed = client.get("/problem?format=json").json
    assert listed is not None
    slugs = [each["type"].rpartition("/")[2] for each in listed["problems"]]
    assert slugs == list(errors.kinds())
    assert {"internal", "bad-query", "over-budget", "no-such-format"} <= set(slugs)
    for slug in slugs:
        assert client.get(f"/problem/{slug}").status_code == 200, slug
    page = client.get("/problem", headers={"Accept": "text/html"}).text
    assert all(f'href="/problem/{slug}"' in page for slug in slugs)


@pytest.mark.parametrize("slug", ["nothing", "Bad-Query", "", "bad-query.json"])
def test_what_is_no_kind_of_problem_is_not_found(client: FlaskClient, slug: str) -> None:
    """An unknown slug is a 404 of the usual shape; without one there is the list."""
    answer = client.get(f"/problem/{slug}")
    assert answer.status_code == (404 if slug else 200)
    if slug:
        assert answer.json is not None
        assert answer.json["type"] == "https://w3id.org/eclod/problem/not-found"
        assert "/problem" in answer.json["detail"]


def test_pages_about_problems_are_documents_like_others(client: FlaskClient) -> None:
    """A strong tag and 304, 406 for what there is not, canonical and alternate links, code as code."""
    first = client.get("/problem/over-budget?format=json")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert client.get("/problem/over-budget?format=json", headers={"If-None-Match": tag}).status_code == 304
    assert '<https://w3id.org/eclod/problem/over-budget>; rel="canonical"' in first.headers["Link"]
    assert client.get("/problem/over-budget", headers={"Accept": "image/png"}).status_code == 406
    assert "<code>Retry-After</code>" in client.get("/problem/too-busy").text


def test_an_error_of_no_kind_of_ours_says_that_its_status_is_all(client: FlaskClient) -> None:
    """RFC 9457, section 4.2.1: `about:blank` for an error that a library raised and that has no page here."""
    raised = errors.EclodError("So it is.")
    raised.slug = ""
    assert raised.problem()["type"] == "about:blank"
