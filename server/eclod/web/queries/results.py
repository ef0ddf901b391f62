"""The answer to a query as a table for people: all of it is computed, the first rows are shown."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final, cast

import pyoxigraph as ox

from eclod.core.formats import GRAPH_FORMATS, N_TRIPLES, RESULT_FORMATS, RESULT_TSV, Format
from eclod.core.namespaces import shorten
from eclod.store.engine import Answer, Engine, Question
from eclod.web.messages.views import Alternate
from eclod.web.queries.views import ResultTable
from eclod.web.resources.links import Links
from eclod.web.resources.views import Term
from eclod.web.resources.wording import literal

SHOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """What was read of an answer; `formats` are those that hold all of it."""

    query: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    total: int
    boolean: bool | None
    formats: Sequence[Format]
    release: str
    cut: int | None = None

    def view(self, alternates: Sequence[Alternate], edit_href: str, cite_href: str, elapsed: float) -> ResultTable:
        """Return what the page shows."""
        return ResultTable(
            query=self.query,
            kind=self.kind,
            columns=self.columns,
            rows=self.rows,
            total=self.total,
            truncated=self.total > len(self.rows),
            boolean=self.boolean,
            alternates=tuple(alternates),
            edit_href=edit_href,
            release=self.release,
            elapsed_seconds=elapsed,
            cite_href=cite_href,
            cut=self.cut,
        )


def read(engine: Engine, asked: Question, links: Links) -> Table:
    """Ask a query and return the beginning of its answer with the number of all rows.

    The formats asked of the engine have a row on each line, so that counting costs little and memory nothing.
    """
    answer = engine.ask(dataclasses.replace(asked, result_format=RESULT_TSV, graph_format=N_TRIPLES))
    query, release = asked.text, answer.release
    with _open(answer) as body:
        if answer.kind == "boolean":
            return Table(query, "boolean", (), (), 0, body.read().strip() == b"true", RESULT_FORMATS, release)
        header = body.readline() if answer.kind == "bindings" else b""
        head, count = _first_lines(body)
    if answer.kind == "graph":
        statements = ox.parse(head, format=ox.RdfFormat.N_TRIPLES)
        triples = tuple(tuple(_cell(t, links) for t in (q.subject, q.predicate, q.object)) for q in statements)
        columns = ("subject", "predicate", "object")
        return Table(query, "graph", columns, triples, count, None, GRAPH_FORMATS, release)
    solutions = cast("ox.QuerySolutions", ox.parse_query_results(header + head, ox.QueryResultsFormat.TSV))
    names = tuple(variable.value for variable in solutions.variables)
    rows = tuple(tuple(_cell(solution[name], links) for name in names) for solution in solutions)
    return Table(query, "bindings", names, rows, count, None, RESULT_FORMATS, release, answer.cut)


def _open(answer: Answer) -> IO[bytes]:
    return answer.spool if answer.spool is not None else io.BytesIO(answer.body or b"")


def _first_lines(body: IO[bytes]) -> tuple[bytes, int]:
    """Return the first lines that are shown and the number of all lines."""
    head = []
    for line in body:
        head.append(line)
        if len(head) == SHOWN:
            break
    count = len(head)
    while chunk := body.read(1 << 20):
        count += chunk.count(b"\n")
    return b"".join(head), count


def _cell(term: object, links: Links) -> Term | None:
    match term:
        case None:
            return None
        case ox.NamedNode():
            href, external = links.to(term.value)
            return Term(shorten(term.value), href, term.value, external=external)
        case ox.Literal():
            return literal(term)
        case _:
            return Term(str(term))
