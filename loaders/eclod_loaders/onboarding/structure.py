"""GeoJSON, JSON and XML of unknown making: where the records are, and the paths of what is in them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from eclod.core.errors import BadInput
from eclod_loaders.declarations.nodes import Node, check_size
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.reading import json_file, xml_file
from eclod_loaders.reading.geojson import LATITUDE, LONGITUDE
from eclod_loaders.reading.json_file import Digits

_SEEN: Final = 2_000
#: Names that are data, such as those of regions: an object with more members of one form than this has records in it.
_MANY: Final = 5
_SPECIAL: Final = re.compile(r"[/\[\]'\"=]|^(?:\.\.?|\*|name\(\))$")


@dataclass(slots=True)
class Structure:
    """Records found in a file: the adapter that reads it, the options of `[file]`, columns, and values of each row."""

    adapter: str
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Sequence[str]]]
    options: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def read(name: str, suffix: str, content: bytes) -> Structure | None:
    """Return the records of a file, or None when it is neither JSON nor XML. Raises BadInput when it has none."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if suffix in (".json", ".geojson") or start in (b"{", b"["):
        check_size(len(content), name)
        document = json_file.load(content, name, "utf-8")
        if isinstance(document, dict) and document.get("type") == "FeatureCollection":
            return _features(name, document.get("features"))
        return _records(name, json_file.tree(document, name), "json", {})
    if suffix in (".xml",) or start == b"<":
        check_size(len(content), name)
        namespaces = _namespaces(content)
        return _records(name, xml_file.tree(content, name, namespaces), "xml", namespaces)
    return None


def _features(name: str, features: object) -> Structure:
    rows: list[dict[str, list[str]]] = []
    columns: dict[str, None] = {}
    points = 0
    for feature in (features if isinstance(features, list) else [])[:_SEEN]:
        about = feature if isinstance(feature, dict) else {}
        properties, geometry = about.get("properties") or {}, about.get("geometry") or {}
        row: dict[str, list[str]] = {}
        for key, value in properties.items() if isinstance(properties, dict) else ():
            listed = value if isinstance(value, list) else [value]
            texts = [json_file.text(each) for each in listed if each is not None and not isinstance(each, dict | list)]
            columns[column_name(key)] = None
            row[column_name(key)] = [text.strip() for text in texts if text.strip()]
        position = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if isinstance(geometry, dict) and geometry.get("type") == "Point" and _is_position(position):
            assert isinstance(position, list)
            points += 1
            row[LONGITUDE], row[LATITUDE] = [str(position[0])], [str(position[1])]
        rows.append(row)
    if not rows:
        raise BadInput(f"{name} has no features; export it anew.")
    names = [*columns, *([LONGITUDE, LATITUDE] if points == len(rows) else [])]
    remarks = [] if points in (0, len(rows)) else ["Not every feature is a point, so that the geometry is left out."]
    return Structure("geojson", names, rows, {}, remarks)


def _is_position(value: Any) -> bool:
    return isinstance(value, list) and len(value) >= 2 and all(isinstance(each, Digits) for each in value[:2])


def _records(name: str, document: Node, adapter: str, namespaces: Mapping[str, str]) -> Structure:
    """Return the records of a tree: the nodes of one path that have most values of their own."""
    found: dict[str, list[Node]] = defaultdict(list)
    paths = _Paths()
    for node in document.all():
        if any(True for _ in node.children()):
            found[paths.of(node)].append(node)
    found.pop("", None)
    scores = {path: len(nodes) * sum(1 for _ in _leaves(nodes[0])) for path, nodes in found.items() if len(nodes) > 1}
    if not scores:
        raise BadInput(f"{name} has no list of records in it; name another file, or write the mapping by hand.")
    # Of two paths in each other the outer one has all that the inner one has, unless the inner ones are many more.
    best = max(scores, key=lambda path: (scores[path], -path.count("/")))
    rows, columns = [], dict[str, None]()
    for node in found[best][:_SEEN]:
        row: dict[str, list[str]] = defaultdict(list)
        for path, text in _leaves(node):
            columns[path] = None
            row[path].append(text)
        rows.append(dict(row))
    if best.rpartition("/")[2] == "*" and found[best][0].name:
        columns["name()"] = None
        rows = [{**row, "name()": [node.name]} for row, node in zip(rows, found[best], strict=False)]
    _add_names_above(best, found[best], columns, rows)
    options: dict[str, Any] = {"records": best}
    if namespaces:
        options["namespaces"] = dict(namespaces)
    always = [path for path in columns if all(path in row for row in rows)]
    remarks = [f"Each record is what is at '{best}' ({len(found[best])} of them)."]
    if len(always) < len(columns):
        remarks.append("A path that no record of a later file has belongs under 'optional' in [file].")
    return Structure(adapter, list(columns), rows, options, remarks)


def _add_names_above(
    path: str, nodes: Sequence[Node], columns: dict[str, None], rows: list[dict[str, list[str]]]
) -> None:
    """Add a column for each name above the records that is data, such as the region that a list of records is of."""
    steps = path.split("/")
    for up in range(1, len(steps)):
        if steps[-1 - up] != "*":
            continue
        above = [_above(node, up) for node in nodes[: len(rows)]]
        if all(above):
            name = "../" * up + "name()"
            columns[name] = None
            for row, text in zip(rows, above, strict=True):
                row[name] = [text]


def _above(node: Node, steps: int) -> str:
    for _ in range(steps):
        if node.parent is None:
            return ""
        node = node.parent
    return node.name


class _Paths:
    """The paths of nodes from the file, with `*` where names are data; what a node has inside is looked at once."""

    def __init__(self) -> None:
        self._names_are_data: dict[int, bool] = {}

    def of(self, node: Node) -> str:
        names: list[str] = []
        while node.parent is not None:
            if id(node.parent) not in self._names_are_data:
                self._names_are_data[id(node.parent)] = _names_are_data(node.parent)
            names.append("*" if self._names_are_data[id(node.parent)] else _quoted(node.name))
            node = node.parent
        return "/".join(reversed([name for name in names if name]))


def _names_are_data(parent: Node) -> bool:
    """Tell whether the names inside a node are values, such as those of regions: many, all different, of one form."""
    inside = [each for each in parent.children() if not each.name.startswith("@")]
    names = {each.name for each in inside}
    if parent.parent is None or len(names) <= _MANY or len(names) < len(inside):
        return False
    forms = Counter(frozenset(child.name for child in each.children()) for each in inside)
    form, count = forms.most_common(1)[0]
    return bool(form) and count > len(inside) / 2


def _quoted(name: str) -> str:
    """Return a name as paths write it; `*` for the elements of a list that has none."""
    if not name:
        return "*"
    return f'"{name}"' if _SPECIAL.search(name) and '"' not in name else name


def _leaves(node: Node, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return path and text of each value in a record."""
    only_attributes = node.text() is not None
    for child in node.children():
        if only_attributes and not child.name.startswith("@"):
            continue
        path = prefix + _quoted(child.name)
        text = child.text()
        if text is not None and text.strip():
            yield path, text.strip()
        yield from _leaves(child, path + "/")


def _namespaces(content: bytes) -> dict[str, str]:
    """Return the prefixes that an XML file declares for its names; the first of each."""
    found: dict[str, str] = {}
    parser = expat.ParserCreate(namespace_separator=" ")

    def declared(prefix: str | None, iri: str | None) -> None:
        if iri and iri not in found.values():
            found.setdefault(prefix or "", iri)

    parser.StartNamespaceDeclHandler = declared
    try:
        parser.Parse(content, True)
    except expat.ExpatError:  # what is wrong is said by who reads it
        return {}
    return found
