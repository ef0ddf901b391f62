"""A Linked Data Event Stream as a file: the latest version of each thing, read on from where it was left.

Followed are the relations of TREE (https://w3id.org/tree/specification), whatever they say of what lies behind them.
Members are versions of things (`dct:isVersionOf`, or the `ldes:versionOfPath` of the stream) or activities with the
state of their object in a graph of their own (as:Create, as:Update); as:Delete takes a thing away.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urldefrag, urljoin

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod_loaders.fetching import statements
from eclod_loaders.fetching.copies import suffix
from eclod_loaders.fetching.web import Known, Web, is_web, refuse_page
from eclod_loaders.reading import rdf_syntax

MAX_PAGES: Final = 20_000
MAX_SECONDS: Final = 1800.0

#: Formats with relative addresses first, so that a stream can be followed wherever it is served.
_ACCEPT: Final = (
    "application/trig, text/turtle;q=0.9, application/ld+json;q=0.8, application/n-quads;q=0.5, "
    "application/rdf+xml;q=0.4, application/n-triples;q=0.4, */*;q=0.1"
)
_TREE: Final = "https://w3id.org/tree#"
_LDES: Final = "https://w3id.org/ldes#"
_AS: Final = "https://www.w3.org/ns/activitystreams#"
_MEMBER: Final = NamedNode(_TREE + "member")
_TYPE: Final = NamedNode(expand("rdf:type"))
_VERSION_OF: Final = expand("dct:isVersionOf")
_TIMES: Final = (_AS + "published", expand("prov:generatedAtTime"), expand("dct:modified"), expand("dct:created"))
_DELETED: Final = frozenset({_AS + "Delete", _AS + "Remove", _LDES + "Delete"})
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS page (url TEXT PRIMARY KEY, etag TEXT, modified TEXT, lasting INTEGER, leads TEXT);
CREATE TABLE IF NOT EXISTS member (iri TEXT PRIMARY KEY, thing TEXT, moment TEXT, gone INTEGER, said TEXT);
CREATE INDEX IF NOT EXISTS member_thing ON member (thing, moment);
"""


@dataclass(slots=True)
class _Page:
    """What a page says: its members, and the pages it leads to."""

    members: list[_Version] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a thing: what it was called in the stream, of what, when, and what was said (N-Triples)."""

    iri: str
    thing: str
    moment: str
    gone: bool
    said: str


class EventStream:
    """A stream at an address, with what was read of it in `state`, a database beside the copy."""

    def __init__(self, url: str, web: Web | None = None, pages: int = MAX_PAGES) -> None:
        self._url = url
        self._web = web or Web()
        self._pages = pages

    def fetch(self, state: Path, target: Path) -> Path:
        """Read what is new in the stream, write the latest version of each thing into a file, and return it.

        What was read stays read when something fails half-way. Raises BadInput when a page is not to be had or is no
        RDF, or the stream has more pages than are read.
        """
        try:
            with closing(sqlite3.connect(state)) as memory:
                memory.executescript(_TABLES)
                self._read(memory, target.with_suffix(".page"))
                return statements.write(_latest(memory), target)
        except sqlite3.DatabaseError as error:
            raise BadInput(f"{state} cannot be read ({error}); remove it, and the stream is read anew.") from None

    def _read(self, memory: sqlite3.Connection, scratch: Path) -> None:
        waiting, seen = deque([self._url]), {self._url}
        deadline = time.monotonic() + MAX_SECONDS
        fetched = 0
        while waiting:
            url = waiting.popleft()
            row = memory.execute("SELECT etag, modified, lasting, leads FROM page WHERE url = ?", (url,)).fetchone()
            if row is not None and row[2]:
                leads = row[3].split()
            else:
                fetched += 1
                if fetched > self._pages or time.monotonic() > deadline:
                    raise BadInput(
                        f"{self._url} has more new pages than are read at once ({self._pages:,}, or for "
                        f"{MAX_SECONDS / 60:.0f} minutes); build again to read on."
                    )
                leads = self._page(memory, url, Known(row[0], row[1]) if row else None, scratch, row[3] if row else "")
            for each in leads:
                if each not in seen and is_web(each):
                    seen.add(each)
                    waiting.append(each)

    def _page(
        self, memory: sqlite3.Connection, url: str, known: Known | None, scratch: Path, leads_before: str
    ) -> list[str]:
        """Read one page, unless it is as it was, and return where it leads."""
        try:
            answer = self._web.fetch(url, scratch, known, _ACCEPT)
            if not answer.changed:
                return leads_before.split()
            refuse_page(url, scratch)
            content = scratch.read_bytes()
        finally:
            scratch.unlink(missing_ok=True)
        form = rdf_syntax.format_of("page" + suffix(answer.url, answer.media_type), content)
        page = _parse(list(rdf_syntax.quads(content, url, form, answer.url)), url)
        with memory:
            memory.executemany(
                "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?)",
                [(m.iri, m.thing, m.moment, m.gone, m.said) for m in page.members],
            )
            memory.execute(
                "INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?)",
                (url, answer.known.etag, answer.known.modified, answer.immutable, " ".join(page.leads)),
            )
        return page.leads


def _parse(quads: Sequence[Quad], url: str) -> _Page:
    about: dict[object, list[Triple]] = {}
    graphs: dict[object, list[Triple]] = {}
    for quad in quads:
        place = about.setdefault(quad.subject, []) if quad.graph_name == ox.DefaultGraph() else None
        (place if place is not None else graphs.setdefault(quad.graph_name, [])).append(quad.triple)
    page = _Page()
    for quad in quads:
        name = quad.predicate.value
        # A relation leads on; a view leads from the collection, or an address that is not a page of it, to its first.
        if name in (_TREE + "node", _TREE + "view") and isinstance(quad.object, NamedNode):
            lead = urldefrag(urljoin(url, quad.object.value))[0]
            if lead != url and lead not in page.leads:
                page.leads.append(lead)
    of_stream = _paths(quads)
    members = dict.fromkeys(quad.object for quad in quads if quad.predicate == _MEMBER)
    page.members = [v for each in members if (v := _version(each, about, graphs, of_stream, set(members)))]
    return page


def _paths(quads: Sequence[Quad]) -> tuple[str, tuple[str, ...]]:
    """Return which property says what a member is a version of, and which say when, as the stream or custom has it."""
    said = {quad.predicate.value: quad.object for quad in quads if quad.predicate.value.startswith(_LDES)}
    version, moment = said.get(_LDES + "versionOfPath"), said.get(_LDES + "timestampPath")
    times = (moment.value, *_TIMES) if isinstance(moment, NamedNode) else _TIMES
    return (version.value if isinstance(version, NamedNode) else _VERSION_OF), times


def _version(
    member: object,
    about: Mapping[object, list[Triple]],
    graphs: Mapping[object, list[Triple]],
    paths: tuple[str, tuple[str, ...]],
    members: set[object],
) -> _Version | None:
    if not isinstance(member, NamedNode):
        return None
    own = about.get(member, [])
    values: dict[str, object] = {triple.predicate.value: triple.object for triple in reversed(own)}
    classes = {
        triple.object.value for triple in own if triple.predicate == _TYPE and isinstance(triple.object, NamedNode)
    }
    activity = any(name.startswith(_AS) for name in classes)
    thing = values.get(_AS + "object") if activity else values.get(paths[0])
    if not isinstance(thing, NamedNode):
        thing = member
    moment = next((v.value for name in paths[1] if isinstance(v := values.get(name), Literal)), "")
    gone = bool(classes & _DELETED)
    moment = _in_utc(moment)
    beside = {paths[0], *paths[1]}
    if member in graphs:
        said = graphs[member]
    elif activity:
        said = list(_closure(thing, about, members))
    else:
        said = [_moved(t, member, thing) for t in _closure(member, about, members) if t.predicate.value not in beside]
    text = "".join(f"{t.subject} {t.predicate} {t.object} .\n" for t in statements.named_by_content(said))
    return _Version(member.value, thing.value, moment, gone, "" if gone else text)


def _in_utc(moment: str) -> str:
    """Return a moment so that the order of texts is that of time; what is no moment of a zone stays as it is."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return found.astimezone(UTC).isoformat() if found.tzinfo else moment


def _closure(top: object, about: Mapping[object, list[Triple]], members: set[object]) -> Iterator[Triple]:
    """Return what is said of a thing, of its blank nodes, and of what else the page describes as a part of its name."""
    waiting, seen = [top], {top}
    while waiting:
        for triple in about.get(waiting.pop(), ()):
            yield triple
            value = triple.object
            inside = isinstance(value, BlankNode) or (
                isinstance(value, NamedNode) and value not in members and "#" in value.value
            )
            if inside and value not in seen:
                seen.add(value)
                waiting.append(value)


def _moved(triple: Triple, member: NamedNode, thing: NamedNode) -> Triple:
    """Return a statement about a version as one about the thing, its parts too."""

    def moved(term: object) -> object:
        if isinstance(term, NamedNode) and term.value.partition("#")[0] == member.value:
            return NamedNode(thing.value + term.value[len(member.value) :])
        return term

    return Triple(moved(triple.subject), triple.predicate, moved(triple.object))  # type: ignore[arg-type]


def _latest(memory: sqlite3.Connection) -> Iterator[Triple]:
    """Return what the newest version of each thing says; of two of the same moment, the one read last."""
    newest: dict[str, tuple[bool, str]] = {}
    for thing, gone, said in memory.execute("SELECT thing, gone, said FROM member ORDER BY moment, rowid"):
        newest[thing] = (bool(gone), said)
    for gone, said in newest.values():
        if not gone:
            yield from (quad.triple for quad in ox.parse(said, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=False))
