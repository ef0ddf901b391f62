"""The service as its users meet it: the real command, real processes, loopback, clients people use."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import rdflib
from SPARQLWrapper import JSON, SPARQLWrapper

from eclod.core import assets
from eclod.core.settings import Settings, from_environment
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import pipeline

_LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
_POINT = f"SELECT ?label WHERE {{ <http://data.europa.eu/nuts/code/DK01> {_LABEL} ?label }}"
_CROSS_JOIN = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_PATIENCE = 60.0


@dataclass
class Service:
    """A running service: address, process, data folder."""

    base: str
    process: subprocess.Popen[bytes]
    data: Path

    def get(self, path: str, accept: str = "*/*") -> tuple[int, Message, bytes]:
        request = urllib.request.Request(self.base + path, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def ask(self, query: str) -> tuple[int, Any]:
        status, _, body = self.get("/sparql?" + urlencode({"query": query}), "application/sparql-results+json")
        return status, json.loads(body)

    def family(self) -> set[int]:
        """Return the process and all below it."""
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
        family = {self.process.pid}
        while more := {child for child, parent in parents.items() if parent in family} - family:
            family |= more
        return family


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(data: Path, **environment: str) -> Service:
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ECLOD_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "eclod", "serve", "--data", str(data), "--port", str(port)],
        env=clean | environment,
        stderr=subprocess.DEVNULL,
    )
    service = Service(f"http://127.0.0.1:{port}", process, data)
    try:
        wait_until_ready(service)
    except BaseException:
        stop(service)
        raise
    return service


def wait_until_ready(service: Service) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if service.get("/health/ready")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not become ready")


def stop(service: Service) -> None:
    service.process.send_signal(signal.SIGTERM)
    service.process.wait(_PATIENCE)


@pytest.fixture(scope="module")
def service(starting_settings: Settings) -> Iterator[Service]:
    service = start(starting_settings.data, ECLOD_QUERY_SECONDS="2", ECLOD_EXECUTORS="2")
    yield service
    stop(service)


def test_an_identifier_leads_to_a_page_and_to_data(service: Service) -> None:
    status, found = service.ask(
        "SELECT ?c WHERE { ?c a <https://w3id.org/eclod/ontology#Cluster> } ORDER BY ?c LIMIT 1"
    )
    assert status == 200
    iri = found["results"]["bindings"][0]["c"]["value"]
    path = iri.removeprefix("https://w3id.org/eclod")
    status, headers, body = service.get(path, "text/html")
    assert (status, headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    assert b"<h1" in body
    graph = rdflib.Graph().parse(data=service.get(path, "text/turtle")[2], format="turtle")
    assert (rdflib.URIRef(iri), None, None) in graph


def test_sparqlwrapper_and_rdflib_understand_the_answers(service: Service, starting_release: Manifest) -> None:
    client = SPARQLWrapper(service.base + "/sparql")
    client.setReturnFormat(JSON)
    client.setQuery("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    rows: Any = client.query().convert()
    merged = starting_release.graph("")
    assert merged is not None
    assert int(rows["results"]["bindings"][0]["n"]["value"]) == merged.triples
    graph = rdflib.Graph().parse(service.base + "/describe?iri=http://data.europa.eu/nuts/code/DK01")
    assert (rdflib.URIRef("http://data.europa.eu/nuts/code/DK01"), None, None) in graph


def test_a_killed_query_leaves_the_next_one_answered(service: Service) -> None:
    started = time.monotonic()
    status, problem = service.ask(_CROSS_JOIN)
    assert status == 503
    assert problem["budget_seconds"] == 2
    assert problem["elapsed_seconds"] >= 1.9
    assert time.monotonic() - started < _PATIENCE / 2
    status, answer = service.ask(_POINT)
    assert status == 200
    assert answer["results"]["bindings"]


def test_killed_executors_and_hosts_are_replaced(service: Service) -> None:
    for pid in sorted(service.family() - {service.process.pid}):
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"eclod.store.host" in command.read_bytes():
            os.kill(pid, signal.SIGKILL)
    wait_until_ready(service)
    assert service.ask(_POINT)[0] == 200


def test_a_new_release_is_switched_to_without_a_failed_request(tmp_path: Path) -> None:
    settings = from_environment({}, data=tmp_path / "data")
    folders = [assets.folder("registries")]
    first = pipeline.build(settings, None, folders, at=datetime(2026, 1, 1, tzinfo=UTC)).current
    extra = tmp_path / "registries" / "extra"
    extra.mkdir(parents=True)
    (extra / "registry.toml").write_text(
        'title = { en = "Extra" }\npublisher = "Somebody"\nlanguage = "en"\n[[sources]]\nfile = "./rows.csv"\n'
    )
    (extra / "mapping.toml").write_text('[things.o]\nshape = "Organisation"\nkey = "id"\nfields.name = "name"\n')
    (extra / "rows.csv").write_text("id,name\n1,Brand new organisation\n")
    service = start(settings.data)
    try:
        statuses: list[int] = []
        seen: set[str] = set()
        done = threading.Event()

        def keep_asking() -> None:
            while not done.is_set():
                status, headers, _ = service.get("/sparql?" + urlencode({"query": _POINT}))
                statuses.append(status)
                seen.add(headers.get("Eclod-Release", ""))

        askers = [threading.Thread(target=keep_asking) for _ in range(3)]
        for asker in askers:
            asker.start()
        second = pipeline.build(settings, None, [*folders, extra.parent]).current
        deadline = time.monotonic() + _PATIENCE
        while second not in seen and time.monotonic() < deadline:
            time.sleep(0.1)
        done.set()
        for asker in askers:
            asker.join()
        assert set(statuses) == {200}
        assert seen == {first, second}
        assert "Brand new organisation" in service.get("/search?q=brand+new&format=json")[2].decode()
    finally:
        stop(service)


def test_stopping_leaves_no_process_behind(starting_settings: Settings) -> None:
    service = start(starting_settings.data)
    family = service.family()
    assert len(family) > 3
    stop(service)
    assert service.process.returncode == 0
    deadline = time.monotonic() + _PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in family) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]


def lives(pid: int) -> bool:
    """Return whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("killed", ["service", "web server"])
def test_killing_leaves_no_process_behind_that_holds_the_port(starting_settings: Settings, killed: str) -> None:
    service = start(starting_settings.data)
    family = service.family()
    web = min(pid for pid in family if "--interface" in Path(f"/proc/{pid}/cmdline").read_text().split("\0"))
    os.kill(service.process.pid if killed == "service" else web, signal.SIGKILL)
    service.process.wait(_PATIENCE)
    deadline = time.monotonic() + _PATIENCE
    while any(map(lives, family)):
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.1)


def test_a_port_in_use_and_a_missing_release_are_one_sentence(starting_settings: Settings, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for data, option, expected, code in (
            (starting_settings.data, port, f"Port {port} on 127.0.0.1 cannot be used", 2),
            (tmp_path, str(free_port()), "There is no release", 1),
            (starting_settings.data, "eighty", "The setting ECLOD_PORT is 'eighty'", 2),
        ):
            result = subprocess.run(
                [sys.executable, "-m", "eclod", "serve", "--data", str(data), "--port", option],
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
            assert result.returncode == code
            assert expected in result.stderr
            assert "Traceback" not in result.stderr
            assert len(result.stderr.strip().splitlines()) == 1


def test_a_release_on_disk_answers_like_one_in_memory(service: Service, starting_settings: Settings) -> None:
    on_disk = start(starting_settings.data, ECLOD_MEMORY_MB="0")
    try:
        for query in (_POINT, "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"):
            assert on_disk.ask(query) == service.ask(query)
    finally:
        stop(on_disk)
    assert Releases(starting_settings.data).current_id()
