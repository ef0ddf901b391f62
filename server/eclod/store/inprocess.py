"""An Engine inside the calling process: for the command line and for tests; nothing bounds its queries."""

from __future__ import annotations

import sys

import pyoxigraph as ox

from eclod.core.errors import NotFound
from eclod.core.iris import DEFAULT_BASE
from eclod.core.namespaces import PREFIXES
from eclod.store import executor, guard
from eclod.store.engine import Answer, Question
from eclod.store.pool import FORMATS, error_of, question_frame
from eclod.store.syntax import syntax_error


class InProcessEngine:
    """Answers from a store that is already open."""

    def __init__(self, store: ox.Store, release: str = "in-process", rows: int = sys.maxsize) -> None:
        self._store = store
        self.release = release
        self._rows = rows

    def ask(self, question: Question) -> Answer:
        guard.check(question.text)
        if question.release not in (None, self.release):
            raise NotFound(f"There is no release '{question.release}' here; ask {self.release}.")
        spool = executor.Spool(1 << 40)
        frame = question_frame(question, DEFAULT_BASE, self.release)
        try:
            header = executor.answer(self._store, frame, spool, PREFIXES, self._rows)
        except SyntaxError as error:
            raise syntax_error(error.msg or str(error), question.text) from None
        except (ValueError, RuntimeError) as error:
            raise error_of({"error": "evaluation", "message": str(error)}, question.text) from None
        if "error" in header:
            raise error_of(header, question.text)
        answer = Answer(header["kind"], FORMATS[header["format"]], self.release, spool.length, cut=header.get("cut"))
        if spool.file is None:
            answer.body = spool.inline()
        else:
            spool.file.seek(0)
            answer.spool = spool.file
        return answer
