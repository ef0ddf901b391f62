"""What no query may do here: change data or make the service fetch something.

A cheap look at the text lets nearly every query through; only one that might hold SERVICE is parsed. The engine itself
is a reader: an update does not parse as a query, FROM never fetches, and executors have no network (see executor.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pyparsing import ParseResults
from rdflib.plugins.sparql.parser import parseQuery

from eclod.core.errors import BadQuery, NotAllowed

# SERVICE may be spelt with code point escapes (SPARQL 1.1, section 19.2), so an escape anywhere is suspicious too.
_SUSPICIOUS: Final = re.compile(r"service|\\u00[0-9a-f]{2}|\\u0000[0-9a-f]{4}", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# Strings, IRIs and comments, in which the word is harmless.
_HARMLESS: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n\r]|\\.)*"|\'(?:[^\'\\\n\r]|\\.)*\''
    r"|<[^<>\"{}|^`\\\x00-\x20]*>|#[^\n\r]*",
    re.DOTALL,
)
# The keyword, and not a variable, a prefix or a part of a name.
_SERVICE_WORD: Final = re.compile(r"(?<![\w?$:@-])service(?![\w:-])", re.IGNORECASE)
_UPDATE: Final = re.compile(r"\s*(insert|delete|load|clear|drop|create|add|move|copy|with)\b", re.IGNORECASE)
_PROLOGUE: Final = re.compile(r"\s*(?:(?:prefix\s+[^\s:]*:\s*<[^>]*>|base\s*<[^>]*>)\s*)*", re.IGNORECASE)


def check(query: str) -> None:
    """Let a query pass that only reads this release.

    Raises NotAllowed for SERVICE and for updates.
    """
    if _SUSPICIOUS.search(query) and _holds_service(_unescape(query)):
        raise NotAllowed(
            "This endpoint does not send queries to other endpoints: "
            "remove the SERVICE part and join its answer on your side."
        )
    stripped = _HARMLESS.sub(lambda m: m[0] if m[0].startswith("<") else " ", query)
    after_prologue = stripped[_PROLOGUE.match(stripped).end() :]  # type: ignore[union-attr]  # the pattern matches the empty text
    if found := _UPDATE.match(after_prologue):
        raise NotAllowed(
            f"This endpoint only reads: {found[1].upper()} is an update. Data enters through releases, see /releases."
        )


def _unescape(query: str) -> str:
    return _ESCAPE.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), query)


def _holds_service(query: str) -> bool:
    """Return whether the query has a SERVICE clause: first by words outside strings, then by its syntax tree."""
    if not _SERVICE_WORD.search(_HARMLESS.sub(" ", query)):
        return False
    try:
        return "ServiceGraphPattern" in set(_names(parseQuery(query)))
    except RecursionError:
        raise BadQuery("The query is nested too deeply: write it flatter.") from None
    except Exception:  # rdflib's parser raises many kinds; what it cannot read is treated as SERVICE
        return True


def _names(node: object) -> Iterator[str]:
    if name := getattr(node, "name", None):
        yield str(name)
    if isinstance(node, dict):
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list | tuple | ParseResults):
        for value in node:
            yield from _names(value)
