"""Manifests as rows of tables: releases, their graphs and files, registries and what became of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from eclod.core.iris import Names
from eclod.core.namespaces import shorten
from eclod.rdf import description
from eclod.store.manifest import FileEntry, GraphEntry, Manifest, RegistryEntry, TableEntry
from eclod.web.pages.views import Download, GraphRow, ReleaseRow
from eclod.web.resources.views import RegistryRow, Term

_LABELS: Final = {".nq": "N-Quads", ".ttl": "Turtle", ".nt": "N-Triples", ".trig": "TriG"} | {
    ".csv": "CSV",
    ".parquet": "Parquet",
    ".geojson": "GeoJSON",
    ".json": "CSVW metadata",
}
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One table of a release for people who do not ask SPARQL: its name, how many rows, its files."""

    name: str
    rows: int
    downloads: tuple[Download, ...]


def release_row(manifest: Manifest, current: str) -> ReleaseRow:
    """Return a release; `current` is the id of the one that is served."""
    return ReleaseRow(
        id=manifest.id,
        href=f"/releases/{quote(manifest.id)}",
        created=manifest.created,
        quads=manifest.quads,
        dataset_sha256=manifest.dataset_sha256,
        current=manifest.id == current,
        previous=manifest.previous,
        origin=manifest.origin,
    )


def graph_rows(manifest: Manifest) -> tuple[GraphRow, ...]:
    """Return the graphs of a release, the merged view first."""
    ordered = sorted(manifest.graphs, key=lambda graph: (bool(graph.iri), graph.iri))
    return tuple(
        GraphRow(
            iri=graph.iri,
            label=description.graph_title(manifest, graph),
            href=_graph_page(manifest, graph),
            triples=graph.triples,
            sha256=graph.sha256,
            licence=licence(graph.licence),
            downloads=tuple(download(manifest, file) for file in graph.files),
        )
        for graph in ordered
    )


def table_rows(manifest: Manifest) -> tuple[TableRow, ...]:
    """Return the tables of a release, in their order."""

    def row(table: TableEntry) -> TableRow:
        return TableRow(table.name, table.rows, tuple(download(manifest, file, "tables") for file in table.files))

    return tuple(map(row, manifest.tables))


def registry_rows(manifest: Manifest) -> tuple[RegistryRow, ...]:
    """Return the registries of a release by title."""
    ordered = sorted(manifest.registries, key=lambda entry: entry.title.casefold())
    return tuple(registry_row(manifest, entry) for entry in ordered)


def registry_row(manifest: Manifest, entry: RegistryEntry) -> RegistryRow:
    """Return one registry with the size of its graph and what became of its rows."""
    graph = manifest.graph(Names(manifest.base).registry_graph(entry.name))
    return RegistryRow(
        name=entry.name,
        title=entry.title,
        href=f"/registries/{quote(entry.name)}",
        licence=licence(graph.licence) if graph else None,
        triples=graph.triples if graph else 0,
        read=entry.read,
        accepted=entry.accepted,
        rejected=entry.rejected,
        ignored=entry.ignored,
        conforms=entry.conforms,
        warnings=entry.warnings,
        missing=entry.missing,
    )


def licence(name: str) -> Term | None:
    """Return a licence as a link when it is an IRI."""
    if not name:
        return None
    if not name.startswith(("http://", "https://")):
        return Term(name)
    text = shorten(name) if shorten(name) != name else name.split("://", 1)[1].rstrip("/")
    return Term(text, name, name, external=True)


def size_text(size: int) -> str:
    """Return a number of bytes for people, in powers of a thousand: 1234567 gives "1.2 MB"."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{size} bytes" if unit == 0 else f"{value:.{1 if value < 99.95 else 0}f} {_UNITS[unit]}"


def download(manifest: Manifest, file: FileEntry, folder: str = "dumps") -> Download:
    """Return one file below a folder of a release."""
    plain = file.name.removesuffix(".gz")
    label = next((text for ending, text in _LABELS.items() if plain.endswith(ending)), file.name)
    if file.name.endswith(".geojson") and file.rows is not None:
        label += f", {file.rows} feature{'' if file.rows == 1 else 's'}"
    return Download(
        name=file.name,
        href=f"/releases/{quote(manifest.id)}/{folder}/{quote(file.name)}",
        label=f"{label}, gzip" if plain != file.name else label,
        size=file.size,
        size_text=size_text(file.size),
        sha256=file.sha256,
    )


def _graph_page(manifest: Manifest, graph: GraphEntry) -> str | None:
    names = Names(manifest.base)
    registry = graph.iri.removeprefix(names.registry_graph(""))
    if registry != graph.iri:
        return f"/registries/{quote(registry)}"
    name = graph.iri.removeprefix(names.graph(""))
    return f"/{name}" if name in ("ontology", "shapes") else None
