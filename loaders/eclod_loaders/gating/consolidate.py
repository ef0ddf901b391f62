"""What the rows of one registry say together: one description for each thing, each statement once.

Two rows may describe the same thing (an organisation that runs two projects). Where a property may have one value only,
the first row's value stands and the other is noted, never silently dropped and never a reason to refuse the row. A
name that gives way stays as another name, so that the thing is found by it: that of a merged thing most of all. A
nested node (an address) is taken whole from the first row that has one, so that no address is put together from two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.rows import Problem, Row

_TYPE = NamedNode(expand("rdf:type"))
_NAME: Final = expand("skos:prefLabel")
_OTHER_NAME: Final = NamedNode(expand("skos:altLabel"))
_NONE: Final = frozenset[str]()


@dataclass(slots=True)
class Consolidated:
    """The statements of accepted rows, the rows behind each thing, and what rows said differently."""

    statements: dict[Triple, None] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    notices: list[Problem] = field(default_factory=list)


class Consolidator:
    """Puts rows together under the cardinalities of the shapes."""

    def __init__(self, catalogue: FieldCatalogue) -> None:
        self._single = catalogue.single_valued
        self._per_language = catalogue.one_per_language
        self._with_other_names = catalogue.with_other_names
        self._limits = cache(self._limited)

    def consolidate(self, rows: Iterable[tuple[Row, Iterable[Triple], Iterable[str]]]) -> Consolidated:
        """Return what rows (row, its statements, IRIs of the things it describes) say together, in row order."""
        result = Consolidated()
        values: dict[tuple[str, str, str | None], object] = {}
        nested: dict[str, Row] = {}
        classes: dict[str, frozenset[str]] = {}
        for row, statements, subjects in rows:
            for subject in subjects:
                result.rows.setdefault(subject, []).append(row)
            triples = [(_iri(triple), triple) for triple in statements]
            for about, triple in triples:
                if triple.predicate == _TYPE and isinstance(triple.object, NamedNode):
                    classes[about] = classes.get(about, _NONE) | {triple.object.value}
            for about, triple in triples:
                if "#" in about and nested.setdefault(about, row) is not row:
                    continue
                single, per_language = self._limits(classes.get(about, _NONE))
                name, value = triple.predicate.value, triple.object
                slot: tuple[str, str, str | None] | None = None
                if name in single:
                    slot = about, name, None
                elif name in per_language and isinstance(value, Literal):
                    slot = about, name, value.language or ""
                if slot is not None and values.setdefault(slot, value) != value:
                    result.notices.append(_notice(row, triple, values[slot]))
                    if name == _NAME and not self._with_other_names.isdisjoint(classes.get(about, _NONE)):
                        result.statements[Triple(triple.subject, _OTHER_NAME, value)] = None
                    continue
                result.statements[triple] = None
        return result

    def _limited(self, classes: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the properties that things of these classes may have once, and once in each language."""
        single, per_language = (
            frozenset[str]().union(*(limits.get(each, ()) for each in classes))
            for limits in (self._single, self._per_language)
        )
        return single, per_language


def _iri(triple: Triple) -> str:
    assert isinstance(triple.subject, NamedNode)
    return triple.subject.value


def _notice(row: Row, triple: Triple, kept: object) -> Problem:
    said, stands = (getattr(term, "value", str(term)) for term in (triple.object, kept))
    return Problem(
        file=row.file,
        row=row.number,
        column=None,
        value=said,
        rule="conflict",
        message=f"An earlier row says '{stands}' about the same thing; that value stands. Correct whichever is wrong.",
        place=row.place,
        focus=_iri(triple),
        property=triple.predicate.value,
        cells=row.cells,
    )


def rows_of(subject: str, rows: Mapping[str, list[Row]]) -> list[Row]:
    """Return the rows behind a node: a thing's own, a nested node's from the thing it belongs to."""
    return rows.get(subject) or rows.get(subject.partition("#")[0], [])
