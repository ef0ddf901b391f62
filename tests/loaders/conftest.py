"""What the tests of the loaders share: catalogue and code lists, registries made on the spot, the real files."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core import assets
from eclod.rdf import fields
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry, expanded
from eclod_loaders.fetching.locating import locate
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.rows import MappedRow, Problem, Row

REGISTRY = 'title = { en = "Test" }\npublisher = "P"\nlanguage = "da"\n\n[[sources]]\nfile = "./rows.csv"\n'

#: Files that a registry can read and nobody has to have: the same figures in another format.
MAY_BE_ABSENT = {"statistics/sbs_r_nuts06_r2.sdmx.csv"}


@dataclass
class Outcome:
    """What became of the rows of a registry, with short ways to ask."""

    mapped: list[MappedRow] = field(default_factory=list)

    @property
    def accepted(self) -> list[MappedRow]:
        return [row for row in self.mapped if not row.problems and row.ignored is None]

    @property
    def ignored(self) -> list[str]:
        return [row.ignored for row in self.mapped if row.ignored is not None]

    @property
    def problems(self) -> list[Problem]:
        return [problem for row in self.mapped for problem in row.problems]

    @property
    def notes(self) -> list[Problem]:
        return [note for row in self.mapped for note in row.notes]

    @property
    def statements(self) -> set[Triple]:
        return {triple for row in self.mapped for triple in row.statements}

    def things(self, kind: str) -> set[str]:
        accepted = (row for row in self.mapped if not row.problems)
        return {iri for row in accepted for iri in row.subjects if f"/id/{kind}/" in iri}

    def values(self, predicate: str, subject: str | None = None) -> set[str]:
        """Return the texts and IRIs of a property (by the end of its IRI), of all things or of one."""
        return {
            triple.object.value
            for triple in self.statements
            if triple.predicate.value.endswith(predicate)
            and isinstance(triple.object, Literal | NamedNode)
            and (subject is None or triple.subject == NamedNode(subject))
        }

    def literals(self) -> list[Literal]:
        return [triple.object for triple in self.statements if isinstance(triple.object, Literal)]


def thing_iri(kind: str, local_id: str, named_by: str = "") -> str:
    """Stand in for the ledger: the local identifier can be read from the IRI."""
    return f"https://example.org/id/{kind}/{(named_by + local_id).encode().hex()}"


@pytest.fixture(scope="session")
def catalogue() -> FieldCatalogue:
    return fields.load()


@pytest.fixture(scope="session")
def codes() -> CodeLists:
    return CodeLists.load()


@pytest.fixture
def make_registry(tmp_path: Path) -> Callable[..., Registry]:
    """Return a function that writes a registry of one file and loads it."""

    def make(mapping: str, content: bytes | str = "", registry: str = REGISTRY, file: str = "rows.csv") -> Registry:
        folder = tmp_path / "dk-test"
        folder.mkdir(exist_ok=True)
        (folder / "registry.toml").write_text(registry.replace("rows.csv", file), encoding="utf-8")
        (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        return Registry.load(folder)

    return make


@pytest.fixture(scope="session")
def run(catalogue: FieldCatalogue, codes: CodeLists) -> Callable[..., Outcome]:
    """Return a function that maps all files of a registry."""

    def run(registry: Registry, sources: Path | None = None) -> Outcome:
        outcome = Outcome()
        for source in expanded(registry, sources).sources:
            path = locate(source, registry, sources)
            if path is None and source.file in MAY_BE_ABSENT:
                continue
            assert path is not None, source.file
            rows = ADAPTERS[source.adapter](path, path.name, source)
            outcome.mapped += map_rows(registry, source, rows, catalogue, codes, thing_iri)
        return outcome

    return run


@pytest.fixture
def read() -> Callable[[Registry], list[Row]]:
    """Return a function that reads the first file of a registry without mapping it."""

    def read(registry: Registry) -> list[Row]:
        source = registry.sources[0]
        path = locate(source, registry, None)
        assert path is not None
        return list(ADAPTERS[source.adapter](path, path.name, source))

    return read


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with the real files, which are not part of the project; tests that need it skip without."""
    beside = (assets.checkout() or Path.cwd()).parent / "shared" / "data"
    folder = Path(os.environ.get("SHARED_OF_ECLOD", beside))
    if not folder.is_dir():
        pytest.skip(f"the real files are not at {folder} (SHARED_OF_ECLOD names another place)")
    return folder
