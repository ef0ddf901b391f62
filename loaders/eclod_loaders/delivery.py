"""One registry's part of a release: from its files to graphs that passed the gate, and a report of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import Triple

from eclod.core.iris import Names
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate
from eclod.store.ledger import Ledger
from eclod.store.manifest import FileEntry, RegistryEntry
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations import description
from eclod_loaders.declarations.registry import UNMAPPED, Registry, Source
from eclod_loaders.gating import identity, provenance, recognition, remarks, retirement
from eclod_loaders.gating.assessing import Assessor
from eclod_loaders.gating.consolidate import Consolidated
from eclod_loaders.gating.departures import Departures
from eclod_loaders.gating.elsewhere import Elsewhere
from eclod_loaders.gating.identity import Identities
from eclod_loaders.gating.judging import Before, Judged, Judgement
from eclod_loaders.gating.retirement import KEPT, Leaving, Past
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.mapping.statements import map_statements
from eclod_loaders.matching.shared import Known
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.rows import MappedRow, Problem, Row


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What every registry's delivery needs, made once per build."""

    names: Names
    catalogue: FieldCatalogue
    codes: CodeLists
    gate: Gate
    ledger: Ledger
    assessor: Assessor
    known: Known | None = None
    at: str = ""
    elsewhere: Elsewhere | None = None


@dataclass(slots=True)
class Delivery:
    """What a registry contributes: statements of its graphs, counts, problems, and what it no longer has."""

    entry: RegistryEntry
    data: list[Triple]
    provenance: list[Triple]
    identifiers: list[Triple]
    assessments: list[Triple]
    remarks: list[Triple] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    warnings: list[Mapping[str, str]] = field(default_factory=list)
    ignored: list[tuple[str, int, str]] = field(default_factory=list)
    delivered: str = ""
    things: frozenset[str] = frozenset()
    leaving: Leaving = field(default_factory=Leaving)

    def forget(self) -> None:
        """Let go of the statements, once they stand in graphs; they are most of what a build keeps in memory."""
        self.data, self.provenance, self.identifiers, self.assessments, self.remarks = [], [], [], [], []

    def report(self) -> bytes:
        """Return the report that is stored with the release, as JSON."""
        content = {
            "registry": self.entry.name,
            "read": self.entry.read,
            "accepted": self.entry.accepted,
            "rejected": self.entry.rejected,
            "ignored": self.entry.ignored,
            "problems": [problem.told() for problem in self.problems],
            "warnings": self.warnings,
            "notices": [notice.told() for notice in self.notices],
            "ignored_rows": [{"file": file, "row": row, "reason": reason} for file, row, reason in self.ignored],
            "missing": dict(self.leaving.missing),
            "delivered": self.delivered,
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


@dataclass(slots=True)
class _Reading:
    """The rows of a registry on their way through: mapped, then judged."""

    accepted: list[MappedRow] = field(default_factory=list)
    files: dict[str, FileEntry] = field(default_factory=dict)
    rejected: dict[tuple[str, int], None] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    ignored: list[tuple[str, int, str]] = field(default_factory=list)
    read: int = 0


def deliver(
    registry: Registry,
    located: Sequence[tuple[Source, Path]],
    missing: Sequence[str],
    inputs: str,
    tools: Toolbox,
    before: Before | None = None,
    past: Past | None = None,
) -> Delivery:
    """Return the delivery of a registry from its located files.

    Rows that cannot be converted or whose nodes do not conform are rejected with their problems; all others enter. With
    `before`, only what changed since is judged; with `past`, what is gone from the files stays or is retired. Raises
    BadInput when a file as a whole cannot be read.
    """
    identities = Identities(tools.ledger, tools.names, registry.name)
    reading = _read(registry, located, identities, tools)
    departures = Departures(tools.ledger.lives, tools.names)
    _settle_identity(registry, reading, departures, tools)
    about_registry = list(description.of_registry(registry, tools.names, tools.codes))
    judgement = Judgement(registry, tools.gate, tools.catalogue, tools.codes, tools.elsewhere)
    judged = judgement.judge(reading.accepted, about_registry, before)
    rejected, problems = reading.rejected | judged.rejected, [*reading.problems, *judged.problems]
    gone = _leaving(registry, reading, judged, past, departures)
    if past is not None and gone.kept:
        kept, _ = departures.without(retirement.kept_rows(past, gone.kept))
        judged = judgement.judge([*judged.accepted, *kept], about_registry, before)
    consolidated = judged.consolidated
    entry = RegistryEntry(
        name=registry.name,
        title=registry.title.get("en") or next(iter(registry.title.values())),
        inputs=inputs,
        sources=tuple(reading.files.values()),
        missing=tuple(missing),
        read=reading.read,
        accepted=sum(mapped.row.file != KEPT for mapped in judged.accepted),
        rejected=len(rejected),
        ignored=len(reading.ignored),
        conforms=not rejected,
        warnings=len(judged.warnings),
    )
    kept_provenance = retirement.kept_provenance(past, gone.kept) if past is not None else ()
    return Delivery(
        entry=entry,
        data=list({*about_registry, *consolidated.statements}),
        provenance=[*_provenance(registry, located, reading, consolidated, tools.names), *kept_provenance],
        identifiers=[*identities.statements(consolidated.rows), *identity.own_names(judged.accepted)],
        assessments=list(tools.assessor.statements(list(consolidated.statements))),
        remarks=list(
            remarks.of_warnings(
                judged.warnings, consolidated.statements, tools.names.graph(f"warnings/{registry.name}")
            )
        ),
        problems=problems,
        warnings=judged.warnings,
        notices=[*reading.notices, *consolidated.notices],
        ignored=reading.ignored,
        delivered=retirement.delivered(registry, reading.files.values()),
        things=frozenset(consolidated.rows),
        leaving=gone,
    )


def _settle_identity(registry: Registry, reading: _Reading, departures: Departures, tools: Toolbox) -> None:
    """Let rows that share an identifier with another registry's thing be about it; leave out what was withdrawn."""
    if tools.known is not None:
        reading.accepted = list(
            recognition.recognise(registry.name, reading.accepted, tools.known, tools.ledger, tools.names, tools.at)
        )
    reading.accepted, left_out = departures.without(reading.accepted)
    reading.ignored += [(each.row.file, each.row.number, each.ignored or "") for each in left_out]


def _leaving(
    registry: Registry, reading: _Reading, judged: Judged, past: Past | None, departures: Departures
) -> Leaving:
    """Return what becomes of the things that the release before has of the registry and this delivery has not."""
    if past is None:
        return Leaving()
    fallen = {s for m in reading.accepted if (m.row.file, m.row.number) in judged.rejected for s in m.subjects}
    delivery = retirement.delivered(registry, reading.files.values())
    found = retirement.leaving(registry, past, judged.consolidated.rows.keys(), reading.refused | fallen, delivery)
    _, left_out = departures.without(retirement.kept_rows(past, found.kept))
    out = {each.row.number for each in left_out}
    things = sorted(found.kept)
    return found.without(
        frozenset(thing for number, thing in enumerate(things, 1) if number in out) | (departures.along & found.retired)
    )


def _read(
    registry: Registry, located: Sequence[tuple[Source, Path]], identities: Identities, tools: Toolbox
) -> _Reading:
    reading = _Reading()
    for source, path in located:
        name = registry.file_name(source)
        content = path.read_bytes()
        reading.files[name] = FileEntry(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        rows = ADAPTERS[source.adapter](path, name, source)
        for mapped in _mapped(registry, source, rows, identities, tools):
            reading.read += 1
            place = (mapped.row.file, mapped.row.number)
            reading.notices.extend(mapped.notes)
            if mapped.ignored is not None:
                reading.ignored.append((*place, mapped.ignored))
            elif mapped.problems:
                reading.rejected[place] = None
                reading.refused.update(mapped.subjects)
                reading.problems.extend(mapped.problems)
            else:
                reading.accepted.append(mapped)
    return reading


def _mapped(
    registry: Registry, source: Source, rows: Iterable[Row], identities: Identities, tools: Toolbox
) -> Iterator[MappedRow]:
    if source.adapter in UNMAPPED:
        return map_statements(registry, rows, tools.catalogue, tools.codes, identities)
    return map_rows(registry, source, rows, tools.catalogue, tools.codes, identities.thing)


def _provenance(
    registry: Registry,
    located: Sequence[tuple[Source, Path]],
    reading: _Reading,
    consolidated: Consolidated,
    names: Names,
) -> Iterator[Triple]:
    for source, _ in located:
        file = reading.files[registry.file_name(source)]
        yield from provenance.of_file(names, registry.name, file, registry.source, registry.rights)
    hashes = {name: file.sha256 for name, file in reading.files.items()}
    rows: Mapping[str, list[tuple[str, int]]] = {
        thing: [(hashes[row.file], row.number) for row in rows if row.file != KEPT]
        for thing, rows in consolidated.rows.items()
    }
    yield from provenance.of_things(names, registry.name, rows)
