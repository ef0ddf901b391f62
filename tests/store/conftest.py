"""A data folder of one's own, and short ways to fill it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from eclod.core.settings import Settings
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
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
