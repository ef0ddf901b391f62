"""Answers to queries, read from every format there is and compared as the suites ask.

Blank nodes have no names of their own: two answers are the same when their blank nodes can be matched. So rows that
hold some are compared as a graph, in canonical form.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

import pyoxigraph as ox

_RS: Final = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_RDF_TYPE: Final = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row = tuple[Term | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a SELECT: the names of the variables, and a row for each solution, in the same order."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]

    def counted(self) -> Counter[frozenset[tuple[str, Term | None]]]:
        """Return how often there is each row, as its bindings."""
        return Counter(frozenset(zip(self.variables, row, strict=True)) for row in self.rows)

    def statements(self, ordered: bool) -> list[ox.Triple]:
        """Return what describes the rows."""
        statements = []
        for number, row in enumerate(self.rows):
            subject = ox.BlankNode(f"row{number}")
            # Without a statement a row of unbound variables would leave no trace.
            position = ox.Literal(str(number) if ordered else "")
            statements.append(ox.Triple(subject, ox.NamedNode("x:position"), position))
            for variable, term in zip(self.variables, row, strict=True):
                if term is not None:
                    statements.append(ox.Triple(subject, ox.NamedNode(f"x:var:{variable}"), term))
        return statements


@dataclass(frozen=True, slots=True)
class Graph:
    """The answer to a CONSTRUCT or DESCRIBE."""

    triples: tuple[ox.Triple, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer: the query was not accepted; `reason` is for people only."""

    reason: str


Answer = bool | Table | Graph | Refused


def _canonical(triples: Iterable[ox.Triple], by_value: bool) -> frozenset[str]:
    """Return triples as text, blank nodes named by their place in the graph."""
    quads: Iterable[ox.Quad] = (ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    if by_value:  # a store keeps the values of literals it knows, not their spellings
        store = ox.Store()
        store.extend(quads)
        quads = store
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(str(quad) for quad in dataset)


def same(one: Answer, other: Answer, *, ordered: bool = False, lax: bool = False, by_value: bool = False) -> bool:
    """Return whether two answers are the same.

    `ordered`: the order of rows counts. `lax`: a row may be there less often in `one` than in `other`, but at least
    once, as REDUCED allows (SPARQL 1.1, section 18.5). `by_value`: it does not matter how a value is spelled, `2.0` or
    `2.00`.
    """
    match one, other:
        case Refused(), Refused():
            return True
        case bool(), bool():
            return one == other
        case Graph(), Graph():
            return _canonical(one.triples, by_value) == _canonical(other.triples, by_value)
        case Table(), Table() if lax:
            found, most = one.counted(), other.counted()
            return set(one.variables) == set(other.variables) and found.keys() == most.keys() and found <= most
        case Table(), Table():
            statements = (_canonical(table.statements(ordered), by_value) for table in (one, other))
            return set(one.variables) == set(other.variables) and next(statements) == next(statements)
    return False


def of_engine(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples) -> Answer:
    """Return what pyoxigraph answers, read to its end."""
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if isinstance(results, ox.QueryTriples):
        return Graph(tuple(results))
    return Table(tuple(v.value for v in results.variables), tuple(tuple(row) for row in results))


def of_results(content: bytes, form: ox.QueryResultsFormat) -> Answer:
    """Return an answer in one of the formats of SPARQL."""
    return of_engine(ox.parse_query_results(content, format=form))


def of_graph(content: bytes, form: ox.RdfFormat) -> Answer:
    """Return a graph, one file of RDF."""
    return Graph(tuple(quad.triple for quad in ox.parse(content, format=form)))


def of_description(graph: Iterable[ox.Quad]) -> tuple[Answer, bool]:
    """Return what RDF describes in the vocabulary for results of the first test suite, and whether rows have an order.

    A graph without that vocabulary is itself the answer.
    """
    store = ox.Store()
    store.extend(graph)
    result_set = _first(store, None, _RDF_TYPE.value, ox.NamedNode(f"{_RS}ResultSet"))
    if result_set is None:
        return Graph(tuple(quad.triple for quad in store)), False
    top = cast("ox.BlankNode", result_set.subject)
    if (said := _first(store, top, f"{_RS}boolean")) is not None:
        return cast("ox.Literal", said.object).value == "true", False
    variables = sorted(cast("ox.Literal", quad.object).value for quad in _all(store, top, f"{_RS}resultVariable"))
    rows = []
    for solution in _all(store, top, f"{_RS}solution"):
        row = cast("ox.BlankNode", solution.object)
        bindings = {}
        for binding in _all(store, row, f"{_RS}binding"):
            name, value = (
                _first(store, cast("ox.BlankNode", binding.object), _RS + part) for part in ("variable", "value")
            )
            assert name is not None
            assert value is not None
            bindings[cast("ox.Literal", name.object).value] = value.object
        index = _first(store, row, f"{_RS}index")
        position = int(cast("ox.Literal", index.object).value) if index is not None else None
        rows.append((position, tuple(bindings.get(variable) for variable in variables)))
    ordered = bool(rows) and all(position is not None for position, _ in rows)
    if ordered:
        rows.sort(key=lambda row: cast("int", row[0]))
    return Table(tuple(variables), tuple(row for _, row in rows)), ordered


def of_csv(content: bytes, *, by_value: bool = False) -> Counter[frozenset[tuple[str, str | float]]]:
    """Return the rows of CSV as cells by column; all is text there, and all blank nodes become the same one.

    The columns of `SELECT *` have no order (SPARQL 1.1, section 18.2.4.3).
    """

    def cell(text: str) -> str | float:
        if by_value:
            with suppress(ValueError):
                return float(text)
        return "_:" if text.startswith("_:") else text

    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
    return Counter(frozenset((name, cell(text)) for name, text in row.items()) for row in rows)


def _all(store: ox.Store, subject: ox.BlankNode | None, name: str, value: Term | None = None) -> list[ox.Quad]:
    return list(store.quads_for_pattern(subject, ox.NamedNode(name), value))


def _first(store: ox.Store, subject: ox.BlankNode | None, name: str, value: Term | None = None) -> ox.Quad | None:
    return next(iter(_all(store, subject, name, value)), None)
