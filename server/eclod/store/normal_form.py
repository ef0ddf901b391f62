"""The normal form of a query: what it asks, without its comments and its layout, so that the same has one receipt.

Strings, IRIs and names stay as they are, to the byte. A query stays as it is altogether where its tokens cannot be
told apart with certainty (see guard.py), or where code point escapes may make others of them.
"""

from __future__ import annotations

import re
from typing import Final

from eclod.store import guard

#: What surrounds a query without being part of it: the white space of SPARQL 1.1 (section 19.8, WS).
BLANKS: Final = " \t\r\n"

#: Blank first, since a comment is opaque, too; then what holds no blank that could be left out.
_PIECE: Final = re.compile(
    rf"(?P<blank>(?:[{BLANKS}]++|#[^\r\n]*+)++)|(?P<opaque>{guard.OPAQUE})|{guard.VARIABLE}|{guard.NAME}|.", re.DOTALL
)
#: What begins a line, in lower case, where people write queries by hand.
_BEGINS: Final = frozenset(
    {"ask", "base", "bind", "construct", "describe", "filter", "from", "graph", "group", "having", "limit", "minus"}
    | {"offset", "optional", "order", "prefix", "select", "service", "union", "values"}
)
_STEP: Final = "  "


def normalise(query: str) -> str:
    """Return a query with one space for each run of white space and comments, and none around it."""
    if "\\u" in query.lower():
        return query.strip(BLANKS)
    made = []
    for piece in _PIECE.finditer(query):
        if piece["opaque"] is not None and guard.is_uncertain(piece[0]):
            return query.strip(BLANKS)
        made.append(" " if piece["blank"] is not None else piece[0])
    return "".join(made).strip(" ")


def lay_out(query: str) -> str:
    """Return a query in its normal form with line breaks and indents in place of spaces, for people to read.

    A query that is in no normal form stays as it is.
    """
    if normalise(query) != query:
        return query
    pieces = list(_PIECE.finditer(query))
    made, depth, brackets = [], 0, 0
    for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False):
        depth += (piece[0] == "{") - (piece[0] == "}")
        brackets += (piece[0] == "(") - (piece[0] == ")")
        if piece["blank"] is None or before is None or after is None:
            made.append(piece[0])
            continue
        goes_on = before[0] == ";" and not brackets
        breaks = goes_on or before[0] in "{}" or before[0].endswith(".")
        if breaks or after[0] == "}" or after[0].lower() in _BEGINS:
            made.append("\n" + _STEP * max(0, depth - (after[0] == "}") + goes_on))
        else:
            made.append(" ")
    return "".join(made)
