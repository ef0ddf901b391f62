"""The tables that the starting data is made from, and how its things are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import pycountry
from tests.written_answers import Row, table

from eclod.core import assets, codes
from eclod.core.namespaces import PREFIXES

COUNTRY = PREFIXES["country"]
NUTS = PREFIXES["nuts"]
ECOSYSTEM = "https://w3id.org/eclod/scheme/ecosystem/"
#: The sections of NACE 2.1 by the first division of each (Regulation (EU) 2023/137, annex).
SECTIONS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUV",
        (1, 5, 10, 35, 36, 41, 46, 49, 55, 58, 61, 64, 68, 69, 77, 84, 85, 86, 90, 94, 97, 99),
        strict=True,
    )
)


def europe(name: str) -> list[Row]:
    return table(assets.folder("registries") / "eclod-europe" / f"{name}.csv")


def starter(name: str) -> list[Row]:
    return table(assets.folder("registries") / "eclod-starter" / f"{name}.csv")


def thing(kind: str, local_id: str, registry: str = "eclod-europe") -> str:
    return f"https://w3id.org/eclod/id/{kind}/{codes.derive(kind, registry, local_id)}"


def country(code: str) -> str:
    found = pycountry.countries.get(alpha_2=code)
    assert found is not None
    return COUNTRY + found.alpha_3


def several(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def section(code: str) -> str:
    return max(letter for letter, first in SECTIONS.items() if first <= int(code[:2]))


@cache
def clusters() -> list[Row]:
    rows = table(assets.folder("registries") / "eclod-starter" / "clusters.csv")
    assert len(rows) == 351
    return [row | {"iri": thing("cluster", row["id"], "eclod-starter")} for row in rows]


def counted(rows: Iterable[Row], of: Callable[[Row], Iterable[str]]) -> dict[str, str]:
    """Return how many rows have each key, as texts."""
    return {key: str(number) for key, number in Counter(key for row in rows for key in set(of(row))).items()}
