"""An engine that remembers: the second who asks the same of the same release does not wait, and costs nothing.

What is remembered is filed under the release, so a new release leaves it behind; the least recently asked goes first.
"""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Hashable
from typing import Final

from cachetools import LRUCache

from eclod.store import guard
from eclod.store.engine import Answer, Engine, Question

#: Functions that give something else each time (SPARQL 1.1, sections 17.4.2, 17.4.4 and 17.4.5).
_FUNCTIONS: Final = ("now", "rand", "uuid", "struuid", "bnode")
_EACH_TIME: Final = re.compile(rf"\b(?:{'|'.join(_FUNCTIONS)}){guard.BLANK}\(", re.IGNORECASE)
#: In lower case: without one of these, the rest need not be looked for.
_SUSPECT: Final = (*_FUNCTIONS, "service", "\\u")
#: What takes some of what is found, and what puts that in an order (SPARQL 1.1, sections 15 and 18.5.1).
_SOME_ROWS: Final = re.compile(rf"\b(?:limit|offset){guard.BLANK}[0-9]", re.IGNORECASE)
_SOME_VALUES: Final = re.compile(rf"\b(?:sample|group_concat){guard.BLANK}\(", re.IGNORECASE)
_ORDER: Final = re.compile(rf"\border{guard.BLANK}by\b", re.IGNORECASE)
_SUSPECT_OF_ORDER: Final = ("limit", "offset", "sample", "group_concat")
#: No answer takes more than this part of the memory.
_LARGEST_PART: Final = 4
#: What an answer costs beside its body, in bytes.
_OVERHEAD: Final = 1000


class RememberingEngine:
    """An Engine in front of another one, with so many bytes for the answers to questions of clients."""

    def __init__(self, engine: Engine, size: int) -> None:
        self._engine = engine
        self._size = size
        self._lock = threading.Lock()
        self._answers: LRUCache[Hashable, Answer] = LRUCache(size, getsizeof=_size)

    @property
    def release(self) -> str:
        return self._engine.release

    def ask(self, question: Question) -> Answer:
        return self.recall(question) or self.keep(question, self._engine.ask(question))

    def recall(self, question: Question) -> Answer | None:
        """Return the answer to a question from memory, or None."""
        if question.fresh or not self._may_keep(question):
            return None
        release = question.release or self._engine.release
        with self._lock:
            found = self._answers.get(_key(question, release))
        return dataclasses.replace(found, remembered=True) if found is not None else None

    def keep(self, question: Question, answer: Answer) -> Answer:
        """Return an answer that has just been given, kept in memory if it is one to be kept."""
        if not self._may_keep(question):
            return answer
        if answer.length * _LARGEST_PART <= self._size and repeatable(question.text):
            answer.body, answer.spool = answer.read(), None
            with self._lock:
                self._answers[_key(question, answer.release)] = answer
        return answer

    def _may_keep(self, question: Question) -> bool:
        return bool(self._size) and question.asker is not None and not question.private


def repeatable(query: str) -> bool:
    """Return whether a release alone decides what it answers, as far as the text of a query tells.

    It does not with RAND() and the like, nor with SERVICE; a text that only looks so, in a string for example, counts.
    """
    lowered = query.lower()
    if not any(name in lowered for name in _SUSPECT):
        return True
    return not any(_EACH_TIME.search(text) or guard.find_service(text).positions for text in guard.spellings(query))


def leaves_order_open(query: str) -> bool:
    """Return whether an answer may depend on the order in which rows are found, as far as the text of a query tells.

    It may with LIMIT or OFFSET without ORDER BY, and with SAMPLE or GROUP_CONCAT without an ORDER BY in a group before.
    """
    lowered = query.lower()
    if not any(name in lowered for name in _SUSPECT_OF_ORDER):
        return False
    ordered = _ORDER.search(lowered)
    if _SOME_VALUES.search(lowered) and (ordered is None or "}" not in lowered[ordered.end() :]):
        return True
    return ordered is None and _SOME_ROWS.search(lowered) is not None


def _key(question: Question, release: str) -> Hashable:
    return (
        release,
        question.text,
        question.result_format,
        question.graph_format,
        question.fixed_order,
        None if question.default_graphs is None else tuple(question.default_graphs),
        None if question.named_graphs is None else tuple(question.named_graphs),
        tuple(sorted(question.bindings.items())),
    )


def _size(answer: Answer) -> int:
    return answer.length + _OVERHEAD
