"""Telling an endpoint what is already known, so that it sends what can join here and not all it has.

What stands before a SERVICE in its group is the left side of a join (SPARQL 1.1 Query Language, section 18.2.2.6), and
for a SERVICE that begins an OPTIONAL, what stands before the OPTIONAL is. Its solutions, reduced to the variables that
the clause shares, go along as VALUES (SPARQL 1.1 Federated Query, section 2.4): a remote solution that agrees with none
of them would be dropped here anyway, so the answer stays the same. Where that is not certain, nothing goes along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from eclod.store import guard
from eclod.store.clauses import Clause, Query

#: With more of them the request gets long, and what is asked is no longer selective.
MOST: Final = 2000
NOTHING: Final = ""

_TOKEN: Final = re.compile(
    rf"{guard.OPAQUE}|(?P<variable>{guard.VARIABLE})|(?P<name>{guard.NAME})|(?P<bracket>[(){{}}\[\]])", re.DOTALL
)
#: With these in it, a pattern may have other solutions when it is asked a second time.
_VOLATILE: Final = frozenset({"rand", "uuid", "struuid", "now", "bnode", "limit", "offset", "sample", "group_concat"})
_ONLY_BLANK: Final = re.compile(guard.BLANK)
_OPTIONAL: Final = re.compile(r"(?<![\w.:%@?$-])optional[ \t\r\n]*\Z", re.IGNORECASE)


def question(query: Query, clause: Clause, parts: Sequence[str], variables: Sequence[str]) -> str | None:
    """Return a query for what is known before a clause about its variables, None where nothing is.

    `parts` are the replacements of the clauses before it.
    """
    groups = _groups_around(query.text, clause.start)
    if not groups:
        return None
    start, end = groups[-1] + 1, clause.start
    if _ONLY_BLANK.fullmatch(query.text, start, end):
        optional = _OPTIONAL.search(query.text, 0, groups[-1])
        if optional is None or len(groups) < 2:
            return None
        start, end = groups[-2] + 1, optional.start()
    # A filter may speak of what comes after it; without it more is known than is true, which does no harm.
    pattern = _without_filters(query.replace(parts, start, end))
    tokens = list(_TOKEN.finditer(pattern))
    if any(token["name"] and token[0].lower() in _VOLATILE for token in tokens):
        return None
    mentioned = {token[0][1:] for token in tokens if token["variable"]}
    shared = " ".join(f"?{name}" for name in variables if name in mentioned)
    if not shared:
        return None
    return f"{query.prologue}\nSELECT DISTINCT {shared} WHERE {{\n{pattern}\n}} LIMIT {MOST + 1}"


def inline(results: bytes) -> str | None:
    """Return the solutions of such a query (SPARQL JSON) as VALUES, None when they are too many or say nothing.

    NOTHING when there are none, so that nothing at all can join.

    A variable that is unbound somewhere agrees with everything, and a blank node is known to nobody else: neither can
    restrict anything.
    """
    found = ox.parse_query_results(results, ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    variables = found.variables
    try:
        solutions = list(found)
    except SyntaxError:  # a table that was cut says so after its last row
        return None
    if not solutions:
        return NOTHING
    places = [
        place
        for place in range(len(variables))
        if not any(solution[place] is None or isinstance(solution[place], ox.BlankNode) for solution in solutions)
    ]
    if len(solutions) > MOST or not places:
        return None
    rows = dict.fromkeys("(" + " ".join(str(solution[place]) for place in places) + ")" for solution in solutions)
    return f"VALUES ({' '.join(str(variables[place]) for place in places)}) {{ {' '.join(rows)} }}"


def _groups_around(text: str, position: int) -> list[int]:
    """Return where the groups begin that are open at a position, the innermost last.

    None at all when the query or one of these groups is not about the default graph of the release.
    """
    groups: list[int] = []
    elsewhere: list[int] = []
    before_last, last = "", ""
    for token in _TOKEN.finditer(text, 0, position):
        if token["bracket"] == "{":
            if before_last == "graph":
                elsewhere.append(token.start())
            groups.append(token.start())
        elif token["bracket"] == "}" and groups:
            if groups.pop() in elsewhere:
                elsewhere.pop()
        elif not token[0].startswith("#"):
            before_last, last = last, token[0].lower() if token["name"] else ""
            if last == "from":
                return []
    return [] if elsewhere else groups


def _without_filters(pattern: str) -> str:
    """Return a pattern without the filters of its own group: FILTER, up to the end of the first brackets after it."""
    made, position, depth = [], 0, 0
    filtering = False
    for token in _TOKEN.finditer(pattern):
        if token["name"] and depth == 0 and token[0].lower() == "filter":
            made.append(pattern[position : token.start()])
            filtering = True
        elif token["bracket"] and token[0] in "({[":
            depth += 1
        elif token["bracket"]:
            depth -= 1
            if filtering and depth == 0:
                position, filtering = token.end(), False
    return " ".join((*made, pattern[position:]))
