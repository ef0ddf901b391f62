"""A registry's delivery as it meets the running service: from the push to the answer, and what must leave nothing."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.test_service import Service, start, stop

from eclod.core.settings import Settings
from eclod.store.intake import Intake
from eclod.store.manifest import Manifest
from eclod.store.tokens import FILE, Tokens

REGISTRY = """title = { en = "Firms" }
publisher = "Somebody"
language = "en"
country = "DK"
publishing.largest_change = 1

[[sources]]
file = "./firms.csv"
"""
MAPPING = """[things.organisation]
shape = "Organisation"
key = "id"
fields.name = "name"
fields.country = { constant = "DK" }
"""
SUBMISSIONS = "/registries/sent-firms/submissions"
_PATIENCE = 90.0


@pytest.fixture(scope="module")
def service(
    starting_settings: Settings, starting_release: Manifest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("deliveries")
    data = folder / "data"
    shutil.copytree(starting_settings.data, data, symlinks=True, copy_function=os.link)
    own = folder / "registries" / "sent-firms"
    own.mkdir(parents=True)
    (own / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    (own / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    service = start(data, ECLOD_REGISTRIES=str(own.parent), ECLOD_UPLOAD_MB="8")
    yield service
    stop(service)


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return Tokens(service.data / FILE).create("sent-firms")[1]


def request(service: Service, method: str, path: str, token: str, body: bytes | None = None) -> tuple[int, Any]:
    address = urlsplit(service.base)
    link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        link.request(method, path, body, {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        link.close()


def settled(service: Service, token: str, path: str) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while not (found := request(service, "GET", path, token)[1])["settled"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def has(service: Service, name: str) -> bool:
    return bool(service.ask(f'ASK {{ ?s <http://www.w3.org/2004/02/skos/core#prefLabel> "{name}"@en }}')[1]["boolean"])


def wait_for(service: Service, name: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not has(service, name):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def publishers(service: Service) -> list[int]:
    found = []
    for pid in service.family():
        try:
            if b"publisher" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


def test_a_push_is_answered_by_sparql_soon(service: Service, token: str) -> None:
    status, made = request(service, "POST", SUBMISSIONS, token, b"id,name\n1,Pushed firm\n")
    assert status == 202
    assert settled(service, token, made["self"])["state"] == "published"
    wait_for(service, "Pushed firm")


def test_half_an_upload_leaves_nothing(service: Service, token: str) -> None:
    """Contract, line 38: a push cut off half-way leaves nothing."""
    address = urlsplit(service.base)
    intake = Intake(service.data)
    before = intake.ids("sent-firms")
    for framing in (
        "Content-Length: 5000000\r\n\r\nid,name\n" + "x" * 2_000_000,
        "Transfer-Encoding: chunked\r\n\r\n8\r\nid,n",
    ):
        head = f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: text/csv\r\n"
        with socket.create_connection((address.hostname, address.port)) as link:
            link.sendall((head + framing).encode())
            time.sleep(0.3)
    time.sleep(0.5)
    assert intake.ids("sent-firms") == before
    assert list(intake.incoming().iterdir()) == []


@pytest.mark.parametrize("with_token", [True, False])
def test_a_gigabyte_is_refused_before_it_is_sent(service: Service, token: str, with_token: bool) -> None:
    address = urlsplit(service.base)
    head = f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {1 << 30}\r\n"
    head += f"Authorization: Bearer {token if with_token else 'x'}\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=20) as link:
        link.sendall(head.encode() + b" " * 1000)
        assert link.recv(100).split()[1] == (b"413" if with_token else b"401")
    assert list(Intake(service.data).incoming().iterdir()) == []


def test_a_publisher_that_is_killed_loses_nothing(service: Service, token: str) -> None:
    """Contract, line 40: no accepted submission is lost."""
    for number in range(3):
        status, made = request(service, "POST", SUBMISSIONS, token, f"id,name\n1,Firm after {number}\n".encode())
        assert status == 202
        deadline = time.monotonic() + _PATIENCE
        while not (running := publishers(service)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.4 * number)
        for pid in running:
            os.kill(pid, signal.SIGKILL)
        assert settled(service, token, made["self"])["state"] == "published"
        wait_for(service, f"Firm after {number}")
