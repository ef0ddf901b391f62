"""Where in a file a problem is: the column behind what a shape found, and the cell as a spreadsheet names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from eclod.core.namespaces import shorten
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.declarations.registry import UNMAPPED, Registry, Source
from eclod_loaders.declarations.toml_files import column_name
from eclod_loaders.mapping.conversion import Codes
from eclod_loaders.mapping.plan import Step, ThingPlan, make_plans
from eclod_loaders.reading.tabular import SPREADSHEETS, read_records
from eclod_loaders.rows import Problem


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table by their position from 0, and its sheet; both empty for what is no table."""

    columns: Mapping[str, int]
    sheet: str = ""

    @classmethod
    def of(cls, path: Path, name: str, source: Source) -> Layout:
        """Return the layout of a file that has been read already, or an empty one for a format without columns."""
        if source.adapter != "tabular":
            return cls({})
        row = source.mapping.file.header_row
        header = next((r for n, r in enumerate(read_records(path, name, source.mapping), start=1) if n == row), ())
        repair = source.mapping.repair
        names = [column_name(repair.apply(text) if repair else text) for text in header]
        return cls({column: position for position, column in enumerate(names) if column}, _sheet_name(path, source))

    def cell(self, row: int | None, column: str) -> str:
        """Return the cell such as `C12`, or nothing where the file has no cells."""
        if row is None or column not in self.columns:
            return ""
        return f"{letters(self.columns[column])}{row}"


def _sheet_name(path: Path, source: Source) -> str:
    if path.suffix.lower() not in SPREADSHEETS:
        return ""
    if source.mapping.file.sheet:
        return source.mapping.file.sheet
    try:
        with CalamineWorkbook.from_path(path) as book:
            return str(book.sheet_names[0])
    except (CalamineError, OSError, IndexError):
        return ""


def letters(position: int) -> str:
    """Return the name of a column by its position from 0: A, B, … Z, AA, AB …"""
    name = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


class Anchors:
    """The columns of one source's mapping, found by what the shapes say about nodes and properties."""

    def __init__(self, registry: Registry, source: Source, catalogue: FieldCatalogue, codes: Codes) -> None:
        self._mapping = source.mapping
        #: What stands for columns in RDF are the properties themselves.
        self._properties = source.adapter in UNMAPPED
        plans = make_plans(source.mapping, catalogue, codes, registry.language, source.mapping_label)
        self._plans = list(plans.values())
        self._known: dict[tuple[str, str, str], str] = {}

    def column(self, problem: Problem, path: str) -> str:
        """Return the column that a problem is in, or nothing when it concerns the whole row.

        `path` is the IRI of the property that a shape is about.
        """
        if self._properties:
            return problem.column or (shorten(path) if path else "")
        if problem.column is not None:
            listed = self._mapping.lists.get(problem.column)
            return listed.column if listed else self._used(problem.column)
        if not problem.focus:
            return ""
        kind, fragment = _kind(problem.focus), problem.focus.partition("#")[2]
        key = (kind, fragment.split("%")[0] if "-" in fragment else fragment, path)
        if key not in self._known:
            steps = [step for plan in self._of_kind(kind) for step in _steps(plan, fragment, path)]
            self._known[key] = next((c for step in steps for c in self._columns(step)), "")
        return self._known[key]

    @property
    def locale(self) -> str:
        """How numbers are written where a field does not say otherwise."""
        return self._mapping.values.locale[0]

    def step(self, column: str) -> Step | None:
        """Return the first step that reads a column, which says what the column is for."""
        lists = {column, *(name for name, each in self._mapping.lists.items() if each.column == column)}
        found = (step for plan in self._plans for step in plan.steps if lists & set(step.source.used_columns()))
        return next(found, None)

    def _used(self, name: str) -> str:
        return name if name in self._mapping.used_columns else ""

    def _of_kind(self, kind: str) -> Iterator[ThingPlan]:
        yield from (plan for plan in self._plans if plan.kind == kind and plan.steps)
        yield from (plan for plan in self._plans if plan.kind != kind and plan.steps)

    def _columns(self, step: Step) -> Iterator[str]:
        for name in step.source.used_columns():
            yield self._mapping.lists[name].column if name in self._mapping.lists else name


def _kind(focus: str) -> str:
    """Return the kind in an identifier of ours (`/id/cluster/…`), or nothing."""
    parts = focus.partition("#")[0].split("/")
    return parts[-2] if len(parts) > 2 and parts[-3] == "id" else ""


def _steps(plan: ThingPlan, fragment: str, path: str) -> Iterator[Step]:
    """Return the steps that give the property of a node, best first: at the very node, then what lies inside it."""
    here = [step for step in plan.steps if _label(step) and fragment.startswith(_label(step) + "-")]
    here += [step for step in plan.steps if "-".join(step.path) == fragment]
    yield from (step for step in here if path in (step.predicate.value, _year(step), _part(step)))
    deeper = [step for step in plan.steps for node in _way(plan, step) if node == path]
    yield from deeper
    if fragment:
        yield from here


def _label(step: Step) -> str:
    return "-".join((*step.path, step.part.label)) if step.part else ""


def _year(step: Step) -> str:
    return step.year_predicate.value if step.year_predicate else ""


def _part(step: Step) -> str:
    return step.part.predicate.value if step.part else ""


def _way(plan: ThingPlan, step: Step) -> Sequence[str]:
    """Return the properties that lead to the node of a step."""
    depths = takewhile(lambda depth: depth <= len(step.path), count(1))
    return [plan.nodes[step.path[:depth]].predicate.value for depth in depths if step.path[:depth] in plan.nodes]
