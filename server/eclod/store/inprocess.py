"""An Engine inside the calling process: for the command line and for tests; nothing bounds its queries."""

from __future__ import annotations

import pyoxigraph as ox

from eclod.core import formats
from eclod.core.errors import BadQuery
from eclod.core.namespaces import PREFIXES
from eclod.store import executor, guard
from eclod.store.engine import Answer, Question
from eclod.store.pool import error_of


class InProcessEngine:
    """Answers from a store that is already open."""

    def __init__(self, store: ox.Store, release: str = "in-process") -> None:
        self._store = store
        self.release = release

    def ask(self, question: Question) -> Answer:
        guard.check(question.text)
        spool = executor.Spool(1 << 40)
        content = {
            "text": question.text,
            "result_format": question.result_format and question.result_format.name,
            "graph_format": question.graph_format and question.graph_format.name,
            "default_graphs": question.default_graphs,
            "named_graphs": question.named_graphs,
            "bindings": question.bindings,
        }
        try:
            header = executor.answer(self._store, content, spool, PREFIXES)
        except SyntaxError as error:
            raise BadQuery(
                f"The query does not parse: {error.msg or error}", line=error.lineno, column=error.offset
            ) from None
        if "error" in header:
            raise error_of(header)
        form = next(f for f in (*formats.RESULT_FORMATS, *formats.GRAPH_FORMATS) if f.name == header["format"])
        spool.file.seek(0)
        return Answer(header["kind"], form, self.release, spool.length, spool.file.read())
