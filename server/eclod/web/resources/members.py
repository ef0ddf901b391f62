"""The members of a cluster or of an organisation by type and size, for its page: what a saved query answers."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Final, cast

import pyoxigraph as ox

from eclod.core.formats import RESULT_JSON
from eclod.core.iris import split_path
from eclod.core.namespaces import expand
from eclod.rdf import query_catalogue
from eclod.rdf.query_catalogue import SavedQuery
from eclod.store.engine import Question
from eclod.web.resources.descriptions import Description
from eclod.web.resources.links import Links, quoted
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import MemberCount, Members, Term

QUERY: Final = "members-by-type"
_KINDS: Final = frozenset({"cluster", "organisation"})
_JOINED: Final = expand("org:organization")
_MANAGED_BY: Final = ox.NamedNode(expand("eclod:managedBy"))


def read(reader: Reader, description: Description, referred_by: Collection[str]) -> Members | None:
    """Return the members of a thing, None when it has none; one question, asked only where there may be some.

    `referred_by` are the properties by which something refers to the thing.
    """
    names, iri = description.names, description.iri
    thing = split_path(names.path_of(iri) or "")
    if thing is None or thing[0] not in _KINDS:
        return None
    # Members of a cluster often are those of the organisation that manages it.
    if _JOINED not in referred_by and not any(t.predicate == _MANAGED_BY for t in description.main):
        return None
    query = _query(names.base)
    bindings = query.bindings({"cluster": iri})
    body = reader.answer(Question(query.template, result_format=RESULT_JSON, bindings=bindings)).read()
    solutions = cast("ox.QuerySolutions", ox.parse_query_results(body, ox.QueryResultsFormat.JSON))
    links = Links(names)
    rows = tuple(MemberCount(_type(links, row), int(cast("ox.Literal", row["members"]).value)) for row in solutions)
    value = thing[1] if thing[0] == "cluster" else iri
    return Members(rows, f"/queries/{QUERY}?cluster={quoted(value)}") if rows else None


@cache
def _query(base: str) -> SavedQuery:
    return query_catalogue.load_one(QUERY, base)


def _type(links: Links, row: ox.QuerySolution) -> Term:
    kind, name = row["type"], row["name"]
    if not isinstance(kind, ox.NamedNode):
        return Term("type not stated")
    href, external = links.to(kind.value, known=True)
    return Term(name.value if isinstance(name, ox.Literal) else kind.value, href, kind.value, "en", external=external)
