"""The rows of one page of a list, in the visitor's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, cast

import pyoxigraph as ox

from eclod.core import labels as label_choice
from eclod.web.pages.lists import texts
from eclod.web.pages.lists.index import Index, positions
from eclod.web.pages.lists.table import Collection, Column
from eclod.web.pages.lists.views import CellView, RowView
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term
from eclod.web.resources.wording import Wording, literal

SHOWN: Final = 50
_MOST_VALUES: Final = 3
_LONGEST: Final = 320
_WHEN: Final = "when"
_UNTIL: Final = "until"
#: Joins the digits of a number, as templates do.
_NARROW: Final = "\u00a0"

#: thing -> column -> values
Cells = Mapping[str, Mapping[str, Sequence[ox.NamedNode | ox.Literal]]]


def on_page(index: Index, selected: int, number: int) -> list[str]:
    """Return the things of a page, counted from 1."""
    start = (number - 1) * SHOWN
    return [index.things[position] for position in islice(positions(selected), start, start + SHOWN)]


def read_cells(reader: Reader, collection: Collection, things: Sequence[str]) -> Cells:
    """Return what the columns say of some things, in a fixed order."""
    patterns = [(column.name, column.pattern) for column in collection.columns]
    patterns += [(name, text) for name, text in ((_WHEN, collection.when), (_UNTIL, collection.until)) if text]
    found: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    if things and patterns:
        for row in reader.select(texts.cells(patterns, things)):
            if isinstance(row["value"], ox.NamedNode | ox.Literal):
                thing, column = cast("ox.NamedNode", row["thing"]).value, cast("ox.Literal", row["column"]).value
                found[thing][column].append(row["value"])
    return found


def iris(cells: Cells) -> set[str]:
    """Return the IRIs in cells, whose labels the page needs."""
    every = (value for columns in cells.values() for values in columns.values() for value in values)
    return {value.value for value in every if isinstance(value, ox.NamedNode)}


def read_labels(reader: Reader, index: Index, wanted: set[str]) -> list[ox.Triple]:
    """Return what names IRIs; the index keeps it, since codes and their labels come again and again."""
    missing = wanted - index.labels.keys()
    if missing:
        found: dict[str, list[ox.Triple]] = {iri: [] for iri in missing}
        for triple in statements.labels(reader, missing):
            found[cast("ox.NamedNode", triple.subject).value].append(triple)
        index.labels.update(found)
    return [triple for iri in sorted(wanted) for triple in index.labels[iri]]


def view(collection: Collection, thing: str, cells: Cells, wording: Wording) -> RowView:
    """Return one row."""
    of_thing = cells.get(thing, {})
    prose = next((column for column in collection.columns if column.look == "prose"), None)
    return RowView(
        name=wording.thing(thing),
        prose=_prose(of_thing.get(prose.name, ()), wording) if prose else None,
        cells=tuple(
            CellView(column.title, _terms(column, of_thing.get(column.name, ()), wording))
            for column in collection.columns
            if column.look != "prose"
        ),
        when=min((value.value for value in of_thing.get(_WHEN, ())), default=""),
        until=max((value.value for value in of_thing.get(_UNTIL, ())), default=""),
    )


def columns(listed: Sequence[RowView]) -> tuple[str, ...]:
    """Return the columns of which a page has any value, in their order."""
    filled = {cell.title for row in listed for cell in row.cells if cell.values}
    return tuple(cell.title for row in listed[:1] for cell in row.cells if cell.title in filled)


def _terms(column: Column, values: Sequence[ox.NamedNode | ox.Literal], wording: Wording) -> tuple[Term, ...]:
    chosen = _in_language([v for v in values if isinstance(v, ox.Literal) and v.language], wording)
    if chosen is not None:
        return (chosen,)
    found = [_term(column, value, wording) for value in values]
    ordered = sorted(found, key=lambda term: (term.text.casefold(), term.iri or ""))
    if len(ordered) > _MOST_VALUES + 1:
        return (*ordered[:_MOST_VALUES], Term(f"and {len(ordered) - _MOST_VALUES} more"))
    return tuple(ordered)


def _term(column: Column, value: ox.NamedNode | ox.Literal, wording: Wording) -> Term:
    if isinstance(value, ox.Literal):
        return Term(amount(value.value)) if column.look == "amount" else literal(value)
    found = wording.thing(value.value)
    if column.look == "value" and found.external:
        host = value.value.split("://", 1)[-1].split("/", 1)[0].removeprefix("www.")
        return Term(host, found.href, found.iri, external=True)
    return found


def amount(text: str) -> str:
    """Return "EUR 2100432.5" as people read it, "2 100 432.5 EUR"; what is no such amount stays as it is."""
    currency, _, number = text.partition(" ")
    whole, point, part = number.partition(".")
    if not whole.isdecimal():
        return text
    return f"{int(whole):,}".replace(",", _NARROW) + point + part + _NARROW + currency


def _prose(values: Sequence[ox.NamedNode | ox.Literal], wording: Wording) -> Term | None:
    chosen = _in_language([value for value in values if isinstance(value, ox.Literal)], wording)
    if chosen is None or len(chosen.text) <= _LONGEST:
        return chosen
    return Term(chosen.text[: _LONGEST - 1].rsplit(" ", 1)[0] + " …", language=chosen.language)


def _in_language(values: Sequence[ox.Literal], wording: Wording) -> Term | None:
    """Return the text among several that suits the visitor, None when there is none."""
    chosen = label_choice.choose([(value.value, value.language or "") for value in values], wording.languages)
    if chosen is None:
        return None
    # `und` (undetermined, BCP 47) is no language.
    return Term(chosen[0], language="" if chosen[1].lower() == "und" else chosen[1])
