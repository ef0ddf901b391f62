"""Countries of the EU authority table, from the package pycountry (ISO 3166-1 and its translations).

The table's codes are ISO alpha-3 and one of its own: XKX for Kosovo, which ISO 3166 does not list. Greece and the
United Kingdom have besides GR and GB the codes of the European institutions, EL and UK. Labels are those of the
translations of ISO 3166 and differ here and there from the authority table's.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pycountry
from pycountry.db import Country as Entry
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.namespaces import PREFIXES
from eclod_loaders.codes.concepts import Concept, Scheme, term
from eclod_loaders.codes.languages import OFFICIAL

COUNTRIES: Final = PREFIXES["country"].rstrip("/")

_SOURCE: Final = "https://www.iso.org/iso-3166-country-codes.html"
_EU_CODES: Final[Mapping[str, str]] = {"GRC": "EL", "GBR": "UK", "XKX": "XK"}
#: Names in daily use that ISO 3166 does not have, or no longer.
_OTHER_NAMES: Final[Mapping[str, str]] = {"NLD": "The Netherlands", "TUR": "Turkey"}
_KOSOVO_NOTE: Final = (
    "XK and XKX are user-assigned codes, not part of ISO 3166-1. The designation is without prejudice to positions on "
    "status, and is in line with UNSCR 1244/1999 and the ICJ Opinion on the Kosovo declaration of independence."
)
#: As the authority table writes it; English, and all languages that are not named, "Kosovo".
_KOSOVO: Final[Mapping[str, str]] = {
    **dict.fromkeys(OFFICIAL, "Kosovo"),
    "bg": "Косово",
    "el": "Κόσοβο",
    "ga": "An Chosaiv",
    "hu": "Koszovó",
    "lt": "Kosovas",
    "lv": "Kosova",
    "mt": "Il-Kosovo",
    "pl": "Kosowo",
}


@dataclass(frozen=True, slots=True)
class Country:
    """A country with its codes, its labels by language, and other names it goes by."""

    alpha_2: str
    alpha_3: str
    labels: Mapping[str, str]
    alternatives: Sequence[tuple[str, str]]

    @property
    def iri(self) -> str:
        return PREFIXES["country"] + self.alpha_3

    @property
    def eu_code(self) -> str:
        """The code of the European institutions, which NUTS uses: alpha-2 but for EL and UK."""
        return _EU_CODES.get(self.alpha_3, self.alpha_2)


def alpha_2_of(iri: str) -> str | None:
    """Return the two letters of ISO 3166-1 for a country of the authority table, or None for what is none."""
    code = iri.removeprefix(PREFIXES["country"])
    found = pycountry.countries.get(alpha_3=code) if code != iri else None
    return str(found.alpha_2) if found else None


class _Untranslated(gettext.NullTranslations):
    """What is not translated stays empty, instead of coming back in English."""

    def gettext(self, message: str) -> str:
        return ""


def read() -> list[Country]:
    """Return all countries, by alpha-3."""
    translations = {language: _translation(language) for language in OFFICIAL if language != "en"}
    table = [_country(entry, translations) for entry in pycountry.countries]
    table.append(Country("XK", "XKX", _KOSOVO, ()))
    return sorted(table, key=lambda country: country.alpha_3)


def triples(table: Sequence[Country]) -> Iterator[Triple]:
    """Return the scheme and its countries."""
    labels = {"en": "Countries and territories", "fr": "Pays et territoires", "de": "Länder und Gebiete"}
    yield from Scheme(COUNTRIES, labels, _SOURCE).triples()
    for country in table:
        notations = [_typed(country.alpha_2, "eclod:iso-alpha-2"), _typed(country.alpha_3, "eclod:iso-alpha-3")]
        if country.alpha_3 in _EU_CODES:
            notations.append(_typed(country.eu_code, "eclod:eu-code"))
        yield from Concept(
            country.iri,
            [COUNTRIES],
            notations,
            labels=[Literal(text, language=language) for language, text in country.labels.items()],
            alternatives=[Literal(text, language=language) for language, text in country.alternatives],
        ).triples()
        if country.alpha_3 == "XKX":
            yield Triple(NamedNode(country.iri), term("skos:note"), Literal(_KOSOVO_NOTE, language="en"))


def _typed(code: str, datatype: str) -> Literal:
    return Literal(code, datatype=term(datatype))


def _translation(language: str) -> gettext.NullTranslations:
    translation = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
    translation.add_fallback(_Untranslated())
    return translation


def _country(entry: Entry, translations: Mapping[str, gettext.NullTranslations]) -> Country:
    # The short name in daily use first ("Moldova"); ISO's form for sorting ("Moldova, Republic of") is an alternative.
    names = [name for name in (getattr(entry, "common_name", None), entry.name) if name]
    official = getattr(entry, "official_name", "")
    labels = {"en": names[0]}
    for language, translation in translations.items():
        text = next((text for name in names if (text := translation.gettext(name))), "")
        if text:
            labels[language] = text
    others = [("en", name) for name in (*names[1:], official, _OTHER_NAMES.get(entry.alpha_3, ""))]
    others += [(language, translations[language].gettext(official)) for language in ("fr", "de") if official]
    alternatives = [(language, text) for language, text in others if text and labels.get(language) != text]
    return Country(entry.alpha_2, entry.alpha_3, labels, sorted(set(alternatives)))
