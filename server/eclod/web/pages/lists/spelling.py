"""How the values of facets are spelled in addresses: `country=DK`, `region=DK01`, `sector=28`, `ecosystem=health`."""

from __future__ import annotations

import re
from typing import Final

import pycountry
import pyoxigraph as ox

from eclod.core.errors import BadInput, EclodError
from eclod.core.iris import Names, split_path, thing_in_path
from eclod.core.namespaces import PREFIXES, expand, shorten
from eclod.web.pages.lists.table import Facet

#: Codes of two letters that the EU uses and ISO 3166-1 does not have.
_EU_CODES: Final = {"EL": "GRC", "UK": "GBR", "XK": "XKX"}
_TWO_LETTERS: Final = {"XKX": "XK"}
_LOCAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_YEAR: Final = re.compile(r"\d{4}")
_LONGEST: Final = 200
_BASES: Final = {
    "country": PREFIXES["country"],
    "region": PREFIXES["nuts"],
    "sector": PREFIXES["nace21"],
}


def base_of(facet: Facet) -> str:
    """Return what the IRIs of a facet's values begin with."""
    return facet.base or _BASES.get(facet.type, "")


def term(facet: Facet, text: str, names: Names) -> str:
    """Return the IRI, or the text of the literal, that a value in an address means; raises BadInput."""
    text = text.strip()
    try:
        return _term(facet, text, names)
    except (ValueError, KeyError, EclodError):
        raise BadInput(
            f"'{text[:100]}' is no value for '{facet.name}'; take one of the choices on the page.", parameter=facet.name
        ) from None


def _term(facet: Facet, text: str, names: Names) -> str:
    if facet.type == "text":
        if not text or len(text) > _LONGEST or "\0" in text:
            raise ValueError("no text")
        return text
    if facet.type == "year":
        if not _YEAR.fullmatch(text):
            raise ValueError("no year")
        return text
    if text.startswith(("http://", "https://")):
        return ox.NamedNode(text).value  # what others name keeps its name
    if facet.type == "thing":
        kind, _, code = text.rpartition("/")
        return names.thing(*thing_in_path(kind or facet.base, code))
    prefix, colon, local = text.rpartition(":")
    if facet.type == "sector":
        local = local.replace(".", "")  # people write 62.01, and the IRI ends in 6201
    if not _LOCAL.fullmatch(local):
        raise ValueError("no code")
    if colon:
        return expand(f"{prefix}:{local}")
    if facet.type == "country":
        return base_of(facet) + _three_letters(local.upper())
    return base_of(facet) + (local.upper() if facet.type in ("region", "sector") else local)


def spelled(facet: Facet, value: str, names: Names) -> str:
    """Return how a value stands in an address."""
    if facet.is_literal:
        return value
    if facet.type == "thing":
        thing = split_path(names.path_of(value) or "")
        if thing is None:
            return value
        return thing[1] if thing[0] == facet.base else "/".join(thing)
    local = value.removeprefix(base_of(facet))
    if local == value or not base_of(facet):
        return shorten(value)
    return _two_letters(local) if facet.type == "country" else local


def _three_letters(code: str) -> str:
    if len(code) == 2 and code not in _EU_CODES:
        country = pycountry.countries.get(alpha_2=code)
        if country is None:
            raise ValueError("no country")
        return str(country.alpha_3)
    return _EU_CODES.get(code, code)


def _two_letters(code: str) -> str:
    country = pycountry.countries.get(alpha_3=code)
    return str(country.alpha_2) if country else _TWO_LETTERS.get(code, code)
