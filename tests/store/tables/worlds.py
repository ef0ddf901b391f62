"""Small random releases that have what tables may show, and random changes to them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

import eclod
from eclod.core.iris import DEFAULT_BASE, Names
from eclod.core.namespaces import expand
from eclod.rdf import fields
from eclod.rdf.fields import ClassShape, Field
from eclod.store import identities, lines
from eclod.store.manifest import Manifest, TableEntry

NAMES = Names(DEFAULT_BASE)
LIFE = NAMES.graph(identities.LIFE)
REGISTRIES = [NAMES.graph(f"identifiers/{name}") for name in ("b", "a")]
CATALOGUE = fields.load()
THINGS = [shape for shape in CATALOGUE if shape.kind is not None]
XSD = "http://www.w3.org/2001/XMLSchema#"
TEXTS = (
    "Alpha",
    "Béta | gamma",
    '"quoted", \\ and; more',
    "=1+1",
    "two\r\nlines",
    "-5",
    "\u0085 é \U0001f600",
    "",
    "'s",
)
LANGUAGES = ("en", "fr", "de", "und", "en-GB", "")
LABELS = ("skos:prefLabel", "dct:title", "rdfs:label", "skos:altLabel", "foaf:name")
POINTS = ("POINT(4.35 50.85)", "POINT(-12.5 55.6)", "POINT(0 0)", "LINESTRING(0 0, 1 1)", "POINT(1000 1)")
Triple = tuple[str, str, str]


def iri(text: str) -> str:
    return f"<{text}>"


def literal(text: str, datatype: str = "", language: str = "") -> str:
    if datatype:
        return str(ox.Literal(text, datatype=ox.NamedNode(datatype)))
    return str(ox.Literal(text, language=language)) if language else str(ox.Literal(text))


def part_of(about: str, name: str) -> str:
    """Return the name of a node inside another."""
    if about.startswith("_:"):
        return f"{about}-{name}"
    return f"{about[:-1]}{'-' if '#' in about else '#'}{name}>"


@dataclass
class World:
    """Statements by graph (IRI; the merged view's under the empty one), and the names to make others with."""

    chance: random.Random
    things: list[str]
    graphs: dict[str, set[Triple]] = field(default_factory=dict)

    @classmethod
    def of(cls, seed: int, size: int) -> World:
        chance = random.Random(seed)
        kinds = [str(chance.choice(THINGS).kind) for _ in range(size)]
        things = [iri(NAMES.thing(kind, f"{number:04d}")) for number, kind in enumerate(kinds)]
        # A name that reads like the start of a row, one with a comma, one of a blank node, one of others.
        things += ["<https://example.org/a,b>", "_:b1", "<http://publications.europa.eu/resource/celex/32013R1287>"]
        world = cls(chance, things, {graph: set() for graph in ("", LIFE, *REGISTRIES)})
        for thing in things:
            world.describe(thing)
        for concept in world.concepts():
            world.name(concept)
        return world

    def concepts(self) -> list[str]:
        """Return the names of what has no rows: codes, regions, classes, states."""
        codes = [iri(f"{scheme.rstrip('/#')}/c{number}") for scheme in self._schemes() for number in range(2)]
        states = [iri(identities.STATES + state) for state in ("valid", "merged")]
        return [*codes, *states, *(iri(shape.target_class) for shape in THINGS)]

    def describe(self, thing: str) -> None:
        """Say something of a thing, and let registries say that they know it."""
        shape = self.chance.choice(THINGS)
        if self.chance.random() < 0.4:
            shape = CATALOGUE[self.chance.choice(("Cluster", "ClusterOrganisation", "Organisation", "Membership"))]
        for name in CATALOGUE.classes(shape.name):
            self.graphs[""].add((thing, iri(expand("rdf:type")), iri(name)))
        self._say_fields(thing, shape, 0)
        for graph in REGISTRIES:
            if self.chance.random() < 0.5:
                self._register(thing, graph)

    def name(self, concept: str) -> None:
        """Name a code or a place, and say where it is."""
        for _ in range(self.chance.randrange(3)):
            self.graphs[""].add((concept, iri(expand(self.chance.choice(LABELS))), self._text()))
        if self.chance.random() < 0.5:
            kind = self.chance.choice(("", expand("eclod:iso-alpha-2")))
            self.graphs[""].add((concept, iri(expand("skos:notation")), literal(self.chance.choice("ABC"), kind)))
        if self.chance.random() < 0.3:
            self._place(concept)

    def change(self) -> None:
        """Change a few things."""
        for _ in range(self.chance.randrange(1, 5)):
            self.chance.choice(
                (self._rename, self._rename, self._forget, self._retype, self._drop, self._add, self._end, self._move)
            )()

    def lines(self) -> dict[str, list[bytes]]:
        """Return the graphs as a release has them."""
        return {
            graph: sorted(
                f"{' '.join(triple)} {iri(graph) + ' ' if graph else ''}.".encode() for triple in self.graphs[graph]
            )
            for graph in self.graphs
        }

    def _schemes(self) -> list[str]:
        return sorted({scheme for shape in CATALOGUE for f in shape.fields.values() for scheme in f.code_lists})

    def _say_fields(self, about: str, shape: ClassShape, depth: int) -> None:
        for each in CATALOGUE.all_fields(shape.name):
            if self.chance.random() < (0.35 if depth == 0 else 0.6):
                for _ in range(self.chance.choice((1, 1, 2))):
                    self.graphs[""].add((about, iri(each.path), self._value(about, each, depth)))

    def _value(self, about: str, each: Field, depth: int) -> str:
        if self.chance.random() < 0.03:
            return self._text()  # what no gate has seen
        if each.nested is not None:
            number = self.chance.randrange(4)
            part = part_of(about, str(number)) if self.chance.random() < 0.8 else f"_:p{number}"
            if self.chance.random() < 0.1:
                part = self.chance.choice(self.things)
            if each.path == expand("geo:hasDefaultGeometry"):
                self._place(about)
            elif depth < 3:
                self._say_fields(part, CATALOGUE[each.nested], depth + 1)
            return part
        if each.code_lists:
            return iri(f"{self.chance.choice(each.code_lists).rstrip('/#')}/c{self.chance.randrange(3)}")
        if each.is_iri:
            return self.chance.choice([*self.things, "<urn:nowhere>"])
        if each.language_tagged:
            return self._text()
        return self._typed(self.chance.choice(each.datatypes))

    def _typed(self, datatype: str) -> str:
        values = {
            "date": ("2021-02-03", "2021-02-30"),
            "gYear": ("2021", "1999"),
            "decimal": ("1200.5", "7", "-0.25"),
            "integer": ("5", "12"),
            "boolean": ("true", "false"),
            "double": ("1.5E0", "NaN"),
        }
        kept = values.get(datatype.removeprefix(XSD), TEXTS)
        return literal(self.chance.choice(kept), "" if datatype == XSD + "string" else datatype)

    def _text(self) -> str:
        text = self.chance.choice(TEXTS)
        if self.chance.random() < 0.1:
            text = f"a\r\n{self.chance.choice(self.things)[1:-1]},\r\n"  # like rows of a table
        return literal(text, "", self.chance.choice(LANGUAGES).lower())

    def _place(self, thing: str) -> None:
        part = part_of(thing, "place")
        wkt = literal(self.chance.choice(POINTS), expand("geo:wktLiteral"))
        self.graphs[""] |= {(thing, iri(expand("geo:hasDefaultGeometry")), part), (part, iri(expand("geo:asWKT")), wkt)}

    def _register(self, thing: str, graph: str) -> None:
        registry = self.chance.choice([*self.things[:3], "<urn:registry>"])
        said = {
            "eclod:code": literal(self.chance.choice("abc")),
            "eclod:localIdentifier": literal(str(self.chance.randrange(5))),
            "eclod:registeredBy": registry,
            "eclod:lifecycleStatus": iri(identities.STATES + "valid"),
            "dct:title": literal("x"),
        }
        for name, value in said.items():
            if self.chance.random() < 0.8:
                self.graphs[graph].add((thing, iri(expand(name)), value))

    def _some(self, graph: str = "") -> str:
        subjects = sorted({subject for subject, _, _ in self.graphs[graph]})
        return self.chance.choice(subjects or self.things)

    def _remove(self, graph: str, gone: Iterable[Triple]) -> None:
        self.graphs[graph] -= set(gone)

    def _rename(self) -> None:
        about = self._some()
        names = {iri(expand(name)) for name in (*LABELS, "skos:notation")}
        self._remove("", [t for t in self.graphs[""] if t[0] == about and t[1] in names])
        self.graphs[""].add((about, iri(expand(self.chance.choice(LABELS))), self._text()))

    def _forget(self) -> None:
        about, graph = self._some(), self.chance.choice(("", *REGISTRIES))
        self._remove(graph, [t for t in self.graphs[graph] if t[0] == about and self.chance.random() < 0.3])

    def _retype(self) -> None:
        about, kind = self.chance.choice(self.things), iri(expand("rdf:type"))
        self._remove("", [t for t in self.graphs[""] if t[0] == about and t[1] == kind])
        self.graphs[""].add((about, kind, iri(self.chance.choice(THINGS).target_class)))

    def _drop(self) -> None:
        about = self._some()
        for graph in ("", *REGISTRIES):
            self._remove(graph, [t for t in self.graphs[graph] if t[0] == about])

    def _add(self) -> None:
        thing = iri(NAMES.thing(str(self.chance.choice(THINGS).kind), f"{self.chance.randrange(2000):04d}"))
        self.things.append(thing)
        self.describe(thing)

    def _move(self) -> None:
        places = sorted(t for t in self.graphs[""] if t[1] == iri(expand("geo:asWKT")))
        if places:
            about, predicate, _ = moved = self.chance.choice(places)
            self._remove("", [moved])
            wkt = literal(self.chance.choice(POINTS), expand("geo:wktLiteral"))
            self.graphs[""].add((about, predicate, wkt))

    def _end(self) -> None:
        """Let an identifier end, or its end be undone or told otherwise."""
        thing = self.chance.choice([t for t in self.things if t.startswith(iri(NAMES.base)[:-1])])
        event = f"{thing[:-1]}#change{self.chance.randrange(2)}>"
        if self.chance.random() < 0.3:
            self._remove(LIFE, [t for t in self.graphs[LIFE] if t[0] == thing])
            return
        ended = literal(f"2026-01-0{self.chance.randrange(1, 9)}T00:00:00Z", XSD + "dateTime")
        self._remove(LIFE, [t for t in self.graphs[LIFE] if t[0] == event])
        self.graphs[LIFE] |= {(event, iri(identities.ENDED), ended), (thing, iri(identities.CHANGE), event)}
        if self.chance.random() < 0.7:
            state = iri(identities.STATES + self.chance.choice(("merged", "withdrawn", "valid")))
            self.graphs[LIFE].add((thing, iri(identities.STATUS), state))
            self.graphs[LIFE].add((thing, iri(identities.REPLACED_BY), self.chance.choice(self.things[:3])))


def touched(before: dict[str, list[bytes]], after: dict[str, list[bytes]]) -> set[bytes]:
    """Return the subjects that have other lines."""
    changed = (set(before.get(graph, ())) ^ set(after.get(graph, ())) for graph in before.keys() | after.keys())
    return {lines.subject(line) for several in changed for line in several}


def stored(graphs: dict[str, list[bytes]]) -> ox.Store:
    store = ox.Store()
    store.extend(lines.quads(line for graph in graphs.values() for line in graph))
    return store


def normal(graphs: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Return lines as the store gives them back."""
    store, found = stored(graphs), {graph: list[bytes]() for graph in graphs}
    for line in lines.of_store(store):
        found[lines.graph_of(line)].append(line)
    return found


def conclude(folder: Path, tables: tuple[TableEntry, ...]) -> None:
    """Write the manifest of a release of tables."""
    manifest = Manifest(
        id=folder.name,
        previous=None,
        created="",
        base=NAMES.base,
        origin="",
        quads=0,
        dataset_sha256="",
        graphs=(),
        tables=tables,
        code_version=eclod.__version__,
    )
    manifest.write(folder)
