"""`manifest.json`: what a release is, graph by graph, enough to check it and to build the next one on it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from eclod.core.errors import Damaged

FORMAT: Final = 3


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Part):
    """One file of a release or one source file: name, size in bytes, SHA-256 in hexadecimal, rows of a table."""

    name: str
    size: int
    sha256: str
    rows: int | None = None

    @classmethod
    def of(cls, path: Path, rows: int | None = None) -> FileEntry:
        """Return the entry of a file; raises OSError."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return cls(name=path.name, size=file.tell(), sha256=digest.hexdigest(), rows=rows)


class GraphEntry(_Part):
    """One graph: IRI (empty for the default graph), name of its dump, triples, SHA-256 of its canonical N-Quads."""

    iri: str
    dump: str
    triples: int
    sha256: str
    licence: str = ""
    files: tuple[FileEntry, ...] = ()


class RegistryEntry(_Part):
    """What became of one registry's rows in this release; `inputs` changes when any of its inputs does.

    `delivery` counts its deliveries, `delivered` is when this one was (ISO 8601), `first_release` the one that had it
    first, empty when it is this one; a release of before they were counted has none of them.
    """

    name: str
    title: str
    inputs: str
    sources: tuple[FileEntry, ...] = ()
    missing: tuple[str, ...] = ()
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    ignored: int = 0
    conforms: bool = True
    warnings: int = 0
    things: int = 0
    delivery: int = 0
    delivered: str = ""
    first_release: str = ""


class TableEntry(_Part):
    """One table for people who do not ask SPARQL: its rows, and the files that hold them in `tables/`."""

    name: str
    rows: int
    files: tuple[FileEntry, ...] = ()


class Manifest(_Part):
    """A release; `dataset_sha256` is the SHA-256 of its canonical N-Quads (RDFC-1.0), sorted by code point.

    `dataset` is the file with all of them, which a release of before there was one has not.
    """

    format: int = FORMAT
    id: str
    previous: str | None
    created: str
    base: str
    origin: str
    quads: int
    dataset_sha256: str
    dataset: FileEntry | None = None
    graphs: tuple[GraphEntry, ...]
    registries: tuple[RegistryEntry, ...] = ()
    tables: tuple[TableEntry, ...] = ()
    ontology_version: str = ""
    code_version: str = ""
    system_inputs: dict[str, str] = {}

    def graph(self, iri: str) -> GraphEntry | None:
        return next((graph for graph in self.graphs if graph.iri == iri), None)

    def registry(self, name: str) -> RegistryEntry | None:
        return next((entry for entry in self.registries if entry.name == name), None)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest of a release folder.

        Raises Damaged when it is missing, unreadable or written by a newer version.
        """
        path = folder / "manifest.json"
        try:
            content: Any = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Damaged(
                f"The release {folder.name} has no readable manifest ({error}); remove the folder or roll back."
            ) from error
        if isinstance(content, dict) and isinstance(content.get("format"), int) and content["format"] > FORMAT:
            raise Damaged(
                f"The release {folder.name} was written by a newer eclod (format {content['format']}, this one reads "
                f"{FORMAT}); update eclod."
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise Damaged(
                f"The manifest of release {folder.name} does not hold: {error.errors()[0]['msg']}."
            ) from error

    def write(self, folder: Path) -> None:
        text = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
