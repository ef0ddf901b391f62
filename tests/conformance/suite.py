"""The W3C test suites as cases: what to load, what to ask, what the answer is.

The suites are no part of this project. They come, unchanged, inside the source archive of rdflib, which pip fetches
from the package index when the tests are collected and pytest keeps in its cache folder; the hash is pinned below, and
nothing is unpacked: the files are read from the archive, under the addresses where the W3C published them.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import urljoin

import pyoxigraph as ox

PACKAGE: Final = "rdflib"
VERSION: Final = "7.6.0"
SHA256: Final = "6c831288d5e4a5a7ece85d0ccde9877d512a3d0f02d7c06455d00d6d0ea379df"
_ARCHIVE: Final = f"{PACKAGE}-{VERSION}.tar.gz"
_SECONDS: Final = 180

SPARQL10: Final = "http://www.w3.org/2001/sw/DataAccess/tests/data-r2/"
SPARQL11: Final = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
#: What the W3C has for SPARQL 1.2 no package holds, so these cases are our own, in the same vocabulary.
SPARQL12: Final = "https://w3id.org/eclod/tests/sparql12/"

_SUITES: Final = "test/data/suites/w3c"
_PUBLISHED: Final = {
    f"{PACKAGE}-{VERSION}/{_SUITES}/dawg-data-r2/": SPARQL10,
    f"{PACKAGE}-{VERSION}/{_SUITES}/sparql11/": SPARQL11,
}
#: The manifests that include all others.
MANIFESTS: Final = (
    f"{SPARQL10}manifest-evaluation.ttl",
    f"{SPARQL10}manifest-syntax.ttl",
    f"{SPARQL11}manifest-all.ttl",
)

FORMATS: Final = {
    "ttl": ox.RdfFormat.TURTLE,
    "rdf": ox.RdfFormat.RDF_XML,
    "nt": ox.RdfFormat.N_TRIPLES,
    "n3": ox.RdfFormat.N3,
}

_MF: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_DAWGT: Final = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_FROM: Final = re.compile(rb"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE)


class Unavailable(Exception):
    """The suites cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Dataset:
    """What is loaded before a query: addresses of files for the default graph, and of files that are named graphs."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of a manifest; `kind` is the local name of its type, `group` its folder (`sparql11/bind`).

    `says_dataset`: the query itself says what its dataset is. `lax`: a row may be there less often (see answers.py).
    """

    iri: str
    kind: str
    group: str
    query: str
    dataset: Dataset
    says_dataset: bool
    result: str
    withdrawn: bool
    lax: bool

    @property
    def is_update(self) -> bool:
        """Return whether it is about an update; some are listed among the queries."""
        return "Update" in self.kind or self.query.endswith(".ru")

    def __str__(self) -> str:
        return f"{self.group}#{self.iri.rpartition('#')[2]}"


@dataclass(frozen=True, slots=True)
class Suite:
    """Files by their addresses, and the cases their manifests list."""

    files: Mapping[str, bytes]
    cases: tuple[Case, ...]

    def query(self, case: Case) -> str:
        return self.files[case.query].decode("utf-8")

    def graph(self, iri: str) -> Iterator[ox.Quad]:
        """Return the statements of an RDF file, relative addresses resolved against its own."""
        return ox.parse(self.files[iri], format=FORMATS[iri.rpartition(".")[2]], base_iri=iri)


def obtain(folder: Path) -> Path:
    """Return the archive with the suites, fetched into a folder when it is not there; raises Unavailable."""
    archive = folder / _ARCHIVE
    with (folder / "lock").open("w") as lock:  # several test processes may begin at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.is_file() or hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            _download(archive)
    return archive


def _download(archive: Path) -> None:
    """Have pip fetch the archive and check its hash."""
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{PACKAGE}=={VERSION} --hash=sha256:{SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
        command += ["--retries", "1", "--no-deps", "--no-binary", PACKAGE, "--require-hashes"]
        command += ["--requirement", str(wanted), "--dest", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.CalledProcessError as error:
            said = (error.stderr.strip() or "it does not say why").splitlines()[-1]
            raise Unavailable(f"pip cannot fetch the source archive of {PACKAGE} {VERSION}: {said}") from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"pip took more than {_SECONDS} s to fetch {PACKAGE} {VERSION}") from error
        Path(folder, _ARCHIVE).replace(archive)


def read(archive: Path) -> Suite:
    """Return the suites of the W3C from the archive."""
    files = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            root = next((root for root in _PUBLISHED if member.name.startswith(root)), None)
            if root is not None and (content := tar.extractfile(member)) is not None:
                files[_PUBLISHED[root] + member.name.removeprefix(root)] = content.read()
    return _suite(files, MANIFESTS)


def own(folder: Path) -> Suite:
    """Return the cases of our own in a folder with a manifest."""
    files = {SPARQL12 + path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return _suite(files, [f"{SPARQL12}manifest.ttl"])


def _suite(files: Mapping[str, bytes], manifests: Sequence[str]) -> Suite:
    suite = Suite(files, ())
    return Suite(files, tuple(case for manifest in manifests for case in _cases(suite, manifest)))


def _cases(suite: Suite, manifest: str) -> Iterator[Case]:
    """Return the cases of a manifest and of those it includes, in their order."""
    store = ox.Store()
    store.extend(suite.graph(manifest))
    for included in _list(store, ox.NamedNode(manifest), f"{_MF}include"):
        yield from _cases(suite, cast("ox.NamedNode", included).value)
    for entry in _list(store, ox.NamedNode(manifest), f"{_MF}entries"):
        yield _case(suite, store, cast("ox.NamedNode", entry), manifest)


def _case(suite: Suite, store: ox.Store, entry: ox.NamedNode, manifest: str) -> Case:
    action = next(_objects(store, entry, f"{_MF}action"), None)
    if isinstance(action, ox.BlankNode):
        query = _iris(store, action, f"{_QT}query") or ("",)  # an update has something else here
        dataset = Dataset(_iris(store, action, f"{_QT}data"), _iris(store, action, f"{_QT}graphData"))
    else:
        query, dataset = ((action.value if isinstance(action, ox.NamedNode) else ""),), Dataset()
    said: Sequence[bytes] = ()
    if dataset == Dataset() and (said := _FROM.findall(suite.files.get(query[0], b""))):
        # Nothing else tells what data there is.
        dataset = Dataset(named=tuple(sorted({urljoin(query[0], iri.decode()) for iri in said} & suite.files.keys())))
    (kind,) = _iris(store, entry, f"{_RDF}type")
    return Case(
        iri=entry.value,
        kind=kind.rpartition("#")[2],
        group=_group(manifest),
        query=query[0],
        dataset=dataset,
        says_dataset=bool(said),
        result=next(iter(_iris(store, entry, f"{_MF}result")), ""),
        withdrawn=f"{_DAWGT}Withdrawn" in _iris(store, entry, f"{_DAWGT}approval"),
        lax=f"{_MF}LaxCardinality" in _iris(store, entry, f"{_MF}resultCardinality"),
    )


def _group(manifest: str) -> str:
    for prefix, name in ((SPARQL10, "sparql10"), (SPARQL11, "sparql11"), (SPARQL12, "sparql12")):
        if manifest.startswith(prefix):
            return f"{name}/{manifest.removeprefix(prefix).rpartition('/')[0]}".rstrip("/")
    raise ValueError(manifest)


def _objects(store: ox.Store, subject: ox.NamedNode | ox.BlankNode, name: str) -> Iterator[object]:
    return (quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(name), None))


def _iris(store: ox.Store, subject: ox.NamedNode | ox.BlankNode, name: str) -> tuple[str, ...]:
    return tuple(sorted(term.value for term in _objects(store, subject, name) if isinstance(term, ox.NamedNode)))


def _list(store: ox.Store, subject: ox.NamedNode, name: str) -> Iterator[object]:
    """Return the members of an RDF collection."""
    node = next(_objects(store, subject, name), None)
    while isinstance(node, ox.BlankNode):
        yield next(_objects(store, node, f"{_RDF}first"))
        node = next(_objects(store, node, f"{_RDF}rest"))
