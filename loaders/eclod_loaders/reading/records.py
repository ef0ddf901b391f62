"""The records of a JSON or XML file as rows, with the paths that the mapping uses as their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eclod.core.errors import BadInput
from eclod_loaders.declarations import nodes
from eclod_loaders.declarations.mapping_file import RegistryMapping
from eclod_loaders.declarations.nodes import Node, Path
from eclod_loaders.reading.tabular import unknown
from eclod_loaders.rows import Row


@dataclass(frozen=True, slots=True)
class _Reading:
    """The paths of a mapping, read once."""

    used: Mapping[str, Path]
    ignored: Sequence[Path]

    @classmethod
    def of(cls, mapping: RegistryMapping) -> _Reading:
        used = {column: nodes.parse(column) for column in sorted(mapping.used_columns)}
        return cls(used, [nodes.parse(column) for column in mapping.ignored])


def rows(document: Node, name: str, mapping: RegistryMapping, place: Callable[[Node], str]) -> Iterator[Row]:
    """Return the records of a file as rows, numbered from 1 in their order.

    `document` stands for the whole file, `name` is its name in messages, `place` says where in it a node is. Raises
    BadInput, naming the file and what to do, when there is no record, none has a mapped path that is not optional, or
    one has a value that is neither mapped nor ignored.
    """
    reading = _Reading.of(mapping)
    chosen = _records(document, name, mapping)
    seen: set[str] = set()
    found = []
    for number, record in enumerate(chosen.values(), start=1):
        looked: set[int] = set()
        cells, defect = _cells(record, reading, mapping, looked)
        seen.update(column for column, path in reading.used.items() if cells[column] is not None or path.asks_name)
        _check_known(record, reading, chosen, looked, f"{name}, record {number} ({place(record)})")
        found.append(Row(name, number, {k: v or () for k, v in cells.items()}, defect, place(record)))
    missing = sorted(set(reading.used) - seen - set(mapping.file.optional))
    if missing:
        raise BadInput(
            f"{name}: no record has '{missing[0]}', which the mapping uses; correct the path, or name it under "
            "'optional' in [file] when it need not occur."
        )
    yield from found


def _records(document: Node, name: str, mapping: RegistryMapping) -> Mapping[int, Node]:
    """Return the records by identity, in the order of the file."""
    wanted = {id(n) for text in mapping.file.records for n in nodes.parse(text).nodes(document, lambda _: None)}
    if not wanted:
        inside = list(dict.fromkeys(child.name for child in document.children()))[:10]
        paths = " or ".join(f"'{text}'" for text in mapping.file.records)
        there = f"the outermost names are {', '.join(map(repr, inside))}" if inside else "it is empty"
        raise BadInput(f"{name} has no record at {paths}; {there}. Correct 'records' or 'namespaces' in the mapping.")
    return {id(node): node for node in document.all() if id(node) in wanted}


def _cells(
    record: Node, reading: _Reading, mapping: RegistryMapping, looked: set[int]
) -> tuple[dict[str, tuple[str, ...] | None], str]:
    """Return the values of each column, None where the record has nothing at its path, and what is wrong."""
    cells: dict[str, tuple[str, ...] | None] = {}
    defect = ""
    for column, path in reading.used.items():
        texts: list[str] = []
        found = path.nodes(record, lambda node: looked.add(id(node)))
        for node in found:
            if path.asks_name:
                texts.append(node.name)
                continue
            looked.add(id(node))
            text = node.text()
            if text is None and node is record:
                continue  # '.' of a record that is no value; others of the file may be
            if text is None:
                defect = f"'{column}' has others inside; name the one that is meant, such as '{_within(node, column)}'."
            elif text.strip():
                texts.append(mapping.repaired(column, text))
        cells[column] = tuple(texts) if found else None
    return cells, defect


def _check_known(record: Node, reading: _Reading, records: Mapping[int, Node], looked: set[int], where: str) -> None:
    """Raise BadInput for a value in a record that the mapping neither uses nor ignores by its path."""
    for path in reading.ignored:
        for node in path.nodes(record, lambda _: None):
            looked.update(id(each) for each in node.all())
    for node in _own(record, records):
        text = None if id(node) in looked else node.text()
        if text is not None and text.strip():
            raise unknown(_path(node, record), where)


def _own(node: Node, records: Mapping[int, Node]) -> Iterator[Node]:
    """Return what is inside a record, without other records; the markup inside a text is part of the text."""
    only_attributes = node.text() is not None
    for child in node.children():
        if id(child) not in records and (child.name.startswith("@") or not only_attributes):
            yield child
            yield from _own(child, records)


def _within(node: Node, column: str) -> str:
    return f"{column}/{next(child.name for child in node.children() if not child.name.startswith('@'))}"


def _path(node: Node, record: Node) -> str:
    names = []
    while node is not record and node.parent is not None:
        names.append(node.name or "*")
        node = node.parent
    return "/".join(reversed(names))
