"""What all tests share: a release made of the starting data, as a newcomer gets it, built once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.settings import Settings, from_environment
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import pipeline


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-starting", action="store_true", help="write the numbers of rows that competency questions have"
    )


@pytest.fixture(scope="session")
def starting_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings whose data folder holds a release of the starting data; tests do not write to it."""
    settings = from_environment({}, data=tmp_path_factory.mktemp("starting"))
    pipeline.build(settings, None, [assets.folder("registries")])
    return settings


@pytest.fixture(scope="session")
def starting_release(starting_settings: Settings) -> Manifest:
    manifest = Releases(starting_settings.data).current()
    assert manifest is not None
    return manifest


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Return a data folder that the command line uses, with no setting of the machine's own in the way."""
    for name in ("PORT", "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ECLOD_DATA", str(tmp_path / "data"))
    yield tmp_path / "data"
