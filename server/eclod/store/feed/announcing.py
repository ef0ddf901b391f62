"""Keeping the feed in step: whatever was done to the releases, it is told of the difference to what it said last.

It compares the release that is current with the one it announced last, and nothing else. So a new release, going back
to an old one, and a publisher that died between the two steps are all the same to it. Where the release says itself
what it changed in the one announced last, only that is read.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import Damaged, EclodError, Locked, NotFound
from eclod.core.namespaces import expand
from eclod.rdf.feed.model import Kind
from eclod.store import changes, dumps, identities, lines
from eclod.store.changes import Changes
from eclod.store.feed.head import Announcement, Head
from eclod.store.feed.log import Log, News
from eclod.store.identities import Identities, Identity
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

log = logging.getLogger(__name__)

FOLDER: Final = "feed"
#: Below the base: blank nodes as IRIs (RDF 1.1 Concepts, section 3.5).
GENID: Final = "/.well-known/genid/"
#: Changes after which it is cheaper to read the whole merged view.
_MANY: Final = 20_000


def feed(releases: Releases) -> Log:
    """Return the feed of a data folder."""
    return Log(releases.data / FOLDER)


def bring_up_to_date(releases: Releases, at: datetime | None = None) -> None:
    """Take the publisher's lock and let the feed catch up; whoever holds the lock already does so instead."""
    try:
        with releases.writing():
            catch_up_if_possible(releases, at)
    except Locked:
        pass


def catch_up_if_possible(releases: Releases, at: datetime | None = None) -> None:
    """Let the feed catch up, or say in the log why it cannot: a release that is out is not taken back for that."""
    try:
        catch_up(releases, at)
    except (EclodError, OSError) as error:
        log.error("The feed is behind, it catches up with the next build or start: %s", error)


def catch_up(releases: Releases, at: datetime | None = None) -> Announcement | None:
    """Tell the feed what differs between the release it announced last and the current one; call while writing.

    `at` is when that happened, by default when the release was made. Returns None when there is nothing to say. Raises
    Damaged when the release or the feed cannot be read, OSError when the feed cannot be written.
    """
    manifest = releases.current()
    if manifest is None:
        return None
    told = feed(releases)
    head = told.head()
    if head.base != manifest.base:  # other identifiers: another feed
        head = Head(base=manifest.base)
    retired = {each.iri: each for each in Identities(releases.folder(manifest.id) / identities.FILE).changed()}
    erased = {iri for iri, each in retired.items() if each.state == identities.ERASED} - set(head.erased)
    if head.release == manifest.id and not erased:
        return None
    head = head.model_copy(update={"erased": tuple(sorted({*head.erased, *erased}))})
    before = _announced(releases, head)
    ended = list(_retired_since(releases, before, retired))
    seen = _changed_only(releases, manifest, before, head, ended) or _everything(releases, manifest, before, head)
    counts: Counter[Kind] = Counter()
    news = _counted(_news(seen, head, retired, ended), counts)
    fuller = told.append(told.without(head, erased), news, at or _made(manifest))
    announcement = Announcement(
        number=len(head.announcements) + 1,
        release=manifest.id,
        at=fuller.last,
        first=head.members + 1,
        last=fuller.members,
        created=counts[Kind.CREATE],
        updated=counts[Kind.UPDATE],
        deleted=counts[Kind.DELETE],
    )
    said = (announcement,) if counts.total() else ()
    copy = {"release": manifest.id, "triples": seen.triples, "sha256": seen.sha256}
    told.save(fuller.model_copy(update=copy | {"announcements": (*head.announcements, *said)}))
    return announcement if said else None


def _made(manifest: Manifest) -> datetime:
    """Return when a release was made, or the beginning of time when it does not say."""
    try:
        return datetime.fromisoformat(manifest.created)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _counted(news: Iterable[News], counts: Counter[Kind]) -> Iterator[News]:
    for each in news:
        counts[each.kind] += 1
        yield each


@dataclass(frozen=True, slots=True)
class _Seen:
    """What happened, what the merged view says about a thing (its sorted lines), its triples and SHA-256."""

    happened: Changes
    about: Callable[[bytes], Sequence[bytes]]
    triples: int
    sha256: str


def _news(seen: _Seen, head: Head, retired: Mapping[str, Identity], ended: Iterable[str]) -> Iterator[News]:
    """Return what is new: first what came, then what changed, last what went, so that nothing links to what is gone."""
    hidden = {f"<{iri}>".encode() for iri in head.erased}
    for kind in (Kind.CREATE, Kind.UPDATE):
        for name in sorted(name for name, each in seen.happened.items() if each is kind and name not in hidden):
            yield News(kind, name[1:-1].decode(), b"".join(line + b"\n" for line in seen.about(name)))
    gone = {name[1:-1].decode() for name, kind in seen.happened.items() if kind is Kind.DELETE}
    gone |= {iri for iri in ended if not seen.about(f"<{iri}>".encode())}
    for iri in sorted(gone):
        yield News(Kind.DELETE, iri, _tombstone(retired[iri]) if iri in retired else b"")


def _changed_only(
    releases: Releases, manifest: Manifest, before: Manifest | None, head: Head, ended: Iterable[str]
) -> _Seen | None:
    """Return what the release says that it changed in the one announced last, None when it does not, or not so simply.

    There must be no blank node in the view, since the feed has IRIs in their place and so another hash. There was none
    before if the feed has the hash of the view, and there is none now if there is none about what changed.
    """
    entry = manifest.graph("")
    was = before.graph("") if before is not None else None
    if before is None or entry is None or was is None or manifest.previous != before.id or head.sha256 != was.sha256:
        return None
    folder = releases.folder(manifest.id)
    happened = changes.read(folder)
    if happened is None or len(happened) > _MANY or not (folder / dumps.PARTS / entry.dump).exists():
        return None
    present = {name for name, kind in happened.items() if kind is not Kind.DELETE}
    with dumps.Reader(folder, entry.dump) as view:
        about = {name: _about(view, name) for name in present | {f"<{iri}>".encode() for iri in ended}}
    told = itertools.chain.from_iterable(about.values())
    if any(_has_blank_node(manifest.base, line) for line in told):
        return None
    return _Seen(happened, about.__getitem__, entry.triples, entry.sha256)


def _about(view: dumps.Reader, name: bytes) -> list[bytes]:
    """Return what `changes.about` does."""
    return [*view.beginning(name[:-1] + b"#"), *view.beginning(name)]


def _everything(releases: Releases, manifest: Manifest, before: Manifest | None, head: Head) -> _Seen:
    view = _view(releases, manifest)
    digest = lines.sha256(view)
    if before is not None:
        happened = _happened(releases, manifest, before, view)
        return _Seen(happened, lambda name: changes.about(view, name), len(view), digest)
    by_name = changes.grouped(view)
    happened = _against_feed(feed(releases), head, by_name)
    return _Seen(happened, lambda name: by_name.get(name, []), len(view), digest)


def _announced(releases: Releases, head: Head) -> Manifest | None:
    """Return the release that the feed announced last, None when there was none or it is gone."""
    try:
        return Manifest.read(releases.folder(head.release)) if head.release else None
    except (NotFound, Damaged):
        return None


def _happened(releases: Releases, manifest: Manifest, before: Manifest, view: Sequence[bytes]) -> Changes:
    known = changes.read(releases.folder(manifest.id)) if manifest.previous == before.id else None
    if known is not None:
        return {_named(manifest.base, name): kind for name, kind in known.items()}
    old = _view(releases, before)
    removed, added = lines.difference(old, view)
    return changes.between(lambda name: len(changes.about(old, name)), removed, added)


def _against_feed(told: Log, head: Head, view: Mapping[bytes, Sequence[bytes]]) -> Changes:
    """Return what happened since the feed itself last spoke, when the release it spoke of is gone, or nothing yet."""
    said: dict[bytes, bytes] = {}
    for member in told.replay() if head.pages else ():
        name = f"<{member.object}>".encode()
        if member.kind is Kind.DELETE:
            said.pop(name, None)
        else:
            said[name] = hashlib.sha256(member.payload).digest()
    found = dict.fromkeys(said.keys() - view.keys(), Kind.DELETE)
    for name, about in view.items():
        if name not in said:
            found[name] = Kind.CREATE
        elif said[name] != hashlib.sha256(b"".join(line + b"\n" for line in about)).digest():
            found[name] = Kind.UPDATE
    return found


def _retired_since(releases: Releases, before: Manifest | None, retired: Mapping[str, Identity]) -> Iterable[str]:
    """Return the identifiers that were merged, split, withdrawn or erased since the feed last spoke, or otherwise."""
    was: dict[str, tuple[str, tuple[str, ...]]] = {}
    if before is not None:
        old = Identities(releases.folder(before.id) / identities.FILE).changed()
        was = {each.iri: (each.state, each.successors) for each in old}
    return (iri for iri, each in retired.items() if was.get(iri) != (each.state, each.successors))


def _tombstone(identity: Identity) -> bytes:
    """Return what is left to say of an identifier that is no longer valid; of an erased one, nothing."""
    if identity.state == identities.ERASED:
        return b""
    thing, state = ox.NamedNode(identity.iri), ox.NamedNode(identities.STATES + identity.state)
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [(identities.STATUS, state)]
    said += [(identities.REPLACED_BY, ox.NamedNode(iri)) for iri in identity.successors]
    if identity.since:
        moment = ox.Literal(identity.since, datatype=ox.NamedNode(expand("xsd:dateTime")))
        said.append((identities.SINCE, moment))
    if identity.reason:
        said.append((identities.REASON, ox.Literal(identity.reason)))
    found = sorted(lines.of_triple(ox.Triple(thing, ox.NamedNode(name), value)) for name, value in said)
    return b"".join(line + b"\n" for line in found)


def _view(releases: Releases, manifest: Manifest) -> list[bytes]:
    """Return the sorted lines of the merged view, its blank nodes as IRIs."""
    entry = manifest.graph("")
    if entry is None:
        return []
    found = lines.read_dump(releases.folder(manifest.id) / "dumps" / f"{entry.dump}.nq.gz")
    if not any(b"_:" in line for line in found):
        return found
    return sorted({_without_blank_nodes(manifest.base, line) if b"_:" in line else line for line in found})


def _named(base: str, name: bytes) -> bytes:
    return f"<{base}{GENID}{name[2:].decode()}>".encode() if name.startswith(b"_:") else name


def _has_blank_node(base: str, line: bytes) -> bool:
    return b"_:" in line and _without_blank_nodes(base, line) != line


def _without_blank_nodes(base: str, line: bytes) -> bytes:
    triple = next(ox.parse(line, format=ox.RdfFormat.N_TRIPLES)).triple

    def named(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> ox.NamedNode | ox.Literal | ox.Triple:
        if isinstance(term, ox.BlankNode):
            return ox.NamedNode(f"{base}{GENID}{term.value}")
        return _named_triple(term) if isinstance(term, ox.Triple) else term

    def _named_triple(said: ox.Triple) -> ox.Triple:
        subject = named(said.subject)
        assert isinstance(subject, ox.NamedNode)
        return ox.Triple(subject, said.predicate, named(said.object))

    return lines.of_triple(_named_triple(triple))
