"""One running service that all the clients ask, and another place in the web for what is not ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.test_service import Service, start, stop
from tests.web.browser.conftest import ARGUMENTS, CHROMIUM

from eclod.core.settings import Settings

#: What the service cuts tables at and gives a query, so that a test can reach both.
ROWS = 1000
SECONDS = 5

CLUSTERS = "PREFIX eclod: <https://w3id.org/eclod/ontology#>\nSELECT ?cluster WHERE { ?cluster a eclod:Cluster }"
COUNT = CLUSTERS.replace("?cluster WHERE", "(COUNT(?cluster) AS ?clusters) WHERE")
REGION = "http://data.europa.eu/nuts/code/DK01"
CROSS_JOIN = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on this machine (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="session")
def service(starting_settings: Settings) -> Iterator[Service]:
    service = start(
        starting_settings.data, ECLOD_EXECUTORS="2", ECLOD_QUERY_SECONDS=str(SECONDS), ECLOD_RESULT_ROWS=str(ROWS)
    )
    yield service
    stop(service)


@pytest.fixture(scope="session")
def endpoint(service: Service) -> str:
    return f"{service.base}/sparql"


@pytest.fixture(scope="session")
def clusters(service: Service) -> list[str]:
    """Return the clusters of the release, asked without any of the clients."""
    status, answer = service.ask(f"{CLUSTERS} ORDER BY ?cluster")
    assert status == 200
    found = [row["cluster"]["value"] for row in answer["results"]["bindings"]]
    assert len(found) > 100
    return found


@pytest.fixture(scope="session")
def cluster(clusters: list[str]) -> str:
    """Return the path of a cluster."""
    return clusters[0].removeprefix("https://w3id.org/eclod")


@dataclass
class Elsewhere:
    """A web server of somebody else, at another origin, with the pages that a test puts there."""

    base: str
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    def put(self, path: str, media_type: str, content: str) -> str:
        """Publish something and return its address."""
        self.pages[path] = (media_type, content)
        return self.base + path


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            media_type, content = place.pages.get(self.path, ("text/plain", ""))
            body = content.encode()
            self.send_response(200 if self.path in place.pages else 404)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = Elsewhere(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield place
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
