"""Making the search index of a release from its graphs, or from the index of the release before and what changed."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core.iris import Names
from eclod.store import identities, lines
from eclod.store.finding import entries, index

#: Changed things above which the index is made anew: reading one thing from the store costs as much as 40 lines.
_FEW: Final = 20_000


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
    context, retired = entries.Context(store), _retired(graphs, base)
    known = previous is not None and (previous / "meta.json").exists() and not _erased_since(previous, graphs, base)
    things = {entries.thing_of(about) for about in touched or () if about.startswith(b"<")}
    if previous is None or not known or touched is None or len(things) > _FEW or any(map(entries.is_context, things)):
        named = [filter(entries.names_things, graphs[iri]) for iri in sorted(merged) if iri in graphs]
        told: Iterator[bytes] = heapq.merge(graphs.get("", ()), *named)
        index.write(folder, entries.of_lines(told, base, context, retired))
        return
    changed = {about[1:-1].decode() for about in things} | set(retired)
    told = (line for iri in sorted(changed) for line in _lines_about(store, iri, merged))
    index.update(folder, previous, changed, entries.of_lines(told, base, context, retired))


def _retired(graphs: Mapping[str, Sequence[bytes]], base: str) -> frozenset[str]:
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
