"""The file of receipts: made once, never changed, bounded, whole after a kill."""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from eclod.core import codes
from eclod.core.errors import Damaged, TooBusy
from eclod.store.manifest import Manifest
from eclod.store.receipts import Receipts, Result

AT = datetime(2026, 1, 2, 4, 4, 5, 678, tzinfo=timezone(timedelta(hours=1)))
RESULT = Result("bindings", ("a", "b"), 3, "f" * 64)


def manifest(release: str = "r1") -> Manifest:
    return Manifest(
        id=release,
        previous=None,
        created="2026-01-01T00:00:00+00:00",
        base="https://example.org/eclod",
        origin="rdf",
        quads=1,
        dataset_sha256="d" * 64,
        graphs=(),
    )


@pytest.fixture
def store(tmp_path: Path) -> Receipts:
    return Receipts(tmp_path / "receipts.sqlite", 1 << 20)


def test_a_receipt_is_made_once_and_stays(store: Receipts, tmp_path: Path) -> None:
    assert (store.find("r1", "query=a"), store.get("00000000000")) == (None, None)
    assert not (tmp_path / "receipts.sqlite").exists()
    first = store.keep(manifest(), "query=a", RESULT, AT)
    assert first.at == "2026-01-02T03:04:05+00:00"
    assert (first.release, first.request, first.result) == ("r1", "query=a", RESULT)
    assert (first.dataset_sha256, first.base) == ("d" * 64, "https://example.org/eclod")
    later = store.keep(manifest(), "query=a", replace(RESULT, rows=9), AT + timedelta(days=1))
    assert first == later == store.get(first.id) == store.find("r1", "query=a")
    others = {
        store.keep(manifest(release), text, RESULT, AT).id for release in ("r1", "r2") for text in ("query=a", "q")
    }
    assert len(others) == 4
    assert first.id in others
    assert all(codes.normalise(name) == name for name in others)
    # The same wherever and whenever it is made.
    assert (
        Receipts(tmp_path / "other.sqlite", 1 << 20).keep(manifest(), "query=a", RESULT, datetime.now(UTC)).id
        == first.id
    )


@pytest.mark.parametrize("truth", [True, False, None])
def test_all_of_a_result_comes_back(store: Receipts, truth: bool | None) -> None:
    kept = replace(RESULT, columns=(), boolean=truth)
    assert store.keep(manifest(), "query=a", kept, AT) == store.find("r1", "query=a")
    found = store.find("r1", "query=a")
    assert found is not None
    assert found.result == kept


def test_nothing_is_kept_of_whoever_asked_and_nothing_changes(store: Receipts, tmp_path: Path) -> None:
    store.keep(manifest(), "query=a", RESULT, AT)
    with closing(sqlite3.connect(tmp_path / "receipts.sqlite")) as database:
        columns = {
            table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            for table in ("receipt", "expected")
        }
        assert columns["receipt"] == [
            *(
                "id",
                "release",
                "dataset_sha256",
                "base",
                "kind",
                "columns",
                "rows",
                "boolean",
                "sha256",
                "at",
                "engine",
            ),
            "request",
        ]
        assert columns["expected"] == ["ends", "id", "release", "request"]
        for change in ("UPDATE receipt SET sha256 = 'x'", "DELETE FROM receipt"):
            with pytest.raises(sqlite3.IntegrityError, match="receipt"):
                database.execute(change)


def test_many_at_once_make_one(store: Receipts) -> None:
    together = threading.Barrier(8)

    def keep(number: int) -> str:
        together.wait()
        same = store.keep(manifest(), "query=same", RESULT, AT + timedelta(seconds=number))
        own = store.keep(manifest(), f"query={number}", RESULT, AT)
        assert store.get(own.id) == own
        return f"{same.id} {same.at}"

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(keep, range(8)))) == 1


def test_a_full_file_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    store = Receipts(tmp_path / "receipts.sqlite", 200_000)
    kept = []
    with pytest.raises(TooBusy, match=r"no room for another receipt .*ECLOD_RECEIPTS_MB"):
        for number in itertools.count():
            kept.append(store.keep(manifest(), f"query={number}" + "x" * 5000, RESULT, AT))
    assert 10 < len(kept) < 40
    assert (tmp_path / "receipts.sqlite").stat().st_size <= 200_000
    assert [store.get(receipt.id) for receipt in kept] == kept
    assert store.keep(manifest(), kept[0].request, RESULT, AT) == kept[0]
    assert store.expect("r1", "query=" + "y" * 9000) is None
    roomier = Receipts(tmp_path / "receipts.sqlite", 400_000)
    assert roomier.keep(manifest(), "query=" + "z" * 5000, RESULT, AT) == roomier.find("r1", "query=" + "z" * 5000)


def test_a_file_that_cannot_be_written_says_so_and_answers_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in (tmp_path / "no" / "such" / "receipts.sqlite", tmp_path):
        store = Receipts(path, 1 << 20)
        with pytest.raises(TooBusy, match="cannot be used now"):
            store.keep(manifest(), "query=a", RESULT, AT)
        assert store.expect("r1", "query=a") is None
    assert "unable to open database file" in caplog.text


def test_a_file_that_another_holds_is_waited_for_but_not_by_answers(store: Receipts, tmp_path: Path) -> None:
    store.keep(manifest(), "query=a", RESULT, AT)
    with (
        closing(sqlite3.connect(tmp_path / "receipts.sqlite", isolation_level=None)) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        other.execute("BEGIN EXCLUSIVE")
        assert store.expect("r1", "query=b") is None
        waiting = thread.submit(store.keep, manifest(), "query=c", RESULT, AT)
        other.execute("COMMIT")
        assert waiting.result(10).request == "query=c"


@pytest.mark.parametrize("change", ["damage", "newer"])
def test_a_file_that_does_not_hold_is_refused(store: Receipts, tmp_path: Path, change: str) -> None:
    path = tmp_path / "receipts.sqlite"
    receipt = store.keep(manifest(), "query=a", RESULT, AT)
    if change == "damage":
        path.write_bytes(b"no database" * 1000)
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    refused: list[Callable[[], object]] = [
        lambda: store.get(receipt.id),
        lambda: store.find("r1", "query=a"),
        lambda: store.keep(manifest(), "query=a", RESULT, AT),
    ]
    for call in refused:
        with pytest.raises(Damaged, match="cannot be read" if change == "damage" else "newer eclod"):
            call()
    assert store.expect("r1", "query=b") is None
    assert path.read_bytes() == before


def test_an_empty_file_is_as_none(store: Receipts, tmp_path: Path) -> None:
    (tmp_path / "receipts.sqlite").touch()  # what a killed first write may leave
    assert store.get("00000000000") is None
    assert store.keep(manifest(), "query=a", RESULT, AT) == store.find("r1", "query=a")


def test_two_requests_never_share_an_id(store: Receipts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "derive", lambda kind, release, request, attempt: f"{kind}{attempt}")
    assert [store.keep(manifest(), f"query={n}", RESULT, AT).id for n in (0, 1, 0)] == [
        "receipt0",
        "receipt1",
        "receipt0",
    ]
    assert store.expect("r1", "query=2") == store.expect("r1", "query=2") == "receipt2"
    assert store.keep(manifest(), "query=3", RESULT, AT).id == "receipt3"
    assert store.find("r1", "query=2") is None
    assert store.keep(manifest(), "query=2", RESULT, AT).id == "receipt2"


def test_what_is_expected_is_bounded_and_the_oldest_go(store: Receipts, tmp_path: Path) -> None:
    names = [store.expect("r1", f"query={number:03}" + "x" * 4990) for number in range(100)]
    assert None not in names
    assert len(set(names)) == 100
    found = [store.expected(name) for name in names if name]
    assert found[-1] == ("r1", "query=099" + "x" * 4990)
    assert found.index(found[-1]) == 99
    assert [each is not None for each in found] == [False] * 73 + [True] * 27  # an eighth of 1 MiB, 4,999 bytes each
    assert store.expect("r1", "query=" + "x" * (1 << 17)) is None
    assert (tmp_path / "receipts.sqlite").stat().st_size < 400_000
    kept = store.keep(manifest(), "query=099" + "x" * 4990, RESULT, AT)
    assert kept.id == names[-1] == store.expect("r1", "query=099" + "x" * 4990)
    with closing(sqlite3.connect(tmp_path / "receipts.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM expected").fetchone() == (26,)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from eclod.store.manifest import Manifest
from eclod.store.receipts import Receipts, Result

store = Receipts(Path(sys.argv[1]), 64 << 20)
manifest = Manifest.model_validate_json(sys.argv[2])
number = 0
while True:
    number += 1
    store.expect("r1", f"expected={number}" + "x" * 20000)
    result = Result("graph", (), number, "0" * 64)
    receipt = store.keep(manifest, f"query={number}" + "x" * 20000, result, datetime.now(UTC))
    print(receipt.id, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_said(tmp_path: Path) -> None:
    path = tmp_path / "receipts.sqlite"
    said: list[str] = []
    for round_ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), manifest(f"r{round_}").model_dump_json()],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        with writer.stdout as output:
            said += [output.readline().strip() for _ in range(7 + round_)]
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
            said += output.read().split()
        store = Receipts(path, 64 << 20)
        assert [name for name in said if store.get(name) is None] == []
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(said) >= 24
