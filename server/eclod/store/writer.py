"""Making a release: from the content of its graphs to a folder that is switched to, paying for what changed only.

What changed is found in `staging`; here each file of the release is made from that, or linked where it stays.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from eclod.core.errors import BadInput, Damaged
from eclod.core.iris import Names
from eclod.core.namespaces import PREFIXES
from eclod.store import changes, conflicts, dumps, identities, lines, partitions
from eclod.store.dumps import Dump
from eclod.store.feed import announcing
from eclod.store.finding import building, index
from eclod.store.finding.building import Beside
from eclod.store.manifest import FileEntry, GraphEntry, Manifest, TableEntry
from eclod.store.releases import Releases
from eclod.store.staging import DEFAULT_DUMP, GraphContent, Merge, Staged, apply_changes, gather, load_all
from eclod.store.tables import updating, writing

#: The dump of everything: its SHA-256, unpacked, is that of the dataset.
DATASET_DUMP: Final = "dataset"
#: To ask the store about a statement that changed costs as much as to count so many.
_DEARER: Final = 20
#: Statements from which on the search index is made by a process of its own, when it is made from nothing.
_MANY: Final = 300_000


def publish(
    releases: Releases,
    draft: Manifest,
    contents: Sequence[GraphContent],
    merge: Merge | None,
    extras: Mapping[str, bytes | None] = MappingProxyType({}),
    before_switch: Callable[[], None] = lambda: None,
    approve: Callable[[Staged], None] = lambda _: None,
    afresh: bool = False,
) -> Manifest | None:
    """Write a release and switch to it; call while holding the writing lock.

    `draft` carries all that is known beforehand; graphs, counts and hashes are filled in here. `extras` are further
    files by their path in the release, None for the one of the release before. `approve` sees the whole dataset and how
    it changed, and may raise; then nothing is switched. Returns None, with nothing written, when the dataset is the one
    of the current release. What the merged view depends on beside the graphs is told by `draft.system_inputs`: where it
    differs, the view is made anew. With `afresh` nothing is taken over from the release before. Raises BadInput when
    the disk does not take the release, Damaged when the release before cannot be read.
    """
    previous = None if afresh else releases.current()
    if previous is not None and (previous.base, previous.origin) != (draft.base, draft.origin):
        previous = None
    same_view = previous is not None and _same_inputs(previous.system_inputs, draft.system_inputs)
    if previous is not None:
        contents = _without_the_unchanged(previous, contents)
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
    approve: Callable[[Staged], None],
    previous: Manifest | None,
    same_view: bool,
) -> Manifest:
    staging = releases.stage()
    search: Beside | None = None
    # The engine and the packing work without Python's lock, so they go on beside the rest.
    with ThreadPoolExecutor(1) as engine, ThreadPoolExecutor(1) as packing:
        try:
            if previous is None:
                staged = gather(staging, contents, merge)
                loaded = engine.submit(load_all, staged)
            else:
                staged = apply_changes(staging, releases.folder(previous.id), previous, contents, merge, same_view)
                loaded = engine.submit(staged.store.flush)
            approved = engine.submit(approve, staged)
            described = packing.submit(_describe, staged, draft, contents, previous, releases)
            if previous is None:  # of all at once there is much in memory
                search = _begin_search(staged, draft.base, contents, described.result())
            loaded.result()
            tables = _write_tables(staged, draft.base)
            _write_partitions(staged)
            if search is None:
                _write_search(staged, draft.base, contents)
            _write_identities(staged, draft.base)
            _write_conflicts(staged)
            if staged.happened is not None:
                changes.write(staging, staged.happened)
            _write_extras(staged, extras)
            if search is not None:
                search.finish()
            approved.result()
            manifest = described.result().model_copy(update={"tables": tables})
            del staged.store
            manifest.write(staging)
            before_switch()
            releases.publish(staging, manifest.id)
        except BaseException:
            if search is not None:
                search.give_up()
            for others in (engine, packing):
                others.shutdown(cancel_futures=True)
            shutil.rmtree(staging, ignore_errors=True)
            raise
    return manifest


def _same_inputs(previous: Mapping[str, str], draft: Mapping[str, str]) -> bool:
    """Return whether what both name is the same; what only one names is about graphs that come or go as a whole."""
    return all(previous[name] == value for name, value in draft.items() if name in previous)


def _without_the_unchanged(previous: Manifest, contents: Sequence[GraphContent]) -> list[GraphContent]:
    """Return contents, those that are as they were without their lines."""
    named = {graph.iri: graph.sha256 for graph in previous.graphs}
    return [
        replace(c, lines=None) if c.lines is not None and lines.sha256(c.lines) == named.get(c.iri) else c
        for c in contents
    ]


def _same(previous: Manifest, contents: Sequence[GraphContent]) -> bool:
    """Return whether every graph is there already as it shall be, and no other."""
    given = {content.iri for content in contents}
    there = {graph.iri for graph in previous.graphs if graph.iri or "" in given}
    return there == given and all(content.lines is None for content in contents)


def _describe(
    staged: Staged, draft: Manifest, contents: Sequence[GraphContent], previous: Manifest | None, releases: Releases
) -> Manifest:
    """Write or link the dumps, hash everything, and return the complete manifest."""
    by_iri = {content.iri: content for content in contents}
    (staged.folder / dumps.FOLDER).mkdir()
    (staged.folder / dumps.PARTS).mkdir()

    def entry(iri: str) -> GraphEntry:
        content = by_iri.get(iri)
        old = previous.graph(iri) if previous is not None else None
        return _entry(staged, iri, content.dump if content else DEFAULT_DUMP, content.licence if content else "", old)

    # The dataset takes longest, so it is begun first; the engine and the packing work without Python's lock.
    with ThreadPoolExecutor(2) as workers:
        whole = workers.submit(_dump_dataset, staged, previous)
        entries = tuple(workers.map(entry, sorted(staged.graphs)))
    dataset = whole.result()
    return draft.model_copy(
        update={
            "id": releases.free_id(f"{draft.id}-{dataset.sha256[:8]}"),
            "previous": previous.id if previous else next(reversed(releases.ids()), None),
            "graphs": entries,
            "quads": sum(graph.triples for graph in entries),
            "dataset_sha256": dataset.sha256,
            "dataset": FileEntry.of(dataset.paths[0]),
        }
    )


def _entry(staged: Staged, iri: str, name: str, licence: str, old: GraphEntry | None) -> GraphEntry:
    """Write or link the dump of a graph under a name, and return what the manifest says of it."""
    if staged.before is not None and old is not None and old.dump == name:
        if not staged.is_changed(iri):
            parts = staged.before / dumps.PARTS / name
            files = [staged.before / dumps.FOLDER / file.name for file in old.files]
            for path in [*files, *([parts] if parts.exists() else [])]:
                os.link(path, staged.folder / path.parent.name / path.name)
            return old.model_copy(update={"licence": licence})
        if dumps.can_be_updated(staged.before, name, PREFIXES):
            change = staged.graphs.changed[iri]
            written = dumps.update(staged.folder, name, staged.before, old.files, *change, PREFIXES)
            return _described(written, iri, name, licence)
    return _described(dumps.write(staged.folder, name, staged.graphs[iri], PREFIXES), iri, name, licence)


def _described(written: Dump, iri: str, name: str, licence: str) -> GraphEntry:
    files = tuple(map(FileEntry.of, written.paths))
    return GraphEntry(iri=iri, dump=name, triples=written.lines, sha256=written.sha256, licence=licence, files=files)


def _dump_dataset(staged: Staged, previous: Manifest | None) -> Dump:
    """Write the dump of everything."""
    old = previous.dataset if previous is not None else None
    if staged.before is not None and old is not None and dumps.can_be_updated(staged.before, DATASET_DUMP, None):
        return dumps.update(staged.folder, DATASET_DUMP, staged.before, [old], *staged.all_changes(), None)
    return dumps.write(staged.folder, DATASET_DUMP, lines.merged(list(staged.graphs.values())), None)


def _write_tables(staged: Staged, base: str) -> tuple[TableEntry, ...]:
    written = None
    if staged.before is not None and staged.touched is not None:
        named = Names(base).graph("identifiers/")
        touched = staged.touched | staged.subjects(iri for iri in staged.graphs.changed if iri.startswith(named))
        written = updating.update(staged.folder, staged.store, touched, base, staged.before)
    if written is None:
        written = writing.write(staged.folder, staged.graphs, base, staged.before)
    return written


def _write_partitions(staged: Staged) -> None:
    """Count what changed; graphs that did not keep the counts they had."""
    try:
        before = partitions.read(staged.before) if staged.before is not None else partitions.Partitions()
    except Damaged:  # of another format, or broken: nothing that cannot be counted again
        before = partitions.Partitions()

    def counted(iri: str) -> partitions.GraphPartitions:
        known = before.graph(iri)
        if known is not None and not staged.is_changed(iri):
            return known
        if known is not None and sum(map(len, staged.graphs.changed[iri])) * _DEARER < known.triples:
            return partitions.update(known, *staged.graphs.changed[iri], staged.store, iri)
        return partitions.count(staged.graphs[iri], iri)

    partitions.write(staged.folder, map(counted, staged.graphs))


def _write_search(staged: Staged, base: str, contents: Sequence[GraphContent]) -> None:
    before = staged.before / index.FOLDER if staged.before is not None else None
    merged = {content.iri for content in contents if content.merged}
    folder = staged.folder / index.FOLDER
    building.build(folder, before, staged.store, staged.graphs, merged, staged.touched, base)


def _begin_search(staged: Staged, base: str, contents: Sequence[GraphContent], described: Manifest) -> Beside | None:
    """Begin the search index of many statements, all of them new; None where a process of its own costs more."""
    if described.quads < _MANY:
        return None
    merged = {content.iri for content in contents if content.merged}
    paths = {graph.iri: staged.folder / dumps.FOLDER / f"{graph.dump}{dumps.QUADS}" for graph in described.graphs}
    naming = [path for iri, path in sorted(paths.items()) if iri in merged]
    gone = building.retired(staged.graphs, base)
    return Beside(staged.folder / index.FOLDER, paths.get(""), naming, gone, base)


def _write_identities(staged: Staged, base: str) -> None:
    path = staged.folder / identities.FILE
    if staged.before is None or staged.touched is None:
        identities.write(path, staged.graphs, base)
        return
    before = staged.before / identities.FILE
    identities.update(path, before, staged.touched, staged.store, staged.graphs, base)


def _write_conflicts(staged: Staged) -> None:
    path = staged.folder / conflicts.FILE
    before = staged.before / conflicts.FILE if staged.before is not None else None
    if before is None or staged.touched is None or not before.exists():
        conflicts.write(path, staged.lost)
    else:
        conflicts.update(path, before, staged.touched, staged.lost)


def _write_extras(staged: Staged, extras: Mapping[str, bytes | None]) -> None:
    for name, content in extras.items():
        path = staged.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        old = staged.before / name if staged.before is not None else None
        if content is not None:
            path.write_bytes(content)
        elif old is not None and old.exists():
            os.link(old, path)
