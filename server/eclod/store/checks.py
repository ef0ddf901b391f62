"""Checks that gate a release: queries over all of it that must return nothing.

A shape judges one thing with what stands beside it; a check sees the whole dataset: two observations for the same
cell, a code that is in no list. The files of `queries/checks/` have a `#+` head with `summary` (what is wrong when
there are rows) and `description` (why, and what to do), and are SELECT queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eclod.core import assets
from eclod.core.errors import Damaged, NotConforming
from eclod.core.namespaces import shorten
from eclod.rdf.query_catalogue import read_head

FOLDER: Final = "checks"
#: Rows that a refusal quotes.
_SHOWN: Final = 3


class Check(BaseModel):
    """One check: its name, what is wrong when it finds something, why that matters and what to do, and the query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = Field(min_length=1)
    description: str = Field(min_length=1)
    text: str


def load(folder: Path | None = None) -> tuple[Check, ...]:
    """Return the checks of a folder, by default the project's, in the order of their names.

    Raises Damaged, naming the file, when a head or a query does not hold.
    """
    return tuple(_read(path) for path in sorted((folder or assets.folder("queries") / FOLDER).glob("*.rq")))


def _read(path: Path) -> Check:
    try:
        facts, text = read_head(path.read_text(encoding="utf-8"))
        check = Check(name=path.stem, text=text, **facts)
        if not isinstance(ox.Store().query(text), ox.QuerySolutions):
            raise ValueError("it is no SELECT query")
        return check
    except (yaml.YAMLError, ValidationError, ValueError, TypeError, SyntaxError) as error:
        raise Damaged(f"The check {path.name} does not hold: {error}") from error


def rows(store: ox.Store, check: Check) -> list[str]:
    """Return what a check finds, a line for each row: `observation <…>, dataset <…>`."""
    found = store.query(check.text)
    assert isinstance(found, ox.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [", ".join(_said(names, solution)) for solution in found]


def run(store: ox.Store, checks: Iterable[Check]) -> None:
    """Let the dataset in a store pass the checks.

    Raises NotConforming, naming the first check that found something, how many rows and the first of them.
    """
    for check in checks:
        if found := rows(store, check):
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise NotConforming(
                f"No release was made: the check '{check.name}' found something ({check.summary}): "
                f"{'; '.join(found[:_SHOWN])}{more}. {check.description}",
                check=check.name,
                found=len(found),
            )


def _said(names: Sequence[str], solution: ox.QuerySolution) -> Iterable[str]:
    for name in names:
        term = solution[name]
        if isinstance(term, ox.NamedNode):
            short = shorten(term.value)
            yield f"{name} {short if short != term.value else f'<{short}>'}"
        elif term is not None:
            yield f"{name} {term}"
