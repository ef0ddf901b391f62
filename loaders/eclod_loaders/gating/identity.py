"""Which thing a row is: the ledger's answer, as IRIs, and what the identifiers graph says about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.iris import Names, split_path
from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.store.ledger import Ledger
from eclod_loaders.rows import MappedRow

_CODE = NamedNode(ECLOD + "code")
_LOCAL = NamedNode(ECLOD + "localIdentifier")
_REGISTERED_BY = NamedNode(ECLOD + "registeredBy")
_STATUS = NamedNode(ECLOD + "lifecycleStatus")
_SAME: Final = NamedNode(expand("owl:sameAs"))
_VALID = NamedNode(SCHEME + "lifecycle/valid")


class Identities:
    """The identifiers of one registry's things."""

    def __init__(self, ledger: Ledger, names: Names, registry: str) -> None:
        self._ledger = ledger
        self._names = names
        self._registry = registry

    def thing(self, kind: str, local_id: str, named_by: str = "") -> str:
        """Return the IRI of a thing by its kind and the identifier that this registry, or another, has for it."""
        return self._names.thing(kind, self._ledger.code(kind, named_by or self._registry, local_id))

    def given(self, iri: str) -> bool | None:
        """Tell whether an IRI of ours was ever given to something; None when it is not one of ours."""
        path = self._names.path_of(iri)
        if path is None or not path.startswith("/id/"):
            return None
        parts = split_path(path)
        return parts is not None and self._ledger.given(*parts)

    def statements(self, present: Iterable[str]) -> Iterator[Triple]:
        """Return what the identifiers graph says about those of the registry's things that are in the release."""
        wanted = set(present)
        registry = NamedNode(self._names.registry(self._registry))
        for kind, code, local_id in self._ledger.of_registry(self._registry):
            iri = self._names.thing(kind, code)
            if iri in wanted:
                thing = NamedNode(iri)
                yield Triple(thing, _CODE, Literal(code))
                yield Triple(thing, _LOCAL, Literal(local_id))
                yield Triple(thing, _REGISTERED_BY, registry)
                yield Triple(thing, _STATUS, _VALID)


def own_names(rows: Iterable[MappedRow]) -> Iterator[Triple]:
    """Return that things are the same as what their registry calls them in its own RDF."""
    for row in rows:
        if row.own_iri:
            yield Triple(NamedNode(row.subjects[0]), _SAME, NamedNode(row.own_iri))
