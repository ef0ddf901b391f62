"""What the command line can do with releases: serve them, ask them, list, compare and switch them."""

from __future__ import annotations

import json
import logging
import resource
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
import pyoxigraph as ox
from rich.console import Console
from rich.table import Table

from eclod.core import formats
from eclod.core import settings as setting_table
from eclod.core.errors import BadInput, BadSetting, Damaged, NotFound
from eclod.core.formats import Format
from eclod.core.parents import end_with_parent
from eclod.core.settings import Settings
from eclod.store import allocator, lines
from eclod.store.engine import Question
from eclod.store.feed import announcing
from eclod.store.inprocess import InProcessEngine
from eclod.store.linkbacks.process import LinkbackProcess
from eclod.store.manifest import Manifest
from eclod.store.publishing import PublisherProcess
from eclod.store.releases import Releases
from eclod.store.supervisor import Supervisor

log = logging.getLogger(__name__)

_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_data = click.option("--data", type=click.Path(path_type=Path), help="Data folder (else ECLOD_DATA).")

#: Where the web workers find the sockets; set by `serve` for the processes it starts, not a setting of the operator's.
RUN_FOLDER_VARIABLE = "RUN_FOLDER_OF_ECLOD"
#: Connections that are open at the same time; one that nobody asks over costs a few kilobytes.
_CONNECTIONS = 4096
_HEADER_SECONDS = 20


@click.command()
@click.option("--host", help="Address to listen on (else HOST).")
@click.option("--port", help="Port to listen on (else PORT).")
@_data
def serve(host: str | None, port: str | None, data: Path | None) -> None:
    """Serve the current release until stopped; a new release is switched to without a failed request."""
    chosen = setting_table.from_environment(host=host, port=port, data=data)
    Releases(chosen.data).check_version()
    announcing.bring_up_to_date(Releases(chosen.data))
    _check_port(chosen)
    supervisor, publisher, linkbacks = Supervisor(chosen), PublisherProcess(chosen), LinkbackProcess(chosen)
    started = time.monotonic()
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        release = supervisor.start()
        web = _start_web(chosen, supervisor.run_folder)
        try:
            _wait_until_listening(chosen, web)
            Console(stderr=True, highlight=False).print(
                f"Serving release {release} at http://{chosen.host}:{chosen.port}/ "
                f"(ready after {time.monotonic() - started:.1f} s; stop with Ctrl-C)",
                soft_wrap=True,
            )
            while not stopping and web.poll() is None:
                supervisor.step(0.1)
                publisher.step()
                linkbacks.step()
        finally:
            linkbacks.stop()
            publisher.stop()
            _end(web)
    finally:
        supervisor.stop()
    if not stopping:
        raise BadInput(f"The web server ended by itself with exit code {web.returncode}; the lines above say why.")


def _check_port(chosen: Settings) -> None:
    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except socket.gaierror:
            raise BadSetting(
                f"There is no address '{chosen.host}' to listen on; set HOST to one of this machine."
            ) from None
        except OSError as error:
            raise BadSetting(
                f"Port {chosen.port} on {chosen.host} cannot be used ({error.strerror}); set PORT to another one."
            ) from None


def _start_web(chosen: Settings, run_folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in allocator.environment().items() if not name.startswith("ECLOD_")}
    for name in Settings.model_fields:
        environment[f"ECLOD_{name.upper()}"] = str(getattr(chosen, name))
    # Each of many threads would have memory of its own otherwise, and never give it back (mallopt(3)).
    environment.setdefault("MALLOC_ARENA_MAX", "2")
    environment |= {"PORT": str(chosen.port), "HOST": chosen.host, RUN_FOLDER_VARIABLE: str(run_folder)}
    command = [
        *(sys.executable, "-m", "granian", "--interface", "rsgi", "--factory", "eclod.web.serving.worker:create"),
        *("--host", chosen.host, "--port", str(chosen.port), "--workers", "1", "--no-ws"),
        *("--backpressure", str(_CONNECTIONS), "--http1-header-read-timeout", str(_HEADER_SECONDS * 1000)),
        *("--respawn-failed-workers", "--log-level", "error", "--no-access-log"),
    ]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, preexec_fn=_prepare_web)


def _prepare_web() -> None:
    """Have the system stop the web server when this process is killed, and let it have a file for each connection."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (1 << 16 if hard == resource.RLIM_INFINITY else min(hard, 1 << 16), hard)
    )
    end_with_parent(signal.SIGTERM)


def _wait_until_listening(chosen: Settings, web: subprocess.Popen[bytes]) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)
    while web.poll() is None:
        try:
            with socket.create_connection((host, chosen.port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)


def _end(web: subprocess.Popen[bytes]) -> None:
    web.terminate()
    try:
        web.wait(10)
    except subprocess.TimeoutExpired:
        web.kill()
        web.wait()


@click.command()
@click.argument("text", required=False)
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Read the query from a file; - is standard input."
)
@click.option("--format", "form", default=None, help="json, xml, csv or tsv; ttl, nt, rdf, jsonld, nq or trig.")
@click.option("--release", help="Ask this release instead of the current one.")
@_data
def query(text: str | None, path: Path | None, form: str | None, release: str | None, data: Path | None) -> None:
    """Ask a release a SPARQL query without a server."""
    releases = Releases(setting_table.from_environment(data=data).data)
    folder = releases.folder(release or releases.current_id())
    if (text is None) == (path is None):
        raise BadInput("Give the query as an argument or with --file.")
    if path is not None:
        try:
            text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"The query file {path} cannot be read: {error}.") from None
    try:
        store = ox.Store.read_only(str(folder / "store"))
    except (OSError, RuntimeError) as error:
        raise Damaged(
            f"The store of release {folder.name} cannot be read ({error}); roll back or build again."
        ) from None
    question = Question(text or "", _format(form, formats.RESULT_FORMATS), _format(form, formats.GRAPH_FORMATS))
    answer = InProcessEngine(store, folder.name).ask(question)
    sys.stdout.buffer.write(answer.read())


def _format(name: str | None, offered: tuple[Format, ...]) -> Format | None:
    if name is None:
        return formats.RESULT_CSV if offered is formats.RESULT_FORMATS else formats.TURTLE
    known = (*formats.RESULT_FORMATS, *formats.GRAPH_FORMATS)
    if formats.by_name(name, known) is None:
        raise BadInput(f"There is no format '{name}'; there are {', '.join(form.name for form in known)}.")
    return formats.by_name(name, offered)


@click.group()
def releases() -> None:
    """List, compare and switch releases."""


@releases.command("list")
@_data
@_json
def list_releases(data: Path | None, as_json: bool) -> None:
    """List all releases, the newest last."""
    store = Releases(setting_table.from_environment(data=data).data)
    manifests = store.manifests()
    current = store.current_id() if manifests else ""
    if as_json:
        rows = [_brief(manifest) | {"current": manifest.id == current} for manifest in manifests]
        click.echo(json.dumps(rows, indent=1))
        return
    table = Table("", "release", "created", "quads", "dataset")
    for manifest in manifests:
        mark = "→" if manifest.id == current else ""
        table.add_row(mark, manifest.id, manifest.created, f"{manifest.quads:,}", manifest.dataset_sha256[:16] + "…")
    Console(highlight=False).print(table)
    for name in sorted(set(store.ids()) - {manifest.id for manifest in manifests}):
        click.echo(f"{name} cannot be read; 'eclod releases show {name}' says why.")


def _brief(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(mode="json", include={"id", "previous", "created", "quads", "dataset_sha256", "origin"})


@releases.command("show")
@click.argument("release", required=False)
@_data
@_json
def show_release(release: str | None, data: Path | None, as_json: bool) -> None:
    """Show one release, the current one by default: graphs, registries, hashes."""
    store = Releases(setting_table.from_environment(data=data).data)
    manifest = Manifest.read(store.folder(release or store.current_id()))
    if as_json:
        click.echo(json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False)
    console.print(f"{manifest.id}, created {manifest.created}, after {manifest.previous or 'none'}")
    console.print(f"{manifest.quads:,} quads, dataset {manifest.dataset_sha256}", soft_wrap=True)
    graphs = Table("graph", "triples", "sha256")
    for graph in manifest.graphs:
        graphs.add_row(graph.iri or "default graph (merged view)", f"{graph.triples:,}", graph.sha256[:16] + "…")
    console.print(graphs)
    registries = Table("registry", "read", "accepted", "rejected", "ignored")
    for entry in manifest.registries:
        counts = (entry.read, entry.accepted, entry.rejected, entry.ignored)
        registries.add_row(entry.name, *(f"{count:,}" for count in counts))
    console.print(registries)


@releases.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@_data
@_json
def diff_releases(old: str, new: str | None, data: Path | None, as_json: bool) -> None:
    """Show what changed from one release to another (the current one by default), as N-Quads with - and +."""
    store = Releases(setting_table.from_environment(data=data).data)
    before, after = (Manifest.read(store.folder(name)) for name in (old, new or store.current_id()))
    graphs = []
    for iri in sorted({graph.iri for graph in (*before.graphs, *after.graphs)}):
        sides = [(manifest, manifest.graph(iri)) for manifest in (before, after)]
        if len({graph.sha256 if graph else None for _, graph in sides}) == 1:
            continue
        old_lines, new_lines = (
            lines.read_dump(store.folder(manifest.id) / "dumps" / f"{graph.dump}.nq.gz") if graph else []
            for manifest, graph in sides
        )
        removed, added = lines.difference(old_lines, new_lines)
        graphs.append({"graph": iri, "removed": len(removed), "added": len(added)})
        if not as_json:
            for mark, changed in (("-", removed), ("+", added)):
                for line in changed:
                    click.echo(f"{mark} {line.decode()}")
    if as_json:
        click.echo(json.dumps(graphs, indent=1))
    elif not graphs:
        click.echo("No difference.")


@releases.command("rollback")
@click.argument("release", required=False)
@_data
def rollback(release: str | None, data: Path | None) -> None:
    """Switch to a release, by default to the one before the current one."""
    store = Releases(setting_table.from_environment(data=data).data)
    current = store.rollback(release)
    announcing.bring_up_to_date(store, datetime.now(UTC))
    click.echo(f"The current release is {current}.")


@releases.command("prune")
@click.option("--keep", type=click.IntRange(min=1), help="How many of the newest to keep (else ECLOD_KEEP_RELEASES).")
@_data
def prune(keep: int | None, data: Path | None) -> None:
    """Remove old releases; the current one always stays."""
    chosen = setting_table.from_environment(data=data)
    if not Releases(chosen.data).ids():
        raise NotFound(f"There is no release in {chosen.data} yet; run 'eclod build' first.")
    announcing.bring_up_to_date(Releases(chosen.data))  # while it can compare with the release it told of last
    removed = Releases(chosen.data).prune(keep or chosen.keep_releases)
    click.echo(f"Removed {len(removed)}: {', '.join(removed)}." if removed else "There was nothing to remove.")
