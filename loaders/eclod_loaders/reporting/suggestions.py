"""Values that would do in place of one that does not, where one can be computed and only one."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from eclod_loaders.mapping.plan import Step
from eclod_loaders.rows import Problem
from eclod_loaders.values import dates, identifiers, texts
from eclod_loaders.values.texts import Unreadable

#: How dates are written in Europe; ISO is tried by itself.
_DATES: Final = (
    *("dd.MM.yyyy", "d.M.yyyy", "d. M. yyyy", "dd/MM/yyyy", "d/M/yyyy", "M/d/yyyy", "dd-MM-yyyy", "d-M-yyyy"),
    *("yyyy/MM/dd", "yyyy/M/d", "yyyy.MM.dd", "yyyy. M. d.", "yyyy-M-d", "d MMMM yyyy", "d MMM yyyy", "d. MMMM yyyy"),
    *("MMMM d, yyyy", "MMM d, yyyy", "EEEE, d MMMM yyyy", "EEEE, MMMM d, yyyy", "d. MMM yyyy"),
)
_LOCALES: Final = ("en", "de", "fr", "da_DK", "fr_CH", "de_CH", "cs")
_SERIAL: Final = re.compile(r"[2-6][0-9]{4}")
_SERIAL_ZERO: Final = datetime.date(1899, 12, 30)
_TRUTH: Final = {
    **dict.fromkeys(
        ("ja", "oui", "sí", "si", "sì", "sim", "tak", "ano", "x", "✓", "y", "j", "o", "wahr", "vrai"), "true"
    ),
    **dict.fromkeys(("nein", "non", "não", "nie", "ne", "nej", "n", "falsch", "faux"), "false"),
}
#: Signs and codes of currencies; any other word beside a number may say thousands or millions.
_UNIT: Final = re.compile(r"[€$£]|Kč|zł|[Kk]r\b\.?|\b[A-Z]{3}\b")
#: More identifiers than this that one slip explains are no help.
_FEW: Final = 3
_LOOKALIKES: Final = str.maketrans("OoIl", "0011")


class Suggestions:
    """Computes what a cell may have meant; each answer is remembered."""

    def __init__(self, language: str, locale: str) -> None:
        self._language = language
        self._locale = locale
        self._date = lru_cache(maxsize=16384)(self._find_date)
        self._identifier = lru_cache(maxsize=16384)(_identifier)

    def of(self, problem: Problem, step: Step | None) -> str | None:
        """Return the suggestion of a problem: its own, or one computed from its value and what the column is for."""
        if problem.suggestion is not None or not problem.value:
            return problem.suggestion
        value = texts.fold(problem.value)
        if problem.rule == "date":
            return self._date(value)
        if problem.rule == "number":
            return _number(value, step.source.locale[0] if step and step.source.locale else self._locale)
        if problem.rule == "identifier" and step and step.source.identifier:
            return self._identifier(value, step.source.identifier, step.source.issued_in)
        if problem.rule == "url":
            return _address(value)
        return _TRUTH.get(value.casefold()) if problem.rule == "boolean" else None

    def _find_date(self, text: str) -> str | None:
        if _SERIAL.fullmatch(text):
            return (_SERIAL_ZERO + datetime.timedelta(days=int(text))).isoformat()
        found = {str(day) for locale in (self._language, "en", "de", "fr") for day in _readings(text, locale)}
        return found.pop() if len(found) == 1 else None


def _readings(text: str, locale: str) -> Iterator[dates.Day]:
    for pattern in _DATES:
        try:
            found = dates.compile_pattern(pattern, locale).read(text.casefold())
        except ValueError:  # no such locale
            return
        if found and found.date:
            yield found


def _number(text: str, locale: str) -> str | None:
    """Return the number with the signs of the column's locale, when all ways to write numbers agree on it."""
    bare = _UNIT.sub(" ", text).strip()
    found = set()
    for way in _LOCALES:
        try:
            found.add(texts.plain(texts.number(bare, [way])))
        except Unreadable:
            continue
    if len(found) != 1:
        return None
    return found.pop().replace(".", texts.decimal_sign(locale))


def _identifier(text: str, scheme: str, country: str | None) -> str | None:
    """Return the identifiers whose check digits fit that come from one slip: letters for digits, or else two signs
    changed about or another check digit at the end; nothing when there are more than a few.
    """
    try:
        spell = identifiers.speller(scheme, country)
    except ValueError:
        return None
    found = _valid([text.translate(_LOOKALIKES)], spell) - {text}
    if not found:
        slips = [text[:i] + text[i + 1] + text[i] + text[i + 2 :] for i in range(len(text) - 1)]
        digits = 2 if scheme in ("lei", "ror") else 1
        slips += [text[:-digits] + str(number).zfill(digits) for number in range(10**digits)]
        found = _valid(slips, spell) - {text}
    return " / ".join(sorted(found)) if 0 < len(found) <= _FEW else None


def _valid(texts: list[str], spell: Callable[[str], str]) -> set[str]:
    found = set()
    for text in texts:
        try:
            found.add(spell(text))
        except Unreadable:
            continue
    return found


def _address(text: str) -> str | None:
    bare = re.sub(r"\s+", "", text).replace("\\", "/")
    if "@" in bare:
        return None
    bare = re.sub(r"^(?:h?t?t?p?s?[:;]?/+|https?[:;]?/*|www,)", lambda m: "www." if "w" in m[0] else "", bare, count=1)
    bare = bare.replace(",", ".").lstrip(".")
    try:
        return texts.web_address(f"https://{bare}")
    except Unreadable:
        return None
