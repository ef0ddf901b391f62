"""What a column of a table is: a name for programs, a type, and what it means for people."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from eclod.core.namespaces import expand
from eclod.rdf.fields import Field, Words

#: The languages in which columns are explained.
LANGUAGES: Final = ("en", "fr", "de")
_WORDS: Final = Path(__file__).with_name("words.toml")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Datatype(StrEnum):
    """The type of a column's values, as CSVW calls it (Metadata Vocabulary for Tabular Data, section 5.11.1)."""

    TEXT = "string"
    IRI = "anyURI"
    DATE = "date"
    YEAR = "gYear"
    DECIMAL = "decimal"
    DOUBLE = "double"
    INTEGER = "integer"
    BOOLEAN = "boolean"

    @property
    def is_number(self) -> bool:
        return self in _NUMBERS


_NUMBERS: Final = frozenset({Datatype.YEAR, Datatype.DECIMAL, Datatype.DOUBLE, Datatype.INTEGER})
#: Types of literals that a column has a type for; all others are text.
_OF_LITERALS: Final = {
    expand(f"xsd:{name}"): datatype
    for datatype, names in {
        Datatype.DATE: ("date",),
        Datatype.YEAR: ("gYear",),
        Datatype.DECIMAL: ("decimal",),
        Datatype.DOUBLE: ("double", "float"),
        Datatype.INTEGER: ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"),
        Datatype.BOOLEAN: ("boolean",),
    }.items()
    for name in names
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `many` says that a cell may hold several values, `properties` name what is said by the values.

    `direct` says that they are what the thing of the row has as values of that property, and not, say, their labels.
    """

    name: str
    datatype: Datatype
    labels: Words
    descriptions: Words
    many: bool = False
    required: bool = False
    properties: tuple[str, ...] = ()
    direct: bool = False
    code_lists: tuple[str, ...] = ()
    unit: str = ""

    @property
    def cardinality(self) -> str:
        return f"{'1' if self.required else '0'}..{'n' if self.many else '1'}" if not self._is_one else "1"

    @property
    def _is_one(self) -> bool:
        return self.required and not self.many


def snake_case(name: str) -> str:
    """Return the name of a field as programs for tables like it: `alternativeName` gives `alternative_name`."""
    return _HUMP.sub("_", name).lower()


def datatype_of(field: Field) -> Datatype:
    """Return the type of a column for the values of a field."""
    if field.is_iri:
        return Datatype.IRI
    return _OF_LITERALS.get(field.datatypes[0], Datatype.TEXT) if len(field.datatypes) == 1 else Datatype.TEXT


@cache
def words() -> Mapping[str, Any]:
    """Return the words that the shapes do not have: for tables, and for columns that are derived from others."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def fixed(name: str, datatype: Datatype, **facts: Any) -> Column:
    """Return a column that is no field of a shape, in words of its own."""
    said = words()["column"][name]
    return Column(name, datatype, said["label"], said["description"], **facts)


def derived(what: str, of: Column, datatype: Datatype = Datatype.TEXT, **facts: Any) -> Column:
    """Return a column about another one: its `label`, `code` or `language`."""
    of_country = what == "code" and expand("country:").rstrip("/") in of.code_lists
    said = words()["derived"]["country_code" if of_country else what]
    label, description = (
        {language: said[part][language].format(of=of.labels.get(language, of.name)) for language in LANGUAGES}
        for part in ("label", "description")
    )
    return Column(f"{of.name}_{what}", datatype, label, description, many=of.many, **facts)


def inside(outer: Field, inner: Column, many: bool) -> Column:
    """Return a column of a nested field as one of the table: its name and label say what it is part of."""
    labels = {language: f"{outer.labels.get(language, outer.name)}: {text}" for language, text in inner.labels.items()}
    return Column(
        name=f"{snake_case(outer.name)}_{inner.name}",
        datatype=inner.datatype,
        labels=labels,
        descriptions=inner.descriptions,
        many=many or inner.many,
        properties=inner.properties,
        code_lists=inner.code_lists,
        unit=inner.unit,
    )


def of_field(fields: tuple[Field, ...]) -> Column:
    """Return the column for the values of a field, which several shapes may have under the same name."""
    first = fields[0]
    return Column(
        name=snake_case(first.name),
        datatype=datatype_of(first),
        labels=first.labels,
        descriptions=first.descriptions,
        many=not all(field.single or field.one_per_language for field in fields),
        required=all(field.required for field in fields),
        properties=tuple(dict.fromkeys(field.path for field in fields)),
        direct=True,
        code_lists=tuple(dict.fromkeys(scheme for field in fields for scheme in field.code_lists)),
        unit=words()["unit"].get(first.path, ""),
    )
