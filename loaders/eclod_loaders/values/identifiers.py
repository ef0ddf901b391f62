"""Identifiers that others have given, in the spelling that their own register uses, with their check digits checked.

What the spelling of a scheme is stands in `ontology/schemes/identifier-scheme.ttl`. The checks are those of
python-stdnum; ROR's are of https://ror.readme.io/docs/identifier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

from stdnum import get_cc_module, isni, lei
from stdnum.at import businessid
from stdnum.be import vat as be_vat
from stdnum.cz import dic
from stdnum.dk import cvr
from stdnum.ee import registrikood
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError
from stdnum.fi import ytunnus
from stdnum.fr import siren
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr
from stdnum.si import maticna

from eclod.core.namespaces import SCHEME
from eclod_loaders.values.texts import Unreadable, fold

SCHEMES: Final = SCHEME + "identifier-scheme"
COMPANY_NUMBER: Final = "company-number"
VAT: Final = "vat"

Spell = Callable[[str], str]

#: The number under which a country's register of companies knows one, where python-stdnum checks it.
_COMPANY_NUMBERS: Final[Mapping[str, ModuleType]] = {
    "AT": businessid,
    "BE": be_vat,
    "CZ": dic,
    "DK": cvr,
    "EE": registrikood,
    "FI": ytunnus,
    "FR": siren,
    "NO": no_orgnr,
    "SE": se_orgnr,
    "SI": maticna,
}
_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"
#: What no check of python-stdnum covers: the whole number, and the part that it is known by.
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "pic": re.compile(r"([0-9]{9})"),
    "wikidata": re.compile(r"(?:https?://www\.wikidata\.org/(?:wiki|entity)/)?(Q[1-9][0-9]*)"),
    "grid": re.compile(r"(grid\.[0-9]+\.[0-9a-f]+)"),
    "crossref-funder": re.compile(r"(?:(?:https?://doi\.org/)?10\.13039/)?([0-9]{9,12})"),
}
_ROR: Final = re.compile(rf"(?:https?://ror\.org/)?(0[{_BASE32}]{{6}}[0-9]{{2}})", re.IGNORECASE)
_CZECH: Final = re.compile(r"[0-9]{8}")
_SPACES: Final = re.compile(r"[\s\u00a0]+")


def speller(scheme: str, country: str | None = None) -> Spell:
    """Return the function that spells an identifier as its scheme does, or raises Unreadable when it is none.

    `scheme` is a notation of the code list, `country` (ISO 3166-1 alpha-2) says whose register gave a company number or
    a VAT number that does not begin with its country. Raises ValueError, in words, when the country is missing.
    """
    if scheme == COMPANY_NUMBER:
        if country is None:
            raise ValueError("a company-number needs 'issued_in', the country of the register which gave it")
        return _company_number(country)
    if scheme == VAT:
        return lambda text: _vat(text, country)
    if scheme == "lei":
        return lambda text: _checked(lei, text, "an LEI")
    if scheme == "isni":
        return lambda text: _checked(isni, text.removeprefix("https://isni.org/isni/"), "an ISNI")
    if scheme == "ror":
        return _ror
    form = _FORMS.get(scheme)
    return fold if form is None else lambda text: _formed(form, text, scheme)


def _checked(module: ModuleType, text: str, what: str) -> str:
    try:
        checks: Any = module
        return str(checks.validate(text))
    except ValidationError as error:
        raise _refused(text, what, _reason(error)) from None


def _reason(error: ValidationError) -> str:
    if isinstance(error, InvalidChecksum):
        return "its check digits do not fit"
    if isinstance(error, InvalidLength):
        return "it has too many or too few characters"
    return "a part of it cannot be" if isinstance(error, InvalidComponent) else "it has a character that cannot be"


def _refused(text: str, what: str, reason: str) -> Unreadable:
    return Unreadable("identifier", f"'{text}' is not {what}: {reason}; correct the cell or leave it empty.")


def _formed(form: re.Pattern[str], text: str, scheme: str) -> str:
    match = form.fullmatch(fold(text))
    if match is None:
        raise _refused(text, f"an identifier of the scheme {scheme}", "it is not of that form")
    return match[1]


def _ror(text: str) -> str:
    match = _ROR.fullmatch(fold(text))
    if match is None:
        raise _refused(text, "a ROR ID", "one is such as https://ror.org/02atag894")
    found = match[1].lower()
    number = 0
    for sign in found[:-2]:
        number = number * len(_BASE32) + _BASE32.index(sign)
    if int(found[-2:]) != 98 - number * 100 % 97:
        raise _refused(text, "a ROR ID", "its check digits do not fit")
    return found


def _vat(text: str, country: str | None) -> str:
    bare = _SPACES.sub("", text).upper()
    of = bare[:2] if bare[:2].isalpha() else (country or "")
    bare = bare if bare[:2].isalpha() else of + bare
    if of in ("", "EU"):
        raise _refused(text, "a VAT number", "it does not begin with a country, and the mapping names none")
    if of in ("EL", "XI") or of.lower() in eu_vat.MEMBER_STATES:
        return _checked(eu_vat, "EL" + bare[2:] if of == "GR" else bare, "a VAT number")
    checks: Any = get_cc_module(of.lower(), "vat")
    if checks is None:
        raise _refused(text, "a VAT number", f"no way to check one of {of} is known")
    found = _checked(checks, bare, f"a VAT number of {of}")
    return found if found.startswith(of) else of + found


def _company_number(country: str) -> Spell:
    what = f"a company number of {country}"
    module = _COMPANY_NUMBERS.get(country)
    if module is None:
        return lambda text: fold(text).upper()

    def spell(text: str) -> str:
        # The Czech check is that of VAT numbers, which persons have too; theirs are longer.
        if country == "CZ" and not _CZECH.fullmatch(_SPACES.sub("", text)):
            raise _refused(text, what, "one has eight digits")
        return _checked(module, text, what)

    return spell
