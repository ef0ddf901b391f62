"""Where the file of a source is: beside the registry, below the folder of sources, or a copy of what the web has."""

from __future__ import annotations

from pathlib import Path

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import UNMAPPED, URL, Registry, Source
from eclod_loaders.fetching.catalogue import Catalogue
from eclod_loaders.fetching.copies import RDF, Copies, digest
from eclod_loaders.fetching.event_stream import EventStream
from eclod_loaders.fetching.sparql_endpoint import Endpoint


def locate(source: Source, registry: Registry, sources_dir: Path | None, downloads: Path | None = None) -> Path | None:
    """Return where a source's file is, or None when it is not there.

    What is at an http(s) address is fetched into the folder `downloads`; without one it counts as not there. Raises
    BadInput when it cannot be fetched.
    """
    if URL.match(source.file):
        return _fetched(source, registry, downloads) if downloads else None
    if source.file.startswith("./"):
        path = registry.folder / source.file
    elif sources_dir is not None:
        path = sources_dir / source.file
    else:
        return None
    return path if path.is_file() else None


def _fetched(source: Source, registry: Registry, downloads: Path) -> Path:
    copies = Copies(downloads)
    if source.via == "dcat":
        return Catalogue(source.file, copies).fetch(source.adapter, source.dataset)
    if source.via == "sparql":
        query = _query(registry, source)
        name = digest(f"{source.file}\n{query}")
        return Endpoint(source.file, source.page).fetch(
            query, f"{registry.name}/{source.query}", copies.make() / f"{name}-answer.nt"
        )
    if source.via == "ldes":
        folder, name = copies.make(), digest(source.file)
        return EventStream(source.file).fetch(folder / f"{name}-stream.sqlite", folder / f"{name}-stream.nt")
    return copies.fetch(source.file, RDF if source.adapter in UNMAPPED else "*/*")


def _query(registry: Registry, source: Source) -> str:
    try:
        return (registry.folder / source.query).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{registry.name}/{source.query} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{registry.name}/{source.query} is not in UTF-8; save it as UTF-8.") from None
