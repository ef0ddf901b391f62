"""The ledger of identifiers: it only grows, gives the same again, and says when it cannot be read."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core import codes
from eclod.core.errors import Damaged
from eclod.store.decisions import Decision
from eclod.store.ledger import Ledger

AT = "2026-01-02T03:04:05+00:00"
THINGS = [("cluster", "dk", str(number)) for number in range(50)] + [
    ("organisation", "dk", "1"),
    ("cluster", "lu", "1"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ledger.sqlite"


def fill(path: Path) -> dict[tuple[str, str, str], str]:
    ledger = Ledger(path)
    given = {thing: ledger.code(*thing) for thing in THINGS}
    assert ledger.commit(AT) == len(THINGS)
    return given


def rows(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT at, event, kind, code, registry, local_id FROM event ORDER BY number"
        ).fetchall()


def test_nothing_is_on_disk_before_the_commit(path: Path) -> None:
    ledger = Ledger(path)
    ledger.code("cluster", "dk", "1")
    assert not path.parent.exists()
    assert ledger.commit(AT) == 1
    assert rows(path) == [(AT, "minted", "cluster", codes.derive("cluster", "dk", "1"), "dk", "1")]


def test_a_code_is_given_once_and_kept(path: Path) -> None:
    given = fill(path)
    assert len(set(given.values())) == len(THINGS)
    again = Ledger(path)
    assert {thing: again.code(*thing) for thing in THINGS} == given
    assert again.commit(AT) == 0
    assert len(rows(path)) == len(THINGS)


def test_a_second_commit_writes_what_is_new_only(path: Path) -> None:
    fill(path)
    ledger = Ledger(path)
    ledger.code(*THINGS[0])
    ledger.code("event", "dk", "new")
    assert ledger.commit("2027-01-01T00:00:00+00:00") == 1
    assert ledger.commit("2027-01-01T00:00:01+00:00") == 0
    assert [row[0] for row in rows(path)] == [AT] * len(THINGS) + ["2027-01-01T00:00:00+00:00"]


def test_a_lost_ledger_made_anew_gives_the_same_codes(path: Path) -> None:
    given = fill(path)
    path.unlink()
    assert fill(path) == given


def test_codes_do_not_depend_on_the_order_of_things(tmp_path: Path) -> None:
    one, two = Ledger(tmp_path / "a"), Ledger(tmp_path / "b")
    forward = {thing: one.code(*thing) for thing in THINGS}
    assert {thing: two.code(*thing) for thing in reversed(THINGS)} == forward


def test_what_a_registry_named_is_listed(path: Path) -> None:
    given = fill(path)
    assert set(Ledger(path).of_registry("lu")) == {("cluster", given["cluster", "lu", "1"], "1")}
    assert len(list(Ledger(path).of_registry("dk"))) == len(THINGS) - 1
    assert list(Ledger(path).of_registry("nobody")) == []


def test_two_things_with_one_code_get_two(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    derive = codes.derive

    def same_at_first(kind: str, registry: str, local_id: str, attempt: int = 0) -> str:
        return (
            derive(kind, "everybody", "the same", attempt) if attempt < 2 else derive(kind, registry, local_id, attempt)
        )

    monkeypatch.setattr(codes, "derive", same_at_first)
    ledger = Ledger(path)
    given = [ledger.code("cluster", "dk", str(number)) for number in range(4)]
    assert len(set(given)) == 4
    assert given[0] == derive("cluster", "everybody", "the same", 0)
    assert ledger.code("organisation", "dk", "1") == derive("organisation", "everybody", "the same", 0)
    ledger.commit(AT)
    again = Ledger(path)
    # Whoever came first keeps the code, also when the others are asked for first.
    assert [again.code("cluster", "dk", str(number)) for number in (3, 2, 1, 0)] == given[::-1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET code = 'x' WHERE number = 1",
        "UPDATE event SET at = 'x'",
        "DELETE FROM event WHERE number = 1",
        "DELETE FROM event",
        "REPLACE INTO event SELECT number, at, event, kind, 'x', registry, local_id FROM event WHERE number = 1",
    ],
)
def test_the_ledger_only_grows(path: Path, statement: str) -> None:
    fill(path)
    before = rows(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA recursive_triggers = on")
        with pytest.raises(sqlite3.IntegrityError, match="the ledger only grows"):
            connection.execute(statement)
    assert rows(path) == before


@pytest.mark.parametrize(
    "values",
    [("minted", "cluster", "new", "dk", "1"), ("minted", "cluster", None, "dk", "x"), ("lost", "a", "b", "c", "d")],
)
def test_a_thing_is_never_minted_twice_nor_anything_else_written(path: Path, values: tuple[str | None, ...]) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection, connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            "INSERT INTO event (at, event, kind, code, registry, local_id) VALUES ('x', ?, ?, ?, ?, ?)", values
        )


@pytest.mark.parametrize("damage", ["text", "cut", "folder", "table"])
def test_a_damaged_ledger_is_named_and_not_replaced(path: Path, damage: str) -> None:
    fill(path)
    content = path.read_bytes()
    match damage:
        case "text":
            path.write_text("This is no ledger. " * 100)
        case "cut":
            path.write_bytes(content[: len(content) // 2 + 100])
        case "folder":
            path.unlink()
            path.mkdir()
        case "table":
            path.unlink()
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute("CREATE TABLE other (x)")
    with pytest.raises(Damaged, match=r"ledger\.sqlite cannot be read \(.+\); restore it from a copy"):
        Ledger(path)
    assert path.exists()


def test_a_ledger_whose_first_commit_was_killed_is_a_new_one(path: Path) -> None:
    given = fill(path)
    path.write_bytes(b"")
    assert fill(path) == given


@settings(deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(["name", "commit", "renew", "decide", "split", "elsewhere"]), max_size=12))
def test_a_renewed_ledger_is_one_read_anew(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        ledger = Ledger(path)
        for number, step in enumerate(steps):
            match step:
                case "name":
                    ledger.code("cluster", "dk", str(number % 5))
                case "commit":
                    ledger.commit(AT)
                case "decide":
                    code = ledger.code("cluster", "dk", "1")
                    ledger.decide([Decision("withdrawn", "cluster", code, (), "gone", "me", AT)])
                case "split":
                    ledger.free_code("cluster", [("dk", str(number))])
                case "elsewhere":
                    other = Ledger(path)
                    other.code("cluster", "lu", str(number))
                    other.commit(AT)
                    ledger = ledger.renewed()
                case _:
                    ledger = ledger.renewed()
        found, wanted = ledger.renewed(), Ledger(path)
        for name in ("_codes", "_row", "_taken", "_fresh", "_fresh_decisions", "_hashed"):
            assert getattr(found, name) == getattr(wanted, name)
        assert list(found._codes) == list(wanted._codes)  # the oldest come first
        assert list(found.lives.all()) == list(wanted.lives.all())
