"""A data folder of one's own, and short ways to fill it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from eclod.core.formats import RESULT_CSV
from eclod.core.settings import Settings
from eclod.store.engine import Question
from eclod.store.manifest import Manifest
from eclod.store.pool import ExecutorPool
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor
from eclod_loaders.from_rdf import build_from_rdf

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Publish = Callable[..., Manifest | None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def releases(data: Path) -> Releases:
    return Releases(data)


def publisher(data: Path, files: Path, start: datetime = START) -> Publish:
    seconds = count()

    def publish(*, base_iri: str | None = None, **texts: str | bytes) -> Manifest | None:
        folder = files / f"files-{next(seconds)}"
        folder.mkdir(parents=True)
        paths = []
        for name, text in texts.items():
            path = folder / name.replace("__", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        at = start + timedelta(seconds=next(seconds))
        return build_from_rdf(Settings(data=data), paths, base_iri, at=at)

    return publish


@pytest.fixture
def publish_rdf(data: Path, tmp_path: Path) -> Publish:
    """Return a function that publishes RDF texts by file name (`a__ttl=`), and returns the manifest or None."""
    return publisher(data, tmp_path)


@pytest.fixture(scope="session")
def _three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    publish = publisher(folder / "data", folder, START - timedelta(days=1))
    for number in range(3):
        publish(a__ttl=f"<urn:s> <urn:p> {number} .")
    return folder / "data"


@pytest.fixture
def three(_three: Path, data: Path) -> list[str]:
    """Return the ids of three releases, the newest current: `<urn:s> <urn:p> 0`, 1 and 2 in the default graph."""
    shutil.copytree(_three, data, symlinks=True)
    return Releases(data).ids()


@pytest.fixture
def must(publish_rdf: Publish) -> Callable[..., Manifest]:
    """Return `publish_rdf` for where nothing but a new release will do."""

    def publish(**texts: str | bytes) -> Manifest:
        manifest = publish_rdf(**texts)
        assert manifest is not None
        return manifest

    return publish


XSD = "http://www.w3.org/2001/XMLSchema#"
VALUES = f"""
<urn:v> <urn:p:a> "plain" , "" , " spaces " , "line\\nbreak\\r\\ttab" , "quote \\" and \\\\ and 'single'" , "=1+1" .
<urn:v> <urn:p:a> "\U0001f600 é \\u0085" , "colour"@en-gb , "Farbe"@de , "<b>&amp;</b>" .
<urn:v> <urn:p:b> "1.5"^^<{XSD}decimal> , 7 , true , "2014-04-24"^^<{XSD}date> , "x"^^<{XSD}integer> , "y"^^<urn:type> .
<urn:v> <urn:p:c> <urn:o> , <https://example.org/é?a=b&c='d'#e> , [ <urn:p:d> "inside" ] .
"""


@pytest.fixture(scope="session")
def service_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings with small budgets and a release of 4,020 quads, a value of each kind among them."""
    folder = tmp_path_factory.mktemp("service")
    lines = (f'<urn:s:{n}> <urn:p> "value {n}" .\n<urn:s:{n}> <urn:q> <urn:s:{n + 1}> <urn:g> .\n' for n in range(2000))
    (folder / "many.nq").write_text("".join(lines))
    (folder / "values.ttl").write_text(VALUES)
    settings = Settings(
        data=folder / "data",
        query_seconds=20,
        query_memory_mb=64,
        queue_seconds=60,
        result_mb=3,
        executors=2,
        query_kb=512,
    )
    build_from_rdf(settings, [folder / "many.nq", folder / "values.ttl"])
    return settings


@pytest.fixture(scope="module", params=["memory", "disk"])
def supervisor(request: pytest.FixtureRequest, service_settings: Settings) -> Iterator[Supervisor]:
    """Return a running service of two executors, once with the release in memory and once from disk."""
    memory_mb = service_settings.memory_mb if request.param == "memory" else 0
    supervisor = Supervisor(service_settings.model_copy(update={"memory_mb": memory_mb}))
    try:
        supervisor.start()
        yield supervisor
    finally:
        supervisor.stop()


@pytest.fixture
def pool(supervisor: Supervisor, service_settings: Settings) -> Iterator[ExecutorPool]:
    with closing(ExecutorPool(supervisor.run_folder, service_settings)) as pool:
        yield pool


@pytest.fixture
def fine(pool: ExecutorPool) -> Callable[[], None]:
    """Return a question that a service in good health answers at once."""

    def ask() -> None:
        answer = pool.ask(Question("ASK { <urn:s:1> ?p ?o }", result_format=RESULT_CSV))
        assert answer.read() == b"true"

    return ask


@contextmanager
def stepped(settings: Settings) -> Iterator[tuple[Supervisor, ExecutorPool]]:
    """Yield a supervisor that is stepped on a thread, and a pool on it."""
    supervisor = Supervisor(settings)
    done = threading.Event()

    def keep_stepping() -> None:
        while not done.is_set():
            supervisor.step(0.05)

    supervisor.start()
    stepping = threading.Thread(target=keep_stepping)
    stepping.start()
    try:
        with closing(ExecutorPool(supervisor.run_folder, settings)) as pool:
            yield supervisor, pool
    finally:
        done.set()
        stepping.join()
        supervisor.stop()
