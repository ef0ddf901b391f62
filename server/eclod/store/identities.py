"""The identifiers of a release: the state of each, what took its place, and what others call the same thing.

One SQLite file, written with the release from its graphs and never changed afterwards: `identity` has every identifier
that is valid in the release or was valid once, `outside` the identifiers that others gave. What happened to an
identifier is read from the graph `graph/identifiers/life`, so that RDF, pages, feed and tables cannot disagree.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from eclod.core.iris import Names, split_path
from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.store import known_as, lines
from eclod.store.releases import Releases

FILE: Final = "identities.sqlite"
#: The graph, below `{base}/graph/`, that says what happened to identifiers.
LIFE: Final = "identifiers/life"

VALID: Final = "valid"
MERGED: Final = "merged"
SPLIT: Final = "split"
WITHDRAWN: Final = "withdrawn"
ERASED: Final = "erased"

STATUS: Final = ECLOD + "lifecycleStatus"
STATES: Final = SCHEME + "lifecycle/"
REPLACED_BY: Final = expand("dct:isReplacedBy")
SINCE: Final = expand("prov:invalidatedAtTime")
LAST_CHANGE: Final = expand("prov:wasInvalidatedBy")
CHANGE: Final = expand("prov:wasInfluencedBy")
ENDED: Final = expand("prov:endedAtTime")
REASON: Final = expand("dct:description")
AGENT: Final = expand("prov:wasAssociatedWith")
AGENT_NAME: Final = expand("foaf:name")
#: What a change made of a thing, as said of organisations and of all else.
RESULTS: Final = (expand("org:resultingOrganization"), expand("prov:influenced"))

#: What is said of the nodes with the identifiers that others gave, as lines have it.
_NUMBER: Final = f"<{expand('skos:notation')}>".encode()
_ISSUED_IN: Final = f"<{ECLOD}country>".encode()
_SCHEME_OF: Final = f"<{expand('dct:conformsTo')}>".encode()
_OF_NODES: Final = (_NUMBER, _SCHEME_OF, _ISSUED_IN)
_SCHEMES: Final = f"<{SCHEME}identifier-scheme/".encode()
#: Counted up when the form of the file changes; one of another form is written anew.
_VERSION: Final = 4
#: The first version that says what a thing was merged into at first.
_WITH_WAY: Final = 3
#: Changed things above which the file is written anew: reading one thing from the store costs as much as 40 lines.
_FEW: Final = 20_000

_SCHEMA: Final = f"""
PRAGMA user_version = {_VERSION};
CREATE TABLE identity (
    iri TEXT PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('valid', 'merged', 'split', 'withdrawn', 'erased')),
    successors TEXT NOT NULL, since TEXT NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL, registries TEXT NOT NULL,
    merged_into TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX identity_state ON identity (state) WHERE state != 'valid';
CREATE TABLE outside (scheme TEXT NOT NULL, country TEXT NOT NULL, value TEXT NOT NULL, iri TEXT NOT NULL);
CREATE INDEX outside_value ON outside (value);
CREATE INDEX outside_iri ON outside (iri);
CREATE INDEX identity_code ON identity (code);
"""
_COLUMNS: Final = "iri, kind, code, state, successors, since, reason, author, registries, merged_into"
#: The same of a file of a form before `_WITH_WAY`.
_COLUMNS_BEFORE: Final = _COLUMNS.replace("merged_into", "''")


@dataclass(frozen=True, slots=True)
class Identity:
    """One identifier: its state, the IRIs that took its place (the end of the chain), since when, why, by whom.

    `since` is the ISO time of the last change of state, empty when there was none; `registries` are the names of those
    that describe the thing in this release. `merged_into` is the IRI that a merged thing became at first, which may be
    merged itself since; empty in releases that do not say it.
    """

    iri: str
    kind: str
    code: str
    state: str = VALID
    successors: tuple[str, ...] = ()
    since: str = ""
    reason: str = ""
    author: str = ""
    registries: tuple[str, ...] = ()
    merged_into: str = ""


@dataclass(frozen=True, slots=True)
class Outside:
    """An identifier that somebody else gave to a thing: scheme (notation of the code list), country, value."""

    scheme: str
    country: str
    value: str
    iri: str


def write(path: Path, graphs: Mapping[str, Sequence[bytes]], base: str) -> None:
    """Write the identifiers of a dataset, given as sorted lines by graph IRI (the default graph's under "")."""
    names = Names(base)
    view = graphs.get("", ())
    described = {about for about in _things(view, names) if "#" not in about}
    registries = _registries(graphs, names)
    changed = life(graphs, names)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA + known_as.SCHEMA)
        outside = _outside(view, names)
        _insert(connection, _identities(described, changed, registries, names), outside)
        known_as.insert(connection, _keys(outside, view, names))


def update(
    path: Path,
    previous: Path,
    touched: Collection[bytes],
    store: ox.Store,
    graphs: Mapping[str, Sequence[bytes]],
    base: str,
) -> None:
    """Write identifiers that differ from the previous ones in the touched subjects (as lines begin) only."""
    names = Names(base)
    wanted = {
        iri for about in touched if about.startswith(b"<") and _is_thing(iri := _thing_of(about[1:-1].decode()), names)
    }
    if not _is_current(previous) or len(wanted) > _FEW:
        write(path, graphs, base)
        return
    start = f"<{names.base}/id/".encode()
    others = {about[1:-1].decode() for about in touched if known_as.is_of_others(about, start)}
    shutil.copyfile(previous, path)
    changed = life(graphs, names)
    with closing(sqlite3.connect(path)) as connection, connection:
        was_changed = connection.execute("SELECT iri FROM identity WHERE state != 'valid' OR since != ''")
        wanted |= changed.keys() | {iri for (iri,) in was_changed}
        for table in ("identity", "outside", "known"):
            connection.executemany(f"DELETE FROM {table} WHERE iri = ?", ((iri,) for iri in wanted))
        connection.executemany("DELETE FROM known WHERE iri = ?", ((iri,) for iri in others))
        described, registries, told = _read_from(store, wanted, names)
        outside = _outside(told, names)
        _insert(connection, _identities(described, changed, registries, names), outside)
        told += known_as.told_of_others(store, sorted(others))
        known_as.insert(connection, _keys(outside, told, names))


def _insert(connection: sqlite3.Connection, found: Iterable[Identity], outside: Iterable[Outside]) -> None:
    connection.executemany(
        f"INSERT INTO identity ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                i.iri,
                i.kind,
                i.code,
                i.state,
                " ".join(i.successors),
                i.since,
                i.reason,
                i.author,
                " ".join(i.registries),
                i.merged_into,
            )
            for i in found
        ),
    )
    connection.executemany(
        "INSERT INTO outside (scheme, country, value, iri) VALUES (?, ?, ?, ?)",
        ((o.scheme, o.country, o.value, o.iri) for o in outside),
    )


def _things(graph: Iterable[bytes], names: Names) -> Iterator[str]:
    """Return the things of ours, and the nodes inside them, that sorted lines are about."""
    prefix, last = f"<{names.base}/id/".encode(), b""
    for line in graph:
        if line.startswith(prefix) and (about := line[: line.index(b" ")]) != last:
            last = about
            yield about[1:-1].decode()


def _registries(graphs: Mapping[str, Sequence[bytes]], names: Names) -> Mapping[str, Sequence[str]]:
    prefix = names.registry_graph("")
    found: dict[str, list[str]] = defaultdict(list)
    for graph in sorted(graph for graph in graphs if graph.startswith(prefix)):
        for about in _things(graphs[graph], names):
            if "#" not in about:
                found[about].append(graph.removeprefix(prefix))
    return found


def life(graphs: Mapping[str, Sequence[bytes]], names: Names) -> Mapping[str, Identity]:
    """Return what the graph about the life of identifiers says, by IRI."""
    about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in lines.quads(graphs.get(names.graph(LIFE), ())):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
            about[quad.subject.value][quad.predicate.value].append(quad.object.value)

    def first(iri: str, name: str) -> str:
        return next(iter(about[iri][name]), "") if iri in about else ""

    found = {}
    for iri in [iri for iri, said in about.items() if {STATUS, CHANGE} & said.keys() and _is_thing(iri, names)]:
        kind, code = split_path(names.path_of(iri) or "") or ("", "")
        changes = sorted(about[iri][CHANGE], key=lambda each: first(each, ENDED))
        change = first(iri, LAST_CHANGE)
        state = first(iri, STATUS).removeprefix(STATES) or VALID
        results = [each for name in RESULTS if (each := first(change, name))]
        found[iri] = Identity(
            iri,
            kind,
            code,
            state,
            tuple(sorted(about[iri][REPLACED_BY])),
            first(iri, SINCE) or (first(changes[-1], ENDED) if changes else ""),
            first(change, REASON),
            first(first(change, AGENT), AGENT_NAME),
            merged_into=results[0] if state == MERGED and results else "",
        )
    return found


def _identities(
    described: Set[str], changed: Mapping[str, Identity], registries: Mapping[str, Sequence[str]], names: Names
) -> Iterator[Identity]:
    for iri in sorted(described | {iri for iri, each in changed.items() if each.state != VALID}):
        if iri in changed and changed[iri].state != VALID:
            yield changed[iri]
            continue
        kind, code = split_path(names.path_of(iri) or "") or ("", "")
        since = changed[iri].since if iri in changed else ""
        yield Identity(iri, kind, code, since=since, registries=tuple(registries.get(iri, ())))


def _outside(view: Iterable[bytes], names: Names) -> list[Outside]:
    prefix = f"<{names.base}/id/".encode()
    nodes: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
    for line in view:
        if line.startswith(prefix):
            subject, predicate, value = line.split(b" ", 2)
            if predicate in _OF_NODES and b"#" in subject:
                nodes[subject][predicate] = value[:-2]
    found = set()
    for node, said in nodes.items():
        scheme, number = said.get(_SCHEME_OF, b""), said.get(_NUMBER)
        if number is not None and scheme.startswith(_SCHEMES):
            country = said.get(_ISSUED_IN, b"").rpartition(b"/")[2][:-1].decode()
            known = _text(number)
            found.add(Outside(scheme[len(_SCHEMES) : -1].decode(), country, known, _thing_of(node[1:-1].decode())))
    return sorted(found, key=lambda each: (each.iri, each.scheme, each.value, each.country))


def _text(literal: bytes) -> str:
    """Return the text of a literal as lines have it."""
    if b"\\" not in literal:
        return literal[1 : literal.rindex(b'"')].decode()
    (quad,) = lines.quads([b"<urn:s> <urn:p> " + literal + b" ."])
    return quad.object.value if isinstance(quad.object, ox.Literal) else ""


def _is_current(path: Path) -> bool:
    """Tell whether a file is there and of this version's form."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return bool(version == _VERSION)


def _keys(outside: Iterable[Outside], told: Sequence[bytes], names: Names) -> Iterator[tuple[str, str, str]]:
    for each in outside:
        yield from known_as.of_number(each.scheme, each.country, each.value, each.iri)
    yield from known_as.of_lines(told, f"{names.base}/id/")
    yield from known_as.of_others(told, f"{names.base}/id/")


def _read_from(
    store: ox.Store, things: Set[str], names: Names
) -> tuple[set[str], Mapping[str, Sequence[str]], list[bytes]]:
    """Return which of the things the merged view describes, by which registries, and its lines about their nodes."""
    prefix = names.registry_graph("")
    described: set[str] = set()
    registries: dict[str, list[str]] = {}
    told: list[bytes] = []
    for iri in things:
        found, parts = set(), set()
        for quad in store.quads_for_pattern(ox.NamedNode(iri), None, None, None):
            if isinstance(quad.graph_name, ox.DefaultGraph):
                described.add(iri)
                if quad.predicate.value in known_as.PROPERTIES:
                    told.append(lines.of_triple(quad.triple))
                if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(iri + "#"):
                    parts.add(quad.object)
            elif isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value.startswith(prefix):
                found.add(quad.graph_name.value.removeprefix(prefix))
        registries[iri] = sorted(found)
        for part in parts:
            inside = store.quads_for_pattern(part, None, None, ox.DefaultGraph())
            told += [lines.of_triple(quad.triple) for quad in inside]
    return described, registries, told


def _thing_of(iri: str) -> str:
    return iri.partition("#")[0]


def _is_thing(iri: str, names: Names) -> bool:
    return "#" not in iri and split_path(names.path_of(iri) or "") is not None


class Identities:
    """One release's identifiers, open for reading; safe to share among threads.

    Of a release that has no such file nothing is known: all that it describes is valid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns = _COLUMNS
        self._local = threading.local()

    def get(self, iri: str) -> Identity | None:
        """Return what is known of an identifier of ours, or None when it never was one."""
        return next(self._select("WHERE iri = ?", iri), None)

    def all(self) -> Iterator[Identity]:
        """Return all identifiers, by IRI."""
        return self._select("ORDER BY iri")

    def changed(self) -> Iterator[Identity]:
        """Return the identifiers that are no longer valid, by IRI."""
        return self._select("WHERE state != 'valid' ORDER BY iri")

    def by_outside(self, value: str, scheme: str | None = None, country: str | None = None) -> list[Outside]:
        """Return the things that somebody else knows by a value, in one scheme or country when they are given."""
        return self._outside("value = ?", value, scheme, country)

    def by_code(self, code: str) -> list[Identity]:
        """Return the identifiers, of any kind, that have a code."""
        return list(self._select("WHERE code = ? ORDER BY iri", code))

    def known_as(self, key: str) -> list[tuple[str, str]]:
        """Return (how, IRI) of the things known under a key of `eclod.core.keys`; see `known_as`."""
        if not self._path.exists():
            return []
        return list(self._connection().execute("SELECT how, iri FROM known WHERE key = ? ORDER BY how, iri", (key,)))

    def outside_of(self, iri: str) -> list[Outside]:
        """Return what others call a thing."""
        return self._outside("iri = ?", iri, None, None)

    def all_outside(self) -> Iterator[Outside]:
        """Return all identifiers that others gave, by IRI."""
        if self._path.exists():
            yield from (
                Outside(*row)
                for row in self._connection().execute(
                    "SELECT scheme, country, value, iri FROM outside ORDER BY iri, scheme, country, value"
                )
            )

    def _outside(self, condition: str, key: str, scheme: str | None, country: str | None) -> list[Outside]:
        if not self._path.exists():
            return []
        rows = self._connection().execute(
            f"SELECT scheme, country, value, iri FROM outside WHERE {condition} "
            "AND (?2 IS NULL OR scheme = ?2) AND (?3 IS NULL OR country = ?3) ORDER BY scheme, country, value, iri",
            (key, scheme, country),
        )
        return [Outside(*row) for row in rows]

    def _select(self, condition: str, *values: str) -> Iterator[Identity]:
        if not self._path.exists():
            return
        connection = self._connection()
        for row in connection.execute(f"SELECT {self._columns} FROM identity {condition}", values):
            iri, kind, code, state, successors, since, reason, author, registries, into = row
            found = tuple(successors.split())
            yield Identity(iri, kind, code, state, found, since, reason, author, tuple(registries.split()), into)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            self._columns = _COLUMNS if version >= _WITH_WAY else _COLUMNS_BEFORE
            self._local.connection = connection
        return connection


class IdentitiesOf:
    """The identifiers of each release, opened when first asked for."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._open: dict[str, Identities] = {}

    def for_release(self, release: str) -> Identities:
        """Return the identifiers of a release; raises NotFound when there is no such release."""
        if release not in self._open:
            self._open = {name: each for name, each in self._open.items() if len(self._open) < 8}
            self._open[release] = Identities(self._releases.folder(release) / FILE)
        return self._open[release]
