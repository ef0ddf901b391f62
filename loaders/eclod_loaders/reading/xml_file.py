"""XML as rows: one a record, with paths into it as columns.

The parser is expat as Python carries it. A document type definition is refused where it begins, so that there are no
entities to expand or to fetch (CWE-611, CWE-776); size, depth and number of nodes are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.parsers import expat

from eclod.core.errors import BadInput
from eclod_loaders.declarations.nodes import MAX_DEPTH, MAX_NODES, Node, check_size
from eclod_loaders.declarations.registry import Source
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.reading import records
from eclod_loaders.reading.tabular import read_bytes
from eclod_loaders.rows import Row

#: The prefix that every file knows (Namespaces in XML 1.0, section 3).
_KNOWN_PREFIXES: Final = {"http://www.w3.org/XML/1998/namespace": "xml"}
#: What stands between namespace and name as expat reports them; no IRI has a blank in it.
_BETWEEN: Final = " "


def read_xml(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the records of a file as rows, numbered from 1. `name` is the file's name in messages.

    Raises BadInput, naming the file and what to do, when it is no XML, has a document type definition, is larger or
    deeper than is read, has no record, lacks a mapped path or has a value that is neither mapped nor ignored.
    """
    content = read_bytes(path, name)
    check_size(len(content), name)
    document = tree(content, name, source.mapping.file.namespaces)
    yield from records.rows(document, name, source.mapping, lambda node: f"line {node.at}")


def tree(content: bytes, name: str, namespaces: Mapping[str, str]) -> Node:
    """Return an XML file as nodes inside one for the whole file. Raises BadInput as `read_xml` does."""
    return _Builder(name, namespaces).build(content)


class _Builder:
    """Builds the nodes of one file while expat reads it."""

    def __init__(self, name: str, namespaces: Mapping[str, str]) -> None:
        self._name = name
        self._prefixes = _KNOWN_PREFIXES | {iri: prefix for prefix, iri in namespaces.items()}
        self._document = self._here = Node("", None)
        self._depth = self._count = 0
        self._parser = parser = expat.ParserCreate(namespace_separator=_BETWEEN)
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text

    def build(self, content: bytes) -> Node:
        """Return a node for the whole file; inside it is the outermost element."""
        try:
            self._parser.Parse(content, True)
        except expat.ExpatError as error:
            raise BadInput(
                f"{self._name}, line {error.lineno}, column {error.offset + 1}: not XML "
                f"({expat.ErrorString(error.code)}); the file may be cut off or in another encoding than it says."
            ) from None
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or has no table of
            raise BadInput(f"{self._name} cannot be read: {error}; save it in UTF-8.") from None
        return self._document

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._count += 1 + len(attributes) // 2
        line = self._parser.CurrentLineNumber
        if self._depth > MAX_DEPTH:
            raise BadInput(
                f"{self._name}, line {line}: nested more than {MAX_DEPTH} levels deep; check where it comes from."
            )
        if self._count > MAX_NODES:
            raise BadInput(f"{self._name} has more than {MAX_NODES:,} values, which is more than is read; split it.")
        self._here = Node(self._named(name), self._here, line)
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            Node("@" + self._named(key), self._here, line).content.append(value)

    def _end(self, _: str) -> None:
        self._depth -= 1
        assert self._here.parent is not None
        self._here = self._here.parent

    def _text(self, text: str) -> None:
        self._here.content.append(text)

    def _named(self, name: str) -> str:
        iri, _, local = name.rpartition(_BETWEEN)
        prefix = self._prefixes.get(iri, f"{{{iri}}}" if iri else "")
        return column_name(f"{prefix}:{local}" if prefix and prefix[0] != "{" else prefix + local)

    def _refuse(self, *_: object) -> None:
        raise BadInput(
            f"{self._name}, line {self._parser.CurrentLineNumber}: it has a document type definition (<!DOCTYPE), "
            "which could name other files or grow without bound, and is not read; save it without."
        )
