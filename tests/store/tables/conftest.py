"""Tables read back from a release, and SPARQL over the same release to compare them with."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest

from eclod.core.namespaces import PREFIXES
from eclod.core.settings import Settings
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders.from_rdf import build_from_rdf


@dataclass(frozen=True)
class Release:
    """A release on disk."""

    manifest: Manifest
    folder: Path

    @property
    def tables(self) -> Path:
        return self.folder / "tables"

    def csv(self, name: str) -> list[dict[str, str]]:
        with (self.tables / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, strict=True))

    def header(self, name: str) -> list[str]:
        with (self.tables / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file))

    def parquet(self, name: str) -> Any:
        return pq.read_table(self.tables / f"{name}.parquet")

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table from Parquet."""
        return list(self.parquet(name).to_pylist())

    def select(self, query: str) -> list[tuple[str | None, ...]]:
        store = ox.Store.read_only(str(self.folder / "store"))
        found = store.query("".join(f"PREFIX {p}: <{iri}>\n" for p, iri in PREFIXES.items()) + query)
        assert isinstance(found, ox.QuerySolutions)
        return [tuple(None if term is None else term.value for term in row) for row in found]

    def count(self, pattern: str) -> int:
        return int(str(self.select(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")[0][0]))


@pytest.fixture(scope="session")
def starting(starting_settings: Settings, starting_release: Manifest) -> Release:
    return Release(starting_release, Releases(starting_settings.data).folder(starting_release.id))


Make = Callable[..., Release]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that publishes Turtle with all our prefixes and returns the release."""

    def publish(turtle: str, data: str = "data") -> Release:
        path = tmp_path / "made.ttl"
        prefixes = "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items())
        path.write_text(prefixes + "@base <https://w3id.org/eclod/id/> .\n" + turtle, encoding="utf-8")
        manifest = build_from_rdf(Settings(data=tmp_path / data), [path])
        assert manifest is not None
        return Release(manifest, Releases(tmp_path / data).folder(manifest.id))

    return publish
