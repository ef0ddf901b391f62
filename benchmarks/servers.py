"""Starting each engine on the data, with its own defaults but for what would cut answers short."""

from __future__ import annotations

import sys
from pathlib import Path
from string import Template
from typing import Final

from benchmarks.engines import OURS, OXIGRAPH, RDFLIB, TRIFID, UNCACHED, VIRTUOSO, OverHttp
from benchmarks.processes import HOST, CouldNotRun, NotInstalled, Server, free_port, program, run
from eclod.core import iris

#: rdflib reads about 20,000 triples a second.
_START_SECONDS: Final = 900.0
_GRAPH: Final = "https://w3id.org/eclod/graph/platform"
_VIRTUOSO_SETTINGS: Final = Path(__file__).with_name("virtuoso.ini")
_TRIFID_SETTINGS: Final = Path(__file__).with_name("trifid.yaml")
_DEBIAN: Final = "on Debian: apt-get install --no-install-recommends virtuoso-opensource-7-bin"
_GROUP: Final = "install the dependency group 'bench' (`make bench` does it)"


def build_eclod(folder: Path, file: Path) -> Path:
    """Return a new data folder with a release of a file; raises CouldNotRun."""
    data = folder / "data"
    run([sys.executable, "-m", "eclod", "build", "--from-rdf", str(file), "--data", str(data)], folder)
    return data


def eclod(folder: Path, data: Path) -> OverHttp:
    """Serve a release with the settings that everybody gets; raises CouldNotRun."""
    port = free_port()
    command = [sys.executable, "-m", "eclod", "serve", "--data", str(data), "--port", str(port)]
    engine = OverHttp(OURS, port, "/sparql", Server(OURS, command, folder), UNCACHED)
    return _ready(engine, "/health/ready")


def oxigraph(folder: Path, file: Path) -> OverHttp:
    """Load and serve a file with Oxigraph's own server, from disk; raises NotInstalled or CouldNotRun."""
    binary = program("oxigraph", _GROUP)
    store = str(folder / "store")
    run([binary, "load", "--location", store, "--file", str(file)], folder)
    run([binary, "optimize", "--location", store], folder)
    port = free_port()
    command = [binary, "serve-read-only", "--location", store, "--bind", f"{HOST}:{port}"]
    engine = OverHttp(OXIGRAPH, port, "/query", Server(OXIGRAPH, command, folder))
    return _ready(engine, engine.target("ASK {}"))


def rdflib(folder: Path, file: Path, seconds: float) -> OverHttp:
    """Serve a file with rdflib-endpoint, from memory; raises NotInstalled or CouldNotRun."""
    binary = program("rdflib-endpoint", _GROUP)
    port = free_port()
    command = [binary, "serve", "--host", HOST, "--port", str(port), str(file)]
    engine = OverHttp(RDFLIB, port, "/", Server(RDFLIB, command, folder), seconds=seconds, every=10)
    return _ready(engine, engine.target("ASK {}"))


def virtuoso(folder: Path, file: Path) -> OverHttp:
    """Load and serve a file with Virtuoso, in a folder of its own; raises NotInstalled or CouldNotRun."""
    binary, console = program("virtuoso-t", _DEBIAN), program("isql-vt", _DEBIAN)
    http_port = free_port()
    sql_port = free_port(http_port + 1)
    settings = Template(_VIRTUOSO_SETTINGS.read_text(encoding="utf-8")).substitute(
        http=f"{HOST}:{http_port}", sql=f"{HOST}:{sql_port}", data=file.parent, graph=_GRAPH
    )
    (folder / "virtuoso.ini").write_text(settings, encoding="utf-8")
    command = [binary, "+foreground", "+configfile", "virtuoso.ini"]
    engine = OverHttp(VIRTUOSO, http_port, "/sparql", Server(VIRTUOSO, command, folder))
    _ready(engine, engine.target("ASK {}"))
    load = f"ld_dir('{file.parent}', '{file.name}', '{_GRAPH}'); rdf_loader_run(); checkpoint;"
    # The loader notes what went wrong in its list of files and reports success.
    check = "select concat('problem: ', ll_error) from DB.DBA.load_list where ll_error is not null;"
    said = run([console, f"{HOST}:{sql_port}", "dba", "dba", "ERRORS=STDOUT", f"EXEC={load} {check}"], folder)
    if "problem: " in said or "Error" in said:
        engine.server.stop()
        raise CouldNotRun(f"{VIRTUOSO} did not load {file}: {said.strip()}")
    return engine


def trifid(folder: Path, store: OverHttp | None) -> OverHttp:
    """Serve pages about things from another engine's endpoint with Trifid; raises NotInstalled or CouldNotRun."""
    if store is None:
        raise NotInstalled(f"it needs {OXIGRAPH}, whose answers it makes pages of")
    binary = program("trifid", "with Node.js: npm install --global trifid")
    port = free_port()
    settings = Template(_TRIFID_SETTINGS.read_text(encoding="utf-8")).substitute(
        host=HOST, port=port, base=f"{iris.DEFAULT_BASE}/", store=f"http://{HOST}:{store.port}{store.path}"
    )
    (folder / "trifid.yaml").write_text(settings, encoding="utf-8")
    engine = OverHttp(TRIFID, port, "/query", Server(TRIFID, [binary, "-c", "trifid.yaml"], folder))
    return _ready(engine, engine.target("ASK {}"))


def _ready(engine: OverHttp, target: str) -> OverHttp:
    try:
        engine.server.wait_until(lambda: engine.answers(target), _START_SECONDS)
    except CouldNotRun:
        engine.server.stop()
        raise
    return engine
