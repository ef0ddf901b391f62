"""Publishing RDF as it is: any dataset, default and named graphs kept, without mapping, identifiers or gate."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyoxigraph as ox

import eclod
from eclod.core.errors import BadInput
from eclod.core.settings import Settings
from eclod.store import lines, writer
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.staging import DEFAULT_DUMP, GraphContent
from eclod_loaders.reading.rdf_syntax import FORMATS, reason

ORIGIN: Final = "rdf"

_RELATIVE: Final = "it has a relative IRI; say with --base-iri what it is relative to"

#: A blank node where a term may stand, also in a triple term (RDF 1.2); inside a literal the same text follows
#: something else or sits between quotes. Taking a literal for one would cost some time and change nothing.
_BLANK_NODE: Final = re.compile(rb"^_:|^\S+ \S+ _:|_:\S+ \.$|<<\(.*_:")


def build_from_rdf(
    settings: Settings,
    files: Sequence[Path],
    base_iri: str | None = None,
    at: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Manifest | None:
    """Publish the union of RDF files as a release and return its manifest, or None when it is the current one already.

    Blank nodes of different files stay different. Relative IRIs are resolved against `base_iri`. Raises BadInput,
    naming file, line and column, for what does not parse and for a base that is no IRI, and Locked when another build
    holds the data folder.
    """
    if base_iri is not None:
        _check_base(base_iri)
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    releases = Releases(settings.data)
    with releases.writing():
        progress("Reading RDF")
        store = ox.Store()
        for path in files:
            _load(store, path, base_iri)
        graphs = _graphs(_canonical_lines(store))
        progress("Publishing")
        draft = Manifest(
            id=moment.strftime("%Y%m%dT%H%M%SZ"),
            previous=None,
            created=moment.isoformat(timespec="seconds"),
            base=settings.base,
            origin=ORIGIN,
            quads=0,
            dataset_sha256="",
            graphs=(),
            code_version=eclod.__version__,
        )
        return writer.publish(releases, draft, graphs, merge=None)


def _load(store: ox.Store, path: Path, base_iri: str | None) -> None:
    """Add a file to a store; the engine gives its blank nodes labels of their own."""
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise BadInput(f"The file {path} has no RDF suffix; use one of {', '.join(FORMATS)}.")
    try:
        store.bulk_load(path=path, format=form, base_iri=base_iri)
    except SyntaxError as error:
        where = f", line {error.lineno}, column {error.offset}" if error.lineno else ""
        raise BadInput(f"The file {path}{where} is not {form.name}: {reason(error.msg, _RELATIVE)}.") from error
    except MemoryError as error:
        raise BadInput(
            f"The file {path} has one term of more than 16 MiB, which cannot be read; shorten it or leave it out."
        ) from error
    except OSError as error:
        raise BadInput(f"The file {path} cannot be read: {error.strerror or error}.") from error


def _check_base(base_iri: str) -> None:
    try:
        ox.NamedNode(base_iri)
    except ValueError:
        raise BadInput(
            f"--base-iri is '{base_iri}', which is not an IRI; give one such as https://example.org/."
        ) from None


def _canonical_lines(store: ox.Store) -> list[bytes]:
    """Return the sorted lines of a dataset, its blank nodes named by RDFC-1.0 so that the same data gives the same."""
    found = lines.of_store(store)
    if not any(_BLANK_NODE.search(line) for line in found):
        return found
    dataset = ox.Dataset(store)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    buffer = io.BytesIO()
    ox.serialize(dataset, buffer, ox.RdfFormat.N_QUADS)
    return sorted(buffer.getvalue().splitlines())


def _graphs(found: list[bytes]) -> list[GraphContent]:
    """Return one content per graph; the default graph is always there."""
    by_graph: dict[str, list[bytes]] = {"": []}
    for line in found:
        by_graph.setdefault(lines.graph_of(line), []).append(line)
    return [GraphContent(name, _dump_name(name), graph) for name, graph in sorted(by_graph.items())]


def _dump_name(graph: str) -> str:
    return f"graph-{hashlib.sha256(graph.encode()).hexdigest()[:16]}" if graph else DEFAULT_DUMP
