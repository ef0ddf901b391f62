"""What JSON and XML have in common: named nodes inside each other, and the paths that lead from one to others.

Paths are written as in XPath, of which they are a small part: `address/city`, `@type`, `../title`, `*`,
`external_ids[type='isni']/all`, `name()`. In JSON the names are those of an object's members, and the elements of a
list are that many nodes of the same name, as repeated elements are in XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from eclod.core.errors import BadInput
from eclod_loaders.declarations.toml_files import column_name

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 100
MAX_NODES: Final = 3_000_000

_NAME: Final = "name()"
_TEST = re.compile(r"""\[\s*(?P<path>[^\[\]='"]+?)\s*=\s*(?:'(?P<one>[^']*)'|"(?P<two>[^"]*)")\s*\]""")
_STEP = re.compile(
    rf"""(?P<name>'[^']+'|"[^"]+"|[^/\[\]'"=]+)(?P<tests>(?:{re.sub("[?]P<[a-z]+>", "?:", _TEST.pattern)})*)"""
)


class Node:
    """An element, an attribute (its name begins with `@`), a member of an object or an element of a list.

    `content` holds the nodes inside and the texts between them, in their order. `at` is the line of an XML element and
    the position of a JSON list's element, from 0, or -1.
    """

    __slots__ = ("at", "content", "name", "parent")

    def __init__(self, name: str, parent: Node | None, at: int = -1) -> None:
        self.name = name
        self.parent = parent
        self.at = at
        self.content: list[Node | str] = []
        if parent is not None:
            parent.content.append(self)

    def children(self) -> Iterator[Node]:
        """Return the nodes directly inside."""
        return (part for part in self.content if isinstance(part, Node))

    def all(self) -> Iterator[Node]:
        """Return the node and all nodes inside it, in the order of the file."""
        yield self
        for child in self.children():
            yield from child.all()

    def text(self) -> str | None:
        """Return what the node says, with what the nodes inside say where both are mixed.

        None means that it only groups others.
        """
        own = [part for part in self.content if isinstance(part, str)]
        if not any(part.strip() for part in own) and any(not each.name.startswith("@") for each in self.children()):
            return None
        return "".join(self._said())

    def _said(self) -> Iterator[str]:
        for part in self.content:
            if isinstance(part, str):
                yield part
            elif not part.name.startswith("@"):
                yield from part._said()


def check_size(size: int, name: str) -> None:
    """Raise BadInput for a file that is larger than is held in memory as nodes; `size` is in bytes."""
    if size > MAX_BYTES:
        raise BadInput(f"{name} has {size:,} bytes, and up to {MAX_BYTES:,} are read; split it into several files.")


class Look(Protocol):
    """Is told of every node that a path's tests look at."""

    def __call__(self, node: Node, /) -> object: ...


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    literal: bool
    tests: tuple[tuple[Path, str], ...]

    def take(self, node: Node, look: Look) -> Iterator[Node]:
        for found in self._by_name(node):
            if all(_holds(found, path, wanted, look) for path, wanted in self.tests):
                yield found

    def _by_name(self, node: Node) -> Iterator[Node]:
        if self.literal or self.name not in (".", "..", "*"):
            yield from (child for child in node.children() if child.name == self.name)
        elif self.name == "*":
            yield from (child for child in node.children() if not child.name.startswith("@"))
        elif self.name == ".":
            yield node
        elif node.parent is not None:
            yield node.parent


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the nodes, from one of them or, when `absolute`, from the whole file."""

    steps: tuple[_Step, ...]
    absolute: bool
    asks_name: bool

    def nodes(self, start: Node, look: Look) -> Sequence[Node]:
        """Return the nodes at the end of the path, each once, in the order of the file."""
        found = [_root(start) if self.absolute else start]
        for step in self.steps:
            taken = [node for each in found for node in step.take(each, look)]
            found = list({id(node): node for node in taken}.values())
        return found


def parse(text: str) -> Path:
    """Return the path that a text writes. Raises ValueError, in words, when it writes none."""
    rest = text.removeprefix("/")
    steps: list[_Step] = []
    asks_name, position = False, 0
    while True:
        match = _STEP.match(rest, position)
        if match is None or asks_name:
            raise ValueError(
                f"'{text}' is not a path; write one such as address/city, ../title or ids[type='isni']/all"
            )
        name = match["name"].strip()
        literal = name[0] in "'\""
        position = match.end()
        if name == _NAME and not match["tests"]:
            asks_name = True
        else:
            tests = ((parse(test["path"]), test["one"] or test["two"] or "") for test in _TEST.finditer(match["tests"]))
            steps.append(_Step(column_name(name[1:-1] if literal else name), literal, tuple(tests)))
        if position == len(rest):
            return Path(tuple(steps), text.startswith("/"), asks_name)
        if rest[position] != "/":
            raise ValueError(f"'{text}' is not a path from '{rest[position:]}' on; correct it there")
        position += 1


def _holds(node: Node, path: Path, wanted: str, look: Look) -> bool:
    holds = False
    for found in path.nodes(node, look):
        look(found)
        said = found.name if path.asks_name else found.text()
        holds = holds or (said is not None and said.strip() == wanted)
    return holds


def _root(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node
