"""Profiles: other vocabularies in which a thing can be had, each a CONSTRUCT query of `queries/profiles/`.

A query is asked of the description of one thing, bound to `?thing`, with the labels of what it links to and with what
`ontology/alignments.ttl` says of its classes and properties: a vocabulary is added or changed in those files, not here.
Only schema.org, which every page embeds, is no query but `schema_org.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import yaml

from eclod.core import assets, formats
from eclod.core.errors import Damaged
from eclod.core.formats import GRAPH_FORMATS, JSON_LD, TURTLE, Format
from eclod.core.namespaces import PREFIXES, SHAPES, expand
from eclod.rdf.query_catalogue import read_head
from eclod.rdf.schema_org import SchemaOrg

_THING: Final = ox.Variable("thing")
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
LANGUAGES: Final = ("en", "fr", "de")


@dataclass(frozen=True, slots=True)
class Profile:
    """A vocabulary as a request names it, by token or IRI; `classes` are those it has something for (empty: all).

    `query` is empty for our own description and for schema.org; `format` is what is sent to whoever does not say which
    they want.
    """

    token: str
    iri: str
    titles: Mapping[str, str]
    description: str
    query: str = ""
    classes: frozenset[str] = frozenset()
    format: Format = TURTLE

    @property
    def title(self) -> str:
        return self.titles["en"]

    def suits(self, types: Collection[str]) -> bool:
        """Return whether a thing of these classes can be had so."""
        return not self.classes or not self.classes.isdisjoint(types)


#: Everything we have, as our shapes describe it.
FULL: Final = Profile(
    "eclod",
    SHAPES.rstrip("#"),
    {"en": "Full description", "fr": "Description complète", "de": "Vollständige Beschreibung"},
    "Everything that is said about the thing, in the vocabularies of the ontology.",
)
SCHEMA_ORG: Final = Profile(
    "schema",
    PREFIXES["schema"],
    {"en": "schema.org", "fr": "schema.org", "de": "schema.org"},
    "The thing as search engines read it; it stands in every page, too.",
    format=JSON_LD,
)
#: Not a query either: who says what is in no description, but in the graphs of the registries and beside them.
SOURCES: Final = Profile(
    "prov",
    PREFIXES["prov"],
    {"en": "Source of every value", "fr": "Source de chaque valeur", "de": "Quelle jedes Werts"},
    "Every value with the registry that says so, since when, and what became of it in the merged view.",
)
#: Not the thing itself, but how it can be had (Content Negotiation by Profile, section 6.4).
ALL: Final = Profile(
    "all",
    "http://www.w3.org/ns/dx/connegp/altr",
    {"en": "List of profiles and formats", "fr": "Liste des profils et formats", "de": "Liste der Profile und Formate"},
    "Which profiles and formats there are of the thing.",
)


class Profiles:
    """All profiles, and what the alignments say of terms."""

    def __init__(self, others: Sequence[Profile], alignments: Iterable[ox.Triple]) -> None:
        self.every = (FULL, *others, ALL)
        self._others = tuple(others)
        self._alignments: dict[str, list[ox.Triple]] = defaultdict(list)
        aligned = list(alignments)
        self._schema_org = SchemaOrg(aligned)
        for triple in aligned:
            if isinstance(triple.subject, ox.NamedNode):
                self._alignments[triple.subject.value].append(triple)

    def named(self, name: str) -> Profile | None:
        """Return the profile of a token or IRI; a slash or hash at the end of an IRI does not matter."""
        folded = name.strip().strip("<>").rstrip("/#")
        return next((p for p in self.every if folded.lower() == p.token or folded == p.iri.rstrip("/#")), None)

    def suitable(self, types: Collection[str]) -> tuple[Profile, ...]:
        """Return the other vocabularies in which a thing of some classes can be had."""
        return tuple(profile for profile in self._others if profile.suits(types))

    def represent(self, profile: Profile, iri: str, description: Iterable[ox.Triple]) -> list[ox.Triple]:
        """Return a thing in a profile, from what is said about it; the thing first, types first."""
        if profile is SCHEMA_ORG:
            found = set(self._schema_org.represent(iri, description))
        else:
            found = self._asked(profile, iri, description)
        thing = ox.NamedNode(iri)
        return sorted(found, key=lambda t: (t.subject != thing, t.predicate != _TYPE, str(t)))

    def _asked(self, profile: Profile, iri: str, description: Iterable[ox.Triple]) -> set[ox.Triple]:
        """Return what the query of a profile makes of a description."""
        known = list(description)
        aligned = {t.object.value for t in known if t.predicate == _TYPE and isinstance(t.object, ox.NamedNode)}
        aligned |= {t.predicate.value for t in known}
        known += (match for name in aligned for match in self._alignments.get(name, ()))
        store = ox.Store()
        store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in known)
        found = store.query(profile.query, substitutions={_THING: ox.NamedNode(iri)})
        assert isinstance(found, ox.QueryTriples)  # as `load` has tried
        return set(found)


@cache
def shipped() -> Profiles:
    """Return the profiles that come with the code, read once."""
    folder, alignments = assets.folder("queries") / "profiles", assets.folder("ontology") / "alignments.ttl"
    return load(folder, alignments, (SCHEMA_ORG, SOURCES))


def load(folder: Path, alignments: Path, others: Sequence[Profile] = ()) -> Profiles:
    """Return the profiles of a folder of queries, and others after them.

    Raises Damaged, naming the file, when one does not hold.
    """
    said = ox.parse(path=alignments, format=ox.RdfFormat.TURTLE)
    return Profiles([*map(_read, sorted(folder.glob("*.rq"))), *others], [quad.triple for quad in said])


def _read(path: Path) -> Profile:
    try:
        head, text = read_head(path.read_text(encoding="utf-8"))
        results = ox.Store().query(text, substitutions={_THING: ox.NamedNode("https://a.example/")})
        if not isinstance(results, ox.QueryTriples):
            raise ValueError("it needs to be a CONSTRUCT query")
        form = formats.by_name(head["format"], GRAPH_FORMATS)
        if form is None or set(head["title"]) != set(LANGUAGES):
            raise ValueError("it needs a format that there is, and a title in each language")
        classes = frozenset(expand(name) for name in head.get("classes", ()))
        return Profile(head["token"], head["profile"], head["title"], head["description"], text, classes, form)
    except (yaml.YAMLError, KeyError, ValueError, TypeError, SyntaxError, RuntimeError) as error:
        raise Damaged(f"The profile {path.name} does not hold: {error}") from error
