"""What is sent with ill will, over HTTP to a running service: refused with a sentence, and nothing is left of it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import shutil
import signal
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings
from eclod.store.intake import Intake
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.submission import Submission
from eclod.store.tokens import FILE, Tokens

REGISTRY = """title = {{ en = "Ill will" }}
publisher = "Somebody"
language = "en"
country = "DK"
publishing.largest_change = 1

[[sources]]
{source}
"""
TABLE = 'file = "./firms.csv"'
GRAPH = 'file = "./graph.ttl"\nadapter = "rdf"'
MAPPING = """[things.organisation]
shape = "Organisation"
key = "id"
fields.name = "name"
fields.country = { constant = "DK" }
"""
LIMIT_MB = 16
_PATIENCE = 120.0
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">{_LAUGHS}]><r>&l9;</r>'.encode()
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>'
REMOTE = b'{"@context": "http://127.0.0.1:9/c", "@id": "a:b"}'


@pytest.fixture(scope="module")
def service(
    starting_settings: Settings, starting_release: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("hostile")
    data = folder / "data"
    shutil.copytree(starting_settings.data, data, symlinks=True, copy_function=os.link)
    for name, source in (("ill-table", TABLE), ("ill-graph", GRAPH)):
        own = folder / "registries" / name
        own.mkdir(parents=True)
        (own / "registry.toml").write_text(REGISTRY.format(source=source), encoding="utf-8")
        if source is TABLE:
            (own / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    service = run(data)
    yield service
    stop(service)


def run(data: Path) -> Service:
    return start(data, ECLOD_REGISTRIES=str(data.parent / "registries"), ECLOD_UPLOAD_MB=str(LIMIT_MB))


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, str]:
    made = Tokens(service.data / FILE)
    return {name: made.create(name)[1] for name in ("ill-table", "ill-graph")}


def send(service: Service, method: str, path: str, token: str, body: bytes, media_type: str) -> tuple[int, Any]:
    address = urlsplit(service.base)
    link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        link.request(method, path, body, {"Authorization": f"Bearer {token}", "Content-Type": media_type})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


def settled(service: Service, registry: str) -> Submission:
    """Return the newest submission once it is settled."""
    intake = Intake(service.data)
    deadline = time.monotonic() + _PATIENCE
    while True:
        newest = intake.get(registry, intake.ids(registry)[-1])
        if newest.settled:
            return newest
        assert time.monotonic() < deadline, newest.state
        time.sleep(0.1)


def nothing_left(service: Service) -> bool:
    incoming, staging = Intake(service.data).incoming(), Releases(service.data).root.glob(".staging*")
    return not list(incoming.iterdir()) and not list(staging)


def memory(service: Service) -> int:
    """Return how much memory the service and all below it have of their own, in bytes."""
    found = 0
    for pid in service.family():
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            found += sum(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("RssAnon:"))
    return found


def bomb() -> bytes:
    """Return a workbook of a megabyte that unpacks to more than a gigabyte."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/s.xml", "w") as sheet:
        for _ in range(1100):
            sheet.write(b" " * (1 << 20))
    return held.getvalue()


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_the_graph_of_another_registry_stays_its_own(service: Service, tokens: dict[str, str], method: str) -> None:
    """Contract, line 38: a token that is not theirs gets 403, a wrong one 401, and not a word about what exists."""
    token, said = tokens["ill-table"], []
    for other in ("ill-graph", "eclod-starter", "nobody"):
        path = f"/graphs?graph={quote(f'https://w3id.org/eclod/graph/registry/{other}', safe='')}"
        status, problem = send(service, method, path, token, b"<a:b> <a:c> <a:d> .", "text/turtle")
        assert status == 403
        said.append({name: value for name, value in problem.items() if name != "instance"})
        assert send(service, method, path, "wrong", b"", "text/turtle")[0] == 401
    assert said[0] == said[1] == said[2]
    assert Intake(service.data).ids("ill-graph") == []


@pytest.mark.parametrize(
    ("registry", "name", "content", "words"),
    [
        ("ill-table", "firms.xlsx", bomb, "unpacks to more than"),
        ("ill-table", "firms.csv", lambda: b" " * ((LIMIT_MB << 20) - 1000), ""),
        ("ill-graph", "graph.rdf", lambda: LAUGHS, "document type definition"),
        ("ill-graph", "graph.rdf", lambda: OUTSIDE, "document type definition"),
        ("ill-graph", "graph.jsonld", lambda: REMOTE, "at another address"),
        ("ill-graph", "graph.ttl", lambda: b"<file:///etc/passwd> a <a:b> . <a:b> <a:c", "not Turtle"),
    ],
    ids=["zip-bomb", "spaces", "billion-laughs", "external-entity", "remote-context", "half-a-file"],
)
def test_a_hostile_file_is_refused_with_a_sentence(
    service: Service, tokens: dict[str, str], registry: str, name: str, content: Callable[[], bytes], words: str
) -> None:
    """Contract, lines 21 and 38: no network, no other file read, bounded memory; what is refused leaves nothing."""
    before, release = memory(service), Releases(service.data).current_id()
    path = f"/registries/{registry}/submissions?filename={name}"
    status, problem = send(service, "POST", path, tokens[registry], content(), "application/octet-stream")
    assert status == 202, problem
    found = settled(service, registry)
    assert found.state == "refused", found.progress.message
    assert words in found.progress.message
    assert "/etc" not in found.progress.message
    assert found.progress.message.endswith(".")
    assert memory(service) - before < 600 << 20
    assert Releases(service.data).current_id() == release
    assert nothing_left(service)


def test_chunks_without_a_length_are_not_read_at_all(service: Service, tokens: dict[str, str]) -> None:
    """Contract, line 38: half of it is never taken for the whole; a gigabyte of spaces in chunks ends at the first."""
    address = urlsplit(service.base)
    head = "POST /registries/ill-table/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    head += f"Authorization: Bearer {tokens['ill-table']}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    sent = 0
    with socket.create_connection((address.hostname, address.port), timeout=20) as link:
        link.sendall(head.encode())
        with contextlib.suppress(ConnectionError):  # it hangs up on who goes on sending
            while sent < 1024:
                link.sendall(chunk)
                sent += 1
    assert sent < 64
    assert nothing_left(service)


def test_a_service_killed_while_a_file_arrives_takes_the_next_one(service: Service, tokens: dict[str, str]) -> None:
    """Contract, line 40: `kill -9` at any moment of a push, then start: nothing half-done is there or counts."""
    data, intake = service.data, Intake(service.data)
    before = intake.ids("ill-table")
    address = urlsplit(service.base)
    head = "POST /registries/ill-table/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    head += f"Authorization: Bearer {tokens['ill-table']}\r\nContent-Length: 9000000\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=20) as link:
        link.sendall(head.encode() + b"id,name\n" + b"x" * 3_000_000)
        time.sleep(1)
        for pid in sorted(service.family()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    service.process.wait(20)
    assert intake.ids("ill-table") == before
    left = list(intake.incoming().iterdir())
    assert len(left) <= 1
    for path in left:  # as if an hour had gone by
        os.utime(path, (0, 0))
    again = run(data)
    service.base, service.process = again.base, again.process
    path = "/registries/ill-table/submissions"
    assert send(service, "POST", path, tokens["ill-table"], b"id,name\n1,After the kill\n", "text/csv")[0] == 202
    assert settled(service, "ill-table").state == "published"
    assert nothing_left(service)
