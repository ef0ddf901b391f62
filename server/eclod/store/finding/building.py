"""Making the search index of a release from its graphs, or from the index of the release before and what changed."""

from __future__ import annotations

import heapq
import json
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core import garbage
from eclod.core.iris import Names
from eclod.core.parents import end_with_parent
from eclod.store import dumps, identities, lines
from eclod.store.finding import entries, index

#: Changed things above which the index is made anew: reading one thing from the store costs as much as 40 lines.
_FEW: Final = 20_000


class Beside:
    """The search index being made of everything that a release holds, by a process of its own while the rest is made.

    It reads the dumps, since a Python process has one processor at a time, and another's memory would be copied.
    """

    def __init__(self, folder: Path, view: Path | None, naming: Sequence[Path], retired: Iterable[str], base: str):
        """Begin an index in a folder, of the dumps of the default graph and of those that may name things besides."""
        named, told = list(map(str, naming)), str(view) if view else ""
        plan = {"folder": str(folder), "view": told, "naming": named, "retired": sorted(retired), "base": base}
        self._process = subprocess.Popen([sys.executable, "-m", __name__], stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write(json.dumps(plan).encode())

    def finish(self) -> None:
        """Wait for the index; raises OSError when it was not made, and the process has said why."""
        if (code := self._process.wait()) != 0:
            raise OSError(f"the process that makes the search index ended with {code}")

    def give_up(self) -> None:
        """End the process, if it is still at work."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def build(
    folder: Path,
    previous: Path | None,
    store: ox.Store,
    graphs: Mapping[str, Sequence[bytes]],
    merged: Collection[str],
    touched: Collection[bytes] | None,
    base: str,
) -> None:
    """Write the index of a dataset, given in a store and as sorted lines by graph IRI (the default graph's under "").

    `merged` are the graphs that count towards the merged view, `previous` is the folder of the index before, and
    `touched` are the subjects (as lines begin) that changed since, None for all.
    """
    gone = retired(graphs, base)
    known = previous is not None and index.is_current(previous) and not _erased_since(previous, graphs, base)
    things = {entries.thing_of(about) for about in touched or () if about.startswith(b"<")}
    if previous is None or not known or touched is None or len(things) > _FEW or any(map(entries.is_context, things)):
        naming = [graphs[iri] for iri in sorted(merged) if iri in graphs]
        _write(folder, graphs.get("", ()), naming, entries.Context.of_store(store), gone, base)
        return
    changed = {about[1:-1].decode() for about in things} | set(gone)
    told = (line for iri in sorted(changed) for line in _lines_about(store, iri, merged))
    index.update(folder, previous, changed, entries.of_lines(told, base, entries.Context.of_store(store), gone))


def _write(
    folder: Path,
    view: Iterable[bytes],
    naming: Sequence[Iterable[bytes]],
    context: entries.Context,
    gone: Collection[str],
    base: str,
) -> None:
    named = [filter(entries.names_things, graph) for graph in naming]
    index.write(folder, entries.of_lines(heapq.merge(view, *named), base, context, gone))


def retired(graphs: Mapping[str, Sequence[bytes]], base: str) -> frozenset[str]:
    """Return the identifiers that are no longer valid."""
    return frozenset(iri for iri, state in _states(graphs, base) if state != identities.VALID)


def _erased_since(previous: Path, graphs: Mapping[str, Sequence[bytes]], base: str) -> bool:
    """Return whether anything was erased since the release before.

    What is removed from an index stays in its files until these are merged: not after an erasure.
    """
    before = identities.Identities(previous.parent / identities.FILE).changed()
    was_erased = {each.iri for each in before if each.state == identities.ERASED}
    return any(state == identities.ERASED and iri not in was_erased for iri, state in _states(graphs, base))


def _states(graphs: Mapping[str, Sequence[bytes]], base: str) -> Iterator[tuple[str, str]]:
    for quad in lines.quads(graphs.get(Names(base).graph(identities.LIFE), ())):
        about, state = quad.subject, quad.object
        if quad.predicate.value == identities.STATUS and isinstance(state, ox.NamedNode):
            yield str(about)[1:-1], state.value.removeprefix(identities.STATES)


def _lines_about(store: ox.Store, iri: str, merged: Collection[str]) -> list[bytes]:
    """Return what the merged view says about a thing and the nodes in it, and how other graphs name it."""
    about, inside = ox.NamedNode(iri), set()
    told = []
    for quad in store.quads_for_pattern(about, None, None, None):
        if isinstance(quad.graph_name, ox.DefaultGraph):
            told.append(lines.of_triple(quad.triple))
            if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(iri + "#"):
                inside.add(quad.object)
        elif isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in merged:
            line = lines.of_triple(quad.triple)[:-1] + f"{quad.graph_name} .".encode()
            if entries.names_things(line):
                told.append(line)
    for node in inside:
        told += [lines.of_triple(quad.triple) for quad in store.quads_for_pattern(node, None, None, ox.DefaultGraph())]
    return sorted(told)


def _main() -> None:
    """Make the index that `Beside` asks for."""
    plan = json.load(sys.stdin)
    view = Path(plan["view"]) if plan["view"] else None
    context = entries.Context.of_lines(_read(view))
    naming = [_read(Path(path)) for path in plan["naming"]]
    _write(Path(plan["folder"]), _read(view), naming, context, frozenset(plan["retired"]), plan["base"])


def _read(dump: Path | None) -> Iterator[bytes]:
    """Return the lines of a dump one after the other, a part at a time in memory."""
    if dump is not None:
        with dumps.Reader(dump.parent.parent, dump.name.removesuffix(dumps.QUADS)) as parts:
            for number in range(len(parts.parts)):
                yield from parts.read(number)


if __name__ == "__main__":
    end_with_parent()
    with garbage.uncollected():
        _main()
