"""What became of identifiers: decisions in their order, and the state that each identifier is in after them.

One state machine: valid; merged (leads to another, chains are followed to their end); split (leads to several);
withdrawn (nothing leads on, but it is told who, when and why); erased (nothing is told). A redirect stands over a
withdrawal, and nothing stands over an erasure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from eclod.core.errors import Damaged

#: What may be decided: of an identifier (`retired` is a withdrawal by a registry's own rule), of a row (`assigned`: it
#: is about the thing of this code), of two things (`refused`: they are not the same).
EVENTS: Final = ("merged", "split", "withdrawn", "retired", "restored", "erased", "assigned", "refused")
OF_STATE: Final = EVENTS[:6]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: about which identifier, which others take part, about which row, when, why, by whom.

    `others` are the codes that take its place (merged, split), or the other one (refused); `registry` and `local_id`
    name the row that is assigned.
    """

    event: str
    kind: str
    code: str
    others: tuple[str, ...] = ()
    reason: str = ""
    author: str = ""
    at: str = ""
    registry: str = ""
    local_id: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """The state of one identifier, the codes that take its place at first hand, and what was decided of it in order."""

    state: str = "valid"
    successors: tuple[str, ...] = ()
    history: tuple[Decision, ...] = ()

    @property
    def since(self) -> str:
        """Return the time of the last decision that changed the state, or an empty text."""
        return self.history[-1].at if self.history else ""

    def after(self, decision: Decision) -> Life:
        """Return the life after one more decision."""
        event = decision.event
        if self.state == "erased":
            return self
        if event in ("withdrawn", "retired"):
            if self.state in ("merged", "split"):
                return self
            return Life("withdrawn", (), (*self.history, decision))
        if event == "restored":
            return Life("valid", (), (*self.history, decision))
        if event == "erased":
            return Life("erased", (), (replace(decision, reason="", author=""),))
        return Life(event, decision.others, (*self.history, decision))


class Lives:
    """The lives of all identifiers that something was decided of, and which rows were assigned to which thing."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._lives: dict[tuple[str, str], Life] = {}
        self._rows: dict[tuple[str, str, str], Decision] = {}
        self._refused: set[tuple[str, frozenset[str]]] = set()
        for decision in decisions:
            self.add(decision)

    def add(self, decision: Decision) -> None:
        """Take one more decision into account."""
        if decision.event == "assigned":
            self._rows[decision.registry, decision.kind, decision.local_id] = decision
        elif decision.event == "refused":
            self._refused.add((decision.kind, frozenset((decision.code, *decision.others))))
        else:
            key = (decision.kind, decision.code)
            self._lives[key] = self.of(*key).after(decision)

    def of(self, kind: str, code: str) -> Life:
        """Return the life of an identifier; that of one which nothing was decided of is valid from the beginning."""
        return self._lives.get((kind, code), Life())

    def end(self, kind: str, code: str) -> str:
        """Return the code at the end of a chain of mergers; raises Damaged when the chain goes in a circle."""
        seen = [code]
        while (life := self.of(kind, seen[-1])).state == "merged":
            following = life.successors[0]
            if following in seen:
                chain = " to ".join((*seen, following))
                raise Damaged(
                    f"The ledger merges {kind} {chain}, which is a circle; undo one of them with 'eclod id restore'."
                )
            seen.append(following)
        return seen[-1]

    def ends(self, kind: str, code: str) -> tuple[str, ...]:
        """Return the codes that take the place of an identifier now: none, one, or after a split several."""
        life = self.of(kind, code)
        return tuple(dict.fromkeys(self.end(kind, each) for each in life.successors))

    def assigned(self, registry: str, kind: str, local_id: str) -> str | None:
        """Return the code that a row was assigned to, or None when it has its own."""
        decision = self._rows.get((registry, kind, local_id))
        return decision.code if decision else None

    def assignments(self) -> Iterator[Decision]:
        """Return the decisions about rows that hold."""
        return iter(self._rows.values())

    def refused(self, kind: str, one: str, other: str) -> bool:
        """Tell whether somebody decided that two things are not the same."""
        return (kind, frozenset((one, other))) in self._refused

    def all(self) -> Iterator[tuple[str, str, Life]]:
        """Return (kind, code, life) of all that something was decided of, sorted."""
        return ((*key, self._lives[key]) for key in sorted(self._lives))

    def check(self) -> None:
        """Raise Damaged when a chain of mergers goes in a circle."""
        for kind, code in self._lives:
            self.end(kind, code)
