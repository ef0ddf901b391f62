"""A small graph as one nested JSON-LD object in a single vocabulary, as people write schema.org by hand.

The context is in the document: nobody has to fetch one. What occurs once stands where it is pointed to, the rest is a
reference. JSON-LD 1.1: https://www.w3.org/TR/json-ld11/
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyoxigraph as ox

from eclod.core import labels
from eclod.core.namespaces import PREFIXES, expand

_SCHEMA: Final = PREFIXES["schema"]
_TYPE: Final = expand("rdf:type")
_XSD: Final = PREFIXES["xsd"]
#: Values of these are addresses, written as plain text; schema.org's own context has it so.
_ADDRESSES: Final = ("url", "sameAs", "license", "sdLicense", "mainEntityOfPage")
_CONTEXT: Final[dict[str, Any]] = {"@vocab": _SCHEMA} | {name: {"@type": "@id"} for name in _ADDRESSES}


def of_thing(iri: str, triples: Iterable[ox.Triple], languages: Sequence[str] | None = None) -> dict[str, Any]:
    """Return a thing with its parts; `languages`, best first, choose one text of each property (None: all of them)."""
    by_subject: dict[str, list[ox.Triple]] = defaultdict(list)
    for triple in triples:
        if isinstance(triple.subject, ox.NamedNode):
            by_subject[triple.subject.value].append(triple)
    return {"@context": _CONTEXT, **_Tree(by_subject, languages).node(iri)}


def written(thing: dict[str, Any]) -> str:
    """Return the object as text that may stand in a page: nothing in it ends a script (HTML, section 4.12.1.3)."""
    text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))  # with an indent it takes five times as long
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Tree:
    def __init__(self, by_subject: dict[str, list[ox.Triple]], languages: Sequence[str] | None) -> None:
        self._by_subject = by_subject
        self._languages = languages
        self._shown: set[str] = set()

    def node(self, iri: str) -> dict[str, Any]:
        self._shown.add(iri)
        found: dict[str, Any] = {"@id": iri}
        values: dict[str, list[Any]] = defaultdict(list)
        for triple in self._by_subject[iri]:
            values[triple.predicate.value].append(triple.object)
        if types := values.pop(_TYPE, None):
            found["@type"] = _one([_short(term.value) for term in types])
        for name, terms in values.items():
            short = _short(name)
            found[short] = _one([self._value(short, term) for term in self._wanted(terms)])
        return found

    def _wanted(self, terms: list[Any]) -> list[Any]:
        """Return the values to show: one text when there are several languages to choose from."""
        texts = [term for term in terms if isinstance(term, ox.Literal) and term.language]
        if self._languages is None or len(texts) < 2:
            return terms
        chosen = labels.choose([(text.value, text.language or "") for text in texts], self._languages)
        return [t for t in terms if t not in texts or (t.value, t.language or "") == chosen]

    def _value(self, name: str, term: Any) -> Any:
        if isinstance(term, ox.Literal):
            return _literal(term, plain=self._languages is not None)
        if isinstance(term, ox.NamedNode):
            if name in _ADDRESSES:
                return term.value
            if term.value in self._by_subject and term.value not in self._shown:
                return self.node(term.value)
            return {"@id": term.value}
        return str(term)


def _literal(term: ox.Literal, plain: bool) -> Any:
    datatype = term.datatype.value
    if term.language:
        language = "" if term.language == "und" else term.language
        return term.value if plain or not language else {"@value": term.value, "@language": language}
    if datatype in (f"{_XSD}integer", f"{_XSD}nonNegativeInteger"):
        return int(term.value)
    if datatype == f"{_XSD}decimal" and plain:
        return float(term.value)
    if datatype == f"{_XSD}boolean":
        return term.value in ("true", "1")
    if plain or datatype == f"{_XSD}string":
        return term.value
    return {"@value": term.value, "@type": datatype}


def _short(iri: str) -> str:
    return iri.removeprefix(_SCHEMA)


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
