"""The SPARQL of lists, put together from the patterns of the table and terms; no text of a visitor is ever pasted in.

What `index` counts in memory is read by these patterns, and what a list answers as data is asked by the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from eclod.core.namespaces import PREFIXES, shorten
from eclod.web.pages.lists.state import State
from eclod.web.pages.lists.table import Collection, Column, Facet

_LABELS: Final = "skos:prefLabel|dct:title|rdfs:label"
_VARIABLE: Final = re.compile(r"\?(\w+)")
_PREFIX: Final = re.compile(r"(?<![\w?:-])([a-z][a-z0-9-]*):")
_IRIS_AND_TEXTS: Final = re.compile(r'<[^<>"{}|^`\\\s]*>|"(?:[^"\\\n]|\\.)*"')
#: A name of a code that needs no escapes in a prefixed name (SPARQL 1.1, rule PN_LOCAL, as far as it is plain).
_PLAIN_LOCAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def names_of(collection: Collection) -> str:
    """Return the query for all names of all things of a collection."""
    return _whole(f"SELECT ?thing ?value\nWHERE {{\n  {collection.pattern} .\n  ?thing {collection.named} ?value\n}}\n")


def pairs(collection: Collection, pattern: str) -> str:
    """Return the query for the things of a collection, each with the values that a pattern gives it."""
    return _whole(f"SELECT ?thing ?value\nWHERE {{\n  {collection.pattern} .\n  {pattern}\n}}\n")


def steps(path: str) -> str:
    """Return the query for all pairs that a property joins."""
    return _whole(f"SELECT ?thing ?value\nWHERE {{\n  ?thing {path} ?value\n}}\n")


def meanings(scheme: str) -> str:
    """Return the query for the codes of a list with their names and definitions in all languages."""
    return _whole(
        "SELECT ?thing ?name ?meaning\nWHERE {\n"
        f"  ?thing skos:inScheme {ox.NamedNode(scheme)} ; skos:prefLabel ?name\n"
        "  OPTIONAL { ?thing skos:definition ?meaning FILTER (lang(?meaning) = lang(?name)) }\n}\n"
    )


def count(collections: Sequence[Collection]) -> str:
    """Return the query for the number of things of each collection, by path."""
    parts = [
        f"  {{ SELECT ({ox.Literal(each.path)} AS ?key) (COUNT(DISTINCT ?thing) AS ?n) {{ {each.pattern} }} }}"
        for each in collections
    ]
    return _whole("SELECT ?key ?n\nWHERE {\n" + "\n  UNION\n".join(parts) + "\n}\n")


def cells(columns: Sequence[tuple[str, str]], things: Sequence[str]) -> str:
    """Return the query for what some things have by patterns, each of which has a name."""
    values = " ".join(str(ox.NamedNode(thing)) for thing in things)
    parts = [
        f'  {{ VALUES ?thing {{ {values} }} {_named(pattern, f"c{number}", "value")} BIND ("{name}" AS ?column) }}'
        for number, (name, pattern) in enumerate(columns)
    ]
    return _whole("SELECT DISTINCT ?thing ?column ?value\nWHERE {\n" + "\n  UNION\n".join(parts) + "\n}\n")


def rows(state: State) -> str:
    """Return the query for all rows of a list: one for each thing, several values of a cell in one text."""
    collection = state.collection
    variables = ["?thing", "(COALESCE(MIN(STR(?english)), MIN(STR(?label))) AS ?name)"]
    patterns = []
    order = "LCASE(?name) ?thing"
    if collection.when:
        variables.append("(MIN(?date) AS ?when)")
        patterns.append(f"  OPTIONAL {{ {_named(collection.when, 'when', 'date')} }}")
        order = f"DESC(?when) {order}"
    if collection.until:
        variables.append("(MAX(?lastDate) AS ?until)")
        patterns.append(f"  OPTIONAL {{ {_named(collection.until, 'until', 'lastDate')} }}")
    for column in collection.columns:
        if column.look != "prose":
            said, needed = _cell(column)
            variables.append(f'(GROUP_CONCAT(DISTINCT {said}; separator=" | ") AS ?{column.name})')
            patterns.append(f"  {needed}")
    return _whole(
        f"SELECT {' '.join(variables)}\nWHERE {{\n  {{ SELECT DISTINCT ?thing {{\n{_selection(state)}\n  }} }}\n"
        f"  ?thing {collection.named} ?label .\n"
        f'  OPTIONAL {{ ?thing {collection.named} ?english FILTER (LANG(?english) = "en") }}\n'
        + "".join(f"{pattern}\n" for pattern in patterns)
        + f"}}\nGROUP BY ?thing\nORDER BY {order}\n"
    )


def graph(state: State) -> str:
    """Return the query for all statements about the things of a list."""
    return _whole(
        "CONSTRUCT { ?thing ?property ?value }\nWHERE {\n"
        f"  {{ SELECT DISTINCT ?thing {{\n{_selection(state)}\n  }} }}\n"
        "  ?thing ?property ?value\n}\n"
    )


def numbers(state: State, facet: Facet) -> str:
    """Return the query for how many things of a list have each value of a facet."""
    order = "?code" if facet.type == "year" else "DESC(?things) ?code"
    name, label = "", ""
    if not facet.is_literal:
        name = " (MIN(?label) AS ?name)"
        label = f'  OPTIONAL {{ ?code {_LABELS} ?label FILTER (LANG(?label) = "en") }}\n'
    return _whole(
        f"SELECT ?code{name} (COUNT(DISTINCT ?thing) AS ?things)\nWHERE {{\n{_selection(state)}\n"
        f"  {_named(facet.pattern, 'code', 'code')} .\n{label}}}\nGROUP BY ?code\nORDER BY {order}\n"
    )


def _selection(state: State) -> str:
    """Return the patterns that a thing of the list satisfies."""
    parts = [f"  {state.collection.pattern} ."]
    for facet in state.collection.facets:
        if values := state.values(facet):
            parts.append(_choice(facet, values))
    if state.words:
        conditions = " && ".join(f"CONTAINS(LCASE(STR(?said)), {ox.Literal(word)})" for word in state.words)
        parts.append(f"  FILTER EXISTS {{ ?thing {state.collection.named} ?said FILTER ({conditions}) }}")
    return "\n".join(parts)


def _choice(facet: Facet, values: Sequence[str]) -> str:
    """Return the pattern for one of some values of a facet, in a tree also for what is below them.

    `skos:exactMatch` brings in the classes that mean the same in another edition.
    """
    name = "chosen" + "".join(part.capitalize() for part in facet.name.split("-"))
    variable = f"?{name}"
    pattern = _named(facet.pattern, name, name)
    # Asked once by itself: as a filter the engine would ask it of each thing again.
    if facet.is_literal:
        texts = ", ".join(str(ox.Literal(value)) for value in values)
        return f"  {{ SELECT DISTINCT ?thing {{ {pattern} FILTER ({variable} IN ({texts})) }} }}"
    listed = " ".join(_short(value) for value in values)
    if not facet.is_tree:
        return f"  {{ SELECT DISTINCT ?thing {{ VALUES {variable} {{ {listed} }} {pattern} }} }}"
    return (
        f"  {{ SELECT DISTINCT ?thing {{\n    {{ SELECT DISTINCT {variable} {{\n"
        f"      VALUES {variable}Within {{ {listed} }} {variable}Class skos:broader* {variable}Within .\n"
        f"      {variable}Class skos:exactMatch? {variable}Same . {variable} skos:broader* {variable}Same\n"
        f"    }} }}\n    {pattern}\n  }} }}"
    )


def _cell(column: Column) -> tuple[str, str]:
    """Return what a cell says of one value, and the patterns for it: the label in English, else the IRI.

    Each optional part is one step, which the engine takes for each row; of longer ones it reads the whole release. A
    label is of nothing where there is no value: of an unbound variable it would be any label at all.
    """
    code, label, of = (f"?{column.name}{part}" for part in ("Code", "Label", "Or"))
    value = f"OPTIONAL {{ {_named(column.pattern, column.name, code[1:])} }}"
    if column.look in ("value", "amount"):
        return f"STR({code})", value
    if column.look == "code":
        return f'REPLACE(STR({code}), "^.*[/#]", "")', value
    return f"COALESCE(STR({label}), STR({code}))", (
        f"{value} BIND (COALESCE({code}, rdf:nil) AS {of}) "
        f'OPTIONAL {{ {of} {column.label} {label} FILTER (LANG({label}) = "en") }}'
    )


def _named(pattern: str, name: str, value: str) -> str:
    """Return a pattern with its variables called so that they meet no others."""

    def renamed(match: re.Match[str]) -> str:
        if match[1] == "thing":
            return match[0]
        return f"?{value}" if match[1] == "value" else f"?{name}{match[1].capitalize()}"

    return _VARIABLE.sub(renamed, pattern)


def _short(iri: str) -> str:
    """Return an IRI as people write it in a query."""
    prefix, _, local = shorten(iri).partition(":")
    return f"{prefix}:{local}" if prefix in PREFIXES and _PLAIN_LOCAL.fullmatch(local) else str(ox.NamedNode(iri))


def _whole(text: str) -> str:
    """Return a query with the prefixes that it uses."""
    used = sorted(set(_PREFIX.findall(_IRIS_AND_TEXTS.sub(" ", text))))
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in used) + "\n" + text
