"""RDF in terms of our vocabulary as rows: one a thing that has an IRI, with all that is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from pyoxigraph import BlankNode, NamedNode, Triple

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Source
from eclod_loaders.reading import rdf_syntax
from eclod_loaders.reading.tabular import read_bytes
from eclod_loaders.rows import Row

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_STATEMENTS: Final = 3_000_000

_NO_IRI: Final = (
    "The entry has no IRI of its own, so nobody could tell that it is the same in the next delivery; give it one."
)
#: What a line may begin with: a subject in full, or with a prefix. The indentation tells subjects from the rest.
_BEGINNING: Final = re.compile(r"^([ \t]*)(?:<([^<>\s]*)>|([\w.-]*):((?:\\.|[^\s;,<>\"'()\[\]\\])*))", re.MULTILINE)
_PREFIX: Final = re.compile(r"^\s*@?prefix\s+([\w.-]*):\s*<([^<>]*)>", re.MULTILINE | re.IGNORECASE)
_ABOUT: Final = re.compile(r"""\brdf:about\s*=\s*["']([^"']*)["']""")
_ESCAPE: Final = re.compile(r"\\(.)")

Subject = NamedNode | BlankNode


def read_rdf(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the things of a file as rows, numbered in their order. `name` is the file's name in messages.

    A row has the statements about its IRI and about the blank nodes that hang on it. Named graphs count as one. Raises
    BadInput, naming file, line and column, when it is no RDF, or larger than is read.
    """
    content = read_bytes(path, name)
    if len(content) > MAX_BYTES:
        raise BadInput(f"{name} has more than {MAX_BYTES >> 20} MiB, which is more than is read; split it.")
    content = rdf_syntax.unpacked(content, name, MAX_BYTES)
    yield from rows(content, name, rdf_syntax.format_of(path.name, content))


def rows(content: bytes, name: str, form: ox.RdfFormat, base_iri: str | None = None) -> Iterator[Row]:
    """Return the things of RDF in a format as rows; relative IRIs are relative to `base_iri`."""
    about: dict[Subject, dict[Triple, None]] = {}
    count = 0
    for quad in rdf_syntax.quads(content, name, form, base_iri):
        count += 1
        if count > MAX_STATEMENTS:
            raise BadInput(f"{name} has more than {MAX_STATEMENTS:,} statements, which is more than is read; split it.")
        if isinstance(quad.subject, NamedNode | BlankNode):
            about.setdefault(quad.subject, {})[quad.triple] = None
    lines = _lines(content, form, {each.value for each in about if isinstance(each, NamedNode)})
    hanging = {t.object for found in about.values() for t in found if isinstance(t.object, BlankNode)}
    tops = [each for each in about if isinstance(each, NamedNode) or each not in hanging]
    for number, subject in enumerate(tops, start=1):
        named = isinstance(subject, NamedNode)
        statements = tuple(_closure(subject, about))
        count -= len(statements)
        if count < -MAX_STATEMENTS:
            raise BadInput(f"{name} has blank nodes that too many others share; give them IRIs.")
        yield Row(
            file=name,
            number=number,
            cells={},
            defect="" if named else _NO_IRI,
            place=_place(lines.get(subject.value), subject) if named else "",
            statements=statements,
        )


def _place(line: int | None, subject: Subject) -> str:
    return subject.value if line is None else f"line {line}, {subject.value}"


def _closure(subject: Subject, about: Mapping[Subject, Iterable[Triple]]) -> Iterator[Triple]:
    """Return what is said of a subject, and of the blank nodes that hang on it, each once."""
    waiting: list[Subject] = [subject]
    seen: set[Subject] = {subject}
    while waiting:
        for triple in about.get(waiting.pop(0), ()):
            yield triple
            if isinstance(triple.object, BlankNode) and triple.object not in seen:
                seen.add(triple.object)
                waiting.append(triple.object)


def _lines(content: bytes, form: ox.RdfFormat, wanted: set[str]) -> dict[str, int]:
    """Return the lines, from 1, where things are described, as far as the text shows them."""
    if form == ox.RdfFormat.JSON_LD:
        return {}
    text = content.decode("utf-8", "replace")
    found = _described(text) if form == ox.RdfFormat.RDF_XML else _beginnings(text)
    first: dict[str, tuple[bool, int]] = {}
    for iri, indented, position in found:
        if iri in wanted and (iri not in first or (first[iri][0] and not indented)):
            first[iri] = (indented, position)
    return _line_numbers(text, {iri: position for iri, (_, position) in first.items()})


def _described(text: str) -> Iterator[tuple[str, bool, int]]:
    return ((match[1], False, match.start()) for match in _ABOUT.finditer(text))


def _beginnings(text: str) -> Iterator[tuple[str, bool, int]]:
    """Return what lines begin with: IRI, whether the line is indented, position."""
    prefixes = {match[1]: match[2] for match in _PREFIX.finditer(text)}
    for match in _BEGINNING.finditer(text):
        indent, iri, prefix, local = match.groups()
        if iri is None and prefix in prefixes:
            iri = prefixes[prefix] + _ESCAPE.sub(r"\1", local).rstrip(".")
        if iri is not None:
            yield iri, bool(indent), match.start()


def _line_numbers(text: str, positions: Mapping[str, int]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    line, last = 1, 0
    for iri, position in sorted(positions.items(), key=lambda each: each[1]):
        line += text.count("\n", last, position)
        last = position
        numbers[iri] = line
    return numbers
