"""Cards, oEmbed, the elements and the page that shows how."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from eclod.web.messages.prepared import Prepared, PreparedResponses

from .conftest import BASE, CLUSTER, COMPANY, MANAGER, RELEASE, UNKNOWN

DOC = f"/doc/cluster/{CLUSTER}"
ADDRESS = f"{BASE}{DOC}"


def test_a_card_is_for_every_site_and_loads_nothing(client: FlaskClient) -> None:
    response = client.get(f"{DOC}?view=card", headers={"Accept": "text/turtle"})
    assert (response.status_code, response.mimetype) == (200, "text/html")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors *" in policy
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "X-Frame-Options" not in response.headers
    assert "<script" not in response.text
    assert not re.search(r'\bsrc=|<link rel="stylesheet"|url\(|@import|style="', response.text)
    style = re.search(r"<style>(.*?)</style>", response.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "prefers-color-scheme: dark" in style[1]
    assert len(response.data) < 6000
    assert "frame-ancestors 'self'" in client.get(f"{DOC}.html").headers["Content-Security-Policy"]


def test_a_card_tells_what_matters_in_the_language_of_the_visitor(client: FlaskClient) -> None:
    card = client.get(f"{DOC}?view=card&lang=da").text
    assert "Medicon-dalens alliance" in card
    assert "Nørregade 10, København" in card
    assert f'href="http://localhost{DOC}"' in card
    assert 'target="_blank"' in card
    assert "MVA Secretariat &lt;b&gt;&amp;&lt;/b&gt;" in client.get(f"/doc/organisation/{MANAGER}?view=card").text
    assert "javascript:" not in client.get(f"/doc/organisation/{MANAGER}?view=card").text
    assert client.get(f"/id/cluster/{CLUSTER}?view=card").headers["Location"] == f"{DOC}?view=card"
    assert client.get(f"/doc/cluster/{UNKNOWN}?view=card").status_code == 404
    assert client.get(f"{DOC}?view=poster").status_code == 400
    tag = client.get(f"{DOC}?view=card").headers["ETag"]
    assert client.get(f"{DOC}?view=card", headers={"If-None-Match": tag}).status_code == 304
    assert tag != client.get(f"{DOC}.html").headers["ETag"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/doc/cluster/{UNKNOWN}", 404),
        (f"/id/cluster/{UNKNOWN}", 404),
        ("/doc/cluster/00000000000", 400),
        (f"/doc/spaceship/{CLUSTER}", 404),
        (f"/doc/{CLUSTER}", 404),
    ],
)
def test_the_frame_of_a_card_that_there_is_not_says_so_in_one_sentence(
    client: FlaskClient, path: str, status: int
) -> None:
    """A portal with an old or misspelt code shows a card, not an error of the browser; programs are told as ever."""
    card = client.get(f"{path}?view=card", headers={"Accept": "text/html"})
    assert (card.status_code, card.mimetype) == (status, "text/html")
    assert card.headers["Content-Security-Policy"] == client.get(f"{DOC}?view=card").headers["Content-Security-Policy"]
    assert card.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(card.data) < 4000
    problem = client.get(f"{path}?view=card")
    assert (problem.status_code, problem.mimetype) == (status, "application/problem+json")
    assert escape(problem.get_json()["detail"]) in card.text
    page = client.get(path, headers={"Accept": "text/html"})
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert 'id="main"' in page.text


def test_that_a_card_is_unchanged_does_not_forbid_its_frame(client: FlaskClient) -> None:
    """A browser puts the headers of a 304 in the place of those that it has."""
    for path in (f"{DOC}?view=card", f"/reconcile/preview?id={BASE}/id/cluster/{CLUSTER}"):
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert "frame-ancestors 'self'" not in again.headers.get("Content-Security-Policy", "")


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS,
        f"{BASE}/id/cluster/{CLUSTER.upper()}",
        f"{ADDRESS}.html?lang=da",
        f"http://localhost{DOC}/",
        ADDRESS.replace("https:", "http:"),
    ],
)
def test_oembed_of_an_address_in_any_spelling(client: FlaskClient, address: str) -> None:
    said = client.get(f"/oembed?url={quote(address, safe='')}").get_json()
    assert (said["version"], said["type"], said["title"]) == ("1.0", "rich", "Medicon Valley Alliance")
    assert (said["width"], said["height"]) == (400, 240)
    frame = said["html"]
    assert frame.startswith(f'<iframe src="http://localhost{DOC}?view=card" title="Medicon Valley Alliance"')
    assert client.get(f"{DOC}?view=card").status_code == 200


def test_oembed_says_the_same_in_both_formats_and_keeps_to_the_size(client: FlaskClient) -> None:
    asked = f"/oembed?url={quote(ADDRESS)}&maxwidth=100&maxheight=50"
    said = client.get(asked).get_json()
    assert (said["width"], said["height"]) == (100, 50)
    assert 'width="100" height="50"' in said["html"]
    xml = client.get(f"{asked}&format=xml")
    assert xml.mimetype == "text/xml"
    root = ElementTree.fromstring(xml.data)
    assert root.tag == "oembed"
    assert {field.tag: field.text for field in root} == {name: str(value) for name, value in said.items()}
    tag = client.get(asked).headers["ETag"]
    assert client.get(asked, headers={"If-None-Match": tag}).status_code == 304


def test_oembed_escapes_what_registries_write(client: FlaskClient) -> None:
    said = client.get(f"/oembed?url={quote(f'{BASE}/doc/organisation/{MANAGER}')}").get_json()
    assert said["title"] == "MVA Secretariat <b>&</b>"
    assert 'title="MVA Secretariat &lt;b&gt;&amp;&lt;/b&gt;"' in said["html"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 400),
        ("url=https://elsewhere.example/doc/cluster/x", 404),
        (f"url={BASE}/doc/cluster/{UNKNOWN}", 404),
        (f"url={BASE}/ontology", 404),
        (f"url={BASE}/doc/spaceship/{CLUSTER}", 404),
        (f"url={ADDRESS}&format=yaml", 501),
        (f"url={ADDRESS}&maxwidth=wide", 400),
        (f"url={ADDRESS}&maxwidth=49", 404),
        (f"url={ADDRESS}&maxheight=0", 404),
    ],
)
def test_what_oembed_cannot_show(client: FlaskClient, asked: str, status: int) -> None:
    response = client.get(f"/oembed?{asked}")
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


def test_a_page_leads_to_its_oembed(client: FlaskClient) -> None:
    page = client.get(f"/doc/organisation/{COMPANY}.html").text
    found = re.findall(r'type="(application/json\+oembed|text/xml\+oembed)" href="([^"]*)"', page)
    assert len(found) == 2
    for _, address in found:
        assert address.startswith("http://localhost/oembed?url=https%3A//w3id.org/eclod/doc/")  # whole: section 4
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    forged = client.get(f"/doc/organisation/{COMPANY}.html", headers={"Host": "evil.example"}).text
    assert f'href="{BASE}/oembed?url=' in forged
    assert "evil.example" not in forged


def test_the_elements_are_for_every_site(client: FlaskClient) -> None:
    response = client.get("/embed/eclod.js", headers={"Origin": "https://portal.example"})
    assert response.content_type == "text/javascript; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=3600" in response.headers["Cache-Control"]
    assert "innerHTML" not in response.text
    assert 'createElement("style")' not in response.text
    assert len(response.data) < 16_000
    small = client.get("/embed/eclod.js", headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert small.headers["ETag"] != response.headers["ETag"]
    assert gzip.decompress(small.data) == response.data


def test_the_page_shows_how_with_an_example(client: FlaskClient) -> None:
    page = client.get("/embed").text
    assert f'src="{DOC}?view=card"' in page
    assert f'<eclod-cluster src="{BASE}/id/cluster/{CLUSTER}">' in page
    assert "<eclod-picker" in page


@pytest.mark.parametrize("path", ["/embed", f"{DOC}?view=card"])
def test_a_page_for_ones_own_machine_is_nobody_elses(client: FlaskClient, path: str) -> None:
    """Contract line 7: who asks with `Host: localhost` gets that address, which is not kept for others.

    The page has another tag, and what is kept to be sent again is found by that name of the service only.
    """
    own, other = (
        client.get(path, headers={"Host": host, "Accept": "text/html"}) for host in ("localhost:6666", "data.example")
    )
    assert "localhost:6666" in own.text
    assert "data.example" not in other.text
    assert "localhost:6666" not in other.text
    assert own.headers["ETag"] != other.headers["ETag"]
    assert (
        client.get(path, headers={"Host": "evil.example", "Accept": "text/html"}).headers["ETag"]
        == other.headers["ETag"]
    )
    prepared = PreparedResponses(lambda: RELEASE, 1 << 20)
    prepared.keep(prepared.key("GET", path, {"host": "localhost:6666"}), Prepared(200, [], own.data, RELEASE))
    assert prepared.find(prepared.key("GET", path, {"host": "localhost:6666"}), None) is not None
    assert prepared.find(prepared.key("GET", path, {"host": "data.example"}), None) is None
    assert prepared.find(prepared.key("GET", path, {}), None) is None
    assert prepared.key("GET", path, {"host": "evil.example"}) == prepared.key("GET", path, {"host": "data.example"})
