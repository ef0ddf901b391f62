"""`eclod probe` as somebody runs it who wants to know whether a service keeps its word."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from tests.test_service import Service, start, stop

from eclod.cli import main
from eclod.core import promises
from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod.core.promises import FAILED, PASSED, UNTESTED, Report, Result
from eclod.core.settings import Settings
from eclod.probing import run

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def service(starting_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = start(starting_settings.data, ECLOD_QUERY_SECONDS="20")
    yield service
    stop(service)


class _Nonsense(BaseHTTPRequestHandler):
    """Says that it answers queries, and then says the same to everything."""

    def do_GET(self) -> None:
        body = b'{"head": {}, "boolean": true}'
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Dripping(_Nonsense):
    """Says at once that it answers queries, and then answers everything byte by byte, without end."""

    def do_GET(self) -> None:
        if self.path.startswith("/sparql?query=ASK"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.over.wait(0.02):  # type: ignore[attr-defined]
                self.wfile.write(b" ")

    do_POST = do_GET


class _Silent(_Dripping):
    """Says at once that it answers queries, and then nothing any more."""

    def do_GET(self) -> None:
        if self.path.startswith("/sparql?query=ASK"):
            super().do_GET()
            return
        self.server.over.wait(60)  # type: ignore[attr-defined]

    do_POST = do_GET


@contextlib.contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def nonsense() -> Iterator[str]:
    with _served(_Nonsense) as address:
        yield address


def test_every_promise_is_tried_and_every_check_is_a_promise() -> None:
    assert list(run.CHECKS) == list(promises.promises())
    assert len(run.CHECKS) == 31
    for promise in promises.promises().values():
        assert promise.promise.endswith(".")
        assert promise.source.startswith("https://")


def test_this_service_keeps_its_promises_and_shows_so(service: Service, tmp_path: Path) -> None:
    earl = tmp_path / "earl.ttl"
    arguments = ["probe", service.base, "--json", "--keep", "--data", str(service.data), "--earl", str(earl)]
    result = CliRunner().invoke(main, arguments)
    report = Report.model_validate_json(result.stdout)
    assert [each for each in report.results if each.outcome == FAILED] == []
    assert result.exit_code == 0
    assert report.count(PASSED) >= 30
    quads = list(ox.parse(path=str(earl), format=ox.RdfFormat.TURTLE))
    outcomes = [quad.object for quad in quads if quad.predicate.value == expand("earl:outcome")]
    assert len(outcomes) == 31
    status, _, page = service.get("/conformance", "text/html")
    assert (status, page.count(b"<td>passed</td>")) == (200, report.count(PASSED))
    status, _, body = service.get("/conformance?format=json")
    assert json.loads(body)["report"]["at"] == report.at
    (service.data / promises.KEPT).unlink()
    status, _, page = service.get("/conformance", "text/html")
    assert (status, page.count(b"<td>untested</td>")) == (200, 31)


def test_a_service_that_answers_anything_with_the_same_fails(nonsense: str) -> None:
    report = run.probe(nonsense, AT)
    outcomes = {each.name: each.outcome for each in report.results}
    assert outcomes["sparql-errors"] == FAILED
    assert outcomes["sparql-budget"] == FAILED
    assert outcomes["sparql-formats"] == FAILED
    assert outcomes["service-description"] == FAILED
    result = CliRunner().invoke(main, ["probe", nonsense])
    assert result.exit_code == 1
    assert "failed" in result.stdout


@pytest.mark.parametrize("url", ["data.example.org", "ftp://data.example.org", "http://127.0.0.1:1/"])
def test_what_cannot_be_probed_is_said_in_a_sentence(url: str) -> None:
    with pytest.raises(BadInput, match=r"\.$"):
        run.probe(url, AT)


@pytest.mark.parametrize("handler", [_Silent, _Dripping])
def test_what_never_answers_costs_a_check_its_time_and_no_more(
    handler: type[BaseHTTPRequestHandler], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each check ends at its limit, whether nothing comes or bytes without end, and the next is tried."""
    short = {name: each.model_copy(update={"seconds": 0.2}) for name, each in promises.promises().items()}
    monkeypatch.setattr(run, "promises", lambda: short)
    told: list[Result] = []
    started = time.monotonic()
    with _served(handler) as address:
        report = run.probe(address, AT, told.append)
    assert time.monotonic() - started < 31 * 0.2 + 5
    late = [each.name for each in report.results if each.seen.startswith("no answer within 0")]
    assert len(late) >= 25
    assert [each.name for each in report.results] == list(run.CHECKS)
    assert told[-1].name == "sparql-budget"  # which may leave a service busy
    assert sorted(each.name for each in told) == sorted(run.CHECKS)


def test_a_whole_run_ends_in_time() -> None:
    """When the time for all is over, what is left is untested, not failed."""
    with _served(_Silent) as address:
        report = run.probe(address, AT, longest=1.0)
    assert (report.count(FAILED), report.count(UNTESTED)) == (1, 30)
    assert report.results[0].seen == "no answer within 1 s"


def test_every_promise_has_its_time() -> None:
    """What reads a whole release has longer than the rest, and everything fits into the time of a run."""
    seconds = {name: each.seconds for name, each in promises.promises().items()}
    assert {name for name, limit in seconds.items() if limit > 60} == {
        "example-queries", "dumps", "dump-is-store", "lives", "feed"
    }  # fmt: skip
    assert all(10 <= limit <= run.LONGEST / 2 for limit in seconds.values())
