"""The whole service with no network but the machine itself (contract, line 12): it loads nothing from elsewhere.

The browser's part of that line, what scripts ask for while they run, is held by `tests/web/browser`, where no visit may
ask another host for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings

BASE = "https://w3id.org/eclod"
#: In every Python process that is started with it on its path: connections to other machines, and their names, are
#: written down and refused.
GUARD = """
import os, sys

def _refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in (None, "", "localhost", "::1", "0.0.0.0") and not host.startswith("127."):
        _note(f"{event} {host}")
        raise OSError(101, "Network is unreachable")

def _note(what):
    with open(os.environ["OFFLINE_LOG"], "a") as file:
        file.write(what + chr(10))

_note("guarded")
sys.addaudithook(_refuse)
"""
#: What a browser loads by itself, by tag: the attributes with addresses.
LOADING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
}
#: Links that a browser follows by itself (HTML, section 4.6.7).
RELATIONS = {
    "stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest",
    "apple-touch-icon",
}  # fmt: skip
PAGES_OF_A_KIND, PAGES = 2, 120
IMPORTS = re.compile(rb'(?:\bfrom|\bimport|\bimport\()\s*["\'](https?:|//)[^"\']*["\']')
IN_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?\s*([^\"')\s;]+)")


class References(HTMLParser):
    """What a page loads, where its forms are sent, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.sent: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        for name in LOADING.get(tag, ()):
            self.loaded |= {each.split()[0] for each in said.get(name, "").split(",") if each.split()}
        if tag == "link" and RELATIONS & set(said.get("rel", "").lower().split()):
            self.loaded.add(said.get("href", ""))
        self.loaded |= set(IN_STYLES.findall(said.get("style", "")))
        if tag == "form":
            self.sent.add(said.get("action", ""))
        if tag == "a":
            self.links.add(said.get("href", ""))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offline") / "asked.log"


@pytest.fixture(scope="module")
def offline(starting_settings: Settings, log: Path) -> Iterator[Service]:
    (log.parent / "sitecustomize.py").write_text(GUARD)
    service = start(starting_settings.data, PYTHONPATH=str(log.parent), OFFLINE_LOG=str(log))
    yield service
    stop(service)


def is_elsewhere(service: Service, page: str, reference: str) -> bool:
    parts = urlsplit(urljoin(service.base + page, reference))
    return parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" != service.base


def crawl(service: Service) -> Iterator[tuple[str, str, str]]:
    """Go from the home page wherever links lead, to some of each kind: (path, policy, content) of HTML pages."""
    waiting, seen, of_kind = ["/"], {"/"}, dict[str, int]()
    while waiting and sum(of_kind.values()) < PAGES:
        path = waiting.pop(0)
        kind = "/".join(urlsplit(path).path.split("/")[:3]) if path.startswith("/doc/") else path.split("?")[0]
        kind = re.sub(r"/[^/]*[0-9][^/]*", "/#", kind)
        if of_kind.get(kind, 0) >= PAGES_OF_A_KIND:
            continue
        status, headers, body = service.get(path, "text/html")
        if headers.get_content_type() != "text/html":
            continue
        of_kind[kind] = of_kind.get(kind, 0) + 1
        assert status in (200, 410), path
        page = body.decode()
        yield path, headers["Content-Security-Policy"] or "", page
        for link in sorted(References(page).links):
            target = urlsplit(urljoin(service.base + path, link))
            local = target.path + (f"?{target.query}" if target.query else "")
            if f"{target.scheme}://{target.netloc}" == service.base and local not in seen:
                seen.add(local)
                waiting.append(local)


def test_no_page_and_nothing_on_it_is_loaded_from_another_host(offline: Service, log: Path) -> None:
    """Contract, line 12: pages, their scripts, styles, images and forms; and each page's policy allows no other."""
    pages, loaded = set(), set()
    for path, policy, page in crawl(offline):
        references = References(page)
        assert [each for each in references.loaded | references.sent if is_elsewhere(offline, path, each)] == [], path
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, path
        assert "//" not in policy and "*" not in policy.replace("frame-ancestors *", ""), path
        pages.add(path)
        loaded |= {urlsplit(urljoin(offline.base + path, each)).path for each in references.loaded if each}
    assert {"/", "/sparql", "/search", "/ontology", "/releases"} <= pages
    assert len(pages) > 40
    kinds = set()
    for path in sorted(loaded):
        status, headers, content = offline.get(path)
        kinds.add(headers.get_content_type())
        assert status == 200, path
        if headers.get_content_type() == "text/css":
            found = [each for each in IN_STYLES.findall(content.decode()) if is_elsewhere(offline, path, each)]
            assert found == [], path
        if "javascript" in headers.get_content_type():
            assert IMPORTS.search(content) is None, path
    assert {"text/css", "text/javascript"} <= kinds
    assert set(log.read_text().split("\n")) == {"guarded", ""}


def contexts(document: Any) -> Iterator[str]:
    """Return the addresses of the contexts of a JSON-LD document."""
    if isinstance(document, dict):
        given = document.get("@context", [])
        yield from (each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str))
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from contexts(each)


@pytest.mark.parametrize("path", ["/", "/catalog", "/feed", "/ontology", "/releases", "/.well-known/void", "thing"])
def test_json_ld_needs_no_context_from_another_host(offline: Service, log: Path, path: str) -> None:
    """Contract, line 12: each context that a document names is served here, at the same path below the base."""
    if path == "thing":
        query = "SELECT ?c WHERE { ?c a <https://w3id.org/eclod/ontology#Cluster> } LIMIT 1"
        iri = offline.ask(query)[1]["results"]["bindings"][0]["c"]["value"]
        path = iri.removeprefix(BASE).replace("/id/", "/doc/")
    status, headers, body = offline.get(path, "application/ld+json")
    assert (status, headers.get_content_type()) == (200, "application/ld+json")
    for address in contexts(json.loads(body)):
        assert address.startswith(BASE), address
        status, headers, body = offline.get(address.removeprefix(BASE))
        assert (status, headers.get_content_type()) == (200, "application/ld+json")
        assert "@context" in json.loads(body)
    assert set(log.read_text().split("\n")) == {"guarded", ""}


def test_queries_searches_and_the_feed_work(offline: Service, log: Path) -> None:
    """Contract, line 12: server and data, with every connection to another machine refused."""
    for path in ("/queries", "/search?q=cluster", "/suggest?q=clu", "/feed/pages/1.nq", "/reconcile", "/resolve?id=DE"):
        status, _, body = offline.get(path)
        assert (status in (200, 404), len(body) > 0) == (True, True), path
    assert offline.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")[0] == 200
    assert set(log.read_text().split("\n")) == {"guarded", ""}
