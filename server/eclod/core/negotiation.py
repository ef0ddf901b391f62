"""Content negotiation (RFC 9110, section 12.5.1): highest q, then most specific, then our own order.

Parameters of a media range other than q are ignored, so `application/ld+json;profile="x"` meets `application/ld+json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eclod.core.errors import NotAcceptable
from eclod.core.formats import Format


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an Accept header."""

    type: str
    subtype: str
    q: float

    def specificity(self, media_type: str) -> int:
        """Return 3 for the type itself, 2 for `type/*`, 1 for `*/*`, 0 for no match."""
        main, _, sub = media_type.partition("/")
        if self.type == main and self.subtype == sub:
            return 3
        if self.type == main and self.subtype == "*":
            return 2
        return 1 if self.type == self.subtype == "*" else 0


def parse_accept(header: str) -> list[MediaRange]:
    """Return the media ranges of an Accept header; what is not one is left out."""
    ranges = []
    for element in _split_unquoted(header, ","):
        media, *parameters = _split_unquoted(element, ";") or [""]
        main, slash, sub = media.lower().partition("/")
        if media == "*":
            main, slash, sub = "*", "/", "*"
        if slash and main and sub:
            ranges.append(MediaRange(main, sub, _quality(parameters)))
    return ranges


def choose(accept: str | None, offered: Sequence[Format], default: Format) -> Format:
    """Return the offered format that the Accept header prefers; no header, or an empty one, gives the default.

    Raises NotAcceptable, with the list of what there is, when nothing offered is accepted.
    """
    ranges = parse_accept(accept or "")
    if not ranges:
        return default
    best: tuple[float, int, int] | None = None
    chosen: Format | None = None
    # The default goes first, so that `*/*` and ties give what no header gives.
    ordered = [default, *(form for form in offered if form is not default)]
    for position, form in enumerate(ordered):
        q, specificity = _acceptance(ranges, form)
        rank = (q, specificity, -position)
        if q > 0 and (best is None or rank > best):
            best, chosen = rank, form
    if chosen is None:
        names = list(dict.fromkeys(form.media_type for form in offered))
        raise NotAcceptable(
            f"None of the types you accept is available here; ask for one of {', '.join(names)}.", available=names
        )
    return chosen


def parse_accept_profile(header: str) -> list[str]:
    """Return the profiles that an Accept-Profile header names, best first; what has q=0 is left out.

    `<https://a.example/p>;q=0.8, <…>` (Content Negotiation by Profile, section 7.1); tokens stand without brackets.
    """
    wishes = []
    for position, element in enumerate(_split_unquoted(header, ",")):
        name, *parameters = _split_unquoted(element, ";")
        if (q := _quality(parameters)) > 0:
            wishes.append((-q, position, name.strip().strip('<>"')))
    return [name for _, _, name in sorted(wishes)]


def _acceptance(ranges: Sequence[MediaRange], form: Format) -> tuple[float, int]:
    """Return (q, specificity) by the most specific range; a format's own name counts more than its aliases."""
    found = [(2 * r.specificity(form.media_type), r.q) for r in ranges if r.specificity(form.media_type)]
    found += [(5, r.q) for r in ranges for name in form.aliases if r.specificity(name) == 3]
    if not found:
        return 0.0, 0
    specificity = max(s for s, _ in found)
    return max(q for s, q in found if s == specificity), specificity


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value.strip()), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _split_unquoted(text: str, separator: str) -> list[str]:
    """Split at separators that stand outside double quotes (RFC 9110, section 5.6.4)."""
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    for char in text:
        if quoted and escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        if char == separator and not quoted:
            parts.append("".join(current))
            current = []
        else:
            current.append(char)
    parts.append("".join(current))
    return [part.strip() for part in parts if part.strip()]
