"""The endpoint beside others on the same data: medians, requests per second, fairness, memory, each with its goal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import click

from benchmarks import comparison, fairness, goals, questions, servers, throughput
from benchmarks.comparison import Measured
from benchmarks.engines import (
    JSON,
    OURS,
    OURS_CACHED,
    OXIGRAPH,
    RDFLIB,
    TRIFID,
    UNCACHED,
    VIRTUOSO,
    Engine,
    InProcess,
    OverHttp,
)
from benchmarks.goals import Goal
from benchmarks.processes import CouldNotRun, NotInstalled, memory
from benchmarks.questions import Question
from eclod.core import iris

#: Besides these there are always our service and pyoxigraph in process.
OTHERS: Final = (OXIGRAPH, VIRTUOSO, RDFLIB, TRIFID)

_WIDTH: Final = 17
#: An executor that nobody asks gives up its copies after 10 seconds.
_REST_SECONDS: Final = 15
_MIB: Final = 2**20
#: Things that are asked for again and again.
_OFTEN_ASKED: Final = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: the data as a file, a release of it (None: build one), which others, and for how long."""

    file: Path
    data: Path | None
    others: Sequence[str]
    query_seconds: float
    load_seconds: int
    fairness_seconds: float


def measure(folder: Path, plan: Plan) -> bool:
    """Measure and print everything about the endpoint; return whether all that is installed could run."""
    click.echo(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before anything is started")
    with ExitStack() as stack:
        service = _started(stack, OURS, partial(_start_eclod, _made(folder / "eclod"), plan))
        starts: dict[str, Callable[[], OverHttp]] = {
            OXIGRAPH: partial(servers.oxigraph, _made(folder / "oxigraph"), plan.file),
            VIRTUOSO: partial(servers.virtuoso, _made(folder / "virtuoso"), plan.file),
            RDFLIB: partial(servers.rdflib, _made(folder / "rdflib"), plan.file, plan.query_seconds),
        }
        others, complete = _installed(stack, {name: starts[name] for name in plan.others if name in starts})
        pages: list[OverHttp] = []
        if TRIFID in plan.others:
            store = next((each for each in others if each.name == OXIGRAPH), None)
            start = partial(servers.trifid, _made(folder / "trifid"), store)
            pages, could_run = _installed(stack, {TRIFID: start})
            complete &= could_run
        in_process = InProcess(plan.file)
        asked = questions.all_of_them(in_process.store)
        cached = replace(service, name=OURS_CACHED, headers={}, repeats=True)
        engines: list[Engine] = [service, cached, in_process, *others]
        measured = comparison.ask_all(asked, engines)
        _print_medians(measured, asked, [engine.name for engine in engines])
        things = questions.organisations(in_process.store)
        _print_throughput(folder, _loads(service, others, pages, things), plan.load_seconds)
        _print_fairness(service, asked[0], plan.fairness_seconds)
        _print_memory(service.server.pid)
        return complete and not measured.failed


def _installed(stack: ExitStack, starts: Mapping[str, Callable[[], OverHttp]]) -> tuple[list[OverHttp], bool]:
    """Start what is installed, and return it with whether all of that could run."""
    started, complete = [], True
    for name, start in starts.items():
        try:
            started.append(_started(stack, name, start))
        except NotInstalled as missing:
            click.echo(f"{name} is left out: {missing}.")
        except CouldNotRun as error:
            click.echo(f"{name} is left out, which is a fault: {error}")
            complete = False
    return started, complete


def _start_eclod(folder: Path, plan: Plan) -> OverHttp:
    return servers.eclod(folder, plan.data or servers.build_eclod(folder, plan.file))


def _started(stack: ExitStack, name: str, start: Callable[[], OverHttp]) -> OverHttp:
    """Start an engine, say how long that took, and see to it that it is stopped in the end."""
    click.echo(f"  loading {name}", err=True)
    started = time.perf_counter()
    engine = start()
    stack.callback(engine.server.stop)
    stack.callback(engine.close)
    click.echo(f"{name} loaded and ready after {time.perf_counter() - started:.1f} s")
    return engine


def _print_medians(measured: Measured, asked: Sequence[Question], engines: Sequence[str]) -> None:
    click.echo(
        "\nMedian milliseconds of an answer over connections that stay open; asked in turn, quick ones a few at once"
    )
    click.echo(_line("", "rows", *engines))
    for question in asked:
        rows = f"{measured.rows.get(question.name, 0):,}"
        click.echo(_line(question.name, rows, *(measured.cell(question.name, engine) for engine in engines)))
    click.echo("\nOf these, the first of each turn, after the other engines have had theirs")
    for question in asked:
        if question.succession > 1:
            firsts = (measured.first(question.name, engine) for engine in engines)
            click.echo(_line(question.name, "", *firsts))
    click.echo(f"\nTimes as long as {OURS} takes")
    click.echo(_line("", "", *engines))
    for question in asked:
        click.echo(_line(question.name, "", *(_ratio(measured, question.name, engine) for engine in engines)))
    click.echo("\nGoals, meant for --factor 1 on two cores that do nothing else")
    for question in asked:
        for position, goal in enumerate(goals.of_question(measured, question.name)):
            click.echo(f"  {'' if position else question.name:24s} {goal}")
    click.echo("\nSame rows from all engines" if not measured.notes else "\nNotes")
    for note in measured.notes:
        click.echo(f"  {note}")


def _ratio(measured: Measured, question: str, engine: str) -> str:
    theirs, ours = measured.median(question, engine), measured.median(question, OURS)
    return "–" if theirs is None or ours is None else f"{theirs / ours:,.2f}"


def _line(name: str, rows: str, *cells: str) -> str:
    return f"  {name:24s}{rows:>9s}" + "".join(f"{cell:>{_WIDTH}s}" for cell in cells)


@dataclass(frozen=True, slots=True)
class _Load:
    """What wrk asks for, of whom, and how many requests per second there should be, if that is said."""

    what: str
    engine: OverHttp
    paths: Sequence[str]
    headers: Mapping[str, str]
    goal: int | None = None


def _loads(
    service: OverHttp, others: Sequence[OverHttp], pages: Sequence[OverHttp], things: Sequence[str]
) -> Iterator[_Load]:
    def queries(engine: OverHttp, count: int | None = None) -> list[str]:
        return [engine.target(f"SELECT ?p ?o WHERE {{ <{thing}> ?p ?o }}") for thing in things[:count]]

    names = iris.Names()
    paths = [path for thing in things if (path := names.path_of(thing))]
    documents = [path.replace("/id/", "/doc/", 1) for path in paths]
    json = {"Accept": JSON}
    yield _Load("point, not cached", service, queries(service), json | UNCACHED, goals.UNCACHED_PER_SECOND)
    yield _Load("point, cached", service, queries(service, 1), json, goals.CACHED_PER_SECOND)
    for name, accept, cached in (
        ("Turtle", "text/turtle", goals.CACHED_TURTLE_PER_SECOND),
        ("HTML", "text/html", goals.CACHED_PAGES_PER_SECOND),
    ):
        said, few = {"Accept": accept}, documents[:_OFTEN_ASKED]
        yield _Load(f"thing as {name}, not cached", service, documents, said | UNCACHED, goals.PAGES_PER_SECOND)
        yield _Load(f"thing as {name}, cached", service, few, said, cached)
    for other in others:
        yield _Load("point", other, queries(other), json)
    for other in pages:
        yield _Load("thing as Turtle", other, paths, {"Accept": "text/turtle"})
        yield _Load("thing as HTML", other, paths, {"Accept": "text/html"})


def _print_throughput(folder: Path, loads: Iterable[_Load], seconds: int) -> None:
    click.echo(f"\nRequests per second over {throughput.CONNECTIONS} connections, {seconds} s each")
    for load in loads:
        try:
            found = throughput.measure(folder, load.engine.port, load.paths, load.headers, seconds)
        except NotInstalled as missing:
            click.echo(f"  left out: {missing}.")
            return
        name = f"{load.engine.name}: {load.what}"
        goal = f"  {Goal('', found.per_second, load.goal, at_least=True)}" if load.goal else ""
        faults = (
            f"  {found.refused:,} answers above 399, {found.broken:,} broken" if found.refused + found.broken else ""
        )
        latency = f"p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms"
        click.echo(f"  {name:34s}{found.per_second:>8,.0f}/s  {latency}{goal}{faults}")


def _print_fairness(service: OverHttp, question: Question, seconds: float) -> None:
    felt = fairness.measure(service, question, seconds)
    click.echo("\nPoint queries of one client while another asks for cross joins over four connections without pause")
    for what, side in (("alone", felt.alone), ("beside", felt.beside)):
        unanswered = f", {side.refused:,} without an answer" if side.refused else ""
        click.echo(f"  {what:24s} p50 {side.p50:.1f} ms, p99 {side.p99:.1f} ms, {side.asked:,} asked{unanswered}")
    if felt.refusal:
        click.echo(f"  for instance {felt.refusal}")
    click.echo(f"  {Goal('p99 beside', felt.beside.p99, goals.FAIR_P99_MS, unit=' ms')}")
    said = ", ".join(f"{count:,} × {status}" for status, count in sorted(felt.statuses.items())) or "nothing"
    click.echo(f"  the other client was told {said}")


def _print_memory(pid: int) -> None:
    """Print what the service takes when it has just worked, and at rest, when executors have given up their copies."""
    worked = [size / _MIB for size in memory(pid)]
    time.sleep(_REST_SECONDS)
    rested = [size / _MIB for size in memory(pid)]
    click.echo(f"\nMemory of all {len(rested)} processes of {OURS} together")
    click.echo(f"  right after all of this {sum(worked):,.0f} MiB, of which {_listed(worked)} MiB each")
    click.echo(f"  {Goal(f'{_REST_SECONDS} s later', sum(rested), round(goals.MEMORY_MIB), unit=' MiB')}")
    click.echo(f"  of which {_listed(rested)} MiB each")


def _listed(sizes: Sequence[float]) -> str:
    return ", ".join(f"{size:,.0f}" for size in sizes)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
