"""From the merged view to the cells of all tables, in one pass: one row a thing, sorted by its IRI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eclod.core.iris import Names, split_path
from eclod.core.namespaces import expand
from eclod.store.identities import VALID, Identity
from eclod.store.tables.layout import IDENTIFIERS, PLACES, Fill, Table
from eclod.store.tables.readers import Cell
from eclod.store.tables.view import About, View, iri_of, literal_of, term

#: The cells of a table, column by column.
Cells = Sequence[Sequence[Cell]]
_Row = list[Cell]

_TYPE = term(expand("rdf:type"))
_CODE = term(expand("eclod:code"))
_LOCAL = term(expand("eclod:localIdentifier"))
_REGISTERED_BY = term(expand("eclod:registeredBy"))
_STATUS = term(expand("eclod:lifecycleStatus"))
#: What others call a thing: numbers, and the IRIs that they gave it.
_OTHER_NAMES = tuple(
    term(expand(name)) for name in ("dct:identifier", "eclod:celex", "eli:id_local", "owl:sameAs", "skos:exactMatch")
)
#: Numbers that others gave it, each with its scheme.
_OUTSIDE = term(expand("adms:identifier"))
_NOTATION = term(expand("skos:notation"))


@dataclass(frozen=True, slots=True)
class _Plan:
    """How things of certain classes fill one table; `kind` is None where another table is the one of their kind."""

    table: Table
    kind: str | None
    kind_cells: tuple[Cell, ...]
    fills: Mapping[bytes, Sequence[Fill]]
    needs: frozenset[bytes]

    def row(self, iri: str, about: About, view: View) -> _Row:
        cells: _Row = [None] * len(self.table.columns)
        cells[0] = iri
        if self.table.class_position is not None:
            cells[self.table.class_position : self.table.class_position + len(self.kind_cells)] = self.kind_cells
        for predicate, values in about.items():
            for fill in self.fills.get(predicate, ()):
                found = fill.reader.read(values, view)
                cells[fill.position : fill.position + len(found)] = found
        return cells


@dataclass(slots=True)
class _Identity:
    """What is known about the identifier of one thing."""

    kind: str | None = None
    code: str | None = None
    label: str | None = None
    state: str | None = None
    named: list[tuple[str | None, str | None, str | None]] = field(default_factory=list)  # registry, its name, local id
    others: tuple[str | None, ...] = ()
    successors: tuple[str, ...] = ()
    since: str | None = None

    def row(self, iri: str) -> _Row:
        registries: Iterable[Cell] = zip(*self.named, strict=True) if self.named else (None, None, None)
        life = (self.state, self.successors or None, self.since)
        return [iri, self.kind, self.code, self.label, *life, *registries, self.others or None]


def read(
    tables: Sequence[Table], view: View, identifiers: Iterable[View], base: str, life: Iterable[Identity] = ()
) -> dict[str, Cells]:
    """Return the cells of each table by name, from the merged view and the graphs of the registries' identifiers.

    `life` is what became of identifiers; those that are no longer valid are in the table of identifiers only.
    """
    found: dict[str, list[_Row]] = {table.name: [] for table in tables}
    plans: dict[tuple[bytes, ...], list[_Plan]] = {}
    identities: dict[str, _Identity] = {}
    names = Names(base)
    for subject, pairs in view.subjects():
        types = tuple(value for predicate, value in pairs if predicate == _TYPE)
        if types not in plans:
            plans[types] = list(_plans(tables, types, view))
        if not plans[types]:
            continue
        iri = iri_of(subject) or ""
        about: dict[bytes, list[bytes]] = {}
        for predicate, value in pairs:
            about.setdefault(predicate, []).append(value)
        for plan in plans[types]:
            if not plan.needs or not plan.needs.isdisjoint(about):
                found[plan.table.name].append(plan.row(iri, about, view))
            if plan.kind is not None:
                identities[iri] = _identity(iri, plan.kind, about, names, view)
                identities[iri].label = view.learn(subject, about)
    for graph in identifiers:
        _learn(identities, graph, view, names)
    for each in life:
        if each.state != VALID:
            identities[each.iri] = _Identity(each.kind, each.code)
        if each.iri in identities:
            identity = identities[each.iri]
            identity.state, identity.successors, identity.since = each.state, each.successors, each.since or None
    found[IDENTIFIERS] = [identity.row(iri) for iri, identity in identities.items()]
    return {table.name: _by_column(table, found[table.name]) for table in tables}


def _by_column(table: Table, rows: list[_Row]) -> Cells:
    rows.sort(key=lambda row: str(row[0]))
    return list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)


def _plans(tables: Sequence[Table], types: tuple[bytes, ...], view: View) -> Iterator[_Plan]:
    for table in tables:
        shapes = [shape for shape in table.shapes if term(shape.target_class) in types]
        if not shapes:
            continue
        kind = shapes[0].target_class
        fills: dict[bytes, dict[int, Fill]] = {}
        for shape in shapes:
            for predicate, several in table.fills[shape.name].items():
                fills.setdefault(predicate, {}).update((fill.position, fill) for fill in several)
        needs = [table.only_with.get(shape.name, frozenset()) for shape in shapes]
        yield _Plan(
            table,
            shapes[0].kind if table.name != PLACES else None,
            (kind, view.label(term(kind))),
            {predicate: tuple(several.values()) for predicate, several in fills.items()},
            frozenset().union(*needs) if all(needs) else frozenset(),
        )


def _identity(iri: str, kind: str | None, about: About, names: Names, view: View) -> _Identity:
    """Return what the merged view and the identifier itself say."""
    path = names.path_of(iri)
    thing = split_path(path) if path else None
    values = [value for name in _OTHER_NAMES for value in about.get(name, ())]
    for part in about.get(_OUTSIDE, ()):
        values += view.about(part).get(_NOTATION, ())
    others = dict.fromkeys(name for value in values if (name := iri_of(value) or _text(value)))
    own_kind, code = thing or (None, None)
    return _Identity(kind or own_kind, code, others=tuple(others))


def _learn(identities: dict[str, _Identity], graph: View, view: View, names: Names) -> None:
    """Add what one registry says about its identifiers."""
    for subject, pairs in graph.subjects():
        iri = iri_of(subject) or ""
        if iri not in identities:
            identities[iri] = _identity(iri, None, {}, names, view)
        identity = identities[iri]
        registry: tuple[str | None, str | None] = (None, None)
        local: list[str | None] = []
        for predicate, value in pairs:
            if predicate == _CODE:
                identity.code = _text(value)
            elif predicate == _STATUS:
                identity.state = view.code(value)
            elif predicate == _REGISTERED_BY:
                registry = iri_of(value), view.label(value)
            elif predicate == _LOCAL:
                local.append(_text(value))
        identity.named += [(*registry, name) for name in local]


def _text(value: bytes) -> str | None:
    literal = literal_of(value)
    return literal[0] if literal else None
