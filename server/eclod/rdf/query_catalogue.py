"""The saved queries: text with a `#+` head that says what it asks, for whom, and which parameters it takes.

A parameter is a variable of the query that the query also selects. It is bound by substitution (SPARQL community group,
SEP-0007): a value never becomes part of the query's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, cast

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eclod.core import assets
from eclod.core.errors import BadInput, Damaged, NotFound
from eclod.core.namespaces import expand

_HEAD: Final = "#+"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_FORBIDDEN_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|^`\\]")


class Parameter(BaseModel):
    """A variable that the asker may set; `base` makes `DE` into a whole IRI for those who know the code only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    type: Literal["iri", "string", "integer", "date"]
    description: str = Field(min_length=1)
    default: str | int | date
    base: str = ""
    language: str = ""

    def term(self, value: str) -> str:
        """Return a value as a term in N-Triples; raises BadInput with what the parameter takes."""
        try:
            return str(_TERMS[self.type](self, value.strip()))
        except ValueError as error:
            raise BadInput(
                f"The parameter '{self.name}' is '{value}', {error}; it is {self.description[0].lower()}"
                f"{self.description[1:]}, such as {self.default}.",
                parameter=self.name,
            ) from None


class SavedQuery(BaseModel):
    """A query of the folder `queries/`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = Field(min_length=1)
    description: str = Field(min_length=1)
    tags: tuple[str, ...] = Field(min_length=1)
    parameters: tuple[Parameter, ...] = ()
    text: str

    def bindings(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the term for each parameter, the default where no value is given.

        Raises BadInput for a parameter that does not exist or a value that does not fit.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                offered = ", ".join(known) or "none"
                raise BadInput(f"The query '{self.name}' has no parameter '{name}'; it has {offered}.", parameter=name)
        return {name: p.term(values.get(name) or str(p.default)) for name, p in known.items()}


class QueryCatalogue:
    """All saved queries by name."""

    def __init__(self, queries: Mapping[str, SavedQuery]) -> None:
        self.queries = queries

    def __getitem__(self, name: str) -> SavedQuery:
        """Return a query; raises NotFound."""
        if name not in self.queries:
            raise NotFound(f"There is no saved query '{name}'; /queries lists what there is.")
        return self.queries[name]


def load(folder: Path | None = None) -> QueryCatalogue:
    """Return the saved queries of a folder, by default the project's.

    Raises Damaged, naming the file, when a head does not hold.
    """
    files = sorted((folder or assets.folder("queries")).glob("*.rq"))
    return QueryCatalogue({path.stem: _read(path) for path in files})


def _read(path: Path) -> SavedQuery:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "\n".join(line.removeprefix(_HEAD).removeprefix(" ") for line in lines if line.startswith(_HEAD))
    text = "\n".join(line for line in lines if not line.startswith(_HEAD)).strip() + "\n"
    try:
        facts: Any = yaml.safe_load(head)
        if not isinstance(facts, dict) or not _NAME.fullmatch(path.stem):
            raise ValueError("it needs a head in YAML and a name of small letters, digits and dashes")
        query = SavedQuery(name=path.stem, text=text, **facts)
        query.bindings({})
    except (yaml.YAMLError, ValidationError, ValueError, BadInput) as error:
        raise Damaged(f"The saved query {path.name} does not hold: {error}") from error
    return query


def _iri(parameter: Parameter, value: str) -> ox.NamedNode:
    iri = value if ":" in value else parameter.base + value
    if not value or ":" not in iri or _FORBIDDEN_IN_IRI.search(iri):
        raise ValueError("which is no IRI")
    return ox.NamedNode(iri)


def _string(parameter: Parameter, value: str) -> ox.Literal:
    return ox.Literal(value, language=parameter.language) if parameter.language else ox.Literal(value)


def _integer(_parameter: Parameter, value: str) -> ox.Literal:
    try:
        return ox.Literal(int(value))
    except ValueError:
        raise ValueError("which is no whole number") from None


def _date(_parameter: Parameter, value: str) -> ox.Literal:
    try:
        text = date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("which is no date (2026-01-31)") from None
    return ox.Literal(text, datatype=ox.NamedNode(expand("xsd:date")))


_TERMS: Final = cast("Mapping[str, Any]", {"iri": _iri, "string": _string, "integer": _integer, "date": _date})
