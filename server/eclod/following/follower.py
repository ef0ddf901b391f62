"""Following a feed: from the root to each node that may hold something new, oldest first, into the copy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from eclod.core.errors import BadInput, Damaged
from eclod.following import documents
from eclod.following.copy import Copy
from eclod.following.documents import Contents, Relation
from eclod.following.source import Source
from eclod.rdf.feed.model import Member

#: What is applied together, in bytes: more of it is faster and takes more memory.
BATCH: Final = 32 << 20
_SUFFIXES: Final = (".nq", ".trig", ".jsonld", ".html")


#: Documents that are read at the same time, and how many of them before they are needed: about a batch.
_READERS: Final = 2
_AHEAD: Final = 40


@dataclass(frozen=True, slots=True)
class Progress:
    """What one look at a feed brought; `polling` is how many seconds it asks to wait until the next, 0 when it does
    not. `release`, `triples` and `sha256` are what it says a copy should be, empty when it does not."""

    members: int = 0
    nodes: int = 0
    polling: int = 0
    release: str = ""
    triples: str = ""
    sha256: str = ""


@dataclass(slots=True)
class _Awaited:
    """A node that will be needed, and its contents when somebody is at it."""

    node: str
    contents: Future[Contents] | None = None


class Follower:
    """Keeps one copy in step with one feed."""

    def __init__(self, source: Source, copy: Copy) -> None:
        self._source = source
        self._copy = copy
        self._root = ""
        self._names: frozenset[str] = frozenset()
        self._waiting: list[Member] = []
        self._waiting_size = 0

    def look(self, again: bool = False) -> Progress:
        """Read what is new, apply it and return what it was; with `again`, look even when nothing seems to be.

        Raises BadInput when the copy is one of another feed, Damaged when the feed went back in time, and what reading
        a feed raises; what was applied by then stays.
        """
        found = self._source.root("" if again else self._copy.fact("root_etag"))
        if found.body is None:
            return Progress()
        root = documents.read(found)
        self._recognise(root, found.address)
        watermark = self._copy.fact("watermark")
        members = nodes = 0
        seen = ""
        for document in itertools.chain([root], self._documents(root.relations, watermark)):
            nodes += document is not root
            seen = max([seen, *(m.published for m in document.members), *(r.last for r in document.relations)])
            # What was applied last is applied again: members of other feeds may share a moment.
            fresh = [member for member in document.members if member.published >= watermark]
            members += sum(member.published > watermark for member in fresh)
            self._wait_for_more(fresh)
        self._apply()
        if seen < watermark:
            raise Damaged(
                f"The feed at {self._source.address} ends at {seen or 'nothing'}, before what was read of it already "
                f"({watermark}): it was begun anew. Follow it into an empty folder."
            )
        self._copy.note(root_etag=found.etag)
        return self._progress(root, members, nodes)

    def _recognise(self, root: Contents, address: str) -> None:
        """Learn which feed this is and under which name it leads to its nodes."""
        if len({node for _, node in root.views}) != 1:
            raise BadInput(f"{address} is not the root of a feed: it has no tree:view, or several.")
        stream, node = root.views[0]
        known = self._copy.fact("stream")
        if known and known != stream:
            raise BadInput(f"The copy is one of the feed {known}, not of {stream}; use another folder.")
        if not known:
            self._copy.note(stream=stream)
        self._root = _without_suffix(address)
        # Documents with absolute IRIs name others below the stream, wherever the service runs that sent them.
        self._names = frozenset({_without_suffix(node), _without_suffix(stream)})

    def _address(self, node: str) -> str:
        """Return where a node is to be had: where the root was, whatever base its name has."""
        below = (self._root + node[len(name) :] for name in self._names if node.startswith(name + "/"))
        return next(below, node)

    def _documents(self, relations: Sequence[Relation], watermark: str) -> Iterator[Contents]:
        """Return the nodes that may have something new, in order, some of them read ahead."""

        def wanted(found: Sequence[Relation]) -> list[Relation]:
            return [each for each in found if not each.last or each.last >= watermark]

        readers = ThreadPoolExecutor(_READERS, "feed")
        try:
            queue = [_Awaited(each.node) for each in wanted(relations)]
            known = {each.node for each in queue}
            while queue:
                for each in queue[:_AHEAD]:
                    each.contents = each.contents or readers.submit(self._read, each.node)
                first = queue.pop(0).contents
                assert first is not None
                found = first.result()
                more = [each.node for each in wanted(found.relations) if each.node not in known]
                known.update(more)
                queue[:0] = map(_Awaited, more)
                yield found
        finally:
            readers.shutdown(cancel_futures=True)

    def _read(self, node: str) -> Contents:
        return documents.read(self._source.get(self._address(node)))

    def _wait_for_more(self, members: Sequence[Member]) -> None:
        self._waiting += members
        self._waiting_size += sum(len(member.payload) for member in members)
        if self._waiting_size >= BATCH:
            self._apply()

    def _apply(self) -> None:
        if self._waiting:
            self._copy.apply(self._waiting)
        self._waiting, self._waiting_size = [], 0

    def _progress(self, root: Contents, members: int, nodes: int) -> Progress:
        said = {name: value for (_, name), value in root.about.items()}
        polling = said.get(documents.POLLING, "")
        return Progress(
            members=members,
            nodes=nodes,
            polling=int(polling) if polling.isdecimal() else 0,
            release=said.get(documents.PART_OF, ""),
            triples=said.get(documents.TRIPLES, ""),
            sha256=said.get(documents.CHECKSUM, ""),
        )


def _without_suffix(address: str) -> str:
    parts = urlsplit(address)
    path = next((parts.path.removesuffix(end) for end in _SUFFIXES if parts.path.endswith(end)), parts.path)
    return urlunsplit((parts.scheme, parts.netloc, path.rstrip("/"), "", ""))
