"""What no query may do here: change data or make the service fetch something.

The engine itself is a reader: an update does not parse as a query, FROM never fetches, and executors have no network
(see executor.py). What is left is SERVICE. The engine reads it wherever its grammar allows, also glued to what stands
beside it (`1SERVICE<…>{`, `SERVICEex:a{`), so the text is looked at as the engine's lexer would, token by token, in one
pass; only a query in which the word occurs at all is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from eclod.core.errors import NotAllowed

_SERVICE: Final = re.compile("service", re.IGNORECASE | re.ASCII)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# Strings, comments, escapes in local names (`ex:a\#b` begins no comment) and IRIs: in none of them is there a keyword.
_HARMLESS: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n\r]|\\.)*"|\'(?:[^\'\\\n\r]|\\.)*\''
    r"|<(?:[^<>\"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>|#[^\n\r]*|\\.",
    re.DOTALL,
)
_ABSOLUTE: Final = re.compile(r"<[A-Za-z][\w+.-]*://[^<>\"{}|^`\\\x00-\x20]*>", re.ASCII)
_TOKEN: Final = re.compile(r"<>|[?$]\w*|[\w.:%@\u00b7\u0300-\u036f\u203f\u2040-]+|\S")
#: After these, what begins with the letters of SERVICE and holds a colon is the name of a graph or a thing.
_BEFORE_NAMES: Final = frozenset({"graph", "from", "named", "describe"})

_UPDATE: Final = re.compile(r"\s*(insert|delete|load|clear|drop|create|add|move|copy|with)\b", re.IGNORECASE)
_PROLOGUE: Final = re.compile(r"\s*(?:(?:prefix\s+[^\s:]*:\s*<[^>]*>|base\s*<[^>]*>)\s*)*", re.IGNORECASE)


def check(query: str) -> None:
    """Let a query pass that only reads this release.

    Raises NotAllowed for SERVICE and for updates.
    """
    # With code point escapes as they stand and decoded (SPARQL 1.1, section 19.2): engines differ.
    if any(_SERVICE.search(text) and _holds_service(text) for text in dict.fromkeys((query, _unescape(query)))):
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


def _holds_service(text: str) -> bool:
    """Return whether a query has a SERVICE clause: the keyword, SILENT or not, a variable or an IRI, a brace.

    `<'>` and `<#a>` may be an IRI, or "less than" before a string or a comment; where such a thing makes it uncertain
    what is a string, the keyword before what may be a variable, an IRI or a comment is enough.
    """
    certain = True

    def harmless(match: re.Match[str]) -> str:
        nonlocal certain
        found = match[0]
        if not found.startswith("<"):
            return {'"': '""', "'": '""', "#": " ", "\\": "_"}[found[0]]
        certain = certain and (_ABSOLUTE.match(found) is not None or not {"'", "#", "\\"} & set(found))
        return "<>"

    tokens = _TOKEN.findall(_HARMLESS.sub(harmless, text))
    if certain:
        return any(_is_keyword(tokens[n]) and _opens_group(tokens, n) for n in range(len(tokens)))
    tokens = _TOKEN.findall(_ABSOLUTE.sub("<>", text))
    return any(_is_keyword(tokens[n]) and _may_open_group(tokens, n) for n in range(len(tokens)))


def _is_keyword(token: str) -> bool:
    """Return whether a token may hold the keyword: not as a variable, nor in the local part of a name."""
    if token[0] in "?$" or not _SERVICE.search(token):
        return False
    # A dot may end a name, and the keyword follow it.
    return any((word := _SERVICE.search(part)) and ":" not in part[: word.start()] for part in token.split("."))


def _opens_group(tokens: Sequence[str], position: int) -> bool:
    """Return whether the keyword in a token is followed by what a SERVICE clause has next."""
    token, following = tokens[position], list(tokens[position + 1 : position + 4])
    if "{" not in following:
        return False
    if ":" in token and token[:7].lower() == "service" and position and tokens[position - 1].lower() in _BEFORE_NAMES:
        return False
    between = following[: following.index("{")]
    if not between:
        return token.rfind(":") > token.lower().find("service")
    named = between[-1][0] in "?$<" or ":" in between[-1]
    return named and (len(between) == 1 or between[0].lower() == "silent")


def _may_open_group(tokens: Sequence[str], position: int) -> bool:
    """Return whether the keyword in a token could be followed by what a SERVICE clause has next."""
    following = [token for token in tokens[position : position + 3] if token.lower() != "silent"]
    glued = following[0].rfind(":") > following[0].lower().find("service")
    return glued or any(token[0] in "?$<#" or ":" in token for token in following[1:2])
