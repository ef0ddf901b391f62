"""Tokens with which a registry sends its deliveries (RFC 6750): one SQLite file that holds their hashes only.

A token is shown once, when it is made. It names its row, so that one is looked up and compared, in constant time; the
rest of it are 256 random bits, which a plain hash protects as well as a slow one would.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from eclod.core.errors import BadInput, Damaged, NotFound

FILE: Final = "tokens.sqlite"

_SECRET_BYTES: Final = 32
_TOKEN: Final = re.compile(r"eclod_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS token (
    id TEXT PRIMARY KEY,
    registry TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    note TEXT NOT NULL,
    created TEXT NOT NULL,
    revoked TEXT NOT NULL
)
"""
#: What is compared with when there is no such row, so that it takes as long.
_NOBODY: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret; `revoked` is "" while it holds, times are ISO 8601."""

    id: str
    registry: str
    note: str
    created: str
    revoked: str = ""


class Tokens:
    """The tokens of one data folder; every call sees what other processes wrote before."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, registry: str, note: str = "", at: datetime | None = None) -> tuple[Token, str]:
        """Make a token for a registry; returns it and the text to send, which nobody can be told again."""
        moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        token = Token(secrets.token_hex(4), registry, note, moment)
        text = f"eclod_{token.id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        with self._open(writing=True) as connection:
            connection.execute(
                "INSERT INTO token VALUES (?, ?, ?, ?, ?, '')", (token.id, registry, _hash(text), note, token.created)
            )
        return token, text

    def of_registry(self, registry: str) -> list[Token]:
        """Return the tokens that a registry has or had, oldest first."""
        if not self._path.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT id, registry, note, created, revoked FROM token WHERE registry = ? ORDER BY created, id",
                (registry,),
            )
            return [Token(*row) for row in rows]

    def any_holds(self) -> bool:
        """Return whether somebody may send deliveries."""
        if not self._path.exists():
            return False
        with self._open() as connection:
            return connection.execute("SELECT 1 FROM token WHERE revoked = '' LIMIT 1").fetchone() is not None

    def revoke(self, registry: str, name: str, at: datetime | None = None) -> None:
        """Let a token hold no longer; raises NotFound when the registry has none of this id that holds."""
        moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        changed = 0
        if self._path.exists():
            with self._open(writing=True) as connection:
                changed = connection.execute(
                    "UPDATE token SET revoked = ? WHERE id = ? AND registry = ? AND revoked = ''",
                    (moment, name, registry),
                ).rowcount
        if not changed:
            raise NotFound(
                f"The registry {registry} has no token '{name}' that holds; 'eclod registry token list {registry}' "
                "shows those it has."
            )

    def holder(self, text: str) -> Token | None:
        """Return the token that a text is, or None for any text that is no token that holds."""
        match = _TOKEN.fullmatch(text)
        row = None
        if match is not None and self._path.exists():
            with self._open() as connection:
                row = connection.execute(
                    "SELECT sha256, id, registry, note, created, revoked FROM token WHERE id = ?", (match[1],)
                ).fetchone()
        same = hmac.compare_digest(_hash(text), row[0] if row else _NOBODY)
        return Token(*row[1:]) if row and same and not row[5] else None

    @contextmanager
    def _open(self, writing: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if writing:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Before SQLite makes it for everybody to read; its journals take the mode of the file.
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self._path)) as connection, connection:
                if writing:
                    connection.execute(_SCHEMA)
                yield connection
        except OSError as error:
            raise BadInput(f"The file {self._path} cannot be written: {error.strerror}. Set ECLOD_DATA.") from error
        except sqlite3.DatabaseError as error:
            raise Damaged(f"The tokens in {self._path} cannot be read ({error}); restore them from a copy.") from error


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
