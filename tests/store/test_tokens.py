"""Tokens: shown once, hashed, each for one registry, ended at once (contract, line 38)."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from eclod.core.errors import Damaged, NotFound
from eclod.store.tokens import Tokens


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokens.sqlite"


def test_a_token_is_known_again_and_belongs_to_one_registry(path: Path) -> None:
    tokens = Tokens(path)
    made, text = tokens.create("dk", "the mailbox")
    other, _ = tokens.create("lu")
    assert tokens.holder(text) == made
    assert (made.registry, made.note) == ("dk", "the mailbox")
    assert [each.id for each in tokens.of_registry("dk")] == [made.id]
    assert [each.id for each in tokens.of_registry("lu")] == [other.id]


def test_only_the_hash_is_on_disk_and_only_for_its_owner(path: Path) -> None:
    _, text = Tokens(path).create("dk")
    secret = text.rpartition("_")[2]
    assert secret.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as connection:
        assert len(connection.execute("SELECT sha256 FROM token").fetchone()[0]) == 64


def test_what_is_no_token_opens_nothing(path: Path) -> None:
    tokens = Tokens(path)
    assert tokens.holder("eclod_00000000_" + "A" * 43) is None  # no file yet
    _, text = tokens.create("dk")
    wrong = ["", text[:-1], text + "A", text.upper(), "eclod_00000000_" + text[-43:], text[:-43] + "A" * 43, "\udcff"]
    assert all(tokens.holder(each) is None for each in wrong)
    assert tokens.holder(text) is not None


def test_a_revoked_token_holds_no_longer_and_is_still_listed(path: Path) -> None:
    tokens = Tokens(path)
    made, text = tokens.create("dk")
    with pytest.raises(NotFound):
        tokens.revoke("lu", made.id)
    assert tokens.holder(text) is not None
    tokens.revoke("dk", made.id)
    assert tokens.holder(text) is None
    assert [bool(each.revoked) for each in tokens.of_registry("dk")] == [True]
    with pytest.raises(NotFound, match="token list"):
        tokens.revoke("dk", made.id)


def test_a_broken_file_is_said_and_opens_nothing(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(Damaged, match="cannot be read"):
        Tokens(path).holder("eclod_00000000_" + "A" * 43)
