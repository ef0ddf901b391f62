"""A request to the SPARQL endpoint, read as the protocol says (SPARQL 1.1 Protocol, section 2.1). Pure functions.

Everything is decoded exactly once, strictly: what is not UTF-8 is refused and never replaced.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox

from eclod.core.errors import BadInput, BadQuery, NotAllowed, UnsupportedMedia

FORM: Final = "application/x-www-form-urlencoded"
QUERY: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
_MOST_FIELDS: Final = 1000
#: What begins a field with a term for a variable, and the name of the variable (SPARQL 1.1, section 19.8, VARNAME).
_VARIABLE: Final = re.compile(r"\$\w+")
_UPDATES: Final = ("update", "using-graph-uri", "using-named-graph-uri")


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What was asked: the query (None when there is none), the dataset (None: as the query says), a format by name.

    `seconds` is a time budget shorter than the endpoint's own. `bindings` are terms in N-Triples for variables: those
    of a saved query, or fields such as `$region` (a custom of RDF4J, which the protocol leaves open). `release` is the
    one that a receipt is about.
    """

    query: str | None
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    format: str | None
    seconds: float | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)
    release: str | None = None


def read(method: str, query_string: str, content_type: str, body: bytes) -> QueryRequest:
    """Return what a request asks; `query_string` as WSGI gives it (Latin-1 for bytes).

    Raises BadInput or BadQuery for what breaks the protocol, NotAllowed for updates, UnsupportedMedia for other bodies.
    """
    in_address = fields(query_string.encode("latin-1"))
    in_body: list[tuple[str, str]] = []
    if method == "POST":
        in_body = _posted(content_type, body)
    elif len(in_address) == 1 and in_address[0][0] == "query":  # as nearly all are
        return QueryRequest(in_address[0][1], None, None, None)
    together = [*in_address, *in_body]
    values = _by_name(together)
    for name in _UPDATES:
        if name in values:
            raise NotAllowed(
                f"This endpoint only reads: '{name}' is not taken. Data enters through releases, see /releases."
            )
    queries = values.get("query", ())
    if len(queries) > 1:
        raise BadQuery("The request holds more than one query; send one.", parameter="query")
    if method == "POST" and not queries:
        raise BadQuery("The request holds no query; send it as form field 'query' or as the body.", parameter="query")
    default_graphs = _graphs(values, "default-graph-uri")
    named_graphs = _graphs(values, "named-graph-uri")
    if default_graphs is not None or named_graphs is not None:
        # A dataset that the request describes holds nothing else (section 2.1.4).
        default_graphs, named_graphs = default_graphs or (), named_graphs or ()
    return QueryRequest(
        queries[0] if queries else None,
        default_graphs,
        named_graphs,
        format=_first(values, "format"),
        seconds=budget(_first(values, "timeout")),
        bindings=_bindings(together),
        release=_first(values, "release") or None,
    )


def budget(text: str | None) -> float | None:
    """Return the time budget that a request asks for, in seconds; raises BadInput."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise BadInput(
            f"The parameter 'timeout' is '{text}'; it is a number of seconds, such as 10.", parameter="timeout"
        )
    return value


def fields(encoded: bytes) -> list[tuple[str, str]]:
    """Return the fields of a query string or form (URL Standard, section 5.1); raises BadInput when it is not UTF-8.

    By hand, since this is on the way of every query, and the standard library's parser takes up to half as long again.
    """
    try:
        parts = [part.partition("=") for part in encoded.decode().split("&") if part]
        if len(parts) > _MOST_FIELDS:
            raise BadInput(f"The request has more than {_MOST_FIELDS} fields; send fewer.")
        return [(_decoded(name), _decoded(value)) for name, _, value in parts]
    except UnicodeDecodeError:
        raise BadInput("The request is not in UTF-8; encode it so, with percent signs where needed.") from None


def _decoded(text: str) -> str:
    text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def _posted(content_type: str, body: bytes) -> list[tuple[str, str]]:
    media_type, charset = _media_type(content_type)
    if media_type == UPDATE:
        raise NotAllowed("This endpoint only reads and takes no updates. Data enters through releases, see /releases.")
    if media_type not in (FORM, QUERY):
        what = f"'{media_type}'" if media_type else "without a Content-Type"
        raise UnsupportedMedia(f"A body {what} is not read here; send {FORM} or {QUERY}.", available=[FORM, QUERY])
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMedia(f"A body in {charset} is not read here; send UTF-8.", available=["utf-8"])
    if media_type == FORM:
        return fields(body)
    try:
        return [("query", body.decode("utf-8"))]
    except UnicodeDecodeError as error:
        raise BadQuery(f"The query is not in UTF-8: byte {error.start} does not belong there.") from None


def _media_type(content_type: str) -> tuple[str, str]:
    """Return (media type, charset), both in lower case."""
    media_type, *parameters = content_type.split(";")
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip().lower(), charset


def _by_name(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _first(values: Mapping[str, Sequence[str]], name: str) -> str | None:
    return next(iter(values.get(name, ())), None)


def _bindings(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the terms that fields give to variables; raises BadInput for what is no variable or no term."""
    bindings: dict[str, str] = {}
    for name, value in pairs:
        if not name.startswith("$"):
            continue
        if not _VARIABLE.fullmatch(name) or name[1:] in bindings:
            raise BadInput(f"'{name[:100]}' is no variable, or is there twice; give each once.", parameter=name)
        if not _is_term(value):
            raise BadInput(
                f"{name} is '{value[:100]}'; it has to be an IRI in < > or a literal in quotes, as N-Triples has them.",
                parameter=name,
            )
        bindings[name[1:]] = value
    return bindings


def _is_term(text: str) -> bool:
    """Return whether a text is one IRI or literal to the engine's own parser, with nothing beside it."""
    try:
        (statement,) = ox.parse(f"<urn:s> <urn:p> {text} .".encode(), format=ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError):
        return False
    return isinstance(statement.object, ox.NamedNode | ox.Literal)


def _graphs(values: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...] | None:
    """Return the IRIs of a parameter, or None when it is not there; raises BadInput for what is no IRI."""
    if name not in values:
        return None
    for iri in values[name]:
        try:
            ox.NamedNode(iri)
        except ValueError:
            raise BadInput(f"'{iri}' is not an absolute IRI, as {name} needs.", parameter=name) from None
    return tuple(values[name])
