"""What the columns of the tables mean: CSVW metadata for programs, a dictionary for people.

Sources: https://www.w3.org/TR/tabular-metadata/, https://www.w3.org/TR/tabular-data-model/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eclod.rdf.fields import Words
from eclod.store.tables import columns, maps
from eclod.store.tables.columns import LANGUAGES, Column, Datatype
from eclod.store.tables.files import SEPARATOR
from eclod.store.tables.layout import Table

#: The name under which programs look for it beside a CSV file (Model for Tabular Data, section 5.3).
METADATA_FILE: Final = "csv-metadata.json"
DICTIONARY: Final = "dictionary"
_TITLE: Final = "European Clusters Linked Open Data: tables"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"


def dictionary_columns() -> tuple[str, ...]:
    """Return the names of the dictionary's own columns."""
    spoken = [f"{part}_{language}" for part in ("label", "description") for language in LANGUAGES]
    return ("table", "column", *spoken, "datatype", "several", "cardinality", "unit", "code_list", "property", "filled")


def dictionary_rows(table: Table, filled: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what is known of each column of a table; `filled` is the share of rows that have a value, for each."""
    return [_explained(table.name, column, share) for column, share in zip(table.columns, filled, strict=True)]


def share(empty: int, rows: int) -> str:
    """Return the share of rows that have a value in a column, as the dictionary has it; nothing where no row is."""
    return f"{1 - empty / rows:.4f}" if rows else ""


def map_rows() -> list[tuple[str, ...]]:
    """Return what is known of the properties on the map that are no columns of a table."""
    return [_explained(maps.FILE, column, "") for column in maps.own_columns()]


def _explained(table: str, column: Column, filled: str) -> tuple[str, ...]:
    return (
        table,
        column.name,
        *(column.labels.get(language, "") for language in LANGUAGES),
        *(column.descriptions.get(language, "") for language in LANGUAGES),
        column.datatype,
        "true" if column.many else "false",
        column.cardinality,
        column.unit,
        SEPARATOR.join(column.code_lists),
        SEPARATOR.join(column.properties),
        filled,
    )


def csvw(tables: Sequence[Table]) -> dict[str, object]:
    """Return the metadata of all CSV files, the dictionary among them, by names relative to it."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": _TITLE,
        "dialect": {"encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
        "tables": [*map(_table, tables), _dictionary_table()],
    }


def _table(table: Table) -> dict[str, object]:
    return {
        "url": f"{table.name}.csv",
        "dc:title": _spoken(table.title),
        "dc:description": _spoken(table.description),
        "tableSchema": {
            "aboutUrl": "{+iri}",
            "primaryKey": "iri",
            "columns": [_column(column) for column in table.columns],
        },
    }


def _column(column: Column) -> dict[str, object]:
    said: dict[str, object] = {
        "name": column.name,
        "titles": column.name,
        "rdfs:label": _spoken(column.labels),
        "dc:description": _spoken(column.descriptions),
        "datatype": column.datatype.value,
    }
    if column.required and column.name == "iri":
        said["required"] = True
    if column.many:
        said["separator"] = SEPARATOR
    if len(column.properties) == 1:
        said["propertyUrl"] = column.properties[0]
    link = column.datatype is Datatype.IRI
    if not column.direct or len(column.properties) != 1 or (link and column.many):
        # No statement about the thing of the row that a cell could give: a label, a code, a part of a part, a list of
        # links, which CSVW can only read as texts.
        said["suppressOutput"] = True
    elif link:
        said["valueUrl"] = f"{{+{column.name}}}"
    return said


def _dictionary_table() -> dict[str, object]:
    said: Any = columns.words()["table"][DICTIONARY]
    types = {"several": "boolean", "filled": "decimal"}
    return {
        "url": f"{DICTIONARY}.csv",
        "dc:title": _spoken(said["title"]),
        "dc:description": _spoken(said["description"]),
        "suppressOutput": True,
        "tableSchema": {
            "primaryKey": ["table", "column"],
            "columns": [
                {"name": name, "titles": name, "datatype": types.get(name, "string")} for name in dictionary_columns()
            ],
        },
    }


def _spoken(texts: Words | Mapping[str, str]) -> list[dict[str, str]]:
    return [{"@value": text, "@language": language} for language, text in sorted(texts.items())]
