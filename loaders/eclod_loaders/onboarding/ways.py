"""How numbers, money and places are written in a sample: locale, currency, system of coordinates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies
from pyproj import CRS

from eclod_loaders.onboarding.proposal import Placement, Proposal
from eclod_loaders.values import coordinates, texts
from eclod_loaders.values.coordinates import CRS84
from eclod_loaders.values.texts import Unreadable

MONEY: Final = ("totalCost", "grantAmount")
NUMBERS: Final = (*MONEY, "memberCount", "staff")

_SIGNS: Final = {"€": "EUR", "£": "GBP", "$": "USD", "Kč": "CZK", "zł": "PLN"}
_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
#: National systems of coordinates by country, tried when the numbers are no degrees; then those of wider areas.
_SYSTEM_OF: Final = {
    "DK": "EPSG:25832",
    "DE": "EPSG:25832",
    "AT": "EPSG:31287",
    "NL": "EPSG:28992",
    "BE": "EPSG:31370",
    "FR": "EPSG:2154",
    "PL": "EPSG:2180",
    "EE": "EPSG:3301",
    "LV": "EPSG:3059",
    "LT": "EPSG:3346",
    "FI": "EPSG:3067",
    "SE": "EPSG:3006",
    "ES": "EPSG:25830",
    "PT": "EPSG:3763",
    "CZ": "EPSG:5514",
}
_SYSTEMS: Final = (*dict.fromkeys(_SYSTEM_OF.values()), "EPSG:25833", "EPSG:3035")
_CURRENCIES: Final = frozenset({"EUR", "CZK", "DKK", "PLN", "SEK", "HUF", "RON", "GBP", "BGN", "NOK", "CHF", "ISK"})


class Ways:
    """The ways of one registry's country and language, chosen by the numbers of a proposal."""

    def __init__(self, proposal: Proposal, country: str, language: str) -> None:
        self._proposal = proposal
        self._country = country
        self._language = language
        #: What `locale` says; empty where English does.
        self.locale = self._find_locale()

    def dates(self) -> list[str]:
        """Return the date patterns of the placed columns, each once."""
        return list(dict.fromkeys(pattern for each in self._proposal.placements for pattern in _patterns(each)))

    def _find_locale(self) -> str:
        """Return the locale that reads most numbers of the placed columns; nothing when that of English does."""
        amounts = [each for each in self._proposal.placements if each.concept.name in NUMBERS]
        ways: Counter[str] = Counter()
        for each in amounts:
            ways.update(each.content.ways)
        if not ways:
            own = f"{self._language}_{self._country}" if self._country else self._language
            named = any(re.search("[ME]{3}", p) for p in self.dates())
            return own if named and self._language != "en" and _exists(own) else ""
        way = max(ways, key=lambda each: (ways[each], each == "en"))
        texts = [(text, each.content.units) for each in amounts for text in each.column.texts[:200]]
        for own in self._own_locales():
            if _writes(own) == _writes(way) or all(_reads(text, own, units) for text, units in texts):
                return own if own != "en" else ""
        return way if way != "en" else ""

    def _own_locales(self) -> list[str]:
        """Return the locales of the registry's language and of its country's others."""
        languages = [self._language, *(get_official_languages(self._country, de_facto=True) if self._country else ())]
        named = [f"{language}_{self._country}" if self._country else language for language in dict.fromkeys(languages)]
        return [locale for locale in named if _exists(locale)]

    def other_locale(self, each: Placement) -> str:
        """Return the locale of a column that the common one does not read as well as another."""
        ways = each.content.ways
        common = self.locale or "en"
        mine = sum(_reads(text, common, each.content.units) for text in dict.fromkeys(each.column.texts[:300]))
        best = max(ways, key=lambda way: ways[way], default=common)
        return best if ways.get(best, 0) > mine else ""

    def currency(self, each: Placement) -> tuple[str, bool]:
        """Return the currency of a column, and whether the file says so."""
        for sign in (*each.content.units, *_SIGNS):
            if sign in each.content.units or sign in each.column.name:
                if sign in _SIGNS:
                    return _SIGNS[sign], True
                if _CODE.fullmatch(sign):
                    return sign, True
        code = _CODE.search(each.column.name)
        if code and code[0] in _CURRENCIES:
            return code[0], True
        found = get_territory_currencies(self._country) if self._country else []
        return (found[0], False) if found else ("EUR", False)

    def system(self, east: Placement, north: Placement, locale: str) -> str:
        """Return the system of coordinates in whose area all points lie."""
        pairs = list(zip(east.column.texts[:50], north.column.texts[:50], strict=False))
        wanted = [CRS84, *([_SYSTEM_OF[self._country]] if self._country in _SYSTEM_OF else []), *_SYSTEMS]
        return next((crs for crs in wanted if all(_inside(x, y, crs, locale) for x, y in pairs)), CRS84)


def _patterns(each: Placement) -> Sequence[str]:
    return each.content.patterns if each.concept.content == "day" else ()


def _inside(x: str, y: str, crs: str, locale: str) -> bool:
    try:
        east, north = (coordinates.coordinate(text, locale) for text in (x, y))
        coordinates.crs84_wkt(east, north, crs)
    except Unreadable:
        return False
    if crs == CRS84:
        return abs(float(east)) <= 180 and abs(float(north)) <= 90
    return CRS(crs).area_of_use is not None


def _exists(locale: str) -> bool:
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _writes(locale: str) -> tuple[str, str]:
    symbols = Locale.parse(locale).number_symbols
    latin = symbols.get("latn", symbols)
    return str(latin["group"]), str(latin["decimal"])


def _reads(value: str, locale: str, units: Sequence[str]) -> bool:
    try:
        texts.number(value, [locale], units)
    except Unreadable:
        return False
    return True
