"""From the merged view to the cells of tables: one row a thing, sorted by its IRI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eclod.core.iris import Names, split_path
from eclod.core.namespaces import expand
from eclod.store.identities import VALID, Identity
from eclod.store.tables.layout import IDENTIFIERS, PLACES, Fill, Table
from eclod.store.tables.readers import Cell
from eclod.store.tables.view import About, Lines, Pairs, View, about_of, iri_of, literal_of, term

#: The cells of a table, column by column.
Cells = Sequence[Sequence[Cell]]
_Row = list[Cell]

_TYPE = term(expand("rdf:type"))
_CODE = term(expand("eclod:code"))
_LOCAL = term(expand("eclod:localIdentifier"))
REGISTERED_BY = term(expand("eclod:registeredBy"))
STATUS = term(expand("eclod:lifecycleStatus"))
#: What others call a thing: numbers, and the IRIs that they gave it.
OTHER_NAMES = tuple(
    term(expand(name)) for name in ("dct:identifier", "eclod:celex", "eli:id_local", "owl:sameAs", "skos:exactMatch")
)
#: Numbers that others gave it, each with its scheme.
OUTSIDE = term(expand("adms:identifier"))
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


class Rows:
    """The rows of all tables in the making, thing by thing; the merged view is for what is linked from these."""

    def __init__(self, tables: Sequence[Table], view: View, base: str) -> None:
        self._tables = tables
        self._view = view
        self._names = Names(base)
        self._plans: dict[tuple[bytes, ...], list[_Plan]] = {}
        self._found: dict[str, list[_Row]] = {table.name: [] for table in tables}
        self._identities: dict[str, _Identity] = {}

    def add(self, subject: bytes, pairs: Pairs) -> None:
        """Add what the merged view says about a thing; call once for each."""
        types = tuple(value for predicate, value in pairs if predicate == _TYPE)
        if types not in self._plans:
            self._plans[types] = list(_plans(self._tables, types, self._view))
        plans = self._plans[types]
        if not plans:
            return
        iri, about = iri_of(subject) or "", about_of(pairs)
        for plan in plans:
            if not plan.needs or not plan.needs.isdisjoint(about):
                self._found[plan.table.name].append(plan.row(iri, about, self._view))
            if plan.kind is not None:
                self._identities[iri] = _identity(iri, plan.kind, about, self._names, self._view)
                self._identities[iri].label = self._view.learn(subject, about)

    def identify(self, subject: bytes, pairs: Pairs) -> None:
        """Add what one registry says about an identifier; call after `add`, by registry."""
        iri = iri_of(subject) or ""
        if iri not in self._identities:
            self._identities[iri] = _identity(iri, None, {}, self._names, self._view)
        identity = self._identities[iri]
        registry: tuple[str | None, str | None] = (None, None)
        local: list[str | None] = []
        for predicate, value in pairs:
            if predicate == _CODE:
                identity.code = _text(value)
            elif predicate == STATUS:
                identity.state = self._view.code(value)
            elif predicate == REGISTERED_BY:
                registry = iri_of(value), self._view.label(value)
            elif predicate == _LOCAL:
                local.append(_text(value))
        identity.named += [(*registry, name) for name in local]

    def end(self, life: Identity) -> None:
        """Add what became of an identifier; call last. One that is no longer valid is in that table only."""
        if life.state != VALID:
            self._identities[life.iri] = _Identity(life.kind, life.code)
        if life.iri in self._identities:
            identity = self._identities[life.iri]
            identity.state, identity.successors, identity.since = life.state, life.successors, life.since or None

    def cells(self) -> dict[str, Cells]:
        """Return the cells of each table by name, its rows sorted by IRI."""
        found = self._found | {IDENTIFIERS: [identity.row(iri) for iri, identity in self._identities.items()]}
        return {table.name: _by_column(table, found[table.name]) for table in self._tables}


def read(
    tables: Sequence[Table], view: Lines, identifiers: Iterable[Lines], base: str, life: Iterable[Identity] = ()
) -> dict[str, Cells]:
    """Return the cells of each table by name, from the merged view and the graphs of the registries' identifiers.

    `life` is what became of identifiers.
    """
    rows = Rows(tables, view, base)
    for subject, pairs in view.subjects():
        rows.add(subject, pairs)
    for graph in identifiers:
        for subject, pairs in graph.subjects():
            rows.identify(subject, pairs)
    for each in life:
        rows.end(each)
    return rows.cells()


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
    values = [value for name in OTHER_NAMES for value in about.get(name, ())]
    for part in about.get(OUTSIDE, ()):
        values += view.about(part).get(_NOTATION, ())
    others = dict.fromkeys(name for value in values if (name := iri_of(value) or _text(value)))
    own_kind, code = thing or (None, None)
    return _Identity(kind or own_kind, code, others=tuple(others))


def _text(value: bytes) -> str | None:
    literal = literal_of(value)
    return literal[0] if literal else None
