"""Making a release: from the content of its graphs to a folder that is switched to, paying for what changed only.

With a release before it, the new store begins as hard links to the old one (`Store.backup`), the changed lines are
removed and added, and dumps of unchanged graphs are linked. Without one, everything is loaded in bulk.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import pyoxigraph as ox

from eclod.core.errors import BadInput, Damaged
from eclod.core.namespaces import PREFIXES
from eclod.store import changes, conflicts, identities, lines, partitions
from eclod.store.changes import Changes
from eclod.store.conflicts import Conflict
from eclod.store.feed import announcing
from eclod.store.finding import building, index
from eclod.store.manifest import FileEntry, GraphEntry, Manifest
from eclod.store.releases import Releases
from eclod.store.tables import writing

DEFAULT_DUMP: Final = "default"

#: Loading in bulk costs some 15 ms each time, so small graphs are loaded together and small changes one by one; large
#: ones in parts, since what is loaded at once is in memory.
_BULK_LINES: Final = 10_000
_LINES_AT_ONCE: Final = 250_000


@dataclass(frozen=True, slots=True)
class GraphContent:
    """What a graph shall hold: its sorted lines, or None for what it held before; `merged` says whether it counts
    towards the merged view."""

    iri: str
    dump: str
    lines: list[bytes] | None
    merged: bool = False
    licence: str = ""


class Merge(Protocol):
    """How what several graphs say about one subject becomes one view of it."""

    def __call__(self, by_graph: Mapping[str, Sequence[bytes]]) -> Iterable[bytes]:
        """Return the merged lines (default graph form) of one subject from its lines (same form) by graph IRI."""
        ...


@dataclass(slots=True)
class Staged:
    """A release in the making: lines by graph IRI (the default graph's under the empty one), and what changed."""

    folder: Path
    store: ox.Store
    graphs: dict[str, list[bytes]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    touched: set[bytes] | None = None  # subjects; None = all
    happened: Changes | None = None  # to what the merged view is about; None = there was none before
    lost: list[Conflict] = field(default_factory=list)  # of the touched subjects


def publish(
    releases: Releases,
    draft: Manifest,
    contents: Sequence[GraphContent],
    merge: Merge | None,
    extras: Mapping[str, bytes | None] = MappingProxyType({}),
    before_switch: Callable[[], None] = lambda: None,
    approve: Callable[[ox.Store], None] = lambda _: None,
    afresh: bool = False,
) -> Manifest | None:
    """Write a release and switch to it; call while holding the writing lock.

    `draft` carries all that is known beforehand; graphs, counts and hashes are filled in here. `extras` are further
    files by their path in the release, None for the one of the release before. `approve` sees the whole dataset and may
    raise; then nothing is switched. Returns None, with nothing written, when the dataset is the one of the current
    release. What the merged view depends on beside the graphs is told by `draft.system_inputs`: where it differs, the
    view is made anew. With `afresh` nothing is taken over from the release before. Raises BadInput when the disk does
    not take the release, Damaged when the release before cannot be read.
    """
    previous = None if afresh else releases.current()
    if previous is not None and (previous.base, previous.origin) != (draft.base, draft.origin):
        previous = None
    same_view = previous is not None and _same_inputs(previous.system_inputs, draft.system_inputs)
    if previous is not None and same_view and _same(previous, contents):
        announcing.catch_up_if_possible(releases)
        return None
    try:
        manifest = _publish(releases, draft, contents, merge, extras, before_switch, approve, previous, same_view)
    except (OSError, sqlite3.Error) as error:
        raise BadInput(
            f"The release cannot be written to {releases.root}: {error}. "
            "Make room there or set another ECLOD_DATA; the current release is as it was."
        ) from error
    announcing.catch_up_if_possible(releases)
    return manifest


def _publish(
    releases: Releases,
    draft: Manifest,
    contents: Sequence[GraphContent],
    merge: Merge | None,
    extras: Mapping[str, bytes | None],
    before_switch: Callable[[], None],
    approve: Callable[[ox.Store], None],
    previous: Manifest | None,
    same_view: bool,
) -> Manifest:
    staging = releases.stage()
    # The engine works without Python's lock, so what it does costs no time while another core is free.
    beside = ThreadPoolExecutor(1)
    try:
        if previous is None:
            staged = _gather(staging, contents, merge)
            loaded = beside.submit(_load_all, staged)
        else:
            staged = _apply_changes(staging, releases.folder(previous.id), previous, contents, merge, same_view)
            loaded = beside.submit(staged.store.flush)
        approved = beside.submit(approve, staged.store)
        manifest = _describe(staged, draft, contents, previous, releases)
        before = releases.folder(previous.id) if previous is not None else None
        tables = writing.write(staging, staged.graphs, manifest.base, before)
        manifest = manifest.model_copy(update={"tables": tables})
        _write_partitions(staged, previous, releases)
        loaded.result()
        _write_search(staged, manifest, contents, previous, releases)
        _write_identities(staged, manifest, previous, releases)
        _write_conflicts(staged, previous, releases)
        if staged.happened is not None:
            changes.write(staging, staged.happened)
        _write_extras(staging, extras, previous, releases)
        approved.result()
        beside.shutdown()
        del staged.store
        manifest.write(staging)
        before_switch()
        releases.publish(staging, manifest.id)
    except BaseException:
        beside.shutdown(cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return manifest


def _same_inputs(previous: Mapping[str, str], draft: Mapping[str, str]) -> bool:
    """Return whether what both name is the same; what only one names is about graphs that come or go as a whole."""
    return all(previous[name] == value for name, value in draft.items() if name in previous)


def _same(previous: Manifest, contents: Sequence[GraphContent]) -> bool:
    """Return whether every graph is there already with the same hash, and no other."""
    named = {graph.iri: graph.sha256 for graph in previous.graphs}
    merged_view_given = any(not content.iri for content in contents)
    if not merged_view_given:
        named.pop("", None)
    if named.keys() != {content.iri for content in contents}:
        return False
    return all(c.lines is None or lines.sha256(c.lines) == named[c.iri] for c in contents)


def _gather(staging: Path, contents: Sequence[GraphContent], merge: Merge | None) -> Staged:
    """Return a release in the making with its lines, the store still empty."""
    staged = Staged(staging, ox.Store(str(staging / "store")))
    for content in contents:
        if content.lines is None:
            raise ValueError(f"no content for {content.iri} and no release before this one")
        staged.graphs[content.iri] = content.lines
    if merge is not None:
        staged.graphs[""] = _merged_view({c.iri: c.lines or [] for c in contents if c.merged}, merge, staged.lost)
    staged.changed = set(staged.graphs)
    return staged


def _load_all(staged: Staged) -> None:
    every = itertools.chain.from_iterable(staged.graphs.values())
    while some := list(itertools.islice(every, _LINES_AT_ONCE)):
        lines.load(staged.store, b"\n".join(some))
    staged.store.flush()


def _merged_view(graphs: Mapping[str, Sequence[bytes]], merge: Merge, lost: list[Conflict]) -> list[bytes]:
    """Return the default graph: what only one graph describes as it is, what several describe merged.

    What does not enter is added to `lost`.
    """
    plain = {iri: [lines.without_graph(line, iri) for line in graph] for iri, graph in graphs.items()}
    seen: set[bytes] = set()
    shared: set[bytes] = set()
    for graph in plain.values():
        subjects = {lines.subject(line) for line in graph}
        shared |= seen & subjects
        seen |= subjects
    view = {line for graph in plain.values() for line in graph if lines.subject(line) not in shared}
    by_subject: dict[bytes, dict[str, list[bytes]]] = {}
    for iri, graph in plain.items():
        for line in graph:
            if (about := lines.subject(line)) in shared:
                by_subject.setdefault(about, {}).setdefault(iri, []).append(line)
    for by_graph in by_subject.values():
        merged = set(merge(by_graph))
        view |= merged
        lost += conflicts.of(by_graph, merged)
    return sorted(view)


def _apply_changes(
    staging: Path,
    old_folder: Path,
    previous: Manifest,
    contents: Sequence[GraphContent],
    merge: Merge | None,
    same_view: bool,
) -> Staged:
    _copy_store(old_folder / "store", staging / "store")
    staged = Staged(staging, ox.Store(str(staging / "store")), touched=set())
    wanted = {content.iri: content for content in contents}
    for graph in previous.graphs:
        if graph.iri or merge is None:
            staged.graphs[graph.iri] = lines.read_dump(old_folder / "dumps" / f"{graph.dump}.nq.gz")
    old_view = [] if merge is None else lines.read_dump(old_folder / "dumps" / f"{DEFAULT_DUMP}.nq.gz")
    was_merged = {c.iri for c in contents if c.merged} | (staged.graphs.keys() - wanted.keys())
    touched: set[bytes] = set()
    for iri in staged.graphs.keys() | wanted.keys():
        content = wanted.get(iri)
        new = [] if content is None else content.lines
        if new is None:
            continue
        removed, added = _change(staged, iri, new)
        if iri in was_merged or not iri:
            touched |= {lines.subject(line) for line in itertools.chain(removed, added)}
    for iri in staged.graphs.keys() - wanted.keys():
        del staged.graphs[iri]
    merged_graphs = {content.iri for content in contents if content.merged}
    if merge is not None and same_view:
        _change_merged_view(staged, old_view, touched, merged_graphs, merge)
    elif merge is not None:
        view = _merged_view({iri: staged.graphs[iri] for iri in sorted(merged_graphs)}, merge, staged.lost)
        staged.graphs[""] = old_view
        _change(staged, "", view)
    staged.touched = touched if same_view else None
    return staged


def _copy_store(old: Path, new: Path) -> None:
    """Copy a store by hard links; raises Damaged when it cannot be opened."""
    try:
        store = ox.Store.read_only(str(old))
    except (OSError, RuntimeError) as error:  # files that are not there, files that are not what they were
        raise Damaged(
            f"The store {old} cannot be read ({error}); switch to another release with 'eclod releases rollback', "
            "or build in an empty data folder."
        ) from error
    store.backup(str(new))


def _change(staged: Staged, iri: str, new: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Bring one graph of the staged store to its new lines and return (removed, added)."""
    old = staged.graphs.get(iri, [])
    removed, added = lines.difference(old, new)
    if not iri:
        staged.happened = changes.between(old, new, itertools.chain(removed, added))
    for quad in lines.quads(removed):
        staged.store.remove(quad)
    add = staged.store.bulk_extend if len(added) >= _BULK_LINES else staged.store.extend
    add(lines.quads(added))
    if removed or added or iri not in staged.graphs:
        staged.changed.add(iri)
    if not new:
        staged.store.remove_graph(lines.graph_name(iri))
    staged.graphs[iri] = new
    return removed, added


def _change_merged_view(
    staged: Staged, old_view: list[bytes], touched: set[bytes], merged_graphs: set[str], merge: Merge
) -> None:
    fresh: set[bytes] = set()
    for about in touched:
        by_graph: dict[str, list[bytes]] = {}
        for quad in staged.store.quads_for_pattern(ox.NamedNode(about[1:-1].decode()), None, None, None):
            graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
            if graph in merged_graphs:
                by_graph.setdefault(graph, []).append(lines.of_triple(quad.triple))
        merged = set(merge(by_graph) if len(by_graph) > 1 else itertools.chain(*by_graph.values()))
        fresh |= merged
        staged.lost += conflicts.of(by_graph, merged)
    staged.graphs[""] = old_view
    kept = [line for line in old_view if lines.subject(line) not in touched]
    _change(staged, "", sorted([*kept, *fresh]))


def _describe(
    staged: Staged, draft: Manifest, contents: Sequence[GraphContent], previous: Manifest | None, releases: Releases
) -> Manifest:
    """Write or link the dumps, hash everything, and return the complete manifest."""
    dumps = staged.folder / "dumps"
    dumps.mkdir()
    by_iri = {content.iri: content for content in contents}
    names = {iri: by_iri[iri].dump if iri in by_iri else DEFAULT_DUMP for iri in staged.graphs}

    def entry(iri: str) -> GraphEntry:
        old = previous.graph(iri) if previous is not None else None
        licence = by_iri[iri].licence if iri in by_iri else ""
        if previous is not None and old is not None and old.dump == names[iri] and iri not in staged.changed:
            for file in old.files:
                os.link(releases.folder(previous.id) / "dumps" / file.name, dumps / file.name)
            return old.model_copy(update={"licence": licence})
        graph = staged.graphs[iri]
        paths = lines.write_dump(graph, dumps, names[iri], PREFIXES)
        files = tuple(FileEntry.of(path) for path in paths)
        return GraphEntry(
            iri=iri, dump=names[iri], triples=len(graph), sha256=lines.sha256(graph), licence=licence, files=files
        )

    with ThreadPoolExecutor(2) as workers:
        digest = workers.submit(lines.sha256, lines.merged(list(staged.graphs.values())))
        entries = tuple(workers.map(entry, sorted(staged.graphs)))
    dataset = digest.result()
    return draft.model_copy(
        update={
            "id": releases.free_id(f"{draft.id}-{dataset[:8]}"),
            "previous": previous.id if previous else next(reversed(releases.ids()), None),
            "graphs": entries,
            "quads": sum(graph.triples for graph in entries),
            "dataset_sha256": dataset,
        }
    )


def _write_partitions(staged: Staged, previous: Manifest | None, releases: Releases) -> None:
    """Count what changed; graphs that did not keep the counts they had."""
    try:
        before = partitions.read(releases.folder(previous.id)) if previous is not None else partitions.Partitions()
    except Damaged:  # of another format, or broken: nothing that cannot be counted again
        before = partitions.Partitions()
    kept = {graph.iri: graph for graph in before.graphs if graph.iri not in staged.changed}
    partitions.write(
        staged.folder, (kept.get(iri) or partitions.count(graph, iri) for iri, graph in staged.graphs.items())
    )


def _write_search(
    staged: Staged,
    manifest: Manifest,
    contents: Sequence[GraphContent],
    previous: Manifest | None,
    releases: Releases,
) -> None:
    before = releases.folder(previous.id) / index.FOLDER if previous is not None else None
    merged = {content.iri for content in contents if content.merged}
    folder = staged.folder / index.FOLDER
    building.build(folder, before, staged.store, staged.graphs, merged, staged.touched, manifest.base)


def _write_identities(staged: Staged, manifest: Manifest, previous: Manifest | None, releases: Releases) -> None:
    path = staged.folder / identities.FILE
    if previous is None or staged.touched is None:
        identities.write(path, staged.graphs, manifest.base)
        return
    before = releases.folder(previous.id) / identities.FILE
    identities.update(path, before, staged.touched, staged.store, staged.graphs, manifest.base)


def _write_conflicts(staged: Staged, previous: Manifest | None, releases: Releases) -> None:
    path = staged.folder / conflicts.FILE
    before = releases.folder(previous.id) / conflicts.FILE if previous is not None else None
    if before is None or staged.touched is None or not before.exists():
        conflicts.write(path, staged.lost)
    else:
        conflicts.update(path, before, staged.touched, staged.lost)


def _write_extras(
    staging: Path, extras: Mapping[str, bytes | None], previous: Manifest | None, releases: Releases
) -> None:
    for name, content in extras.items():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        old = releases.folder(previous.id) / name if previous is not None else None
        if content is not None:
            path.write_bytes(content)
        elif old is not None and old.exists():
            os.link(old, path)
