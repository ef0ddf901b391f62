"""A release in the making: what its graphs hold, and how that differs from the release it is made on.

With a release before it, the new store begins as hard links to the old one (`Store.backup`), and the changed lines are
removed and added. What did not change is not read: a graph is read from the dump of the release before when somebody
asks for all of it. Without one, everything is at hand and loaded in bulk.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import pyoxigraph as ox

from eclod.core.errors import Damaged
from eclod.core.namespaces import PREFIXES
from eclod.store import changes, conflicts, dumps, lines
from eclod.store.changes import Changes
from eclod.store.conflicts import Conflict
from eclod.store.manifest import Manifest

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


class Change(NamedTuple):
    """The lines that a graph no longer has, and those that are new, each sorted."""

    removed: Sequence[bytes]
    added: Sequence[bytes]


class Graphs(Mapping[str, Sequence[bytes]]):
    """The sorted lines of the graphs by their IRI, the default graph's under the empty one; read when asked for."""

    def __init__(self, before: Path | None = None, previous: Manifest | None = None) -> None:
        """Begin with the graphs of the release before, given its folder and manifest, or with none."""
        self._before = before
        self._dumps = {graph.iri: graph.dump for graph in previous.graphs} if previous is not None else {}
        self._names = dict.fromkeys(self._dumps)
        self._at_hand: dict[str, Sequence[bytes]] = {}
        self.changed: dict[str, Change] = {}

    def __getitem__(self, iri: str) -> Sequence[bytes]:
        if iri not in self._names:
            raise KeyError(iri)
        if iri not in self._at_hand:
            found = self.as_before(iri)
            if iri in self.changed:
                removed, added = self.changed[iri]
                found = sorted({*found}.difference(removed).union(added))
            self._at_hand[iri] = found
        return self._at_hand[iri]

    def __contains__(self, iri: object) -> bool:
        return iri in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def as_before(self, iri: str) -> list[bytes]:
        """Return the lines of a graph in the release before, none when it was not there."""
        if self._before is None or iri not in self._dumps:
            return []
        return lines.read_dump(self._before / dumps.FOLDER / f"{self._dumps[iri]}{dumps.QUADS}")

    def put(self, iri: str, content: Sequence[bytes]) -> None:
        """Say what a graph holds."""
        self._names[iri] = None
        self._at_hand[iri] = content

    def change(self, iri: str, change: Change) -> None:
        """Say how a graph differs from what it was."""
        self._names[iri] = None
        self._at_hand.pop(iri, None)
        self.changed[iri] = change

    def drop(self, iri: str) -> None:
        """Say that a graph is no more, once its change is known."""
        del self._names[iri]
        self._at_hand.pop(iri, None)


@dataclass(slots=True)
class Staged:
    """A release in the making: its folder, its store, its graphs, and what changed."""

    folder: Path
    store: ox.Store
    graphs: Graphs
    before: Path | None = None  # the folder of the release that it is made on
    touched: Set[bytes] | None = None  # subjects; None = all
    happened: Changes | None = None  # to what the merged view is about; None = there was none before
    lost: list[Conflict] = field(default_factory=list)  # of the touched subjects

    def is_changed(self, iri: str) -> bool:
        """Return whether a graph holds something else than in the release before."""
        return self.before is None or iri in self.graphs.changed

    def subjects(self, graphs: Iterable[str]) -> set[bytes]:
        """Return the subjects of which some of these graphs, which changed, say something else."""
        changed = (self.graphs.changed[iri] for iri in graphs)
        return {lines.subject(line) for change in changed for line in itertools.chain(*change)}

    def all_changes(self) -> Change:
        """Return how the dataset differs from that of the release before, as N-Quads."""
        changed = self.graphs.changed.values()
        return Change(*(list(itertools.chain.from_iterable(each[side] for each in changed)) for side in (0, 1)))


def gather(folder: Path, contents: Sequence[GraphContent], merge: Merge | None) -> Staged:
    """Return a release in the making with all its lines, the store still empty."""
    staged = Staged(folder, ox.Store(str(folder / "store")), Graphs())
    for content in contents:
        if content.lines is None:
            raise ValueError(f"no content for {content.iri} and no release before this one")
        staged.graphs.put(content.iri, content.lines)
    if merge is not None:
        given = {content.iri: content.lines or [] for content in contents if content.merged}
        staged.graphs.put("", _merged_view(given, merge, staged.lost))
    return staged


def load_all(staged: Staged) -> None:
    """Load the store with what the graphs hold."""
    every = itertools.chain.from_iterable(staged.graphs.values())
    while some := list(itertools.islice(every, _LINES_AT_ONCE)):
        lines.load(staged.store, b"\n".join(some))
    staged.store.flush()


def apply_changes(
    folder: Path,
    before: Path,
    previous: Manifest,
    contents: Sequence[GraphContent],
    merge: Merge | None,
    same_view: bool,
) -> Staged:
    """Return a release in the making that is the one before (its folder and manifest) with other contents.

    Without `same_view` the merged view is made anew. Raises Damaged when the release before cannot be read.
    """
    _copy_store(before / "store", folder / "store")
    staged = Staged(folder, ox.Store(str(folder / "store")), Graphs(before, previous), before)
    wanted = {content.iri: content for content in contents}
    gone = {iri for iri in staged.graphs if iri not in wanted and (iri or merge is None)}
    merged = {content.iri for content in contents if content.merged}
    touched: set[bytes] = set()
    for iri in sorted({*wanted, *gone}):
        new = wanted[iri].lines if iri in wanted else []
        if new is None:
            continue
        change = Change(*lines.difference(staged.graphs.as_before(iri), new))
        _change(staged, iri, change)
        if not new:
            staged.store.remove_graph(lines.graph_name(iri))
        if iri in merged or iri in gone or not iri:
            touched |= {lines.subject(line) for line in itertools.chain(*change)}
    for iri in gone:
        staged.graphs.drop(iri)
    if merge is not None and same_view:
        _change(staged, "", _change_of_view(staged, touched, merged, merge))
    elif merge is not None:
        view = _merged_view({iri: staged.graphs[iri] for iri in sorted(merged)}, merge, staged.lost)
        _change(staged, "", Change(*lines.difference(staged.graphs.as_before(""), view)))
    if "" in staged.graphs:
        staged.happened = _happened(staged.graphs, before)
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


def _change(staged: Staged, iri: str, change: Change) -> None:
    """Bring one graph of the staged store to what it shall be."""
    if not any(change) and iri in staged.graphs:
        return
    for quad in lines.quads(change.removed):
        staged.store.remove(quad)
    add = staged.store.bulk_extend if len(change.added) >= _BULK_LINES else staged.store.extend
    add(lines.quads(change.added))
    staged.graphs.change(iri, change)


def _change_of_view(staged: Staged, touched: Set[bytes], merged: Set[str], merge: Merge) -> Change:
    """Return how the merged view changes, once the store has what the graphs say of the touched subjects."""
    removed: list[bytes] = []
    added: list[bytes] = []
    for about in touched:
        by_graph: dict[str, list[bytes]] = {}
        for quad in staged.store.quads_for_pattern(ox.NamedNode(about[1:-1].decode()), None, None, None):
            graph = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
            if graph in merged or not graph:
                by_graph.setdefault(graph, []).append(lines.of_triple(quad.triple))
        was = set(by_graph.pop("", ()))
        now = set(merge(by_graph) if len(by_graph) > 1 else itertools.chain(*by_graph.values()))
        removed += was - now
        added += now - was
        staged.lost += conflicts.of(by_graph, now)
    return Change(sorted(removed), sorted(added))


def _happened(graphs: Graphs, before: Path) -> Changes:
    """Return what became of the things that the default graph is about."""
    change = graphs.changed.get("", Change((), ()))
    if dumps.can_be_updated(before, DEFAULT_DUMP, PREFIXES):
        with dumps.Reader(before, DEFAULT_DUMP) as old:
            return changes.between(
                lambda name: sum(len(old.beginning(each)) for each in changes.beginnings(name)), *change
            )
    was = graphs.as_before("")
    return changes.between(lambda name: len(changes.about(was, name)), *change)


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
