"""Look-ups: what the data says of one thing, read from the release on disk by whoever is asked.

The shortest question is the one that is asked most: one thing, one pattern, as in `SELECT ?p ?o WHERE { <…> ?p ?o }`.
It calculates nothing and waits for nothing, so it needs no process that can be killed: it is read in a tenth of a
millisecond, which is less than handing it to an executor and back takes. What is not certain to be so short is not read
here: any other form of query, more than a page of answer, a release that is still to be opened, and everything for a
while when the disk was slow. Of all that, and of everything that is wrong with a question, the executors have the word.
"""

from __future__ import annotations

import re
import threading
import time
from typing import Final

import pyoxigraph as ox

from eclod.core.errors import EclodError
from eclod.core.iris import DEFAULT_BASE
from eclod.core.namespaces import PREFIXES
from eclod.store import executor
from eclod.store.engine import Answer, Engine, Question
from eclod.store.pool import FORMATS, question_frame
from eclod.store.releases import Releases

#: Bytes of answer; a thing that more is said of is an executor's.
_LARGEST: Final = 1 << 16
#: Characters of a question.
_LONGEST: Final = 1500
#: After a look-up that took so many seconds, the disk is left to the executors for so many.
_SLOW: Final = 0.02
_REST: Final = 1.0

_IRI: Final = r"<[^<>\"{}|^`\\\x00-\x20]*+>"
_NAME: Final = r"[\w-]*+:[\w-]*+"
_VARIABLE: Final = r"[?$]\w++"
#: A thing, what is asked of it, and what is to be found: nothing that a pattern could be joined with, or repeat.
_LOOK_UP: Final = re.compile(
    rf"\s*+(?:PREFIX\s++[\w-]*+:\s*+{_IRI}\s*+)*+SELECT\s*+(?:\*|{_VARIABLE}(?:\s++{_VARIABLE})?+)\s*+(?:WHERE\s*+)?+"
    rf"\{{\s*+(?:{_IRI}|{_NAME})\s*+(?:{_IRI}|{_NAME}|a|{_VARIABLE})\s*+{_VARIABLE}\s*+\.?\s*+\}}\s*+",
    re.IGNORECASE | re.ASCII,
)


def is_look_up(text: str) -> bool:
    """Return whether a query is one pattern about one thing, and nothing else."""
    return len(text) <= _LONGEST and _LOOK_UP.fullmatch(text) is not None


class LookUps:
    """An Engine in front of another one, which it leaves all to that is no look-up; safe to share among threads."""

    def __init__(self, engine: Engine, releases: Releases, base: str = DEFAULT_BASE, rows: int = _LARGEST) -> None:
        """Take the engine for the rest, the releases, the base of identifiers and the most rows of an answer."""
        self._engine = engine
        self._rows = rows
        self._releases = releases
        self._base = base
        self._lock = threading.Lock()
        #: The release that is open, or being opened, or that could not be: then without a store.
        self._known = ""
        self._store: tuple[str, ox.Store] | None = None
        self._rests_until = 0.0

    @property
    def release(self) -> str:
        return self._engine.release

    def ask(self, question: Question) -> Answer:
        return self.find(question) or self._engine.ask(question)

    def find(self, question: Question) -> Answer | None:
        """Return the answer to a look-up of the current release, or None for a question that is an executor's."""
        if not is_look_up(question.text) or not _is_plain(question):
            return None
        release = self._engine.release
        if question.release not in (None, release):
            return None
        found = self._store
        if found is None or found[0] != release:
            self._open(release)
            return None
        started = time.monotonic()
        if started < self._rests_until:
            return None
        answer = self._read(found[1], question, release)
        if time.monotonic() - started > _SLOW:
            self._rests_until = started + _REST
        return answer

    def _read(self, store: ox.Store, question: Question, release: str) -> Answer | None:
        spool = executor.Spool(_LARGEST)
        frame = question_frame(question, self._base, release)
        try:
            header = executor.answer(store, frame, spool, PREFIXES, self._rows)
        except (executor.AnswerTooLarge, SyntaxError, ValueError, OSError, RuntimeError):
            return None
        if "error" in header or "cut" in header:
            return None
        return Answer(header["kind"], FORMATS[header["format"]], release, spool.length, body=spool.inline())

    def _open(self, release: str) -> None:
        """Begin to open a release, once."""
        with self._lock:
            if self._known == release:
                return
            self._known = release
        threading.Thread(target=self._opened, args=(release,), name="open-for-look-ups", daemon=True).start()

    def _opened(self, release: str) -> None:
        try:
            store = ox.Store.read_only(str(self._releases.folder(release) / "store"))
        except (EclodError, OSError):
            return  # the executors say what is wrong with it
        if self._known == release:  # no other one is wanted meanwhile
            self._store = release, store


def _is_plain(question: Question) -> bool:
    return (
        question.default_graphs is None
        and question.named_graphs is None
        and not question.bindings
        and not question.fixed_order
    )
