"""What the engine says of a query that does not parse, as one sentence with its place and the text around it."""

from __future__ import annotations

import re
from typing import Final

from eclod.core.errors import BadQuery

_POSITION: Final = re.compile(r"error at (\d+):(\d+): (?:expected (?:one of )?)?(.*)", re.DOTALL)
#: What is expected and makes sense to a person: words and signs, not classes of characters.
_EXPECTED: Final = re.compile(r'"(\S+?)"|\b([A-Z]{2,}[A-Z0-9_]*)\b')
_MOST_EXPECTED: Final = 6
_AROUND: Final = 40
#: Sentences of the engine among what it expected, and what they mean.
_SENTENCES: Final = {
    "Prefix not found": "a prefix is used that no PREFIX line declares",
    "The SELECT contains a variable that is unbound": "SELECT has a variable that is neither grouped by nor aggregated",
    '"\\\\U"': "a string does not end",
}
#: Extensions and what could always follow.
_NOISE: Final = frozenset({"LATERAL", "SERVICE", "OPTIONAL", "_"})


def syntax_error(message: str, query: str) -> BadQuery:
    """Return the engine's message with line and column (both from 1) and the text around, as details too."""
    match = _POSITION.search(message)
    if match is None:
        return BadQuery(f"The query does not parse: {message.rstrip('.')}.")
    line, column, expected = int(match[1]), int(match[2]), match[3]
    excerpt = _around(query, line, column)
    where = f"line {line}, column {column}" + (f", in '{excerpt}'" if excerpt else "")
    return BadQuery(
        f"The query does not parse at {where}: {_reason(expected)}.", line=line, column=column, excerpt=excerpt or None
    )


def _reason(expected: str) -> str:
    for sentence, meaning in _SENTENCES.items():
        if sentence in expected:
            return meaning
    words = [sign or word for sign, word in _EXPECTED.findall(re.sub(r"\[[^\]]*\]", "", expected))]
    words = [word for word in dict.fromkeys(words) if word not in _NOISE]
    # One word alone is what the engine tried last, seldom what is missing.
    if not 1 < len(words) <= _MOST_EXPECTED:
        return "something else is expected here or just before"
    return f"{', '.join(words[:-1])} or {words[-1]} is expected here"


def _around(query: str, line: int, column: int) -> str:
    """Return the text of a line on both sides of a column."""
    text = "".join(query.splitlines()[line - 1 : line])
    start, end = max(0, column - 1 - _AROUND), column - 1 + _AROUND
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
