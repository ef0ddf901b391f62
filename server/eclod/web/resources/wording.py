"""How things are called on a page: labels in the visitor's languages, and words for what has none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

import pyoxigraph as ox

from eclod.core import labels as label_choice
from eclod.core.namespaces import shorten
from eclod.store.label_memory import Naming
from eclod.web.resources.links import Links
from eclod.web.resources.views import Term

_NAMES: Final = frozenset(label_choice.LABEL_PROPERTIES)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_STRINGS: Final = frozenset(
    {"http://www.w3.org/2001/XMLSchema#string", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}
)


class Wording:
    """Labels of many things, with the one that suits a visitor for each."""

    def __init__(self, links: Links, languages: Sequence[str]) -> None:
        self._links = links
        self.languages = languages
        self._names: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._known: Mapping[str, Naming] = {}
        self._joined: Mapping[str, Sequence[str]] = {}
        self._composed: Mapping[str, Sequence[ox.NamedNode | ox.Literal]] = {}
        self._chosen: dict[str, tuple[str, str] | None] = {}
        self._wishes = [wish.lower() for wish in (*languages, *label_choice.FALLBACK_LANGUAGES)]

    def learn(self, statements: Iterable[ox.Triple | ox.Quad]) -> None:
        """Take the names that statements give; other statements are passed over."""
        self._chosen.clear()
        for statement in statements:
            name = statement.predicate.value
            if name in _NAMES and isinstance(value := statement.object, ox.Literal):
                pairs = self._names.setdefault(_key(statement.subject), {}).setdefault(name, [])
                pairs.append((value.value, label_choice.language(value.language)))

    def learn_names(self, names: Mapping[str, Naming]) -> None:
        """Take the names of things in place of those taken so before; what statements gave goes before them."""
        self._chosen.clear()
        self._known = {iri: naming for iri, naming in names.items() if naming.texts}

    def learn_joined(self, joined: Mapping[str, Sequence[str]]) -> None:
        """Take what things without a name of their own join, so that they are called by it."""
        self._joined = joined

    def learn_composed(self, composed: Mapping[str, Sequence[ox.NamedNode | ox.Literal]]) -> None:
        """Take what things without a name of their own are about, such as observations, which are called by it."""
        self._composed = composed

    def knows(self, iri: str) -> bool:
        return iri in self._names or iri in self._known

    def label(self, iri: str) -> tuple[str, str] | None:
        """Return (text, language) of the best name of a thing: best property first, then best language."""
        if iri not in self._chosen:
            self._chosen[iri] = self._choose(iri)
        return self._chosen[iri]

    def _choose(self, iri: str) -> tuple[str, str] | None:
        names: Mapping[str, Sequence[tuple[str, str]]] | None = self._names.get(iri)
        if names is None:
            if iri not in self._known:
                return None
            names = self._known[iri].texts
        for name in label_choice.LABEL_PROPERTIES:
            if chosen := label_choice.choose(names.get(name, ()), self.languages):
                return chosen
        return None

    def property(self, iri: str) -> str:
        """Return what a property is called, from its IRI when nothing names it."""
        named = self.label(iri)
        return named[0] if named else in_words(iri)

    def term(self, value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
        """Return a value as people read it, with where it leads."""
        if isinstance(value, ox.NamedNode):
            return self.thing(value.value)
        if isinstance(value, ox.Literal):
            return literal(value)
        return Term("" if isinstance(value, ox.BlankNode) else str(value))

    def thing(self, iri: str) -> Term:
        """Return a thing under its label; one that only joins, such as a membership, as what it leads to."""
        if iri in self._joined and not self.knows(iri):
            return self._far_end(iri)
        href, external = self._links.to(iri, known=self.knows(iri))
        text, language = self.label(iri) or (self._composition(iri) or shorten(iri), "")
        return Term(text, href, iri, language, external=external)

    def _far_end(self, iri: str) -> Term:
        """Return the other thing that a joining thing leads to, with the words for how; itself when there are two."""
        ends = [self.thing(end) for end in self._joined[iri] if self.knows(end)]
        far = [end for end in ends if end.iri and self._links.is_thing(end.iri)]
        roles = [end.text for end in ends if end not in far]
        href, external = self._links.to(iri)
        text = " – ".join(end.text for end in far) or shorten(iri)
        if roles:
            text += f" ({', '.join(roles)})"
        if len(far) == 1:
            return Term(text, far[0].href, far[0].iri, far[0].language)
        return Term(text, href, iri, external=external)

    def _composition(self, iri: str) -> str:
        return ", ".join(self.term(part).text for part in self._composed.get(iri, ()))

    def rank(self, value: Term) -> tuple[int, str]:
        """Return a key that puts literals in the visitor's languages first, then by text."""
        language = value.language.lower()
        place = self._wishes.index(language) if language in self._wishes else len(self._wishes)
        return place, value.text.casefold()


def in_words(iri: str) -> str:
    """Return the last part of an IRI as words: `…#isManagedBy` gives "is managed by"."""
    local = unquote(re.split(r"[#/]", iri.rstrip("#/"))[-1]) or iri
    words = _CAMEL.sub(" ", local).replace("_", " ")
    return words if words.isupper() else words.lower()


def literal(value: ox.Literal) -> Term:
    """Return a literal as people read it; plain text has no datatype worth showing."""
    datatype = value.datatype.value
    language = label_choice.language(value.language)
    return Term(value.value, language=language, datatype="" if datatype in _STRINGS else datatype)


def _key(subject: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    return subject.value if isinstance(subject, ox.NamedNode) else str(subject)
