"""Building a release: lock, deliver what changed, gate, merge, publish; until the last step the old one stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from pyoxigraph import RdfFormat, Triple
from pyoxigraph import parse as parse_rdf

import eclod
import eclod_loaders
from eclod.core import assets
from eclod.core.errors import BadInput, Damaged
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.rdf import competency, competency_graph, fields, query_catalogue, query_graph
from eclod.rdf.gate import Gate
from eclod.rdf.vocabulary import editions, style
from eclod.store import checks, lines, writer
from eclod.store.ledger import Ledger
from eclod.store.manifest import Manifest, RegistryEntry
from eclod.store.releases import Releases
from eclod.store.writer import GraphContent
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.declarations.registry import Registry, Source
from eclod_loaders.delivery import Delivery, Toolbox, deliver
from eclod_loaders.gating import assessing
from eclod_loaders.gating.judging import Before
from eclod_loaders.gating.merge import Precedence

ORIGIN: Final = "registries"
LEDGER: Final = "ledger.sqlite"
RULES: Final = "rules"
DOWNLOADS: Final = "intake/downloads"
CC_BY: Final = "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"


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


def build(
    settings: Settings,
    sources: Path | None,
    folders: Sequence[Path],
    at: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Build and publish a release from the registries in `folders`, with relative source files below `sources`.

    Raises Locked when another build holds the data folder, BadInput for a file or mapping that cannot be read, Damaged
    when the release before cannot be read, NotConforming when a check of `queries/checks/` finds something. The current
    release is untouched in all these cases.
    """
    releases = Releases(settings.data)
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    with releases.writing():
        previous = releases.current()
        progress("Reading code lists and shapes")
        tools = _toolbox(settings)
        system = _system_fingerprint(tools.codes)
        downloads = settings.data / DOWNLOADS
        known_registries = registry_files.all_registries(folders)
        plans = [_plan(registry, sources, downloads, system) for registry in known_registries]
        outcome = Outcome(None, previous.id if previous else "")
        outcome.gone = _gone(previous, known_registries)
        contents, reports = _system_contents(tools), dict[str, bytes | None]()
        for plan in sorted(plans, key=lambda plan: plan.registry.name):
            same_names = previous is not None and (previous.origin, previous.base) == (ORIGIN, settings.base)
            before = _Known(releases, previous, system) if previous and same_names else None
            contents += _registry_contents(plan, before, tools, outcome, reports, progress)
        progress("Publishing")
        precedence = Precedence(
            [
                tools.names.registry_graph(plan.registry.name)
                for plan in sorted(plans, key=lambda plan: (plan.registry.precedence, plan.registry.name))
            ],
            tools.catalogue,
        )
        outcome.manifest = writer.publish(
            releases,
            _draft(settings, moment, outcome, system, [plan.registry for plan in plans]),
            contents,
            precedence,
            extras=reports,
            before_switch=lambda: _commit(tools.ledger, moment),
            approve=lambda store: checks.run(store, checks.load()),
        )
        outcome.current = releases.current_id()
        return outcome


def check(settings: Settings, registry: Registry, source: Source, path: Path) -> Delivery:
    """Return what a build would make of one file of a registry; nothing is written and no identifier is given.

    Raises BadInput when the file as a whole cannot be read.
    """
    return deliver(registry, [(source, path)], [], "", _toolbox(settings))


def _commit(ledger: Ledger, moment: datetime) -> None:
    ledger.commit(moment.isoformat(timespec="seconds"))


def _toolbox(settings: Settings) -> Toolbox:
    codes = code_lists()
    return Toolbox(
        names=Names(settings.base),
        catalogue=fields.load(),
        codes=codes,
        gate=Gate(),
        ledger=Ledger(settings.data / LEDGER),
        assessor=assessing.Assessor(codes),
    )


@cache
def code_lists() -> CodeLists:
    """Return the code lists, read once: they come from installed packages and do not change while a process runs."""
    return CodeLists.load()


def _gone(previous: Manifest | None, present: Sequence[Registry]) -> list[str]:
    """Return the registries of the release before that are no longer among those that are built."""
    names = {registry.name for registry in present}
    return [entry.name for entry in previous.registries if entry.name not in names] if previous else []


def _draft(
    settings: Settings, moment: datetime, outcome: Outcome, rules: str, registries: Iterable[Registry]
) -> Manifest:
    ranks = {f"precedence of {registry.name}": str(registry.precedence) for registry in registries}
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
        ontology_version=ontology_version(),
        code_version=eclod.__version__,
        system_inputs={RULES: rules, **ranks},
    )


def _plan(declared: Registry, sources: Path | None, downloads: Path, system: str) -> _Plan:
    registry = registry_files.expanded(declared, sources)
    located, missing = [], []
    for source in registry.sources:
        try:
            path = registry_files.locate(source, registry, sources, downloads)
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
    if known is not None and (known.inputs == plan.inputs or lost or not plan.located):
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
    delivery = deliver(plan.registry, plan.located, plan.missing, plan.inputs, tools, judged)
    outcome.deliveries.append(delivery)
    outcome.registries.append(delivery.entry)
    reports[report] = delivery.report()
    return _graphs(plan.registry, tools.names, delivery)


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
    if assessing.concerns(registry):
        about = delivery.assessments if delivery else None
        graphs.append(content("assessments", names.graph(f"assessments/{name}"), about, merged=True))
    return graphs


def _system_contents(tools: Toolbox) -> list[GraphContent]:
    """Return the graphs that no registry brings: code lists, ontology, shapes, saved queries.

    Raises Damaged when the ontology or a code list of ours breaks its own rules.
    """
    if broken := style.problems(editions.current()):
        raise Damaged(f"The vocabulary breaks its own rules; correct it: {'; '.join(broken)}.")
    own_schemes = "schemes"
    ontology = [p for p in assets.turtle_files("ontology") if own_schemes not in p.parts]
    graphs = {
        "codelists": tools.codes.triples(),
        "ontology": _turtle(ontology),
        "shapes": _turtle(assets.turtle_files("shapes")),
        "queries": [
            *query_graph.triples(query_catalogue.load(base=tools.names.base), tools.names),
            *competency_graph.triples(competency.load(), tools.names),
        ],
    }
    merged = ("codelists", "ontology")  # the others are about the data
    return [
        GraphContent(
            iri := tools.names.graph(name), name, lines.of_triples(triples, iri), merged=name in merged, licence=CC_BY
        )
        for name, triples in graphs.items()
    ]


def _turtle(paths: Iterable[Path]) -> Iterable[Triple]:
    return (quad.triple for path in paths for quad in parse_rdf(path=path, format=RdfFormat.TURTLE))


def _system_fingerprint(codes: CodeLists) -> str:
    """Return a hash of all that every registry's delivery depends on: code lists, shapes, and this code."""
    digest = hashlib.sha256(codes.fingerprint.encode())
    service, loaders = (Path(str(package.__file__)).parent for package in (eclod, eclod_loaders))
    code = [p for folder in (service / "core", service / "rdf", loaders) for p in folder.rglob("*.py")]
    methods = assets.folder("ontology") / "cubes.ttl"  # has the parameters of what is computed
    for path in [*assets.turtle_files("shapes"), methods, *sorted(code)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def ontology_version() -> str:
    """Return the version that the ontology states about itself."""
    for quad in parse_rdf(path=assets.folder("ontology") / "eclod.ttl", format=RdfFormat.TURTLE):
        if quad.predicate.value == "http://www.w3.org/2002/07/owl#versionInfo":
            return str(getattr(quad.object, "value", ""))
    return ""


def report_of(releases: Releases, release: str, registry: str) -> dict[str, object]:
    """Return the stored report of a registry in a release."""
    path = releases.folder(release) / "reports" / f"{registry}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
