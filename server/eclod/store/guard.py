"""What no query may do here: change data, or make the service fetch something that nobody allowed.

The engine itself is a reader: an update does not parse as a query, FROM never fetches, and executors have no network
(see confinement.py). What is left is to say plainly what is refused, and to find SERVICE, which the engine reads
wherever its grammar allows, also glued to what stands beside it (`1SERVICE<…>{`, `SERVICEex:a{`). Nearly all queries
pass by a look for the word; in the others, strings, comments and IRIs are told apart as the engine's lexer does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from eclod.core.errors import NotAllowed

# None of these patterns goes back over what it has read (they are possessive): a megabyte of anything takes no time.
BLANK: Final = r"(?:[ \t\r\n]++|#[^\r\n]*+)*+"
IRI: Final = r"<(?:[^<>\"{}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>"
#: Strings, IRIs and comments: in none of them is there a keyword or a bracket.
OPAQUE: Final = (
    r'"""(?:[^"\\]++|\\.|"(?!""))*+"""|"(?:[^"\\\n\r]++|\\.)*+"'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+'''|'(?:[^'\\\n\r]++|\\.)*+'"
    rf"|{IRI}|#[^\n\r]*+"
)
#: What may be a name or a keyword, or several that touch; an escape is part of a name (`ex:a\#b` begins no comment).
NAME: Final = r"(?:[\w.:%@\u00b7\u0300-\u036f\u203f\u2040-]|\\.)++"
_NAME_WITH_COLON: Final = r"(?:[\w.%@\u00b7\u0300-\u036f\u203f\u2040-]|\\.)*+:(?:" + NAME + ")?+"
VARIABLE: Final = r"[?$]\w*+"

_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_UPDATE: Final = re.compile(
    rf"(?:[ \t\r\n]++|#[^\r\n]*+|prefix\b{BLANK}[^\s:#<]*+:{BLANK}<[^<>\s]*+>|base\b{BLANK}<[^<>\s]*+>)*+"
    r"(insert|delete|load|clear|drop|create|add|move|copy|with)\b",
    re.IGNORECASE,
)
_SERVICE: Final = re.compile("service", re.IGNORECASE | re.ASCII)
_TOKEN: Final = re.compile(rf"{OPAQUE}|{VARIABLE}|({NAME})", re.DOTALL)
_ABSOLUTE: Final = r"<[A-Za-z][A-Za-z0-9+.-]*+://[^<>\"{}|^`\\\x00-\x20]*+>"
_ABSOLUTE_IRI: Final = re.compile(_ABSOLUTE)
_TOKEN_OF_ANYTHING: Final = re.compile(rf"{_ABSOLUTE}|{VARIABLE}|({NAME})", re.DOTALL)
#: What follows the keyword in a clause, and what may follow it where strings and comments cannot be told.
_CLAUSE: Final = re.compile(
    rf"{BLANK}(?:silent{BLANK})?+(?:{VARIABLE}|{IRI}|{_NAME_WITH_COLON}){BLANK}\{{", re.IGNORECASE | re.DOTALL
)
_MAYBE_CLAUSE: Final = re.compile(
    rf"[ \t\r\n]*+(?:silent[ \t\r\n]*+)?+(?:[?$<#]|{_NAME_WITH_COLON})", re.IGNORECASE | re.DOTALL
)
_OPENING: Final = re.compile(rf"{BLANK}\{{")
_ONLY_BLANK: Final = re.compile(BLANK)
#: After these, what begins with the letters of SERVICE and holds a colon is the name of a graph or a thing.
_BEFORE_NAMES: Final = frozenset({"graph", "from", "named", "describe"})


class Keywords(NamedTuple):
    """Where the word SERVICE may open a clause; not certain where `<'>` or `<#a>` may be an IRI or "less than"."""

    positions: tuple[int, ...]
    certain: bool


def check(query: str) -> None:
    """Let a query pass that only reads this release.

    Raises NotAllowed for SERVICE and for updates.
    """
    check_reads(query)
    if may_call_out(query) and any(find_service(text).positions for text in spellings(query)):
        raise NotAllowed(
            "This endpoint does not send queries to other endpoints: "
            "remove the SERVICE part and join its answer on your side."
        )


def check_reads(query: str) -> None:
    """Let a query pass that is no update; raises NotAllowed, naming the operation."""
    if found := _UPDATE.match(query):
        raise NotAllowed(
            f"This endpoint only reads: {found[1].upper()} is an update. Data enters through releases, see /releases."
        )


def may_call_out(query: str) -> bool:
    """Return whether the letters of SERVICE are anywhere in a query, spelt with code point escapes or not."""
    lowered = query.lower()
    return "service" in lowered or ("\\u" in lowered and "service" in unescape(query).lower())


def spellings(query: str) -> tuple[str, ...]:
    """Return a query as it stands and, where different, with code point escapes decoded: engines differ in that.

    SPARQL 1.1, section 19.2, decodes before all else.
    """
    return tuple(dict.fromkeys((query, unescape(query))))


def unescape(query: str) -> str:
    """Return a query with its code point escapes decoded."""
    return _ESCAPE.sub(lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)), query)


def find_service(text: str) -> Keywords:
    """Return where a query has a SERVICE clause: the keyword, SILENT or not, a variable or an IRI, a brace.

    Where it is uncertain what is a string, the keyword before what may be a variable, an IRI or a comment is enough.
    """
    positions = []
    previous: re.Match[str] | None = None
    for token in _TOKEN.finditer(text):
        found = token[0]
        if token[1] is None:
            if is_uncertain(found):
                return Keywords(tuple(_find_in_anything(text)), certain=False)
            continue
        if (offset := _keyword(found)) is not None and _opens_clause(text, token, offset, previous):
            positions.append(token.start() + offset)
        previous = token
    return Keywords(tuple(positions), certain=True)


def is_uncertain(token: str) -> bool:
    """Return whether what is opaque may be "less than" before a string or a comment, and no IRI."""
    return token[0] == "<" and not {"'", "#", "\\"}.isdisjoint(token) and not _ABSOLUTE_IRI.match(token)


def _find_in_anything(text: str) -> Iterator[int]:
    for token in _TOKEN_OF_ANYTHING.finditer(text):
        if token[1] is not None and (offset := _keyword(token[0])) is not None:
            glued = token[0].rfind(":") > offset
            if glued or _MAYBE_CLAUSE.match(text, token.end()):
                yield token.start() + offset


def _keyword(token: str) -> int | None:
    """Return where a token may hold the keyword: not in the local part of a name."""
    if not _SERVICE.search(token):
        return None
    start = 0
    for part in token.split("."):  # a dot may end a name, and the keyword follow it
        if (word := _SERVICE.search(part)) and ":" not in part[: word.start()]:
            return start + word.start()
        start += len(part) + 1
    return None


def _opens_clause(text: str, token: re.Match[str], offset: int, previous: re.Match[str] | None) -> bool:
    """Return whether the keyword in a token is followed by what a SERVICE clause has next."""
    if token[0].rfind(":") > offset and _OPENING.match(text, token.end()):
        named = (
            offset == 0
            and previous is not None
            and previous[0].lower() in _BEFORE_NAMES
            and _ONLY_BLANK.fullmatch(text, previous.end(), token.start()) is not None
        )
        return not named
    return _CLAUSE.match(text, token.end()) is not None
