"""The report as RDF: a `sh:ValidationReport` (SHACL, section 3.6) whose results also say in which cell they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from eclod.core.namespaces import PREFIXES, SHAPES, expand
from eclod_loaders.reporting import rules
from eclod_loaders.reporting.faults import Fault

_OA: Final = "http://www.w3.org/ns/oa#"
_CSVW: Final = "http://www.w3.org/ns/csvw#"
_FRAGMENTS: Final = NamedNode("http://tools.ietf.org/rfc/rfc7111")
_TYPE: Final = NamedNode(expand("rdf:type"))
_CONFORMS: Final = NamedNode(expand("dct:conformsTo"))
_VALUE: Final = NamedNode(expand("rdf:value"))
_ROW: Final = NamedNode(_CSVW + "rownum")
_COLUMN: Final = NamedNode(_CSVW + "name")
_INTEGER: Final = NamedNode(expand("xsd:integer"))


def write(target: Path, faults: Iterable[Fault], conforms: bool, file: str, language: str) -> None:
    """Write the report as Turtle, one result after the other. `file` is the IRI of the source file."""
    prefixes = {name: PREFIXES[name] for name in ("sh", "rdf", "xsd", "dct", "shapes")} | {"oa": _OA, "csvw": _CSVW}
    ox.serialize(_triples(faults, conforms, file, language), target, ox.RdfFormat.TURTLE, prefixes=prefixes)


def _triples(faults: Iterable[Fault], conforms: bool, file: str, language: str) -> Iterator[Triple]:
    report = BlankNode("report")
    yield Triple(report, _TYPE, _sh("ValidationReport"))
    yield Triple(report, _sh("conforms"), Literal(conforms))
    for number, fault in enumerate(faults, start=1):
        result = BlankNode(f"result{number}")
        yield Triple(report, _sh("result"), result)
        yield from _result(result, number, fault, file, language)


def _result(result: BlankNode, number: int, fault: Fault, file: str, language: str) -> Iterator[Triple]:
    named = rules.of_shape(fault.rule)
    row = f"{file}#row={fault.row}" if fault.row is not None else file
    yield Triple(result, _TYPE, _sh("ValidationResult"))
    yield Triple(result, _sh("resultSeverity"), _sh("Violation"))
    # What a cell cannot be read as has no node yet: the row stands for it.
    yield Triple(result, _sh("focusNode"), NamedNode(fault.focus or row))
    if path := rules.path(fault.rule):
        yield Triple(result, _sh("resultPath"), NamedNode(path))
    if (value := fault.value if fault.read_as is None else fault.read_as) is not None:
        yield Triple(result, _sh("value"), Literal(value))
    if named:
        yield Triple(result, _sh("sourceShape"), NamedNode(SHAPES + named[0]))
    yield Triple(result, _sh("sourceConstraintComponent"), NamedNode(rules.component(fault.rule)))
    yield Triple(result, _sh("resultMessage"), Literal(fault.sentence, language=language))
    target, selector = BlankNode(f"target{number}"), BlankNode(f"selector{number}")
    yield Triple(result, _oa("hasTarget"), target)
    yield Triple(target, _TYPE, _oa("SpecificResource"))
    yield Triple(target, _oa("hasSource"), NamedNode(file))
    if fault.row is not None:
        yield Triple(target, _ROW, Literal(str(fault.row), datatype=_INTEGER))
        yield Triple(target, _oa("hasSelector"), selector)
        yield Triple(selector, _TYPE, _oa("FragmentSelector"))
        yield Triple(selector, _CONFORMS, _FRAGMENTS)
        yield Triple(selector, _VALUE, Literal(_fragment(fault)))
    if fault.column:
        yield Triple(target, _COLUMN, Literal(fault.column))


def _fragment(fault: Fault) -> str:
    """Return the fragment of a cell, or of the row where there is no cell (RFC 7111, sections 2.1 and 2.3)."""
    if not fault.cell:
        return f"row={fault.row}"
    position = 0
    for letter in fault.cell.rstrip("0123456789"):
        position = position * 26 + ord(letter) - ord("A") + 1
    return f"cell={fault.row},{position}"


@cache
def _sh(name: str) -> NamedNode:
    return NamedNode(expand("sh:") + name)


@cache
def _oa(name: str) -> NamedNode:
    return NamedNode(_OA + name)
