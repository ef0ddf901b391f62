"""Texts that are none: formulas of spreadsheets, what these show without a result, mark-up of web pages."""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import Final

from eclod_loaders.values.texts import Unreadable, fold

#: Signs that the name of something has at most; what is longer is a description in the wrong column.
LONGEST_NAME: Final = 500

_FORMULA: Final = re.compile(
    r"[=@](?:\".*|[A-Z][A-Z0-9.]*\(.*|\(.*\)|[+-]?\$?[A-Z]{1,3}\$?[0-9]+\b.*|[0-9.]+[-+*/^].*)", re.DOTALL
)
#: What spreadsheets show where a formula has no result, in English, French and German; a number that is too wide.
_NO_RESULT: Final = re.compile(
    r"#(?:REF|VALUE|NULL|NUM|DIV/0|VALEUR|NOMBRE|NUL|BEZUG|WERT|ZAHL)!|#(?:NAME|NOM)\?|#{4,}"
)
_TAG: Final = re.compile(
    r"</?(?:a|b|br|div|em|font|h[1-6]|i|img|li|ol|p|script|span|strong|style|table|tbody|td|th|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]+;)|#[0-9]{2,6};|#[xX][0-9A-Fa-f]{2,5};)")


def check(text: str, longest: int | None = None) -> None:
    """Raise Unreadable for a formula, for mark-up, and for what has more than `longest` signs."""
    if text[:1] in ("=", "@", "#") and (_FORMULA.fullmatch(text) or _NO_RESULT.fullmatch(text)):
        raise Unreadable(
            "formula", f"'{text[:60]}' is a formula and not its result; save the file with the values of its cells."
        )
    if ("<" in text and _TAG.search(text)) or ("&" in text and _has_entity(text)):
        raise Unreadable(
            "markup",
            "The text has mark-up of a web page in it; write it without the signs for the browser.",
            plain(text),
        )
    if longest is not None and len(text) > longest:
        raise Unreadable(
            "too-long",
            f"The text has {len(text)} characters, and a name has at most {longest}; "
            "put the rest into the description.",
        )


def plain(text: str) -> str:
    """Return a text without mark-up."""
    return fold(html.unescape(_TAG.sub(" ", text)))


def _has_entity(text: str) -> bool:
    return any(match[1] is None or match[1] in html5 for match in _ENTITY.finditer(text))
