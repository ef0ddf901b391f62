"""The rows written down for the saved queries, as plain tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

ANSWERS = Path(__file__).parent / "queries"

Row = dict[str, str]


def table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answer(query: str, case: str = "expected") -> list[Row]:
    """Return the rows written down for a query."""
    return table(ANSWERS / query / f"{case}.csv")


def columns(rows: Iterable[Row], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def by(rows: Iterable[Row], key: str, value: str) -> dict[str, str]:
    """Return one column by another that has each value once."""
    return {row[key]: row[value] for row in rows}
