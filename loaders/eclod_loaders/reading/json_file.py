"""JSON (RFC 8259) as rows: one a record, with paths into it as columns; and as Python values with exact digits."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NoReturn

from eclod.core.errors import BadInput
from eclod_loaders.declarations.nodes import MAX_DEPTH, MAX_NODES, Node, check_size
from eclod_loaders.declarations.registry import Source
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.reading import records
from eclod_loaders.reading.tabular import decode, read_bytes
from eclod_loaders.rows import Row

MAX_EXPONENT: Final = 1000


class Digits(str):
    """A number as it is written in the file, so that no digit is lost on the way."""

    __slots__ = ()


def read_json(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the records of a file as rows, numbered from 1. `name` is the file's name in messages.

    Raises BadInput, naming the file and what to do, when it is no JSON, is larger or deeper than is read, has no
    record, lacks a mapped path or has a value that is neither mapped nor ignored.
    """
    content = read_bytes(path, name)
    check_size(len(content), name)
    # A cheap bound before anything is built: each value but the first comes after one of these signs.
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > MAX_NODES:
        raise BadInput(f"{name} has more than {MAX_NODES:,} values, which is more than is read; split it.")
    document = tree(load(content, name, source.mapping.file.encoding), name)
    yield from records.rows(document, name, source.mapping, _pointer)


def tree(value: object, name: str) -> Node:
    """Return what JSON says as nodes inside one for the whole file. Raises BadInput when it is nested too deeply."""
    document = Node("", None)
    _fill(document, value, name, 0)
    return document


def load(content: bytes, name: str, encoding: str) -> Any:
    """Return what JSON says, its numbers as `Digits`. Raises BadInput, naming file and place, when it is none."""
    try:
        return json.loads(
            decode(content, name, encoding),
            parse_float=Digits,
            parse_int=Digits,
            parse_constant=lambda constant: _refuse(f"{name} has the value {constant}, which JSON does not know"),
            object_pairs_hook=lambda pairs: _once(pairs, name),
        )
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{name}, line {error.lineno}, column {error.colno}: not JSON ({error.msg}); the file may be cut off."
        ) from None
    except RecursionError:
        raise BadInput(f"{name} is nested too deeply; check where it comes from.") from None


def text(value: object) -> str:
    """Return a value that is neither an object nor a list as text; numbers of a sane size without an exponent."""
    if isinstance(value, Digits):
        # 1e999999999 is JSON, and would be a text of a gigabyte.
        exponent = re.search("[eE](.*)", value)
        sane = exponent is None or abs(int(exponent[1][:9])) <= MAX_EXPONENT
        return format(Decimal(value), "f") if sane else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _refuse(reason: str) -> NoReturn:
    raise BadInput(f"{reason}; correct it, or export the file anew.")


def _once(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        _refuse(f"{name} has an object with two values for '{twice}'")
    return found


def _fill(node: Node, value: object, name: str, depth: int) -> None:
    """Put a value into its node: members by their names, the elements of a list each under the name of the list."""
    if depth > MAX_DEPTH:
        raise BadInput(f"{name} is nested more than {MAX_DEPTH} levels deep; check where it comes from.")
    if isinstance(value, dict):
        for key, each in value.items():
            _member(node, column_name(key), each, name, depth)
    elif isinstance(value, list):  # a list at the top, or inside another
        _member(node, "", value, name, depth)
    elif value is not None:
        node.content.append(text(value))


def _member(node: Node, key: str, value: object, name: str, depth: int) -> None:
    if isinstance(value, list):
        for position, each in enumerate(value):
            _fill(Node(key, node, position), each, name, depth + 1)
    else:
        _fill(Node(key, node), value, name, depth + 1)


def _pointer(node: Node) -> str:
    """Return where a node is as a JSON Pointer (RFC 6901)."""
    parts: list[str] = []
    while node.parent is not None:
        if node.at >= 0:
            parts.append(str(node.at))
        if node.name:
            parts.append(node.name.replace("~", "~0").replace("/", "~1"))
        node = node.parent
    return "".join(f"/{part}" for part in reversed(parts)) or "/"
