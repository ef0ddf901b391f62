"""How long a delivery takes from the registry's POST until SPARQL answers with it, on the service as it is run."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Final

import httpx

from benchmarks import register
from benchmarks.processes import HOST, CouldNotRun, Server, free_port, run

_READY_SECONDS: Final = 120.0
#: Until the release is in memory; a large one stays on the disk.
_LOADED_SECONDS: Final = 90.0
_PUBLISHED_SECONDS: Final = 300.0
_BETWEEN_ASKING: Final = 0.02
#: So that what follows a publication, such as loading it, is over with.
_PAUSE: Final = 6.0
_ASK: Final = 'ASK {{ ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> "{}"@en }}'


def measure(folder: Path, data: Path, registries: Path, rows: int, rounds: int) -> list[float]:
    """Return the seconds of each delivery of so many rows; the first comes after a full build and a pause."""
    folder.mkdir()
    eclod = ["env", f"ECLOD_REGISTRIES={registries}", f"ECLOD_DATA={data}", sys.executable, "-m", "eclod"]
    register.let_publish(registries)
    run([*eclod, "build"], folder)
    token = run([*eclod, "registry", "token", "create", register.SMALL], folder).strip()
    port = free_port()
    server = Server("eclod", [*eclod, "serve", "--port", str(port)], folder)
    try:
        with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=60) as client:
            server.wait_until(lambda: _is_ready(client), _READY_SECONDS)
            with contextlib.suppress(CouldNotRun):
                log = folder / "server.log"
                server.wait_until(lambda: "open in memory" in log.read_text(errors="replace"), _LOADED_SECONDS)
            found = []
            for number in range(rounds):
                time.sleep(_PAUSE)
                found.append(_deliver(client, token, rows, f"delivery {number + 1}"))
            return found
    finally:
        server.stop()


def _deliver(client: httpx.Client, token: str, rows: int, name: str) -> float:
    content = register.small_table(rows, name).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv"}
    started = time.perf_counter()
    client.post(f"/registries/{register.SMALL}/submissions", content=content, headers=headers).raise_for_status()
    asked = {"query": _ASK.format(register.small_name(rows - 1, name))}
    while not client.get("/sparql", params=asked, headers={"Accept": "application/sparql-results+json"}).json()[
        "boolean"
    ]:
        if time.perf_counter() - started > _PUBLISHED_SECONDS:
            raise CouldNotRun("What was delivered was not published.")
        time.sleep(_BETWEEN_ASKING)
    return time.perf_counter() - started


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False
