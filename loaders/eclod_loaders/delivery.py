"""One registry's part of a release: from its files to graphs that passed the gate, and a report of every row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pyoxigraph import Triple

from eclod.core.iris import Names
from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate
from eclod.store.ledger import Ledger
from eclod.store.manifest import FileEntry, RegistryEntry
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations import description
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.gating import provenance
from eclod_loaders.gating.assessing import Assessor
from eclod_loaders.gating.consolidate import Consolidated
from eclod_loaders.gating.identity import Identities
from eclod_loaders.gating.judging import Before, Judgement
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.rows import MappedRow, Problem


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What every registry's delivery needs, made once per build."""

    names: Names
    catalogue: FieldCatalogue
    codes: CodeLists
    gate: Gate
    ledger: Ledger
    assessor: Assessor


@dataclass(slots=True)
class Delivery:
    """What a registry contributes: statements of its graphs, counts, problems."""

    entry: RegistryEntry
    data: list[Triple]
    provenance: list[Triple]
    identifiers: list[Triple]
    assessments: list[Triple]
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    warnings: list[Mapping[str, str]] = field(default_factory=list)
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
            "warnings": self.warnings,
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
    registry: Registry,
    located: Sequence[tuple[Source, Path]],
    missing: Sequence[str],
    inputs: str,
    tools: Toolbox,
    before: Before | None = None,
) -> Delivery:
    """Return the delivery of a registry from its located files.

    Rows that cannot be converted or whose nodes do not conform are rejected with their problems; all others enter. With
    `before`, only what changed since is judged. Raises BadInput when a file as a whole cannot be read.
    """
    identities = Identities(tools.ledger, tools.names, registry.name)
    reading = _read(registry, located, identities, tools)
    about_registry = list(description.of_registry(registry, tools.names, tools.codes))
    judgement = Judgement(registry, tools.gate, tools.catalogue, tools.codes)
    judged = judgement.judge(reading.accepted, about_registry, before)
    consolidated, rejected = judged.consolidated, reading.rejected | judged.rejected
    entry = RegistryEntry(
        name=registry.name,
        title=registry.title.get("en") or next(iter(registry.title.values())),
        inputs=inputs,
        sources=tuple(reading.files.values()),
        missing=tuple(missing),
        read=reading.read,
        accepted=len(judged.accepted),
        rejected=len(rejected),
        ignored=len(reading.ignored),
        conforms=not rejected,
        warnings=len(judged.warnings),
    )
    return Delivery(
        entry=entry,
        data=list({*about_registry, *consolidated.statements}),
        provenance=list(_provenance(registry, located, reading, consolidated, tools.names)),
        identifiers=list(identities.statements(consolidated.rows)),
        assessments=list(tools.assessor.statements(list(consolidated.statements))),
        problems=[*reading.problems, *judged.problems],
        warnings=judged.warnings,
        notices=[*reading.notices, *consolidated.notices],
        ignored=reading.ignored,
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
        thing: [(hashes[row.file], row.number) for row in rows] for thing, rows in consolidated.rows.items()
    }
    yield from provenance.of_things(names, registry.name, rows)
