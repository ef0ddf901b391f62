"""A running service for the suites: every dataset is a release of its own, and the current release holds all files."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from eclod.core.settings import Settings
from eclod.store.releases import Releases
from eclod_loaders.from_rdf import build_from_rdf

from .suite import Dataset, Suite

ENDPOINT: Final = "/sparql"
_HOST: Final = "127.0.0.1"
_PATIENCE: Final = 60.0
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)
#: Queries come one by one and datasets one after the other, so that one of each is enough.
_SETTINGS: Final = {"ECLOD_EXECUTORS": "1", "ECLOD_PAST_RELEASES": "1", "ECLOD_PAST_EXECUTORS": "1"}


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Service:
    """`eclod serve` over a data folder of its own."""

    def __init__(self, folder: Path, suite: Suite) -> None:
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            self.port = int(probe.getsockname()[1])
        self._folder = folder
        self._suite = suite
        # Its names begin with its address, so that it describes itself as what is asked here.
        self._settings = Settings(data=folder / "data", base=f"http://{_HOST}:{self.port}")
        self._releases: dict[Dataset, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{_HOST}:{self.port}{ENDPOINT}"

    def endpoint(self, dataset: Dataset) -> str:
        """Return the path of the endpoint that answers from a dataset."""
        return f"/releases/{quote(self._releases[dataset])}{ENDPOINT}"

    def build(self, datasets: Iterable[Dataset]) -> None:
        """Make a release of each dataset, the last one current, before the service starts."""
        releases = Releases(self._settings.data)
        for dataset in datasets:
            self._build(dataset)
            self._releases[dataset] = releases.current_id()

    def _build(self, dataset: Dataset) -> None:
        """Publish a dataset as `eclod build --from-rdf` does.

        A file for the default graph goes in as it is; what has to be a named graph needs a format that says so.
        """
        number = len(self._releases)
        folder = self._folder / f"files-{number}"
        folder.mkdir()
        assert len(dataset.default) <= 1, "each file has its own address, and the command takes one base"
        base = next(iter(dataset.default), None)
        paths = [folder / f"default.{iri.rpartition('.')[2]}" for iri in dataset.default]
        for path, iri in zip(paths, dataset.default, strict=True):
            path.write_bytes(self._suite.files[iri])
        for position, iri in enumerate(dataset.named):
            graph = ox.NamedNode(iri)
            quads = (ox.Quad(q.subject, q.predicate, q.object, graph) for q in self._suite.graph(iri))
            paths.append(folder / f"named-{position}.nq")
            ox.serialize(quads, paths[-1], ox.RdfFormat.N_QUADS)
        build_from_rdf(self._settings, paths, base, at=_START + timedelta(seconds=number))

    def start(self) -> None:
        """Start the service and wait until it answers."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ECLOD_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "eclod", "serve", "--data", str(self._settings.data), "--port", str(self.port)],
            env=clean | _SETTINGS | {"ECLOD_BASE": self._settings.base, "HOST": _HOST},
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE
        while not self._ready():
            assert self._process.poll() is None, "the service ended by itself"
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.1)

    def _ready(self) -> bool:
        try:
            return self.request("GET", "/health/ready").status == 200
        except OSError:  # it does not listen yet
            return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(_PATIENCE)

    def request(
        self,
        method: str,
        target: str = ENDPOINT,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        """Send one request, with the headers given and no others but Host, Content-Length and Accept-Encoding."""
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_PATIENCE)
        try:
            connection.request(method, target, body, dict(headers))
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, names, answer.read())
        finally:
            connection.close()
