"""Codes that somebody may have meant who wrote one that is none.

The check character tells every single wrong character and most swapped neighbours (ISO 7064, section 1), so what is one
slip away from a misspelt code is few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from eclod.core import codes
from eclod.core.errors import BadIdentifier


def meant(spelling: str, exists: Callable[[str], bool]) -> list[str]:
    """Return the codes that exist and differ from a spelling by one character or by two swapped neighbours, sorted."""
    folded = "".join(sign for sign in spelling.upper() if sign.isalnum())
    return sorted({code for code in _valid(_near(folded)) if exists(code)})


def _valid(spellings: Iterator[str]) -> Iterator[str]:
    for spelling in spellings:
        try:
            yield codes.normalise(spelling)
        except BadIdentifier:
            continue


def _near(text: str) -> Iterator[str]:
    """Return what is one slip away: a character changed, left out, added, or two neighbours swapped."""
    if len(text) > codes.LENGTH + 1 or len(text) < codes.LENGTH - 1:
        return
    cuts = [(text[:at], text[at:]) for at in range(len(text) + 1)]
    for before, behind in cuts:
        if len(text) == codes.LENGTH and behind:
            yield from (before + sign + behind[1:] for sign in codes.ALPHABET)
        if len(text) == codes.LENGTH and len(behind) > 1:
            yield before + behind[1] + behind[0] + behind[2:]
        if len(text) > codes.LENGTH and behind:
            yield before + behind[1:]
        if len(text) < codes.LENGTH:
            yield from (before + sign + behind for sign in codes.ALPHABET)
