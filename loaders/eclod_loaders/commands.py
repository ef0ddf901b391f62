"""What the command line can do with sources: build a release, check a file, look at registries."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from eclod.core import assets, settings
from eclod.core.errors import BadInput, NotFound
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.rdf import fields
from eclod.store import conflicts
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import from_rdf, installed, pipeline
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.matching import index
from eclod_loaders.onboarding import newcomer, summary, template_files
from eclod_loaders.onboarding.newcomer import Who
from eclod_loaders.onboarding.template import TemplateMaker
from eclod_loaders.onboarding.template_files import FORMATS
from eclod_loaders.pipeline import Outcome
from eclod_loaders.publishing import commands as publishing
from eclod_loaders.reporting import dry_run, terminal
from eclod_loaders.reporting.language import LANGUAGES, speech
from eclod_loaders.rows import Problem

_SHOWN_PROBLEMS = 20

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")


@click.command()
@click.option("--sources", type=click.Path(path_type=Path), help="Folder below which registries' relative files are.")
@click.option(
    "--registries",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder with registries, beside the ones that come with eclod; may be repeated.",
)
@click.option(
    "--from-rdf",
    "rdf_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Publish this RDF file as it is instead (no mapping, identifiers or gate); may be repeated.",
)
@click.argument("more_rdf", nargs=-1, type=click.Path(path_type=Path))
@click.option("--base-iri", help="Base for relative IRIs in the files of --from-rdf.")
@_data
@_json
def build(
    sources: Path | None,
    folders: tuple[Path, ...],
    rdf_files: tuple[Path, ...],
    more_rdf: tuple[Path, ...],
    base_iri: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Make a release and switch to it.

    Without options from what comes with eclod; with --sources also from the registries' own files. Further files after
    --from-rdf FILE are taken as RDF files too.
    """
    chosen = settings.from_environment(data=data)
    console = Console(stderr=True, highlight=False)
    started = time.monotonic()
    if more_rdf and not rdf_files:
        raise BadInput(
            f"'{more_rdf[0]}' is not understood; name RDF files with --from-rdf, other files in a registry.toml."
        )
    with console.status("") as status:
        say: Callable[[str], None] = status.update
        if rdf_files:
            manifest = from_rdf.build_from_rdf(chosen, [*rdf_files, *more_rdf], base_iri, progress=say)
            outcome = Outcome(manifest, Releases(chosen.data).current_id())
        else:
            for folder in [folder for folder in (sources, *folders) if folder is not None]:
                if not folder.is_dir():
                    raise BadInput(f"There is no folder {folder}; check --sources and --registries.")
            below = sources or (Path(chosen.sources) if chosen.sources else None)
            outcome = pipeline.build(chosen, below, [*_known_folders(chosen), *folders], progress=say)
            if outcome.manifest is not None:
                index.refresh(Releases(chosen.data), Names(chosen.base))
    seconds = time.monotonic() - started
    if as_json:
        click.echo(json.dumps(_summary(outcome, seconds), ensure_ascii=False, indent=1))
    else:
        _print_outcome(console, outcome, chosen.data, seconds)


def _summary(outcome: Outcome, seconds: float) -> dict[str, Any]:
    return {
        "release": outcome.current,
        "changed": outcome.manifest is not None,
        "seconds": round(seconds, 3),
        "dataset_sha256": outcome.manifest.dataset_sha256 if outcome.manifest else None,
        "registries": [entry.model_dump(mode="json") for entry in outcome.registries],
        "reused": outcome.reused,
        "skipped": {name: list(files) for name, files in outcome.skipped.items()},
        "gone": outcome.gone,
    }


def _print_outcome(console: Console, outcome: Outcome, data: Path, seconds: float) -> None:
    if outcome.registries:
        table = Table("registry")
        for name in ("read", "accepted", "rejected", "ignored"):
            table.add_column(name, justify="right")
        table.add_column("")
        for entry in outcome.registries:
            counts = (entry.read, entry.accepted, entry.rejected, entry.ignored)
            table.add_row(entry.name, *map(str, counts), "unchanged" if entry.name in outcome.reused else "")
        console.print(table)
    for delivery in outcome.deliveries:
        for problem in delivery.problems[:_SHOWN_PROBLEMS]:
            console.print(f"rejected: {delivery.entry.name}: {_sentence(problem)}", markup=False, soft_wrap=True)
        if len(delivery.problems) > _SHOWN_PROBLEMS:
            console.print(
                f"… and {len(delivery.problems) - _SHOWN_PROBLEMS} more in reports/{delivery.entry.name}.json"
            )
    for name, files in outcome.skipped.items():
        are = "is" if len(files) == 1 else "are"
        console.print(
            f"{name}: {_what_became(name, outcome)}, {', '.join(files)} {are} not there (see --sources)",
            markup=False,
            soft_wrap=True,
        )
    for name in outcome.gone:
        console.print(f"{name}: taken out of the release, it is no longer among the registries (see --registries)")
    manifest = outcome.manifest
    if manifest is None:
        console.print(f"Nothing changed: the current release is still {outcome.current} ({seconds:.1f} s).")
        return
    console.print(
        f"Release {manifest.id}: {manifest.quads:,} quads in {len(manifest.graphs)} graphs, "
        f"dataset {manifest.dataset_sha256}, {seconds:.1f} s, in {data}.",
        soft_wrap=True,
    )


def _what_became(name: str, outcome: Outcome) -> str:
    """Return what a build did with a registry of which a file is missing."""
    if name in outcome.reused:
        return "keeps what the release before has"
    return "goes on with its other files" if any(each.name == name for each in outcome.registries) else "skipped"


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--registry", "name", required=True, help="The registry the file belongs to.")
@click.option("--registries", "folders", multiple=True, type=click.Path(path_type=Path), help="Further registries.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="Folder for reports: HTML, annotated copy, JSON, SHACL."
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the report (else the registry's).")
@_data
@_json
def validate(
    file: Path,
    name: str,
    folders: tuple[Path, ...],
    report: Path | None,
    language: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Check a file as a build would, and change nothing; the exit code is 1 when a row would be rejected.

    With --report, also compare it with the current release: what would be added, changed, retired, and what is perhaps
    the same as something in another registry.
    """
    found = _find(name, folders)
    if not file.is_file():
        raise BadInput(f"There is no file {file}; check the path.")
    named = [source for source in found.sources if PurePosixPath(file.name).match(PurePosixPath(source.file).name)]
    if not named and len(found.sources) > 1:
        names = ", ".join(Path(source.file).name for source in found.sources)
        raise BadInput(
            f"The registry {name} has several files ({names}); give the file the name of the one it stands for."
        )
    source = (named or list(found.sources))[0].model_copy(update={"file": file.name})
    chosen = settings.from_environment(data=data)
    if report is not None:
        run = dry_run.run(chosen, found, source, file, language)
        delivery, written = run.delivery, dry_run.write(run, report)
    else:
        delivery, written = pipeline.check(chosen, found, source, file), []
    if as_json:
        click.echo(delivery.report().decode(), nl=False)
    elif report is not None:
        console = Console(highlight=False, soft_wrap=True)
        for line in terminal.lines(run):
            console.print(line, markup=False)
        console.print("\n".join(map(str, written)), markup=False)
    else:
        console = Console(highlight=False)
        for problem in (*delivery.problems, *delivery.notices):
            console.print(_sentence(problem), markup=False, soft_wrap=True)
        entry = delivery.entry
        console.print(
            f"{entry.read} rows read: {entry.accepted} accepted, {entry.rejected} rejected, {entry.ignored} ignored."
        )
        if lost := _lost(chosen, name):
            console.print(
                f"Values of {name} that are not in the merged view of the current release, because another registry "
                f"says otherwise: {lost} (/merging/conflicts?registry={name}).",
                soft_wrap=True,
            )
    if delivery.entry.rejected:
        raise SystemExit(1)


def _lost(chosen: Settings, registry: str) -> int:
    """Return how many values of a registry another one is believed over, in the current release."""
    current = Releases(chosen.data).current()
    if current is None:
        return 0
    known = conflicts.Conflicts(Releases(chosen.data).folder(current.id) / conflicts.FILE)
    return known.count(graph=Names(chosen.base).registry_graph(registry))


def _sentence(problem: Problem) -> str:
    place = f"{problem.file}, row {problem.row}" + (f" ({problem.place})" if problem.place else "")
    place += f", column {problem.column}" if problem.column else ""
    said = problem.suggestion is None or problem.suggestion in problem.message
    return f"{place}: {problem.message}" + ("" if said else f" Perhaps {problem.suggestion}?")


def _known_folders(chosen: Settings) -> list[Path]:
    return [assets.folder("registries"), *settings.folders(chosen.registries)]


def _find(name: str, folders: tuple[Path, ...] = ()) -> Registry:
    beside = _known_folders(settings.from_environment())
    known = {each.name: each for each in registry_files.all_registries([*beside, *folders])}
    if name not in known:
        raise NotFound(f"There is no registry '{name}'; there are {', '.join(known)}.")
    return known[name]


@click.group()
def registry() -> None:
    """Look at the registries this installation knows."""


@registry.command("list")
@_data
@_json
def list_registries(data: Path | None, as_json: bool) -> None:
    """List the registries and what the current release has of each."""
    manifest = _current(data)
    known = registry_files.all_registries(_known_folders(settings.from_environment(data=data)))
    rows = []
    for each in known:
        entry = manifest.registry(each.name) if manifest else None
        rows.append({"name": each.name, "title": _title(each), "accepted": entry.accepted if entry else None})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("registry", "title", "rows in the current release")
    for row in rows:
        table.add_row(str(row["name"]), str(row["title"]), "-" if row["accepted"] is None else str(row["accepted"]))
    Console(highlight=False).print(table)


@registry.command("show")
@click.argument("name")
@_data
@_json
def show_registry(name: str, data: Path | None, as_json: bool) -> None:
    """Show one registry: who, licence, sources, and the counts of the current release."""
    found, manifest = _find(name), _current(data)
    entry = manifest.registry(name) if manifest else None
    facts: dict[str, Any] = {
        "name": name,
        "title": found.title,
        "publisher": found.publisher,
        "licence": found.licence,
        "country": found.country,
        "language": found.language,
        "source": found.source,
        "files": [source.file for source in found.sources],
        "release": entry.model_dump(mode="json") if entry else None,
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    table = Table(show_header=False)
    for label, value in facts.items():
        table.add_row(label, json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value))
    Console(highlight=False).print(table)


@registry.command("new")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--into", type=click.Path(path_type=Path), default=Path("registries"), help="Folder of your registries.")
@click.option("--title", help="What the registry is called.")
@click.option("--publisher", help="Who publishes it.")
@click.option("--country", help="Two letters; else those that NAME begins with, as in pl-clusters.")
@click.option("--language", help="Of its texts, two letters; else the first of the country.")
@click.option("--licence", default="", help="Address of the licence.")
@click.option("--source", default="", help="Page where the register is published.")
@click.option("--shape", help="What a row is, such as Cluster; else the likeliest.")
@click.option("--encoding", help="How the file is encoded; else the likeliest.")
def new_registry(name: str, file: Path, into: Path, **said: str | None) -> None:
    """Make a registry NAME from a first FILE: its folder, with a mapping to review. What is not said is asked for."""
    who = _who(name, said)
    made = newcomer.make(name, file, into, who, said["shape"], said["encoding"])
    console = Console(highlight=False, soft_wrap=True)
    for line in summary.lines(made, file):
        console.print(line, markup=False)


for _command in (publishing.token, publishing.submit, publishing.promote, publishing.submissions):
    registry.add_command(_command)


def _who(name: str, said: dict[str, str | None]) -> Who:
    """Return who publishes a new registry, asked for on a terminal where it was not said."""
    ask = sys.stdin.isatty()

    def answer(option: str, question: str, default: str) -> str:
        given = said[option]
        if given is None:
            given = str(click.prompt(question, default=default)) if ask else default
        return given.strip()

    country = answer("country", "Country (two letters, empty for a European one)", newcomer.country_of(name)).upper()
    language = answer("language", "Language of its texts (two letters)", newcomer.language_of(country)).lower()
    title = answer("title", "Title", name)
    publisher = answer("publisher", "Who publishes it", title)
    return Who(title, publisher, country, language, said["licence"] or "", "", said["source"] or "")


@registry.command("template")
@click.argument("shape")
@click.option("--format", "form", type=click.Choice(FORMATS), default="xlsx", show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the columns.")
@click.option("--country", default="", help="Two letters: adds columns for VAT and company numbers of that country.")
@click.option("--into", type=click.Path(path_type=Path), default=Path(), help="Folder to write to.")
def template_of(shape: str, form: str, language: str, country: str, into: Path) -> None:
    """Write a blank table for things of a SHAPE such as Cluster; `registry new` knows one that is filled in."""
    say = speech(language)
    made = TemplateMaker(fields.load(), say, country.upper()).make(shape)
    for path in template_files.write(made, into, form, installed.code_lists(), say):
        click.echo(str(path))


def _current(data: Path | None) -> Manifest | None:
    return Releases(settings.from_environment(data=data).data).current()


def _title(found: Registry) -> str:
    title: str = found.title.get("en") or next(iter(found.title.values()))
    return title
