"""One registry's part of a release: from its files to graphs that passed the gate, and a report of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate, Violation
from eclod.store.ledger import Ledger
from eclod.store.manifest import FileEntry, RegistryEntry
from eclod_loaders import description, provenance
from eclod_loaders.adapters import ADAPTERS
from eclod_loaders.codelists import CodeLists
from eclod_loaders.consolidate import Consolidated, Consolidator, rows_of
from eclod_loaders.identity import Identities
from eclod_loaders.mapping import map_rows
from eclod_loaders.registry import Registry, Source
from eclod_loaders.rows import MappedRow, Problem, Row

_TYPE = expand("rdf:type")


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What every registry's delivery needs, made once per build."""

    names: Names
    catalogue: FieldCatalogue
    codes: CodeLists
    gate: Gate
    ledger: Ledger


@dataclass(slots=True)
class Delivery:
    """What a registry contributes: statements of its three graphs, counts, problems."""

    entry: RegistryEntry
    data: list[Triple]
    provenance: list[Triple]
    identifiers: list[Triple]
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    ignored: list[tuple[str, int, str]] = field(default_factory=list)

    def report(self) -> bytes:
        """Return the report that is stored with the release, as JSON."""
        content = {
            "registry": self.entry.name,
            "read": self.entry.read,
            "accepted": self.entry.accepted,
            "rejected": self.entry.rejected,
            "ignored": self.entry.ignored,
            "problems": [asdict(problem) for problem in self.problems],
            "notices": [asdict(notice) for notice in self.notices],
            "ignored_rows": [{"file": file, "row": row, "reason": reason} for file, row, reason in self.ignored],
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


@dataclass(slots=True)
class _Reading:
    """The rows of a registry on their way through: mapped, then judged."""

    accepted: list[MappedRow] = field(default_factory=list)
    files: dict[str, FileEntry] = field(default_factory=dict)
    rejected: dict[tuple[str, int], None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    ignored: list[tuple[str, int, str]] = field(default_factory=list)
    read: int = 0


def deliver(
    registry: Registry, located: Sequence[tuple[Source, Path]], missing: Sequence[str], inputs: str, tools: Toolbox
) -> Delivery:
    """Return the delivery of a registry from its located files.

    Rows that cannot be converted or whose nodes do not conform are rejected with their problems; all others enter.
    Raises BadInput when a file as a whole cannot be read.
    """
    identities = Identities(tools.ledger, tools.names, registry.name)
    reading = _read(registry, located, identities, tools)
    about_registry = list(description.of_registry(registry, tools.names, tools.codes))
    consolidated, warnings = _judge(registry, reading, about_registry, tools)
    data = sorted({*about_registry, *consolidated.statements}, key=str)
    entry = RegistryEntry(
        name=registry.name,
        title=registry.title.get("en") or next(iter(registry.title.values())),
        inputs=inputs,
        sources=tuple(reading.files.values()),
        missing=tuple(missing),
        read=reading.read,
        accepted=len(reading.accepted),
        rejected=len(reading.rejected),
        ignored=len(reading.ignored),
        conforms=not reading.rejected,
        warnings=warnings,
    )
    return Delivery(
        entry=entry,
        data=data,
        provenance=list(_provenance(registry, located, reading, consolidated, tools.names)),
        identifiers=list(identities.statements(consolidated.rows)),
        problems=reading.problems,
        notices=[*reading.notices, *consolidated.notices],
        ignored=reading.ignored,
    )


def _read(
    registry: Registry, located: Sequence[tuple[Source, Path]], identities: Identities, tools: Toolbox
) -> _Reading:
    reading = _Reading()
    for source, path in located:
        name = Path(source.file).name
        content = path.read_bytes()
        reading.files[name] = FileEntry(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        rows = ADAPTERS[source.adapter](path, name, source)
        for mapped in map_rows(registry, source, rows, tools.catalogue, tools.codes, identities.thing):
            reading.read += 1
            place = (mapped.row.file, mapped.row.number)
            reading.notices.extend(mapped.notes)
            if mapped.ignored is not None:
                reading.ignored.append((*place, mapped.ignored))
            elif mapped.problems:
                reading.rejected[place] = None
                reading.problems.extend(mapped.problems)
            else:
                reading.accepted.append(mapped)
    return reading


def _judge(
    registry: Registry, reading: _Reading, about_registry: Sequence[Triple], tools: Toolbox
) -> tuple[Consolidated, int]:
    """Let the gate judge what the rows say together, and send back the rows behind what does not conform.

    A rejected row takes its statements with it, which may break what pointed to them, so the gate judges again until
    nothing more falls.
    """
    consolidator = Consolidator(tools.catalogue)
    while True:
        consolidated = consolidator.consolidate((m.row, m.statements, m.subjects) for m in reading.accepted)
        data = [*about_registry, *consolidated.statements]
        violations = tools.gate.validate(data, tools.codes.describe(codes_used(data, tools.catalogue)))
        blocked = list(_blocked(registry, consolidated, violations))
        if not blocked:
            return consolidated, sum(not v.blocks for v in violations)
        reading.problems.extend(problem for _, problem in blocked)
        fallen = {(row.file, row.number) for row, _ in blocked}
        reading.rejected.update(dict.fromkeys(fallen))
        reading.accepted = [m for m in reading.accepted if (m.row.file, m.row.number) not in fallen]


def _blocked(
    registry: Registry, consolidated: Consolidated, violations: Iterable[Violation]
) -> Iterator[tuple[Row, Problem]]:
    blocking = [violation for violation in violations if violation.blocks]
    inner = {violation.focus for violation in blocking if violation.component != "Node"}
    for violation in blocking:
        # A shape that a node must conform to reports beside the rule that the node breaks; people need the rule only.
        told = violation.component == "Node" and {violation.focus, violation.value} & inner
        if not told:
            for row in rows_of(violation.focus, consolidated.rows):
                yield row, shape_problem(row, violation, registry.language)


def shape_problem(row: Row, violation: Violation, language: str) -> Problem:
    """Return a violation as a problem of one row, with the shape's message in the registry's language or English."""
    return Problem(
        file=row.file,
        row=row.number,
        column=None,
        value=violation.value,
        rule=f"shape:{violation.shape.rpartition('#')[2]}/{violation.component}",
        message=violation.message(language),
    )


def codes_used(data: Iterable[Triple], catalogue: FieldCatalogue) -> set[str]:
    """Return the IRIs that stand where a code of a list is expected."""
    properties = catalogue.code_list_properties
    return {
        triple.object.value
        for triple in data
        if isinstance(triple.object, NamedNode) and triple.predicate.value in properties
    }


def _provenance(
    registry: Registry,
    located: Sequence[tuple[Source, Path]],
    reading: _Reading,
    consolidated: Consolidated,
    names: Names,
) -> Iterator[Triple]:
    for source, _ in located:
        file = reading.files[Path(source.file).name]
        yield from provenance.of_file(names, registry.name, file, registry.source, registry.rights)
    hashes = {name: file.sha256 for name, file in reading.files.items()}
    rows: Mapping[str, list[tuple[str, int]]] = {
        thing: [(hashes[row.file], row.number) for row in rows] for thing, rows in consolidated.rows.items()
    }
    yield from provenance.of_things(names, registry.name, rows)
