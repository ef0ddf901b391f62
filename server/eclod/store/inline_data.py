"""Solutions of another endpoint as inline data of a query (SPARQL 1.1 Query Language, rule 61).

Every term is read and written by the engine, which refuses what is no IRI, language or blank node label, so that no
answer can be more than data. Inline data cannot hold a blank node: each becomes an IRI `urn:blank:…`, the same
throughout one response and never twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final

import pyoxigraph as ox

from eclod.core.endpoints import Endpoint
from eclod.core.errors import TooLarge
from eclod.store.outgoing import Response, failed

_FORMATS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
}


def table(variables: Sequence[str], rows: Iterable[str]) -> str:
    """Return inline data of rows that are already written, each as `(…)`."""
    lines = "".join(f"{row}\n" for row in rows)
    return f"VALUES ({' '.join('?' + name for name in variables)}) {{\n{lines}}}"


def nothing_bound(variables: Sequence[str]) -> str:
    """Return one solution that binds none of these variables."""
    return table(variables, [f"({' '.join(['UNDEF'] * len(variables))})"])


def of_response(response: Response, variables: Sequence[str], endpoint: Endpoint, number: int, limit: int) -> str:
    """Return what an endpoint answered as inline data of just these variables; `number` tells responses apart.

    Raises EndpointFailed for an answer that is not a complete table of results, TooLarge for more rows than the limit.
    """
    form = _FORMATS.get(response.media_type)
    if form is None:
        raise failed(endpoint, f"answered with '{response.media_type}', which is no table of results")
    blank = f"<urn:blank:{hashlib.sha256(response.body).hexdigest()[:16]}-{number}:"
    try:
        try:
            rows = _rows(response.body, form, variables, blank, limit)
        except SyntaxError:
            plain = _plain(response.body) if form is ox.QueryResultsFormat.JSON else None
            if plain is None:
                raise
            rows = _rows(plain, form, variables, blank, limit)
    except (SyntaxError, ValueError) as error:
        raise failed(endpoint, f"gave an answer that cannot be read ({error})") from None
    if rows is None:
        raise failed(endpoint, "answered with true or false, which is no table of results")
    if len(rows) > limit:
        raise TooLarge(
            f"The endpoint <{endpoint.iri}> answers with more than {limit:,} rows; "
            "ask it for less inside the SERVICE part.",
            endpoint=endpoint.iri,
        )
    _check_complete(response, len(rows), endpoint)
    return table(variables, rows)


def _rows(
    body: bytes, form: ox.QueryResultsFormat, variables: Sequence[str], blank: str, limit: int
) -> list[str] | None:
    """Return at most one row more than the limit, None for the answer to an ASK."""
    rows: list[str] = []
    found = ox.parse_query_results(body, form)
    try:
        if isinstance(found, ox.QueryBoolean):
            return None
        there = {variable.value: place for place, variable in enumerate(found.variables)}
        places = [there.get(name) for name in variables]
        for solution in found:
            terms = ["UNDEF" if place is None else _written(solution[place], blank) for place in places]
            rows.append(f"({' '.join(terms)})")
            if len(rows) > limit:
                break
        return rows
    finally:
        del found  # an error would carry it along, and it may not end on another thread than this


def _plain(body: bytes) -> bytes | None:
    """Return SPARQL JSON in the terms of its specification, None when that is not the matter with it.

    QLever adds a member `meta`, and Virtuoso has `nodeID://b1` for a blank node, which is no label. An answer with a
    member `truncated` is cut (ours say so that way), and stays what it is.
    """
    try:
        document = json.loads(body)
        if "truncated" in document:
            return None
        labels: dict[str, str] = {}
        for binding in document["results"]["bindings"]:
            for term in binding.values():
                if term["type"] == "bnode":
                    term["value"] = labels.setdefault(term["value"], f"b{len(labels)}")
        names = document["head"]["vars"]
        return json.dumps({"head": {"vars": names}, "results": {"bindings": document["results"]["bindings"]}}).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _written(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None, blank: str) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, ox.BlankNode):
        return f"{blank}{term.value}>"
    if isinstance(term, ox.Triple):
        return "<<( " + " ".join(_written(part, blank) for part in (term.subject, term.predicate, term.object)) + " )>>"
    return str(term)


def _check_complete(response: Response, rows: int, endpoint: Endpoint) -> None:
    """Refuse what Virtuoso cut, at a number of rows or when its time was up, and yet sent with status 200."""
    limit = response.headers.get("x-sparql-maxrows", "")
    if "x-sql-state" in response.headers or (limit.isdecimal() and rows >= int(limit) > 0):
        raise failed(endpoint, f"gave {rows:,} rows and cut the rest of its answer; ask it for less")
