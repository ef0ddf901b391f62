"""Receipts of answers: what was asked of which release, and the hash of what it answered, for whoever cites it.

One SQLite file; a receipt is never changed or removed (triggers refuse it) and says nothing of whoever asked. Beside
the receipts lie requests that are expected to be cited: those too long for an address, of which the oldest go.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pyoxigraph as ox

from eclod.core import codes
from eclod.core.errors import Damaged, EclodError, NoReceipt, TooBusy, TooLarge
from eclod.core.formats import CANONICAL_GRAPH, CANONICAL_TABLE
from eclod.store.engine import AnswerKind, Engine, Question
from eclod.store.manifest import Manifest
from eclod.store.normal_form import BLANKS, normalise

log = logging.getLogger(__name__)

#: A receipt keeps a query with all that is asked beside it of at most so many bytes.
LONGEST: Final = 64 << 10

_VERSION: Final = 1
#: Expected requests take this part of the room at most.
_EXPECTED_PART: Final = 8
_PAGE: Final = 4096
#: How long to wait for another writer, in seconds: for a receipt, and while somebody waits for an answer.
_PATIENCE: Final = 10.0
_HURRY: Final = 0.2
#: In seconds: what stands in the way of a receipt is for the operator to clear.
_LATER: Final = 3600
_NO_ROOM: Final = (
    "There is no room for another receipt here, of which the answer itself takes no harm; "
    "the operator can make some (ECLOD_RECEIPTS_MB, or the disk)."
)
_NOT_NOW: Final = "The file of receipts cannot be used now, of which the answer itself takes no harm; try again later."
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS receipt (
    id TEXT PRIMARY KEY,
    release TEXT NOT NULL,
    dataset_sha256 TEXT NOT NULL,
    base TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('bindings', 'boolean', 'graph')),
    columns TEXT NOT NULL,
    rows INTEGER NOT NULL,
    boolean INTEGER,
    sha256 TEXT NOT NULL,
    at TEXT NOT NULL,
    engine TEXT NOT NULL,
    request TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS never_changed BEFORE UPDATE ON receipt
    BEGIN SELECT RAISE(ABORT, 'a receipt never changes'); END;
CREATE TRIGGER IF NOT EXISTS never_removed BEFORE DELETE ON receipt
    BEGIN SELECT RAISE(ABORT, 'a receipt is never removed'); END;
-- `ends` counts the bytes of all requests up to this one, so that the last so many bytes are found at once.
CREATE TABLE IF NOT EXISTS expected (
    ends INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    release TEXT NOT NULL,
    request TEXT NOT NULL
);
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What an answer is: rows of a table, triples of a graph, or `boolean`; the SHA-256 of its canonical form."""

    kind: AnswerKind
    columns: tuple[str, ...]
    rows: int
    sha256: str
    boolean: bool | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt; `request` is canonical, `at` in UTC as ISO 8601, `base` and `dataset_sha256` those of the release."""

    id: str
    release: str
    dataset_sha256: str
    base: str
    request: str
    result: Result
    at: str
    engine: str


def canonical_request(question: Question) -> str:
    """Return what is asked, whoever asks, in whichever format and layout, as the fields of an address in one form.

    Raises TooLarge for what a receipt does not keep.
    """
    if (size := _size(question)) > LONGEST:
        raise TooLarge(
            f"A receipt keeps a query of at most {LONGEST >> 10} KiB, and this one has {-(-size >> 10)} KiB: shorten "
            "it, or cite the release and publish your query with it."
        )
    return spelt_request(replace(question, text=normalise(question.text)))


def spelt_request(question: Question) -> str:
    """Return what is asked with the query as it is spelt, as a canonical request otherwise.

    Receipts were filed under it before there was a normal form of queries.
    """
    fields = [("query", question.text.strip(BLANKS))]
    graphs = {"default-graph-uri": question.default_graphs, "named-graph-uri": question.named_graphs}
    fields += [(name, iri) for name, iris in graphs.items() for iri in sorted(set(iris or ()))]
    fields += [(f"${name}", term) for name, term in sorted(question.bindings.items())]
    return urlencode(fields)


def _size(question: Question) -> int:
    bound = itertools.chain.from_iterable(question.bindings.items())
    beside = (*(question.default_graphs or ()), *(question.named_graphs or ()), *bound)
    return sum(len(each.encode()) for each in (question.text, *beside))


def compute(engine: Engine, question: Question) -> tuple[Result, str]:
    """Return what the answer to a question is, and the release that gave it.

    Raises NoReceipt for an answer that was cut, and what the engine raises.
    """
    answer = engine.ask(replace(question, result_format=CANONICAL_TABLE, graph_format=CANONICAL_GRAPH))
    digest = hashlib.sha256()
    with answer.spool if answer.spool is not None else io.BytesIO(answer.body or b"") as body:
        first = body.readline()
        digest.update(first)
        count = 0 if answer.kind == "bindings" else first.count(b"\n")
        while chunk := body.read(1 << 20):
            digest.update(chunk)
            count += chunk.count(b"\n")
    if answer.cut is not None:
        raise NoReceipt(
            f"The answer has more than the {answer.cut} rows that one query gives here, and a part of it gets no "
            "receipt; ask for less at a time, with ORDER BY and LIMIT for example."
        )
    columns = first.decode().split() if answer.kind == "bindings" else []
    return Result(
        answer.kind,
        tuple(column.removeprefix("?") for column in columns),
        count,
        digest.hexdigest(),
        first.strip() == b"true" if answer.kind == "boolean" else None,
    ), answer.release


def settle(engine: Engine, question: Question, release: str) -> Result:
    """Return what a release answers, now and whenever it is asked again.

    Raises NoReceipt for an answer that depends on the order in which the engine happens to find rows, and what
    `compute` raises.
    """
    result, _ = compute(engine, replace(question, release=release, fixed_order=True))
    if release == engine.release and compute(engine, replace(question, release=release))[0] != result:
        raise NoReceipt(
            "The answer depends on the order in which rows are found, so nobody could get it again; give an ORDER BY "
            "that leaves no ties to what LIMIT, OFFSET, SAMPLE or GROUP_CONCAT takes, and sum decimals, not doubles."
        )
    return result


class Receipts:
    """The receipts of one data folder, in at most `size` bytes; safe to share among threads and processes."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def get(self, receipt: str) -> Receipt | None:
        """Return a receipt by its id; raises Damaged, TooBusy."""
        with self._reading() as database:
            return _receipt(database, receipt) if database else None

    def find(self, release: str, request: str) -> Receipt | None:
        """Return the receipt of a canonical request to a release; raises Damaged, TooBusy."""
        with self._reading() as database:
            return _receipt(database, _id(database, release, request)) if database else None

    def keep(self, manifest: Manifest, request: str, result: Result, at: datetime) -> Receipt:
        """Return the receipt of a canonical request to a release, made now when there is none.

        Raises TooBusy when it cannot be kept, Damaged.
        """
        with self._writing() as database:
            name = _id(database, manifest.id, request)
            if (known := _receipt(database, name)) is not None:
                return known
            row = {
                "id": name,
                "release": manifest.id,
                "dataset_sha256": manifest.dataset_sha256,
                "base": manifest.base,
                "kind": result.kind,
                "columns": " ".join(result.columns),
                "rows": result.rows,
                "boolean": result.boolean,
                "sha256": result.sha256,
                "at": at.astimezone(UTC).isoformat(timespec="seconds"),
                "engine": f"pyoxigraph {ox.__version__}",
                "request": request,
            }
            values = ", ".join(f":{column}" for column in row)
            database.execute(f"INSERT INTO receipt ({', '.join(row)}) VALUES ({values})", row)
            database.execute("DELETE FROM expected WHERE id = ?", (name,))
            return _from_row(row)

    def expect(self, release: str, request: str) -> str | None:
        """Put a canonical request down, so that its receipt can be made by its id alone, and return that id.

        It is None when that is not possible: an answer does not fail for want of a receipt.
        """
        size, room = len(request.encode()), self._size // _EXPECTED_PART
        if size > room:
            return None
        try:
            with self._reading(_HURRY) as database:
                if database and _request(database, name := _id(database, release, request)):
                    return name
            with self._writing(_HURRY) as database:
                name = _id(database, release, request)
                if _request(database, name) is None:
                    ends = database.execute("SELECT coalesce(max(ends), 0) FROM expected").fetchone()[0] + size
                    database.execute("DELETE FROM expected WHERE ends <= ?", (ends - room,))
                    database.execute("INSERT INTO expected VALUES (?, ?, ?, ?)", (ends, name, release, request))
                return name
        except EclodError:
            return None

    def expected(self, receipt: str) -> tuple[str, str] | None:
        """Return (release, canonical request) of a receipt that was put down to be made; raises Damaged, TooBusy."""
        with self._reading() as database:
            return _request(database, receipt) if database else None

    @contextmanager
    def _reading(self, patience: float = _PATIENCE) -> Iterator[sqlite3.Connection | None]:
        """Open the file for reading; None while there is nothing in it."""
        if not self._path.exists():
            yield None
            return
        with self._opened(patience) as (database, version):
            yield database if version else None

    @contextmanager
    def _writing(self, patience: float = _PATIENCE) -> Iterator[sqlite3.Connection]:
        """Open the file, made when there is none, for one transaction; it is on disk when this ends."""
        with self._opened(patience) as (database, _):
            database.execute(f"PRAGMA max_page_count = {self._size // _PAGE}")
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
            yield database
            database.execute("COMMIT")  # without it, closing takes everything back

    @contextmanager
    def _opened(self, patience: float) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Open the file and return it with the version of what is in it, 0 for nothing."""
        try:
            with closing(sqlite3.connect(self._path, timeout=patience, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                database.execute("PRAGMA synchronous = FULL")
                version = database.execute("PRAGMA user_version").fetchone()[0]
                if version > _VERSION:
                    raise Damaged(f"{self._path} was written by a newer eclod (format {version}); update eclod.")
                yield database, version
        except sqlite3.OperationalError as error:  # a disk or a folder that does not let us, a lock held too long
            log.error("%s: %s", self._path, error)
            if error.sqlite_errorname == "SQLITE_FULL":
                raise TooBusy(_NO_ROOM, retry_after=_LATER) from error
            raise TooBusy(_NOT_NOW, retry_after=_LATER) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(f"{self._path} cannot be read ({error}); restore it from a copy.") from error


def _receipt(database: sqlite3.Connection, name: str) -> Receipt | None:
    row = database.execute("SELECT * FROM receipt WHERE id = ?", (name,)).fetchone()
    return _from_row(row) if row is not None else None


def _from_row(row: Mapping[str, Any]) -> Receipt:
    boolean = None if row["boolean"] is None else bool(row["boolean"])
    result = Result(row["kind"], tuple(row["columns"].split()), row["rows"], row["sha256"], boolean)
    names = ("id", "release", "dataset_sha256", "base", "request", "at", "engine")
    return Receipt(result=result, **{name: row[name] for name in names})


def _request(database: sqlite3.Connection, name: str) -> tuple[str, str] | None:
    """Return (release, canonical request) of a receipt that there is or that is expected."""
    for table in ("receipt", "expected"):
        row = database.execute(f"SELECT release, request FROM {table} WHERE id = ?", (name,)).fetchone()
        if row is not None:
            return row[0], row[1]
    return None


def _id(database: sqlite3.Connection, release: str, request: str) -> str:
    """Return the id of a canonical request to a release: derived from both, and from nothing else taken."""
    names = (codes.derive("receipt", release, request, attempt) for attempt in itertools.count())
    return next(name for name in names if _request(database, name) in (None, (release, request)))
