"""Building a release: lock, deliver what changed, gate, merge, publish; until the last step the old one stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pyoxigraph import Triple

import eclod
from eclod.core.errors import BadInput
from eclod.core.garbage import uncollected
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store import checks, lines, writer
from eclod.store.intake import Intake
from eclod.store.ledger import Ledger
from eclod.store.manifest import Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.store.staging import GraphContent, Staged
from eclod_loaders import installed, lifetimes, since
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.delivery import Delivery, Toolbox, deliver
from eclod_loaders.fetching import locating
from eclod_loaders.gating import assessing, policies
from eclod_loaders.gating.elsewhere import Elsewhere
from eclod_loaders.gating.judging import Before
from eclod_loaders.gating.merge import Merger
from eclod_loaders.history import History
from eclod_loaders.lifetimes import Lifetimes

ORIGIN: Final = "registries"
LEDGER: Final = "ledger.sqlite"
RULES: Final = "rules"
DOWNLOADS: Final = "intake/downloads"


@dataclass(slots=True)
class Outcome:
    """What a build did: the new release (None when nothing changed) and what became of each registry.

    `skipped` has the files that were not there, `gone` the registries of the release before that are no more.
    """

    manifest: Manifest | None
    current: str
    registries: list[RegistryEntry] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    skipped: dict[str, Sequence[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Plan:
    """One registry with its files as found, and the fingerprint of all that its delivery depends on."""

    registry: Registry
    located: tuple[tuple[Source, Path], ...]
    missing: tuple[str, ...]
    inputs: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The release before, and the rules a build goes by now."""

    releases: Releases
    release: Manifest
    rules: str

    def judged(self, registry: str, graph: str) -> Before | None:
        """Return what was judged of a registry, or None when there is nothing or the rules were others."""
        entry = self.release.graph(graph)
        if entry is None or self.release.system_inputs.get(RULES) != self.rules:
            return None
        dump = self.releases.folder(self.release.id) / "dumps" / f"{entry.dump}.nq.gz"
        warnings: Any = report_of(self.releases, self.release.id, registry).get("warnings", [])
        return Before(graph, lines.read_dump(dump), warnings)

    def read(self, contents: Iterable[GraphContent]) -> list[GraphContent]:
        """Return contents with the lines of those that are as they were."""
        folder = self.releases.folder(self.release.id) / "dumps"
        return [
            each if each.lines is not None else replace(each, lines=lines.read_dump(folder / f"{each.dump}.nq.gz"))
            for each in contents
        ]

    def read_reports(self, reports: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
        """Return reports with the content of those that are as they were."""
        folder = self.releases.folder(self.release.id)
        known = {name: folder / name for name, content in reports.items() if content is None}
        read = {name: path.read_bytes() for name, path in known.items() if path.exists()}
        return {name: content for name, content in ({**reports, **read}).items() if content is not None}


def build(
    settings: Settings,
    sources: Path | None,
    folders: Sequence[Path],
    at: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
    fetch: bool = True,
    afresh: bool = False,
) -> Outcome:
    """Build and publish a release from the registries in `folders`, with relative source files below `sources`.

    What a registry sent and had accepted stands in place of its own file. Without `fetch`, files at an address count as
    not there. Registries of the sandbox are left out. `afresh` takes no file over from the release before, whose store
    keeps strings that are in no statement any more.

    Raises Locked when another build holds the data folder, BadInput for a file or mapping that cannot be read, Damaged
    when the release before cannot be read, NotConforming when a check of `queries/checks/` finds something. The current
    release is untouched in all these cases.
    """
    releases = Releases(settings.data)
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    with releases.writing(), uncollected():
        previous = releases.current()
        progress("Reading code lists and shapes")
        tools = _toolbox(settings)
        system = installed.fingerprint()
        downloads = settings.data / DOWNLOADS if fetch else None
        known_registries = [each for each in registry_files.all_registries(folders) if not each.sandbox]
        accepted = Intake(settings.data).accepted()
        sent = {named: submission.delivered for named, submission in accepted.items()}
        policy = policies.read(folders, known_registries, accepted.values(), tools.names, tools.catalogue)
        plans = [_plan(registry, sources, downloads, system, sent) for registry in known_registries]
        outcome = Outcome(None, previous.id if previous else "")
        outcome.gone = _gone(previous, known_registries)
        contents, reports = [*installed.system_contents(tools.names)], dict[str, bytes | None]()
        same_names = previous is not None and (previous.origin, previous.base) == (ORIGIN, settings.base)
        before = _Known(releases, previous, system) if previous and same_names else None
        now = moment.isoformat(timespec="seconds")
        base = before.release if before else None
        life = Lifetimes(releases, base, tools.ledger, tools.names, now)
        tools = replace(tools, known=life.known, at=now, elsewhere=life.elsewhere)
        order = lifetimes.in_order(plan.registry for plan in plans)
        for plan in sorted(plans, key=lambda plan: order.index(plan.registry.name)):
            contents += _registry_contents(plan, before, tools, life, outcome, reports, progress)
        outcome.registries.sort(key=lambda entry: entry.name)
        contents += life.finish(frozenset(outcome.gone))
        history = History(releases, base, tools.names)
        things = {delivery.entry.name: len(delivery.things) for delivery in outcome.deliveries}
        outcome.registries = history.numbered(outcome.registries, things, now)
        contents.append(history.content(outcome.registries))
        contents += since.contents(contents, outcome.registries, releases, base, tools.names)
        if afresh and before is not None:
            contents, reports = before.read(contents), before.read_reports(reports)
        progress("Publishing")
        reports[policies.PUBLISHED] = policy.published()
        outcome.manifest = writer.publish(
            releases,
            _draft(settings, moment, outcome, {RULES: system, **policy.inputs()}),
            contents,
            Merger(policy, tools.catalogue),
            extras=reports,
            before_switch=lambda: _commit(tools.ledger, moment),
            approve=lambda staged: _check(staged, before),
            afresh=afresh,
        )
        outcome.current = releases.current_id()
        return outcome


def prepare(settings: Settings) -> None:
    """Read now what checks and builds need and what stays from one to the next; raises Damaged or BadInput."""
    _toolbox(settings)
    installed.fingerprint()
    installed.system_contents(Names(settings.base))


def check(settings: Settings, registry: Registry, source: Source, path: Path) -> Delivery:
    """Return what a build would make of one file of a registry; nothing is written and no identifier is given.

    Raises BadInput when the file as a whole cannot be read.
    """
    tools = replace(_toolbox(settings), elsewhere=Elsewhere.published(Releases(settings.data), settings.base))
    return deliver(registry, [(source, path)], [], "", tools)


def _check(staged: Staged, before: _Known | None) -> None:
    """Let the checks pass a release; one made on another by the same rules, for what changed only."""
    if before is None or staged.before is None or before.release.system_inputs.get(RULES) != before.rules:
        checks.run(staged.store, checks.load())
        return
    changed = staged.graphs.changed.keys()
    checks.run(staged.store, checks.load(), staged.subjects(changed), changed)


def _commit(ledger: Ledger, moment: datetime) -> None:
    ledger.commit(moment.isoformat(timespec="seconds"))


def _toolbox(settings: Settings) -> Toolbox:
    return Toolbox(
        names=Names(settings.base),
        catalogue=installed.catalogue(),
        codes=installed.code_lists(),
        gate=installed.gate(),
        ledger=_ledger(settings.data / LEDGER).renewed(),
        assessor=installed.assessor(),
    )


@lru_cache(1)
def _ledger(path: Path) -> Ledger:
    """Return the ledger of a data folder, which a publisher reads once for many releases."""
    return Ledger(path)


def _gone(previous: Manifest | None, present: Sequence[Registry]) -> list[str]:
    """Return the registries of the release before that are no longer among those that are built."""
    names = {registry.name for registry in present}
    return [entry.name for entry in previous.registries if entry.name not in names] if previous else []


def _draft(settings: Settings, moment: datetime, outcome: Outcome, inputs: Mapping[str, str]) -> Manifest:
    return Manifest(
        id=moment.strftime("%Y%m%dT%H%M%SZ"),
        previous=None,
        created=moment.isoformat(timespec="seconds"),
        base=settings.base,
        origin=ORIGIN,
        quads=0,
        dataset_sha256="",
        graphs=(),
        registries=tuple(outcome.registries),
        ontology_version=installed.ontology_version(),
        code_version=eclod.__version__,
        system_inputs=dict(inputs),
    )


def _plan(
    declared: Registry, sources: Path | None, downloads: Path | None, system: str, sent: Mapping[tuple[str, str], Path]
) -> _Plan:
    registry = registry_files.expanded(declared, sources, [file for name, file in sent if name == declared.name])
    located, missing = [], []
    for source in registry.sources:
        try:
            path = sent.get((registry.name, source.file))
            if path is not None and not path.exists():  # removed when something in it was erased
                missing.append(f"{source.file} (removed; the registry has to send it again)")
                continue
            path = path or locating.locate(source, registry, sources, downloads)
        except BadInput as error:
            missing.append(f"{source.file} ({error.message})")
            continue
        if path is None:
            missing.append(source.file)
        else:
            located.append((source, path))
    digest = hashlib.sha256(system.encode())
    for path in [*sorted(p for p in registry.folder.iterdir() if p.is_file()), *(path for _, path in located)]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(_content(path)).digest())
    return _Plan(registry, tuple(located), tuple(missing), digest.hexdigest())


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"The file {path} cannot be read: {error.strerror}. Check that it is there and readable."
        ) from error


def _registry_contents(
    plan: _Plan,
    before: _Known | None,
    tools: Toolbox,
    life: Lifetimes,
    outcome: Outcome,
    reports: dict[str, bytes | None],
    progress: Callable[[str], None],
) -> list[GraphContent]:
    """Return the graphs of a registry: anew when an input changed, else as they were.

    A registry of which no file is there is skipped; if the release before has it, it keeps what it had, and so does one
    of which the release before had more files than there are now.
    """
    name = plan.registry.name
    report = f"reports/{name}.json"
    known = before.release.registry(name) if before else None
    if plan.missing:
        outcome.skipped[name] = plan.missing
    lost = known is not None and bool(plan.missing) and len(plan.located) < len(known.sources)
    unchanged = known is not None and known.inputs == life.fingerprint(plan.registry, plan.inputs)
    if known is not None and (unchanged or lost or not plan.located):
        outcome.reused.append(name)
        outcome.registries.append(known)
        reports[report] = None
        assert before is not None
        # Graphs that the release before had: an earlier version may have made fewer.
        return [each for each in _graphs(plan.registry, tools.names, None) if before.release.graph(each.iri)]
    if not plan.located:
        return []
    progress(f"Reading {name}")
    judged = before.judged(name, tools.names.registry_graph(name)) if before else None
    past = life.past(plan.registry, report_of(before.releases, before.release.id, name)) if before else None
    delivery = deliver(plan.registry, plan.located, plan.missing, plan.inputs, tools, judged, past)
    life.after(plan.registry, delivery)
    # What holds after this delivery, so that the same files again are known to give the same.
    now = life.fingerprint(plan.registry, plan.inputs)
    delivery.entry = delivery.entry.model_copy(update={"inputs": now})
    outcome.deliveries.append(delivery)
    outcome.registries.append(delivery.entry)
    reports[report] = delivery.report()
    contents = _graphs(plan.registry, tools.names, delivery)
    delivery.forget()
    return contents


def _graphs(registry: Registry, names: Names, delivery: Delivery | None) -> list[GraphContent]:
    def content(kind: str, iri: str, triples: Iterable[Triple] | None, merged: bool = False) -> GraphContent:
        graph = None if triples is None else lines.of_triples(triples, iri)
        return GraphContent(iri, f"{kind}-{registry.name}", graph, merged, registry.licence)

    name = registry.name
    graphs = [
        content("registry", names.registry_graph(name), delivery.data if delivery else None, merged=True),
        content("provenance", names.graph(f"provenance/{name}"), delivery.provenance if delivery else None),
        content("identifiers", names.graph(f"identifiers/{name}"), delivery.identifiers if delivery else None),
    ]
    if assessing.concerns(registry) and (delivery is None or delivery.assessments):
        about = delivery.assessments if delivery else None
        graphs.append(content("assessments", names.graph(f"assessments/{name}"), about, merged=True))
    if delivery is None or delivery.remarks:
        graphs.append(content("warnings", names.graph(f"warnings/{name}"), delivery.remarks if delivery else None))
    return graphs


def report_of(releases: Releases, release: str, registry: str) -> dict[str, object]:
    """Return the stored report of a registry in a release."""
    path = releases.folder(release) / "reports" / f"{registry}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
