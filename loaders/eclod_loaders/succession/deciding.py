"""Decisions of a person, each checked against what holds, put into the ledger under the publisher's lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store.decisions import Decision
from eclod.store.ledger import FILE, Ledger
from eclod.store.releases import Releases
from eclod_loaders.succession import naming
from eclod_loaders.succession.naming import Name


@dataclass(frozen=True, slots=True)
class Said:
    """Why something is decided, and by whom."""

    reason: str
    author: str

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.author.strip():
            raise BadInput("A decision needs a reason and an author; say --reason and --author.")


class Deciding:
    """The ledger, open for decisions; `at` is when they are made (ISO time)."""

    def __init__(self, ledger: Ledger, names: Names, at: str) -> None:
        self.ledger = ledger
        self.names = names
        self.at = at

    def merge(self, one: Name, into: Name, said: Said) -> None:
        """Let an identifier lead to another one; raises BadInput for another kind, a circle, or what is no more."""
        (kind, code), (other_kind, other) = one, into
        if kind != other_kind:
            raise BadInput(f"One is of kind '{kind}', the other of kind '{other_kind}'; both must be of the same kind.")
        lives = self.ledger.lives
        end = lives.end(kind, other)
        if code in (other, end):
            raise BadInput(f"{kind} {other} leads to {kind} {code} already, so that merging them would make a circle.")
        if (state := lives.of(kind, end).state) != "valid":
            raise BadInput(f"{kind} {end} is {state}; merge into an identifier that is valid.")
        if (state := lives.of(kind, code).state) in ("erased", "split"):
            raise BadInput(f"{kind} {code} is {state} and cannot be merged into another.")
        self._decide("merged", one, said, (other,))

    def split(self, one: Name, named: Sequence[tuple[str, str]], said: Said) -> Sequence[str]:
        """Give the named rows of a thing a code of their own and the other rows another, and return both.

        Raises BadInput when the thing is not valid, or when one of the two would have no row.
        """
        kind, code = one
        self._needs(one, ("valid",), "split")
        rows = self.ledger.rows_of(kind, code)
        rest = [row for row in rows if row not in named]
        if not named or not rest:
            raise BadInput(
                f"{kind} {code} is fed by {len(rows)} rows; name some of them, not all, with --row registry:local-id."
            )
        given = []
        for part in (list(named), rest):
            fresh = self.ledger.free_code(kind, part)
            given.append(fresh)
            self.ledger.decide(
                Decision("assigned", kind, fresh, (), said.reason, said.author, self.at, registry, local)
                for registry, local in part
            )
        self._decide("split", one, said, tuple(given))
        return given

    def withdraw(self, one: Name, said: Said) -> None:
        """Withdraw an identifier: nothing is told of the thing any more but that. A redirect stands over it."""
        self._needs(one, ("valid", "merged"), "withdrawn")
        self._decide("withdrawn", one, said)

    def restore(self, one: Name, said: Said) -> None:
        """Take back a merger, a withdrawal or a split; what a split gave leads back then."""
        kind, code = one
        life = self.ledger.lives.of(kind, code)
        self._needs(one, ("merged", "withdrawn", "split"), "restored")
        self._decide("restored", one, said)
        for each in life.successors if life.state == "split" else ():
            if self.ledger.lives.of(kind, each).state in ("valid", "withdrawn"):
                self._decide("merged", (kind, each), said, (code,))

    def accept(self, one: Name, other: Name, said: Said) -> Name:
        """Decide that two things are the same, and return the one that stays: the one whose code was given first."""
        first, second = sorted((one, other), key=lambda name: self.ledger.order(*name))
        self.merge(second, first, said)
        return first

    def refuse(self, one: Name, other: Name, said: Said) -> None:
        """Decide that two things are not the same, so that nobody is asked again."""
        if one[0] != other[0] or one == other:
            raise BadInput("Name two different things of the same kind.")
        self._decide("refused", one, said, (other[1],))

    def _needs(self, one: Name, states: Sequence[str], what: str) -> None:
        state = self.ledger.lives.of(*one).state
        if state not in states:
            raise BadInput(f"{' '.join(one)} is {state}, and only what is {' or '.join(states)} can be {what}.")

    def _decide(self, event: str, one: Name, said: Said, others: tuple[str, ...] = ()) -> None:
        self.ledger.decide([Decision(event, *one, others, said.reason.strip(), said.author.strip(), self.at)])


@contextmanager
def deciding(settings: Settings, at: datetime | None = None) -> Iterator[Deciding]:
    """Open the ledger for decisions, which are on disk when the block ends without an error; raises Locked."""
    moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    with Releases(settings.data).writing():
        ledger = Ledger(settings.data / FILE)
        yield Deciding(ledger, Names(settings.base), moment)
        ledger.lives.check()
        ledger.commit(moment)


def find(settings: Settings, *texts: str) -> list[Name]:
    """Return which identifiers are meant; raises BadIdentifier, NotFound, BadInput."""
    ledger = Ledger(settings.data / FILE)
    return [naming.find(text, ledger, Names(settings.base)) for text in texts]
