"""What a feed is made of: members, which say what became of one thing, and nodes, the documents that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

AS: Final = "https://www.w3.org/ns/activitystreams#"
LDES: Final = "https://w3id.org/ldes#"
TREE: Final = "https://w3id.org/tree#"

#: Media types of N-Quads and TriG say with it that a document has its members one after the other, in order (TREE
#: profile, section 2).
PROFILE: Final = "https://w3id.org/tree/profile"
#: Seconds between two looks at the feed that its readers are asked to keep.
POLLING: Final = 60


class Kind(StrEnum):
    """What happened to a thing; the local name of the class of Activity Streams."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


@dataclass(frozen=True, slots=True)
class Member:
    """One activity, the `number`-th of the feed.

    `object` is the IRI of the thing, `published` an `xsd:dateTime` in UTC with six decimals, so that their order is
    that of the texts. `payload` is N-Triples, each line closed: all that holds about the thing from then on; about one
    that was deleted, what took its place.
    """

    number: int
    kind: Kind
    object: str
    published: str
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class Span:
    """A node that another leads to (its path) and the times of the members there; `last` is None while it grows."""

    path: str
    first: str
    last: str | None


@dataclass(frozen=True, slots=True)
class State:
    """What replaying the whole feed gives: the merged view of a release, with its statements and their hash.

    `sha256` is that of the sorted canonical N-Quads; `started` the time of the first member.
    """

    release: str
    triples: int
    sha256: str
    started: str
    updated: str


@dataclass(frozen=True, slots=True)
class Node:
    """One document of the feed: the root (path "", with the state), an index (`index/1`) or a page (`pages/1`)."""

    path: str
    members: Sequence[Member] = ()
    relations: Sequence[Span] = ()
    immutable: bool = False
    state: State | None = None


@dataclass(frozen=True, slots=True)
class FeedNames:
    """The IRIs of a feed under a base, such as `https://w3id.org/eclod`."""

    base: str

    @property
    def root(self) -> str:
        return f"{self.base}/feed"

    @property
    def stream(self) -> str:
        return f"{self.root}#stream"

    def node(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def activity(self, path: str, number: int) -> str:
        """Return the IRI of a member: a fragment of its page, so that it can be looked up, for good."""
        return f"{self.node(path)}#{number}"
