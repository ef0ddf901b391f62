"""Rows about things that somebody withdrew or that are erased: they do not enter, and what hangs on them goes along.

The rule for children: of what is withdrawn by decision or erased, its memberships, participations, slots, seats,
accounts, posts, passages and figures go too, since they say nothing without it; all other things stay and lose their
link to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from pyoxigraph import NamedNode

from eclod.core.iris import Names, split_path
from eclod.store.decisions import Life, Lives
from eclod_loaders.rows import MappedRow

#: Kinds of things that are nothing without what they hang on.
DEPENDENT: Final = frozenset(
    {"membership", "participation", "slot", "seats", "account", "post", "passage", "figure", "observation"}
)


class Departures:
    """What is no longer taken in although rows are about it."""

    def __init__(self, lives: Lives, names: Names) -> None:
        self._names = names
        #: Things that went with what they belong to.
        self.along: set[str] = set()
        self._gone: Mapping[str, Life] = {
            names.thing(kind, code): life for kind, code, life in lives.all() if _is_decided(life)
        }

    def without(self, rows: Iterable[MappedRow]) -> tuple[list[MappedRow], list[MappedRow]]:
        """Return the rows as they may enter, and those that are left out as a whole with the reason."""
        if not self._gone:
            return list(rows), []
        taken: list[MappedRow] = []
        left_out: list[MappedRow] = []
        for row in rows:
            kept = self._without(row)
            (left_out if kept.ignored else taken).append(kept)
        return taken, left_out

    def _without(self, row: MappedRow) -> MappedRow:
        named = {_thing(t.subject) for t in row.statements} | {_thing(t.object) for t in row.statements}
        gone = (named | set(row.subjects)) & self._gone.keys()
        if not gone:
            return row
        along = self._dependents(row, gone)
        self.along |= along
        gone |= along
        subjects = tuple(each for each in row.subjects if each not in gone)
        if not subjects:
            return MappedRow(row.row, ignored=self._reason(gone))
        statements = tuple(
            triple
            for triple in row.statements
            if _thing(triple.subject) not in gone and _thing(triple.object) not in gone
        )
        return replace(row, statements=statements, subjects=subjects)

    def _dependents(self, row: MappedRow, gone: set[str]) -> set[str]:
        """Return what in a row hangs on what is gone, directly or through another dependent thing."""
        found: set[str] = set()
        while True:
            more = {
                thing
                for triple in row.statements
                if _thing(triple.object) in gone | found
                and (thing := _thing(triple.subject)) not in gone | found
                and self._kind(thing) in DEPENDENT
            }
            if not more:
                return found
            found |= more

    def _kind(self, iri: str) -> str:
        return (split_path(self._names.path_of(iri) or "") or ("", ""))[0]

    def _reason(self, gone: set[str]) -> str:
        for iri in sorted(gone & self._gone.keys()):
            life = self._gone[iri]
            if life.state == "erased":
                return "erased"
            decision = life.history[-1]
            return f"{life.state} on {decision.at[:10]} by {decision.author}: {decision.reason}"
        return "withdrawn"


def _is_decided(life: Life) -> bool:
    return life.state in ("erased", "split") or (life.state == "withdrawn" and life.history[-1].event == "withdrawn")


def _thing(term: object) -> str:
    """Return the thing that a term names, also by a node inside it."""
    return term.value.partition("#")[0] if isinstance(term, NamedNode) else ""
