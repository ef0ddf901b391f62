"""Letting the gate judge what a registry's rows say together, and sending back the rows behind what does not conform.

Only what changed is judged again: under the same rules a thing conforms as it did when neither it nor what it points to
has changed since the release before. What a thing's verdict depends on is itself, its nested nodes, the types of the
things it points to, and the code lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate, Violation
from eclod.store import lines
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.concepts import STATUS
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating import places
from eclod_loaders.gating.consolidate import Consolidated, Consolidator, rows_of
from eclod_loaders.gating.elsewhere import Elsewhere
from eclod_loaders.rows import MappedRow, Problem, Row

_TYPE = NamedNode(expand("rdf:type"))


@dataclass(frozen=True, slots=True)
class Before:
    """What the release before holds of the registry, judged under the same rules: its lines and its warnings."""

    graph: str
    lines: Sequence[bytes]
    warnings: Sequence[Mapping[str, str]]


@dataclass(slots=True)
class Judged:
    """Rows that may enter with what they say together, and the rows and reasons of those that may not."""

    consolidated: Consolidated
    accepted: list[MappedRow]
    rejected: dict[tuple[str, int], None]
    problems: list[Problem]
    warnings: list[Mapping[str, str]]


class Judgement:
    """The gate with all it needs to judge one registry."""

    def __init__(
        self,
        registry: Registry,
        gate: Gate,
        catalogue: FieldCatalogue,
        codes: CodeLists,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self._registry = registry
        self._gate = gate
        self._catalogue = catalogue
        self._codes = codes
        self._elsewhere = elsewhere

    def judge(self, rows: list[MappedRow], about_registry: Sequence[Triple], before: Before | None) -> Judged:
        """Return the rows that conform and those that do not.

        A rejected row takes its statements with it, which may break what pointed to them, so the gate judges again
        until nothing more falls. Raises BadInput when what `registry.toml` says of the registry does not conform.
        """
        consolidator = Consolidator(self._catalogue)
        rejected: dict[tuple[str, int], None] = {}
        problems: list[Problem] = []
        while True:
            consolidated = consolidator.consolidate((m.row, m.statements, m.subjects) for m in rows)
            data = [*about_registry, *consolidated.statements]
            violations, warnings = self._violations(data, before)
            blocked = list(self._blocked(consolidated, violations))
            if not blocked:
                return Judged(consolidated, rows, rejected, problems, warnings)
            problems += [problem for _, problem in blocked]
            fallen = {(row.file, row.number) for row, _ in blocked}
            rejected |= dict.fromkeys(fallen)
            rows = [m for m in rows if (m.row.file, m.row.number) not in fallen]

    def _violations(
        self, data: Sequence[Triple], before: Before | None
    ) -> tuple[list[Violation], list[Mapping[str, str]]]:
        """Return what blocks, and the warnings: of what is judged now, and those that still stand for the rest."""
        standing: list[Mapping[str, str]] = []
        judged, beside = data, list[Triple]()
        if before is not None:
            wanted = _to_judge(data, before)
            judged = [triple for triple in data if _thing(triple) in wanted]
            targets = {triple.object for triple in judged if isinstance(triple.object, NamedNode)}
            beside = [t for t in data if t.predicate == _TYPE and t.subject in targets and _thing(t) not in wanted]
            standing = [w for w in before.warnings if w["focus"].partition("#")[0] not in wanted]
        if self._elsewhere is not None:
            beside = [*beside, *self._elsewhere.types(self._registry.name, self._pointed_to(judged, data))]
        violations = self._gate.validate(judged, [*beside, *self._about_codes(judged)]) if judged else []
        violations += places.missing(judged)
        found = [_warning(violation) for violation in violations if not violation.blocks]
        return [v for v in violations if v.blocks], sorted([*standing, *found], key=lambda warning: warning["focus"])

    def _pointed_to(self, judged: Sequence[Triple], data: Sequence[Triple]) -> list[str]:
        """Return the things, not among the registry's own, that what is judged points to where a class is asked for."""
        asked = self._catalogue.properties_with_a_class
        pointed = {t.object.value for t in judged if t.predicate.value in asked and isinstance(t.object, NamedNode)}
        if pointed:
            pointed -= {t.subject.value for t in data if t.predicate == _TYPE and isinstance(t.subject, NamedNode)}
        return sorted(pointed)

    def _about_codes(self, judged: Sequence[Triple]) -> Iterator[Triple]:
        """Return what the gate needs to know of the codes in use; that one is withdrawn only where it matters."""
        timeless = codes_used(judged, self._catalogue, self._catalogue.properties_with_codes_of_their_time)
        for fact in self._codes.describe(codes_used(judged, self._catalogue)):
            if fact.predicate != STATUS or (isinstance(fact.subject, NamedNode) and fact.subject.value in timeless):
                yield fact

    def _blocked(self, consolidated: Consolidated, violations: Sequence[Violation]) -> Iterator[tuple[Row, Problem]]:
        inner = {violation.focus for violation in violations if violation.component != "Node"}
        for violation in violations:
            # A shape that a node must conform to reports beside the rule the node breaks; people need the rule only.
            if violation.component == "Node" and {violation.focus, violation.value} & inner:
                continue
            rows = rows_of(violation.focus, consolidated.rows)
            if not rows:
                message = violation.message(self._registry.language)
                raise BadInput(f"{self._registry.name}/registry.toml does not conform to the shapes: {message}")
            for row in rows:
                yield row, shape_problem(row, violation, self._registry.language)


def shape_problem(row: Row, violation: Violation, language: str) -> Problem:
    """Return a violation as a problem of one row, with the shape's message in the registry's language or English."""
    return Problem(
        file=row.file,
        row=row.number,
        column=None,
        value=violation.value,
        rule=f"shape:{violation.shape.rpartition('#')[2]}/{violation.component}",
        message=violation.message(language),
        place=row.place,
        focus=violation.focus,
        cells=row.cells,
    )


def codes_used(data: Iterable[Triple], catalogue: FieldCatalogue, besides: Set[str] = frozenset()) -> set[str]:
    """Return the IRIs that stand where a code of a list is expected, but for the properties in `besides`."""
    properties = catalogue.code_list_properties.keys() - besides
    return {
        triple.object.value
        for triple in data
        if isinstance(triple.object, NamedNode) and triple.predicate.value in properties
    }


def _to_judge(data: Sequence[Triple], before: Before) -> set[str]:
    """Return the things that changed since the release before, and those that point to a changed or vanished one."""
    removed, added = lines.difference(before.lines, lines.of_triples(data, before.graph))
    changed = {lines.subject(line)[1:-1].decode().partition("#")[0] for line in (*removed, *added)}
    pointing = {
        _thing(triple)
        for triple in data
        if isinstance(triple.object, NamedNode) and triple.object.value.partition("#")[0] in changed
    }
    return changed | pointing


def _thing(triple: Triple) -> str:
    """Return the thing a statement belongs to: its subject, without the fragment of a nested node."""
    assert isinstance(triple.subject, NamedNode)
    return triple.subject.value.partition("#")[0]


def _warning(violation: Violation) -> Mapping[str, str]:
    shape = f"{violation.shape.rpartition('#')[2]}/{violation.component}"
    return {
        "focus": violation.focus,
        "rule": shape,
        "message": violation.message("en"),
        **({"value": violation.value} if violation.value else {}),
    }
