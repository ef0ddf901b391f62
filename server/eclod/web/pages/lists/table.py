"""The table of collections: what each list page lists, by what it can be narrowed, and how a row looks.

Everything in SPARQL stands in `collections.toml`, as patterns with `?thing` and `?value`; a new list is a new
entry there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from eclod.core.namespaces import PREFIXES

#: What an address of a list may carry beside its facets.
OWN_FIELDS: Final = ("q", "page", "format", "lang", "timeout")
#: What values of a facet are, which says how they are spelled in an address and whether they are in a tree.
Kind = Literal["code", "country", "region", "sector", "thing", "year", "text"]
#: How a cell shows its values: under their label, as they are, as an amount of money, by what stands after the last
#: slash, or as a paragraph.
Look = Literal["label", "value", "amount", "code", "prose"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facet(_Entry):
    """Something that a list can be narrowed by; `name` is the parameter in addresses.

    `base` is what the IRIs of its values begin with. A `hidden` facet has no choices on the page: links lead to it.
    `by` is what a chart of it says after "by", where the title does not do there.
    """

    name: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str
    type: Kind = "code"
    pattern: str
    base: str = ""
    hidden: bool = False
    by: str = ""

    @property
    def charted_by(self) -> str:
        """Return what stands after "by" above a chart."""
        return self.by or self.title[:1].lower() + self.title[1:]

    @property
    def is_tree(self) -> bool:
        """Return whether a value includes those below it."""
        return self.type in ("region", "sector")

    @property
    def is_literal(self) -> bool:
        return self.type in ("year", "text")


class Column(_Entry):
    """What a row says beside the name; `name` is the column of a table of results.

    `label` is what names the values there, where they are IRIs; a page takes whatever names them.
    """

    name: str = Field(pattern=r"^[a-z][A-Za-z]*$")
    title: str
    pattern: str
    look: Look = "label"
    label: str = "skos:prefLabel"


class Glossary(_Entry):
    """Codes that a list explains above its rows: all of one code list, each leading to what `facet` chooses by it."""

    title: str
    scheme: str
    facet: Facet


class Collection(_Entry):
    """One list: `path` is its address, `pattern` what it lists, `when` a date by which the newest come first.

    `note` is what a reader should know of the data, such as what no source says.

    `named` is the property that names its things, `bars` are the facets drawn as bars, `years` is the one drawn over
    time; `points` says that things may be on a map: where they are, or else where their region is.
    """

    path: str = Field(pattern=r"^[a-z][a-z-]*$")
    title: str
    one: str
    many: str
    group: str
    lead: str
    note: str = ""
    glossary: Glossary | None = None
    pattern: str
    named: str = "skos:prefLabel"
    facets: tuple[Facet, ...]
    columns: tuple[Column, ...]
    when: str = ""
    until: str = ""
    timeline: bool = False
    points: bool = False
    bars: tuple[Facet, ...] = ()
    years: Facet | None = None

    def facet(self, name: str) -> Facet | None:
        return next((facet for facet in self.facets if facet.name == name), None)

    @model_validator(mode="after")
    def _holds(self) -> Collection:
        names = [*OWN_FIELDS, *(facet.name for facet in self.facets)]
        if len(set(names)) != len(names):
            raise ValueError(f"/{self.path} has two parameters of the same name")
        drawn = [*self.bars, *([self.years] if self.years else []), *([self.glossary.facet] if self.glossary else [])]
        if missing := [facet.name for facet in drawn if facet not in self.facets]:
            raise ValueError(f"/{self.path} draws {', '.join(missing)}, which is none of its facets")
        texts = [self.pattern, self.when, self.until, *(facet.pattern for facet in self.facets)]
        texts += [column.pattern for column in self.columns]
        if unknown := set(re.findall(r"(?<![\w<?])([a-z][a-z0-9-]*):\w", " ".join(texts))) - set(PREFIXES):
            raise ValueError(f"/{self.path} uses the prefixes {', '.join(sorted(unknown))}, which nobody declares")
        return self


@cache
def load() -> Mapping[str, Collection]:
    """Return the collections by path, in the order of the table; read once, they come with the code."""
    given = tomllib.loads((Path(__file__).parent / "collections.toml").read_text(encoding="utf-8"))
    facets = {key: Facet(**{"name": key} | said) for key, said in given["facets"].items()}
    columns = {key: Column(**{"name": key} | said) for key, said in given["columns"].items()}
    found = {}
    for path, said in given["collections"].items():
        parts: dict[str, Any] = {
            "facets": tuple(facets[key] for key in said.pop("facets", ())),
            "columns": tuple(columns[key] for key in said.pop("columns", ())),
            "bars": tuple(facets[key] for key in said.pop("bars", ())),
            "years": facets[said.pop("years")] if "years" in said else None,
        }
        if "glossary" in said:
            explained = said.pop("glossary")
            parts["glossary"] = Glossary(**explained | {"facet": facets[explained["facet"]]})
        found[path] = Collection(path=path, **said, **parts)
    return found
