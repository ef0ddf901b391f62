"""Where notifications are kept, and how far each got: one SQLite file, written by the web, the rounds and the operator.

received: the page is looked at next. published: the page links, or the operator says so. waiting: the operator decides.
refused: it does not link, or the operator says so. What was refused is kept for a month, so that its sender can read
why. Of an erased thing nothing is kept, and what is deleted is overwritten.
"""

from __future__ import annotations

import math
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from eclod.core.endpoints import Endpoint
from eclod.core.errors import Damaged, NotAllowed, NotFound, TooBusy, TooManyRequests

FILE: Final = "inbox.sqlite"
RECEIVED: Final = "received"
PUBLISHED: Final = "published"
WAITING: Final = "waiting"
REFUSED: Final = "refused"
STATES: Final = (RECEIVED, PUBLISHED, WAITING, REFUSED)

#: Linkbacks in all, and those of one host that nobody has looked at.
MOST: Final = 100_000
_MOST_OPEN: Final = 10_000
_DAY: Final = timedelta(days=1)
_KEPT_REFUSED: Final = timedelta(days=30)
_LATER: Final = 86_400
#: A refused page is looked at again when it is announced again after so long.
_AGAIN: Final = timedelta(minutes=1)
_PATIENCE: Final = 5.0
_VERSION: Final = 1
_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS linkback (
    id TEXT PRIMARY KEY, page TEXT NOT NULL, host TEXT NOT NULL,
    thing TEXT NOT NULL, stated TEXT NOT NULL, told TEXT NOT NULL, actor TEXT NOT NULL, inbox TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'published', 'waiting', 'refused')), reason TEXT NOT NULL,
    received TEXT NOT NULL, changed TEXT NOT NULL, checked TEXT NOT NULL, title TEXT NOT NULL,
    attempts INTEGER NOT NULL, due TEXT NOT NULL,
    UNIQUE (page, stated)
);
CREATE INDEX IF NOT EXISTS linkback_thing ON linkback (thing, state, received);
CREATE INDEX IF NOT EXISTS linkback_state ON linkback (state, received);
CREATE INDEX IF NOT EXISTS linkback_host ON linkback (host, received);
CREATE INDEX IF NOT EXISTS linkback_due ON linkback (due) WHERE due != '';
-- What portals are told; the body is written once.
CREATE TABLE IF NOT EXISTS notice (
    id INTEGER PRIMARY KEY, inbox TEXT NOT NULL, thing TEXT NOT NULL, body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')), reason TEXT NOT NULL, changed TEXT NOT NULL,
    attempts INTEGER NOT NULL, due TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notice_due ON notice (due) WHERE due != '';
CREATE TABLE IF NOT EXISTS blocked (host TEXT PRIMARY KEY, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
-- How often what is published about a thing changed; pages depend on it.
CREATE TABLE IF NOT EXISTS version (thing TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS version_number ON version (number);
CREATE TRIGGER IF NOT EXISTS published_more AFTER INSERT ON linkback WHEN new.state = 'published' BEGIN
    INSERT OR REPLACE INTO version SELECT new.thing, coalesce(max(number), 0) + 1 FROM version; END;
CREATE TRIGGER IF NOT EXISTS published_less AFTER DELETE ON linkback WHEN old.state = 'published' BEGIN
    INSERT OR REPLACE INTO version SELECT old.thing, coalesce(max(number), 0) + 1 FROM version; END;
CREATE TRIGGER IF NOT EXISTS published_else AFTER UPDATE OF state, thing, title ON linkback
    WHEN 'published' IN (old.state, new.state)
    AND (old.state != new.state OR old.thing != new.thing OR old.title != new.title) BEGIN
    INSERT OR REPLACE INTO version SELECT old.thing, coalesce(max(number), 0) + 1 FROM version;
    INSERT OR REPLACE INTO version SELECT new.thing, coalesce(max(number), 0) + 1 FROM version; END;
PRAGMA user_version = {_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Linkback:
    """One page about one thing: `stated` is the thing as it was announced, `thing` what it is now after mergers.

    `told` is the state of `stated` that the portal knows of. Times are ISO 8601 in UTC, "" for never; `checked` is when
    the page was last found to link, `due` when it is looked at next.
    """

    id: str
    page: str
    host: str
    thing: str
    stated: str
    told: str
    actor: str
    inbox: str
    state: str
    reason: str
    received: str
    changed: str
    checked: str
    title: str
    attempts: int
    due: str


_COLUMNS: Final = tuple(field.name for field in fields(Linkback))


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a portal is told: `state` is pending, sent or failed."""

    id: int
    inbox: str
    thing: str
    body: str
    state: str
    reason: str
    changed: str
    attempts: int
    due: str


def iso(moment: datetime) -> str:
    """Return a time as it is kept; such texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


class Box:
    """The linkbacks of one data folder; safe to share among threads and processes."""

    def __init__(self, data: Path, of_one_host: int = MOST) -> None:
        """`of_one_host` is how many new linkbacks there may be about pages of one host in a day."""
        self._path = data / FILE
        self._of_one_host = of_one_host

    def receive(
        self, page: str, thing: str, stated: str, told: str, actor: str, inbox: str, at: datetime, check: bool
    ) -> tuple[Linkback, bool]:
        """Keep what was announced and return it, and whether it is new; `check` says that the page is looked at.

        What is there already stays, and a refused page is looked at again. Raises NotAllowed for a host that was
        blocked, TooManyRequests when there were as many about the host as may be in a day, TooBusy when there is no
        room.
        """
        host, now = Endpoint.parse(page).host, iso(at)
        with self._writing() as database:
            if database.execute("SELECT 1 FROM blocked WHERE host = ?", (host,)).fetchone():
                raise NotAllowed(f"Notifications about pages at {host} are not taken here; ask the operator.")
            known = _one(database, "page = ? AND stated = ?", page, stated)
            if known is not None:
                if inbox and not known.inbox:
                    database.execute("UPDATE linkback SET inbox = ? WHERE id = ?", (inbox, known.id))
                if check and known.state == REFUSED and known.changed < iso(at - _AGAIN):
                    self._set(database, known.id, state=RECEIVED, reason="", changed=now, attempts=0, due=now)
                return _one(database, "id = ?", known.id) or known, False
            self._check_host(database, host, at)
            self._check_room(database, check)
            name = secrets.token_hex(12)
            state, due = (RECEIVED, now) if check else (WAITING, "")
            reason = "" if check else "Its host is not on the list of this service, so the operator decides."
            row = Linkback(name, page, host, thing, stated, told, actor, inbox, state, reason, now, now, "", "", 0, due)
            values = ", ".join(f":{column}" for column in _COLUMNS)
            database.execute(f"INSERT INTO linkback ({', '.join(_COLUMNS)}) VALUES ({values})", asdict(row))
            return row, True

    def _check_host(self, database: sqlite3.Connection, host: str, at: datetime) -> None:
        lately = "SELECT received FROM linkback WHERE host = ? AND received > ? ORDER BY received DESC LIMIT 1 OFFSET ?"
        first = database.execute(lately, (host, iso(at - _DAY), self._of_one_host - 1)).fetchone()
        if first is not None:
            seconds = (datetime.fromisoformat(first["received"]) + _DAY - at).total_seconds()
            raise TooManyRequests(
                f"As many pages at {host[:200]} were announced as may be in a day; announce the others after that.",
                retry_after=max(1, math.ceil(seconds)),
            )

    def _check_room(self, database: sqlite3.Connection, check: bool) -> None:
        open_ones = database.execute("SELECT count(*) FROM linkback WHERE state = ?", (WAITING,)).fetchone()[0]
        every = database.execute("SELECT count(*) FROM linkback").fetchone()[0]
        if every >= MOST or (not check and open_ones >= _MOST_OPEN):
            raise TooBusy("The inbox is full until the operator has looked through it.", retry_after=_LATER)

    def get(self, name: str) -> Linkback:
        """Return a linkback by its id; raises NotFound."""
        with self._reading() as database:
            found = _one(database, "id = ?", name) if database else None
        if found is None:
            raise NotFound(f"There is no notification '{name}' here.")
        return found

    def find(self, page: str, stated: str) -> Linkback | None:
        """Return the linkback of a page and a thing as it was announced."""
        with self._reading() as database:
            return _one(database, "page = ? AND stated = ?", page, stated) if database else None

    def published(self, thing: str = "", limit: int = 1000, skip: int = 0) -> list[Linkback]:
        """Return what is published, about one thing when it is named, the newest first."""
        return self.select(PUBLISHED, thing, limit, skip)

    def select(self, state: str = "", thing: str = "", limit: int = 1000, skip: int = 0) -> list[Linkback]:
        """Return linkbacks, the newest first."""
        asked = {"state": state, "thing": thing}
        conditions = " AND ".join(f"{name} = :{name}" for name, value in asked.items() if value) or "true"
        with self._reading() as database:
            if database is None:
                return []
            rows = database.execute(
                f"SELECT * FROM linkback WHERE {conditions} ORDER BY received DESC, id LIMIT :limit OFFSET :skip",
                {**asked, "limit": limit, "skip": skip},
            )
            return [Linkback(**row) for row in rows]

    def count(self, state: str, thing: str = "") -> int:
        """Return how many linkbacks are in a state, about one thing when it is named."""
        with self._reading() as database:
            if database is None:
                return 0
            query = "SELECT count(*) FROM linkback WHERE state = ?" + (" AND thing = ?" if thing else "")
            return int(database.execute(query, (state, thing) if thing else (state,)).fetchone()[0])

    def update(self, name: str, **changes: Any) -> Linkback:
        """Change what is kept of a linkback and return it; raises NotFound."""
        with self._writing() as database:
            self._set(database, name, **changes)
        return self.get(name)

    def _set(self, database: sqlite3.Connection, name: str, **changes: Any) -> None:
        columns = ", ".join(f"{column} = :{column}" for column in changes)
        database.execute(f"UPDATE linkback SET {columns} WHERE id = :id", {**changes, "id": name})

    def block(self, host: str, at: datetime) -> int:
        """Take nothing from a host any more, and refuse what it has here; returns how many these were."""
        with self._writing() as database:
            database.execute("INSERT OR REPLACE INTO blocked VALUES (?, ?)", (host.lower(), iso(at)))
            done = database.execute(
                "UPDATE linkback SET state = 'refused', reason = 'Its host was blocked.', due = '', changed = ? "
                "WHERE host = ? AND state != 'refused'",
                (iso(at), host.lower()),
            )
            return done.rowcount

    def due(self, at: datetime, limit: int = 100) -> list[Linkback]:
        """Return the linkbacks whose page is to be looked at now, the one that waits longest first."""
        with self._reading() as database:
            if database is None:
                return []
            rows = database.execute(
                "SELECT * FROM linkback WHERE due != '' AND due <= ? ORDER BY due, id LIMIT ?", (iso(at), limit)
            )
            return [Linkback(**row) for row in rows]

    def keep_step(
        self,
        release: str,
        notices: Sequence[tuple[str, str, str]],
        moved: Sequence[tuple[str, str, str]],
        erased: Sequence[Linkback],
        at: datetime,
    ) -> None:
        """Put down at once what a release means for linkbacks, so that nobody is told twice, or never.

        `notices` are (inbox, thing, body), `moved` (told, thing, id). Of `erased` nothing is left in the file.
        """
        now = iso(at)
        with self._writing() as database:
            database.executemany("DELETE FROM linkback WHERE id = ?", ((each.id,) for each in erased))
            database.executemany("DELETE FROM notice WHERE thing = ?", ((each.stated,) for each in erased))
            database.executemany("UPDATE linkback SET told = ?, thing = ? WHERE id = ?", moved)
            database.executemany(
                "INSERT INTO notice (inbox, thing, body, state, reason, changed, attempts, due) "
                "VALUES (?, ?, ?, 'pending', '', ?, 0, ?)",
                ((*notice, now, now) for notice in notices),
            )
            # What was sent long ago is of no use; what is pending is never dropped.
            database.execute(
                "DELETE FROM notice WHERE state != 'pending' AND id <= (SELECT max(id) FROM notice) - ?", (MOST,)
            )
            database.execute("INSERT OR REPLACE INTO fact VALUES ('release', ?)", (release,))

    def notices(self, at: datetime | None = None, limit: int = 100) -> list[Notice]:
        """Return what is to be told by a time, else everything that was or is to be told, the newest first."""
        with self._reading() as database:
            if database is None:
                return []
            condition = "due != '' AND due <= ? ORDER BY due" if at else "? = '' ORDER BY id DESC"
            rows = database.execute(f"SELECT * FROM notice WHERE {condition} LIMIT ?", (iso(at) if at else "", limit))
            return [Notice(**row) for row in rows]

    def settle(self, notice: Notice, state: str, reason: str, at: datetime, due: str = "") -> None:
        """Put down what became of a notice."""
        with self._writing() as database:
            database.execute(
                "UPDATE notice SET state = ?, reason = ?, changed = ?, attempts = attempts + 1, due = ? WHERE id = ?",
                (state, reason, iso(at), due, notice.id),
            )

    def sweep(self, at: datetime) -> None:
        """Delete what was refused long ago."""
        with self._writing() as database:
            database.execute("DELETE FROM linkback WHERE state = 'refused' AND changed < ?", (iso(at - _KEPT_REFUSED),))

    def release(self) -> str:
        """Return the release of which portals were told last, "" for none."""
        with self._reading() as database:
            row = database.execute("SELECT value FROM fact WHERE name = 'release'").fetchone() if database else None
            return str(row["value"]) if row else ""

    def has_work(self, at: datetime, release: str) -> bool:
        """Return whether a page is to be looked at, or a portal to be told something."""
        with self._reading() as database:
            if database is None:
                return False
            for table in ("linkback", "notice"):
                if database.execute(f"SELECT 1 FROM {table} WHERE due != '' AND due <= ?", (iso(at),)).fetchone():
                    return True
            some = database.execute("SELECT 1 FROM linkback WHERE state = 'published' LIMIT 1").fetchone()
        return some is not None and self.release() != release

    def versions(self, after: int) -> Mapping[str, int]:
        """Return the things whose linkbacks changed since a version, with the newest version of each."""
        with self._reading(0.0) as database:
            if database is None:
                return {}
            rows = database.execute("SELECT thing, number FROM version WHERE number > ? ORDER BY number", (after,))
            return {row["thing"]: row["number"] for row in rows}

    @contextmanager
    def _reading(self, patience: float = _PATIENCE) -> Iterator[sqlite3.Connection | None]:
        if not self._path.exists():
            yield None
            return
        with self._opened(patience) as database:
            yield database if database.execute("PRAGMA user_version").fetchone()[0] else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._opened(_PATIENCE) as database:
            database.execute("PRAGMA secure_delete = ON")
            database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
            yield database
            database.execute("COMMIT")  # without it, closing takes everything back

    @contextmanager
    def _opened(self, patience: float) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=patience, isolation_level=None)) as database:
                database.row_factory = sqlite3.Row
                if database.execute("PRAGMA user_version").fetchone()[0] > _VERSION:
                    raise Damaged(f"{self._path} was written by a newer eclod; update eclod.")
                yield database
        except sqlite3.OperationalError as error:
            raise TooBusy("The inbox cannot be used now; try again shortly.", retry_after=10) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(f"{self._path} cannot be read ({error}); restore it from a copy.") from error


def _one(database: sqlite3.Connection, condition: str, *values: str) -> Linkback | None:
    row = database.execute(f"SELECT * FROM linkback WHERE {condition}", values).fetchone()
    return Linkback(**row) if row is not None else None


class Versions:
    """Which version of its linkbacks a thing has, looked for twice a second at most; safe to share among threads."""

    _EVERY: Final = 0.5

    def __init__(self, box: Box) -> None:
        self._box = box
        self._known: dict[str, int] = {}
        self._newest = 0
        self._looked = float("-inf")
        self._lock = threading.Lock()

    def of(self, thing: str) -> str:
        """Return the version of the linkbacks of a thing, "" when it never had any."""
        now = time.monotonic()
        if now - self._looked > self._EVERY and self._lock.acquire(blocking=False):
            try:
                self._looked = now
                self._known.update(found := self._box.versions(self._newest))
                self._newest = max(found.values(), default=self._newest)
            except (TooBusy, Damaged):  # somebody writes: what was known is old for another moment
                pass
            finally:
                self._lock.release()
        return str(self._known.get(thing, ""))
