"""Where the SERVICE clauses of a query are: by text, and agreed to by rdflib's algebra.

The text is cut at the clauses (SPARQL 1.1 Query Language, rule 59), so their places have to be known exactly. What the
text search takes for a clause is replaced by a GRAPH with a name of ours; rdflib then has to find just these graphs,
and no SERVICE that the text hides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eclod.core.errors import BadQuery, NotAllowed, TooLarge
from eclod.store import guard
from eclod.store.readers import Readers

POLICY: Final = "This service sends queries only to the endpoints on its list, see /federation"
_LONGEST: Final = 256 << 10
#: Short, so that what comes after it can stay in its column.
_MARK: Final = "urn:s:"

_CLAUSE: Final = re.compile(
    rf"(?<![\w:%@?$-])service(?![\w.:%@?$-]){guard.BLANK}(?:(?P<silent>silent)(?![\w.:%@-]){guard.BLANK})?+"
    rf"(?:(?P<iri>{guard.IRI})|(?P<variable>{guard.VARIABLE})|(?P<prefix>[\w.-]*+):(?P<local>{guard.NAME})?+)"
    rf"{guard.BLANK}(?=\{{)",
    re.IGNORECASE | re.DOTALL,
)
_DECLARATION: Final = re.compile(
    rf"{guard.BLANK}(?:base{guard.BLANK}{guard.IRI}|prefix{guard.BLANK}(?P<prefix>[\w.-]*+):{guard.BLANK}(?P<iri>{guard.IRI}))",
    re.IGNORECASE,
)
_BRACE: Final = re.compile(rf"{guard.OPAQUE}|\\.|([{{}}])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Clause:
    """A SERVICE clause: its span in the query, where its group begins, the address it names in full."""

    start: int
    group: int
    end: int
    silent: bool
    target: str
    nested: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query cut at its clauses, in the order of the text; `prologue` is what declares its prefixes."""

    text: str
    prologue: str
    clauses: tuple[Clause, ...]

    @property
    def outermost(self) -> list[Clause]:
        return [clause for clause in self.clauses if not clause.nested]

    def select(self, group: str) -> str:
        """Return a group as a query of its own, with the prefixes of this one."""
        return f"{self.prologue}\nSELECT * WHERE {group}"

    def replace(self, parts: Sequence[str], start: int = 0, end: int | None = None) -> str:
        """Return the query, or a piece of it, with its first outermost clauses replaced by these parts."""
        end = len(self.text) if end is None else end
        position, made = start, []
        for clause, part in zip(self.outermost, parts, strict=False):
            if start <= clause.start < end:
                made += [self.text[position : clause.start], part]
                position = clause.end
        return "".join((*made, self.text[position:end]))


def read(text: str) -> Query:
    """Return a query with its clauses.

    Raises NotAllowed for a SERVICE that is not written plainly or names a variable, BadQuery where braces do not match,
    TooLarge for a query with SERVICE that is very long.
    """
    found = [guard.find_service(spelling) for spelling in guard.spellings(text)]
    positions = found[0].positions
    if not any(one.positions for one in found):
        return Query(text, "", ())
    if len(text) > _LONGEST:
        raise TooLarge(f"A query with SERVICE may have {_LONGEST >> 10} KiB; shorten it.")
    if any(len(one.positions) != len(positions) for one in found):
        raise NotAllowed(f"{POLICY}; write SERVICE plainly, without \\u escapes.")
    if not all(one.certain for one in found):
        raise NotAllowed(
            f"{POLICY}; this query can be read in two ways: put a space after each < that begins no IRI, "
            "and write IRIs in full and without \\u escapes."
        )
    prologue, prefixes = _prologue(text)
    braces = _braces(text)
    clauses: list[Clause] = []
    for position in positions:
        match = _CLAUSE.match(text, position)
        if match is None:
            raise NotAllowed(f"{POLICY}; write SERVICE as a word by itself, then an address in < >, then {{ … }}.")
        if match["variable"] is not None:
            raise NotAllowed(f"{POLICY}; write an address in place of {match['variable']}.")
        end = braces.get(match.end())
        if end is None:
            raise BadQuery("A brace of a SERVICE part has no counterpart; close what is open.")
        nested = any(clause.group < position < clause.end for clause in clauses)
        clauses.append(
            Clause(position, match.end(), end + 1, match["silent"] is not None, _target(match, prefixes), nested)
        )
    return Query(text, prologue, tuple(clauses))


def verify(query: Query, readers: Readers, seconds: float) -> list[tuple[str, ...]]:
    """Have rdflib agree that a query has these clauses and no other; return the variables of each outermost one.

    Raises BadQuery when it is not SPARQL 1.1, NotAllowed when rdflib reads it differently, OverBudget when that takes
    too long.
    """
    selects = [query.select(_marked(query, one.group, one.end)) for one in query.outermost]
    found = readers.read(_marked(query, 0, len(query.text)), selects, seconds)
    if "line" in found:
        where = {"line": found["line"], "column": found["column"]}
        raise BadQuery("The query does not parse at line {line}, column {column}.".format(**where), **where)
    if "error" in found:
        raise BadQuery(f"A query with SERVICE has to be SPARQL 1.1, and this is not: {found['error']}.")
    graphs = sorted(name for name in found["graphs"] if name.startswith(_MARK))
    if found["services"] or graphs != sorted(f"{_MARK}{number}" for number in range(len(query.clauses))):
        raise NotAllowed(f"{POLICY}; this query can be read in two ways: write each SERVICE <address> {{ … }} plainly.")
    return [tuple(names) for names in found["variables"]]


def _marked(query: Query, start: int, end: int) -> str:
    """Return a part of a query with a GRAPH in place of each SERVICE."""
    made, position = [], start
    for number, clause in enumerate(query.clauses):
        if start <= clause.start < end:
            written = query.text[clause.start : clause.group]
            mark = f"GRAPH <{_MARK}{number}>" + "\n" * written.count("\n")
            made += [query.text[position : clause.start], mark.ljust(len(written))]
            position = clause.group
    return "".join((*made, query.text[position:end]))


def _prologue(text: str) -> tuple[str, dict[str, str]]:
    prefixes: dict[str, str] = {}
    position = 0
    while match := _DECLARATION.match(text, position):
        if match["iri"] is not None:
            prefixes[match["prefix"]] = guard.unescape(match["iri"][1:-1])
        position = match.end()
    return text[:position], prefixes


def _target(match: re.Match[str], prefixes: dict[str, str]) -> str:
    if match["iri"] is not None:
        return guard.unescape(match["iri"][1:-1])
    local = re.sub(r"\\(.)", r"\1", match["local"] or "")
    return prefixes.get(match["prefix"], f"{match['prefix']}:") + local


def _braces(text: str) -> dict[int, int]:
    """Return where each opening brace is closed."""
    pairs: dict[int, int] = {}
    open_braces: list[int] = []
    for token in _BRACE.finditer(text):
        if token[1] == "{":
            open_braces.append(token.start())
        elif token[1] == "}" and open_braces:
            pairs[open_braces.pop()] = token.start()
    return pairs
