"""The types and properties that a reconciliation client may choose from: those in use, with their labels."""

from __future__ import annotations

from typing import Any, Final

from eclod.core import folding
from eclod.core.namespaces import ECLOD, expand
from eclod.web.context import Service
from eclod.web.queries import completion

#: What people match most, first in the list.
_FIRST: Final = (ECLOD + "Cluster", expand("org:Organization"), ECLOD + "ClusterOrganisation", expand("eurio:Project"))
_USUAL: Final = 10
_PROPOSED: Final = 30

Term = dict[str, Any]


def types(found: Service, release: str) -> list[Term]:
    """Return the classes of what can be found, those that people match most first: id, name, description."""
    index = found.search.for_release(release)
    known = [each for each in completion.in_use(found, release)[0]["classes"] if index.has_type(each["iri"])]
    known.sort(key=lambda each: _FIRST.index(each["iri"]) if each["iri"] in _FIRST else len(_FIRST))
    return [_term(each) for each in known]


def properties(found: Service, release: str) -> list[Term]:
    """Return the properties in use, most used first."""
    return [_term(each) for each in completion.in_use(found, release)[0]["properties"]]


def proposed(found: Service, release: str, of_type: str, limit: int | None) -> list[Term]:
    """Return the properties that things of a class have, most used first; of all things when no class is given."""
    content = completion.in_use(found, release)[0]
    known, classes = content["properties"], {each["iri"]: each for each in content["classes"]}
    if of_type:
        known = [known[at] for at in classes[of_type]["properties"]] if of_type in classes else []
    return [_term(each) for each in known if each["iri"] != expand("rdf:type")][: limit or _PROPOSED]


def beginning(known: list[Term], prefix: str, offset: int, limit: int | None) -> list[Term]:
    """Return the terms of which a word, the short name or the IRI begins as typed; all for nothing typed."""
    typed = folding.plain(prefix)
    fitting = [
        each
        for each in known
        if not typed
        or prefix.strip() == each["id"]
        or f" {typed}" in f" {folding.plain(each['name'])}"
        or folding.plain(each["description"]).startswith(typed)
    ]
    return fitting[offset : offset + (limit or _USUAL)]


def _term(each: Term) -> Term:
    return {"id": each["iri"], "name": each["label"], "description": each["name"]}
