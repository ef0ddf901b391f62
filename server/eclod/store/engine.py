"""What the service asks of a SPARQL engine, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Literal, Protocol

from eclod.core.formats import Format

AnswerKind = Literal["bindings", "boolean", "graph"]


class Asker(Protocol):
    """Whoever waits for an answer."""

    @property
    def name(self) -> str:
        """Return what tells one client from another, for the limits on each."""
        ...

    def gone(self) -> bool:
        """Return whether nobody waits any more, so that the work can stop."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """A query with what the protocol says beside it (SPARQL 1.1 Protocol, section 2.1).

    `result_format` serves SELECT and ASK, `graph_format` CONSTRUCT and DESCRIBE; None means that kind of answer is not
    acceptable to whoever asks. `default_graphs` and `named_graphs` None means: as the query and the store say.
    """

    text: str
    result_format: Format | None = None
    graph_format: Format | None = None
    default_graphs: Sequence[str] | None = None
    named_graphs: Sequence[str] | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)  # variable -> term in N-Triples syntax
    seconds: float | None = None
    release: str | None = None  # None = the current one
    asker: Asker | None = None  # None = the service itself
    fresh: bool = False  # never from memory
    private: bool = False  # neither from memory nor kept in it
    #: The rows of an answer are found in the same order every time: whatever LIMIT, SAMPLE, GROUP_CONCAT or a sum of
    #: doubles make of that order comes out the same, too.
    fixed_order: bool = False


@dataclass(slots=True)
class Answer:
    """An answer: `body` holds small ones, `spool` (an open file at its start) large ones.

    It is complete unless `cut` says after how many rows it was cut; a graph and an ASK are never cut.
    """

    kind: AnswerKind
    format: Format
    release: str
    length: int
    body: bytes | None = None
    spool: IO[bytes] | None = None
    cut: int | None = None
    remembered: bool = False

    def read(self) -> bytes:
        """Return the whole answer and release its spool file."""
        if self.body is not None:
            return self.body
        assert self.spool is not None
        with self.spool:
            return self.spool.read()


class Engine(Protocol):
    """Answers questions about one release at a time; the current one unless another is named."""

    def ask(self, question: Question) -> Answer:
        """Return the answer.

        Raises BadQuery, NotAllowed, NotAcceptable, NotFound (no such release), OverBudget, TooLarge, TooBusy,
        TooManyRequests or Abandoned.
        """
        ...

    @property
    def release(self) -> str:
        """Return the id of the release that is asked now; raises TooBusy while there is none."""
        ...
