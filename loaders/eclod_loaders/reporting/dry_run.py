"""A dry run: one file of a registry checked and compared, and the reports about it written into a folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eclod.core.errors import BadInput
from eclod.core.garbage import uncollected
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.core.spreadsheet import BYTE_ORDER_MARK, safe
from eclod.rdf.fields import FieldCatalogue
from eclod.store import lines
from eclod.store.releases import Releases
from eclod_loaders import installed, pipeline
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import NEVER, Registry, Source
from eclod_loaders.delivery import Delivery
from eclod_loaders.matching import candidates as matching
from eclod_loaders.matching import index
from eclod_loaders.matching.candidates import Candidate
from eclod_loaders.reporting import annotated, comparison, faults, shacl_report
from eclod_loaders.reporting.comparison import Comparison, Difference
from eclod_loaders.reporting.faults import Fault, Finder, Group
from eclod_loaders.reporting.language import Speech, speech
from eclod_loaders.reporting.positions import Anchors, Layout

PAGE: Final = "report.html"
DATA: Final = "report.json"
SHACL: Final = "report.ttl"
TABLE: Final = "problems.csv"
#: What the page shows of each list; the other files have everything.
SHOWN: Final = 200


@dataclass(slots=True)
class DryRun:
    """What a check found out about one file."""

    names: Names
    registry: Registry
    source: Source
    path: Path
    delivery: Delivery
    faults: Sequence[Fault]
    say: Speech
    difference: Difference
    candidates: list[Candidate]
    groups: list[Group] = field(default_factory=list)
    notes: list[Group] = field(default_factory=list)

    @property
    def file(self) -> str:
        return self.registry.file_name(self.source)

    @property
    def total(self) -> int:
        return len(self.delivery.problems)

    @property
    def undecided(self) -> Sequence[str]:
        return self.source.mapping.undecided

    @property
    def unlicensed(self) -> bool:
        """Whether nobody is told under which terms the data may be used."""
        return not (self.registry.licence or self.registry.rights)

    @property
    def retirement(self) -> str:
        """What the registry's rule makes of things that are gone, in the language of the report."""
        after = self.registry.retire_after
        if after == NEVER:
            return self.say("The registry's rule: what is gone from its files stays published.")
        if after == 1:
            return self.say("The registry's rule: what is gone from its files is retired at once.")
        return self.say(
            "The registry's rule: what is gone from its files is retired after {count} deliveries.", count=after
        )


def run(settings: Settings, registry: Registry, source: Source, path: Path, language: str | None = None) -> DryRun:
    """Check a file as a build would and compare it with the current release; nothing is changed.

    Sentences are in `language`, else in the registry's, else in English. Raises BadInput when the file as a whole
    cannot be read.
    """
    with uncollected():
        return _run(settings, registry, source, path, language)


def _run(settings: Settings, registry: Registry, source: Source, path: Path, language: str | None) -> DryRun:
    delivery = pipeline.check(settings, registry, source, path)
    say = speech(language or registry.language)
    catalogue, codes = installed.catalogue(), installed.code_lists()
    releases, names = Releases(settings.data), Names(settings.base)
    difference = Comparison(releases, names, catalogue, say).of(
        registry.name, delivery.data, registry.file_name(source)
    )
    finder = _finder(registry, source, path, catalogue, codes, say)
    found = DryRun(
        names=names,
        registry=registry,
        source=source,
        path=path,
        delivery=delivery,
        faults=list(finder.faults(delivery.problems)),
        say=say,
        difference=difference,
        candidates=_candidates(releases, names, registry, delivery),
    )
    found.groups = faults.grouped(found.faults, say)
    found.notes = faults.grouped(finder.faults(delivery.notices), say)
    return found


def _finder(
    registry: Registry, source: Source, path: Path, catalogue: FieldCatalogue, codes: CodeLists, say: Speech
) -> Finder:
    layout = Layout.of(path, registry.file_name(source), source)
    return Finder(Anchors(registry, source, catalogue, codes), layout, say)


def _candidates(releases: Releases, names: Names, registry: Registry, delivery: Delivery) -> list[Candidate]:
    release = releases.current()
    if release is None:
        return []
    mine = matching.facts(lines.of_triples(delivery.data, names.registry_graph(registry.name)), registry.name)
    found = index.look(releases, release, names, registry.name, list(mine.values()))
    return sorted(found, key=lambda each: (-each.score, each.name.casefold(), each.other))


def write(found: DryRun, folder: Path) -> list[Path]:
    """Write all reports into a folder, which is made when it is not there, and return the files.

    Raises BadInput when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copy = annotated.write(folder, found.path, found.file, found.source, found.faults, found.say)
        files = [folder / PAGE, folder / TABLE, *([copy] if copy else []), folder / DATA, folder / SHACL]
        _write_table(folder / TABLE, found)
        _write_data(folder / DATA, found)
        file = found.names.source_file(found.registry.name, found.delivery.entry.sources[0].sha256)
        conforms = not found.delivery.entry.rejected
        shacl_report.write(folder / SHACL, found.faults, conforms, file, found.say.language)
        (folder / PAGE).write_text(page(found, [path.name for path in files[1:]]), encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"The folder {folder} cannot be written: {error.strerror}. Name another with --report."
        ) from None
    return files


def page(found: DryRun, beside: Sequence[str]) -> str:
    """Return the report as one HTML page that needs no other file; `beside` names those that it links to."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(PAGE).render(
        run=found,
        say=found.say,
        entry=found.delivery.entry,
        difference=found.difference,
        title=found.say.of(found.registry.title),
        beside=beside,
        limit=SHOWN,
    )


def _write_table(target: Path, found: DryRun) -> None:
    names = ("file", "sheet", "row", "place", "column", "cell", "value", "rule", "sentence", "suggestion")
    with target.open("w", encoding="utf-8", newline="") as file:
        file.write(BYTE_ORDER_MARK)
        writer = csv.writer(file)
        writer.writerow(names)
        for fault in found.faults:
            row = (getattr(fault, name) for name in names)
            writer.writerow("" if cell is None else safe(str(cell)) for cell in row)


def _write_data(target: Path, found: DryRun) -> None:
    """Write everything as JSON, each fault as it comes."""
    entry = found.delivery.entry
    head = {
        "registry": entry.name,
        "file": found.file,
        "language": found.say.language,
        "read": entry.read,
        "accepted": entry.accepted,
        "rejected": entry.rejected,
        "ignored": entry.ignored,
        "undecided_columns": list(found.undecided),
        "retire_after": found.registry.retire_after,
        "licence": found.registry.licence or None,
        "rights": found.registry.rights or None,
        "groups": [_group(group) for group in found.groups],
        "notes": [_group(group) for group in found.notes],
        "changes": {"release": found.difference.release, **dict(comparison.counts(found.difference))},
    }
    difference = found.difference
    with target.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2])
        for name, items in (
            ("added", map(asdict, difference.added)),
            ("changed", map(asdict, difference.changed)),
            ("retired", map(asdict, difference.retired)),
            ("candidates", map(asdict, found.candidates)),
            ("problems", map(_fault, found.faults)),
        ):
            file.write(f',\n "{name}": [')
            file.writelines(_items(items))
            file.write("]")
        file.write("\n}\n")


def _items(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    for position, item in enumerate(items):
        yield (",\n  " if position else "\n  ") + json.dumps(item, ensure_ascii=False)


def _group(group: Group) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "title": group.title,
        "column": group.column,
        "count": group.count,
        "rows": group.rows,
        "values": group.kinds,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in Fault.__slots__}
