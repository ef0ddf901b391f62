"""What values are, where there is no doubt: whether a literal is of a type, its number, its text, its order.

Each answers None or no where pyshacl and rdflib have to be asked. Used by `eclod.rdf.clearance`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.namespace import XSD

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_XSD: Final = str(XSD)
#: Spellings whose order is that of their values (XML Schema 1.1, part 2, sections 3.3.9 and 3.3.11).
_ORDERED: Final = {
    str(XSD.date): re.compile(r"[12]\d{3}-\d\d-\d\d", re.ASCII),
    str(XSD.gYear): re.compile(r"[12]\d{3}", re.ASCII),
}
_NUMBERS: Final = {
    str(XSD.integer): re.compile(r"[+-]?\d{1,15}", re.ASCII),
    str(XSD.decimal): re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?", re.ASCII),
}
_REMEMBERED: Final = 65_536


def number(term: Term) -> Decimal | None:
    """Return the number of an integer or a decimal, or None."""
    if not isinstance(term, ox.Literal):
        return None
    pattern = _NUMBERS.get(term.datatype.value)
    return Decimal(term.value) if pattern is not None and pattern.fullmatch(term.value) else None


def text(term: Term) -> str | None:
    """Return the string of a term where there is no doubt what it is."""
    if isinstance(term, ox.NamedNode):
        return term.value
    if isinstance(term, ox.Literal):
        if term.language is not None or term.datatype.value == str(XSD.string):
            return term.value
        return _spelling(term.value, term.datatype.value)
    return None


def is_of(term: ox.Literal, datatype: str) -> bool:
    """Return whether a literal is surely a value of a datatype (IRI)."""
    if term.datatype.value != datatype:
        return False
    return term.language is not None or datatype == str(XSD.string) or _spelling(term.value, datatype) is not None


@lru_cache(_REMEMBERED)
def _spelling(text: str, datatype: str) -> str | None:
    """Return how rdflib spells a value of a datatype, or None when the text is none; of types it does not know all are.

    As pyshacl asks it (`DatatypeConstraintComponent`); every type of XML Schema counts as known.
    """
    literal = rdflib.Literal(text, datatype=rdflib.URIRef(datatype))
    if literal.ill_typed or (literal.value is None and datatype.startswith(_XSD)):
        return None
    return str(literal)


def languages_differ(values: list[Term]) -> bool:
    """Return whether no two texts are in one language."""
    tags = [value.language.lower() for value in values if isinstance(value, ox.Literal) and value.language]
    return len(tags) == len(set(tags))


def in_order(values: list[Term], others: list[Term]) -> bool:
    """Return whether each value is surely at most each of the others."""
    if not values or not others:
        return True
    spelt = [_orderable(term) for term in (*values, *others)]
    if None in spelt or len({each[0] for each in spelt if each}) > 1:
        return False
    texts = [each[1] for each in spelt if each]
    return max(texts[: len(values)]) <= min(texts[len(values) :])


def _orderable(term: Term) -> tuple[str, str] | None:
    if not isinstance(term, ox.Literal):
        return None
    datatype = term.datatype.value
    pattern = _ORDERED.get(datatype)
    if pattern is None or not pattern.fullmatch(term.value) or _spelling(term.value, datatype) is None:
        return None
    return datatype, term.value
