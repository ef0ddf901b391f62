"""Rows to statements: each row becomes the things that its registry's mapping describes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.declarations.derivation import Isic, Specialisation
from eclod_loaders.declarations.mapping_file import WEB, FieldSource, RegistryMapping
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.mapping import isic, plausibility, specialisation
from eclod_loaders.mapping.cells import WHOLE_ROW, Cells, Findings, Item
from eclod_loaders.mapping.conversion import GYEAR, Codes, Term
from eclod_loaders.mapping.plan import Part, Step, ThingPlan, make_plans
from eclod_loaders.rows import MappedRow, Row
from eclod_loaders.values import coordinates
from eclod_loaders.values.texts import Unreadable, fold

__all__ = ["MappedRow", "map_rows"]


#: What an address may hold beside letters and digits, and the sign before an escape (RFC 3986, section 2).
_OF_ADDRESSES: Final = "%:/?#[]@!$&'()*+,;=-._~"
_TYPE: Final = NamedNode(expand("rdf:type"))
_BETWEEN_COORDINATES: Final = re.compile(r"\s*[,;]\s*|\s+")


@dataclass(frozen=True, slots=True)
class _Instance:
    """One thing that a row describes or names."""

    iri: str
    local_id: str
    item: Item


@dataclass(frozen=True, slots=True)
class _Claim:
    """Which row gave the fields of a thing that belong together, and what it said."""

    row: int
    said: tuple[tuple[str, ...], ...]


class ThingIri(Protocol):
    """Gives a thing its IRI, by its kind, the local identifier made from the key, and who named it if it is another."""

    def __call__(self, kind: str, local_id: str, named_by: str = "") -> str: ...


def map_rows(
    registry: Registry,
    source: Source,
    rows: Iterable[Row],
    catalogue: FieldCatalogue,
    codes: Codes,
    thing_iri: ThingIri,
) -> Iterator[MappedRow]:
    """Return what becomes of each row of a source, in their order.

    A row with any problem has no statements. Raises BadInput, before the first row is read, when the mapping asks for
    what the shapes do not have.
    """
    mapping = source.mapping
    plans = make_plans(mapping, catalogue, codes, registry.language, source.mapping_label)
    if isinstance(mapping.derive, Specialisation):
        rows = specialisation.derive(rows, mapping.derive, specialisation.read_method())
    elif isinstance(mapping.derive, Isic):
        rows = isic.derive(rows, mapping.derive)
    return _Mapper(mapping, plans, thing_iri).map(rows)


class _Mapper:
    """The mapping of one source; it remembers rows it has seen where the mapping asks for that."""

    def __init__(self, mapping: RegistryMapping, plans: dict[str, ThingPlan], thing_iri: ThingIri) -> None:
        self._mapping = mapping
        self._plans = plans
        self._thing_iri = thing_iri
        self._seen: dict[tuple[tuple[str, tuple[str, ...]], ...], int] = {}
        self._taken: dict[str, _Claim] = {}

    def map(self, rows: Iterable[Row]) -> Iterator[MappedRow]:
        for row in rows:
            ignored = self._ignored(row)
            yield MappedRow(row, ignored=ignored) if ignored else self._mapped(row)

    def _ignored(self, row: Row) -> str | None:
        if row.left_out:
            return row.left_out
        if not row.defect and not any(text.strip() for cell in row.cells.values() for text in cell):
            return "empty row"
        for rule in self._mapping.skip:
            if any(rule.pattern.search(fold(text)) for text in row.cells.get(rule.column) or ("",)):
                return rule.reason
        if self._mapping.duplicates == "ignore" and not row.defect:
            first = self._seen.setdefault(tuple(row.cells.items()), row.number)
            if first != row.number:
                return f"duplicate of row {first}"
        return None

    def _mapped(self, row: Row) -> MappedRow:
        findings = Findings(row)
        if row.defect:
            findings.add(None, None, Unreadable("row", row.defect))
            return MappedRow(row, problems=tuple(findings.problems))
        record = _Record(Cells(row, self._mapping, findings), findings, self._plans, self._thing_iri)
        statements: list[Triple] = []
        subjects: list[str] = []
        claims: dict[str, _Claim] = {}
        for plan in self._plans.values():
            if not plan.steps:
                continue
            for instance in record.instances(plan):
                left_out = self._left_out(plan, instance, record, findings, claims)
                statements += record.statements(plan, instance, left_out)
                subjects.append(instance.iri.partition("#")[0] if plan.thing.inside else instance.iri)
        if findings.problems:
            about = tuple(dict.fromkeys(subjects))
            return MappedRow(row, subjects=about, problems=tuple(findings.problems), notes=tuple(findings.notes))
        if not subjects:
            return MappedRow(row, ignored="nothing that the mapping describes", notes=tuple(findings.notes))
        self._taken.update(claims)
        return MappedRow(
            row, tuple(dict.fromkeys(statements)), tuple(dict.fromkeys(subjects)), notes=tuple(findings.notes)
        )

    def _left_out(
        self, plan: ThingPlan, instance: _Instance, record: _Record, findings: Findings, claims: dict[str, _Claim]
    ) -> Sequence[str]:
        """Return the fields that an earlier row has given together, so that this row does not mix its own with them."""
        together = plan.thing.together
        if not together:
            return ()
        said = record.texts(plan, instance, together)
        if not any(said):
            return ()
        first = self._taken.get(instance.iri)
        if first is None:
            claims[instance.iri] = _Claim(findings.row.number, said)
            return ()
        if first.said != said:
            message = (
                f"Row {first.row} says otherwise about the {', '.join(together)} of the same thing; that row stands."
            )
            findings.add(None, None, Unreadable("conflict", message), note=True)
        return together


class _Record:
    """One row on its way to statements."""

    def __init__(self, cells: Cells, findings: Findings, plans: dict[str, ThingPlan], thing_iri: ThingIri) -> None:
        self._cells = cells
        self._findings = findings
        self._plans = plans
        self._thing_iri = thing_iri
        self._instances: dict[str, tuple[_Instance, ...]] = {}

    def instances(self, plan: ThingPlan) -> tuple[_Instance, ...]:
        """Return the things of one sort in this row: none, one, or one for each item of a list."""
        if plan.alias not in self._instances:
            items = self._cells.items(plan.thing.for_each) if plan.thing.for_each else (WHOLE_ROW,)
            found = (self._instance(plan, item) for item in items if self._is_there(plan, item))
            self._instances[plan.alias] = tuple(instance for instance in found if instance)
        return self._instances[plan.alias]

    def _is_there(self, plan: ThingPlan, item: Item) -> bool:
        for name, wanted in plan.thing.when.items():
            cells = self._cells.column(name, item)
            if wanted is None and not cells:
                return False
            if wanted is not None and not set(cells or ("",)) & set(wanted):
                return False
        return True

    def texts(self, plan: ThingPlan, instance: _Instance, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """Return what the row has in the columns of the fields."""
        steps = (step for step in plan.steps if step.top in names)
        return tuple(self._cells.column(name, instance.item) for step in steps for name in step.source.used_columns())

    def statements(self, plan: ThingPlan, instance: _Instance, left_out: Sequence[str]) -> list[Triple]:
        """Return what the row says about a thing: types, fields, and the nested nodes that have a value of the row."""
        found: list[tuple[Step, Sequence[Term]]] = []
        live: set[tuple[str, ...]] = {()}
        for step in plan.steps:
            if left_out and step.top in left_out:
                continue
            terms = self._terms(step, instance.item)
            if not terms:
                continue
            found.append((step, terms))
            # A constant alone, such as a currency, is no reason for a node.
            if step.path and step.fixed is None:
                live.update(step.path[:depth] for depth in range(1, len(step.path) + 1))
        self._check_required(plan, found)
        self._check_places(found, instance.item)
        thing = NamedNode(instance.iri)
        triples = [Triple(thing, _TYPE, each) for each in plan.types]
        nodes: dict[tuple[str, ...], NamedNode] = {(): thing}
        for path, node in plan.nodes.items():
            if path in live:
                nodes[path] = NamedNode(f"{instance.iri}#{'-'.join(path)}")
                triples.append(Triple(nodes[path[:-1]], node.predicate, nodes[path]))
                triples += [Triple(nodes[path], _TYPE, each) for each in node.types]
        for step, terms in found:
            if step.part is not None:
                triples += _parts(nodes[step.path], instance.iri, step.part, step, terms)
            elif step.path in live:
                triples += [Triple(nodes[step.path], _predicate(step, term), term) for term in terms]
        return triples

    def _instance(self, plan: ThingPlan, item: Item) -> _Instance | None:
        if plan.thing.iri:
            iri = self._cells.filled(plan.thing.iri, item, _quoted_in(plan.thing.iri))
            if iri is None:
                self._missing(plan, plan.thing.iri)
                return None
            if not iri.startswith(WEB):
                message = f"The {plan.alias} is named by '{iri}', which is no web address; correct the cell."
                self._findings.add(plan.thing.iri, None, Unreadable("iri", message))
                return None
            return _Instance(iri, iri, item)
        parts = [self._key_part(plan, part, item) for part in plan.thing.key]
        if None in parts or not any(parts):
            return None
        local_id = " | ".join(part.replace("|", "||") for part in parts if part is not None)
        if plan.thing.inside:
            owners = self._referred(plan.thing.inside, item)
            if len(owners) != 1:
                return None  # nobody to belong to, or nobody knows to whom
            return _Instance(f"{owners[0].iri}#{plan.alias}-{quote(local_id, safe='')}", local_id, item)
        assert plan.kind is not None
        return _Instance(self._thing_iri(plan.kind, local_id, plan.thing.named_by or ""), local_id, item)

    def _key_part(self, plan: ThingPlan, part: FieldSource, item: Item) -> str | None:
        if part.thing:
            named = self._referred(part.thing, item)
            text = " | ".join(instance.local_id for instance in named)
        else:
            text = fold(" ".join(self._cells.texts(part, item)))
        if not text and not part.optional:
            self._missing(plan, part.thing or " ".join(part.used_columns()))
            return None
        return text

    def _missing(self, plan: ThingPlan, what: str) -> None:
        if not self._findings.problems:
            message = f"There is nothing to identify the {plan.alias} by: '{what}' is empty; fill it in."
            self._findings.add(what, None, Unreadable("missing", message))

    def _referred(self, alias: str, item: Item) -> Sequence[_Instance]:
        """Return the things an item refers to: those of the same item, or all where there is no such bond."""
        plan = self._plans[alias]
        instances = self.instances(plan)
        if item.list and plan.thing.for_each == item.list:
            return [instance for instance in instances if instance.item == item]
        return instances

    def _terms(self, step: Step, item: Item) -> Sequence[Term]:
        if step.fixed is not None:
            return step.fixed
        if step.source.thing:
            return [NamedNode(instance.iri) for instance in self._referred(step.source.thing, item)]
        if step.source.point:
            return list(self._point(step, item))
        terms: list[Term] = []
        for text in self._cells.texts(step.source, item, step.translate):
            try:
                terms.append(self._in_language(step, step.convert(text), item))
            except Unreadable as error:
                self._cells.refuse(step.source, text, error)
        return terms

    def _in_language(self, step: Step, term: Term, item: Item) -> Term:
        column = step.source.language_column
        if column is None or not isinstance(term, Literal):
            return term
        tag = " ".join(self._cells.column(column, item))
        try:
            return Literal(term.value, language=tag)
        except ValueError:
            message = f"'{tag}' is not a language; write a tag such as 'da' in the column '{column}'."
            raise Unreadable("language", message) from None

    def _point(self, step: Step, item: Item) -> Iterator[Term]:
        source = step.source
        texts = self._pair(source, item)
        if not any(texts):
            return
        try:
            if len(texts) != 2 or not all(texts):
                raise Unreadable("coordinates", "One of the two coordinates is missing; give both or none.")
            locale = source.locale[0] if source.locale else None
            pair = [coordinates.coordinate(text, locale) for text in texts]
            east, north = reversed(pair) if source.north_first else pair
            write = coordinates.source_wkt if step.in_source_crs else coordinates.crs84_wkt
            yield step.convert(write(east, north, source.crs))
        except Unreadable as error:
            self._cells.refuse(source, ", ".join(texts), error)

    def _pair(self, source: FieldSource, item: Item) -> Sequence[str]:
        """Return the two coordinates as texts, from two columns or from one that holds both."""
        assert source.point is not None
        cells = [" ".join(self._cells.column(name, item)) for name in source.point]
        if len(cells) == 2:
            return cells
        return (source.split or _BETWEEN_COORDINATES).split(cells[0]) if cells[0] else ()

    def _check_places(self, found: Sequence[tuple[Step, Sequence[Term]]], item: Item) -> None:
        """Note a region or a point that cannot lie in the thing's countries."""
        countries = [term.value for step, terms in found if step.top == "country" for term in terms]
        for step, terms in found:
            if not countries or step.in_source_crs or not (step.source.point or step.name == "region"):
                continue
            cells = self._pair(step.source, item) if step.source.point else self._cells.texts(step.source, item)
            try:
                for term in terms:
                    if step.source.point:
                        plausibility.check_point(term, countries, cells)
                    else:
                        plausibility.check_region(term.value, countries)
            except Unreadable as error:
                self._cells.refuse(step.source, ", ".join(cells), error)

    def _check_required(self, plan: ThingPlan, found: Sequence[tuple[Step, Sequence[Term]]]) -> None:
        if not plan.required or self._findings.problems:
            return
        given = {step.top for step, _ in found}
        for name in plan.required:
            if name not in given:
                step = next(step for step in plan.steps if step.top == name)
                column = next(step.source.used_columns(), None)
                message = f"There is no {name} for the {plan.alias}, and it needs one; fill in '{column}'."
                self._findings.add(column, None, Unreadable("missing", message))


def _quoted_in(template: str) -> Callable[[str], str]:
    """Return how a value is quoted in a template: a web address that it begins with stays one."""
    whole = template.startswith("{")
    return lambda text: quote(text, safe=_OF_ADDRESSES if whole and text.startswith(WEB) else "")


def _parts(owner: NamedNode, iri: str, part: Part, step: Step, terms: Sequence[Term]) -> Iterator[Triple]:
    """Return a node for each value, named by it, so that two rows which say the same make one."""
    for term in terms:
        node = NamedNode(f"{iri}#{'-'.join((*step.path, part.label))}-{quote(term.value, safe='')}")
        yield Triple(owner, part.predicate, node)
        yield from (Triple(node, _TYPE, each) for each in part.types)
        yield from (Triple(node, predicate, value) for predicate, value in part.beside)
        yield Triple(node, step.predicate, term)


def _predicate(step: Step, term: Term) -> NamedNode:
    if step.year_predicate is not None and isinstance(term, Literal) and term.datatype == GYEAR:
        return step.year_predicate
    return step.predicate
