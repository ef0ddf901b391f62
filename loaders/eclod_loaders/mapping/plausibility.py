"""What is read well and still contradicts the rest of its row: a region of another country, coordinates exchanged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import pycountry

from eclod.core.namespaces import PREFIXES
from eclod_loaders.mapping.conversion import Term
from eclod_loaders.values.texts import Unreadable

#: Letters of NUTS that are not those of ISO 3166-1, with the alpha-3 code of the country.
_OWN_LETTERS: Final = {"EL": "GRC", "UK": "GBR", "XK": "XKX"}
#: The countries that have regions in NUTS, or in the same form beside it, by the letters that these begin with.
_LETTERS: Final = (
    *("AL", "AT", "BA", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IS"),
    *("IT", "LI", "LT", "LU", "LV", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK", "TR", "UK"),
    "XK",
)
_REGION: Final = PREFIXES["nuts"]
_COUNTRY: Final = PREFIXES["country"]
_POINT: Final = re.compile(r"POINT\((-?[0-9.]+) (-?[0-9.]+)\)")
#: Where those countries lie in Europe: west, south, east, north; without what lies overseas.
_AREAS: Final = ((-11.0, 34.0, 46.0, 72.0), (-25.0, 63.0, -13.0, 67.0), (-32.0, 27.0, -13.0, 40.0))


def check_region(region: str, countries: Sequence[str]) -> None:
    """Raise Unreadable for the IRI of a region that lies in none of the countries (IRIs of the authority table)."""
    code = region.removeprefix(_REGION)
    named = {country.removeprefix(_COUNTRY) for country in countries}
    if code == region or not named or not named <= _with_regions():
        return
    if _country(code[:2]) not in named:
        raise Unreadable(
            "region", f"The region {code} does not lie in {' or '.join(sorted(named))}; correct one of the two."
        )


def check_point(point: Term, countries: Sequence[str], texts: Sequence[str]) -> None:
    """Raise Unreadable for a point (WKT) of a European country that lies in Europe only when its numbers are exchanged.

    `texts` are the two numbers as the file has them.
    """
    match = _POINT.fullmatch(point.value)
    named = {country.removeprefix(_COUNTRY) for country in countries}
    if match is None or not named or not named <= _with_regions():
        return
    east, north = float(match[1]), float(match[2])
    if not _is_inside(east, north) and _is_inside(north, east):
        raise Unreadable(
            "coordinates",
            "The two coordinates stand the wrong way round, since the point would lie outside Europe; exchange them.",
            ", ".join(reversed(texts)),
        )


def _is_inside(east: float, north: float) -> bool:
    return any(w <= east <= e and s <= north <= n for w, s, e, n in _AREAS)


@cache
def _with_regions() -> frozenset[str]:
    return frozenset(map(_country, _LETTERS))


@cache
def _country(letters: str) -> str:
    """Return the alpha-3 code of the country whose regions begin with these letters, or nothing."""
    found = pycountry.countries.get(alpha_2=letters)
    return _OWN_LETTERS.get(letters) or (found.alpha_3 if found else "")
