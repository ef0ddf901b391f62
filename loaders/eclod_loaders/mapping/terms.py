"""One value of RDF as its field wants it: kept when it is right, read like the text of a cell when it is not."""

from __future__ import annotations

import re
from typing import Final

from pyoxigraph import Literal, NamedNode

from eclod.core.namespaces import expand, shorten
from eclod.rdf.fields import Field
from eclod_loaders.declarations.mapping_file import WEB, FieldSource, ValueOptions
from eclod_loaders.mapping.conversion import Codes, Convert, conversion
from eclod_loaders.values.texts import Unreadable, clean

_DATE: Final = expand("xsd:date")
#: A day with what may follow it in XML Schema: a time, a zone.
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T.*|Z|[+-]\d\d:\d\d)")


class Terms:
    """Values of the fields of one registry."""

    def __init__(self, language: str, codes: Codes) -> None:
        self._language = language
        self._codes = codes
        self._conversions: dict[Field, Convert] = {}

    def value(self, field: Field, term: object) -> NamedNode | Literal:
        """Return the value that a field takes, from a term that stands there. Raises Unreadable for what does not fit.

        What a field of things refers to is not looked up here.
        """
        if isinstance(term, NamedNode):
            return self._named(field, term)
        name = _name(field)
        if not isinstance(term, Literal):
            raise Unreadable("value", f"{name} has a value without a name of its own; give it an IRI.")
        text = clean(term.value)
        if field.is_iri and not field.code_lists and not text.startswith(WEB) and not field.is_web_page:
            raise Unreadable(
                "value", f"{name} takes the IRI of another entry, not a text such as '{text}'; correct it."
            )
        if term.language and field.language_tagged:
            return Literal(text, language=term.language)
        if _DATE in field.datatypes and (match := _DAY.fullmatch(text)):
            text = match[1]
        return self._conversion(field)(text)

    def _named(self, field: Field, term: NamedNode) -> NamedNode:
        if field.code_lists:
            # One that is not known stays, for the gate to judge.
            return NamedNode(self._codes.find(field.code_lists, term.value) or term.value)
        if not field.is_iri:
            name, iri = _name(field), term.value
            raise Unreadable("value", f"{name} takes a text or number, not an IRI such as <{iri}>; correct it.")
        return term

    def _conversion(self, field: Field) -> Convert:
        if field not in self._conversions:
            source = FieldSource(column=_name(field))
            self._conversions[field] = conversion(field, False, source, ValueOptions(), self._language, self._codes)
        return self._conversions[field]


def _name(field: Field) -> str:
    return shorten(field.path)
