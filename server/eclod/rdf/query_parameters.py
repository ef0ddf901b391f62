"""The parameters of saved queries: what a value may look like, and which RDF term it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, Literal

import pyoxigraph as ox
from pydantic import BaseModel, ConfigDict, Field, model_validator

from eclod.core.errors import BadInput
from eclod.core.namespaces import PREFIXES, expand

_FORBIDDEN_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_PREFIXED: Final = re.compile(r"([a-z][a-z0-9-]*):(?!//)(.+)")
#: The engine counts in 64 bits.
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
#: RFC 5646, section 2.1, as far as SPARQL takes it (grammar, LANGTAG).
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_LONGEST: Final = 1000


class Parameter(BaseModel):
    """A variable that whoever asks may set.

    `base` makes `DE` into a whole IRI for those who know the code only, `upper` lets them write it in small letters.
    `options` are the only values there are; `minimum` and `maximum` bound a number. `example` shows what an optional
    one takes, `default` is read from the query.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    type: Literal["iri", "string", "integer", "decimal", "date", "language"]
    description: str = Field(min_length=1)
    base: str = ""
    upper: bool = False
    options: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    example: str = ""
    default: str = ""

    @property
    def optional(self) -> bool:
        return not self.default

    def term(self, value: str) -> str:
        """Return a value as a term in N-Triples; raises BadInput with what the parameter takes."""
        value = value.strip()
        try:
            if len(value) > _LONGEST:
                raise ValueError(f"which is longer than {_LONGEST} characters")
            term = _TERMS[self.type](self, value)
            self._check(term)
        except ValueError as error:
            raise BadInput(
                f"The parameter '{self.name}' is '{value[:100]}', {error}. It takes: {self.takes}", parameter=self.name
            ) from None
        return str(term)

    @property
    def takes(self) -> str:
        """Return in a sentence or two what a value is."""
        said = self.description.rstrip(".") + "."
        if self.options:
            return f"{said} One of {', '.join(self.options)}."
        bounds = [
            f"{word} {bound}"
            for word, bound in (("at least", self.minimum), ("at most", self.maximum))
            if bound is not None
        ]
        return f"{said} For example {self.default or self.example}{''.join(f', {bound}' for bound in bounds)}."

    def spelling(self, term: object) -> str:
        """Return the shortest value that gives a term, for a page; raises ValueError when none does."""
        match term:
            case ox.NamedNode():
                short = term.value.removeprefix(self.base) if self.base else term.value
                candidates = [short, *self.options, term.value]
            case ox.Literal():
                candidates = [term.value]
            case _:
                candidates = []
        for candidate in candidates:
            try:
                if self.term(candidate) == str(term):
                    return candidate
            except BadInput:
                continue
        raise ValueError(f"the default {term} of '{self.name}' is not what the parameter takes")

    def _check(self, term: ox.NamedNode | ox.Literal) -> None:
        if self.options and term not in [_TERMS[self.type](self, option) for option in self.options]:
            raise ValueError("which is not among the choices")
        if self.minimum is not None and Decimal(term.value) < self.minimum:
            raise ValueError("which is too small")
        if self.maximum is not None and Decimal(term.value) > self.maximum:
            raise ValueError("which is too large")

    @model_validator(mode="after")
    def _holds(self) -> Parameter:
        if (self.minimum is not None or self.maximum is not None) and self.type not in ("integer", "decimal"):
            raise ValueError(f"only numbers have bounds, and '{self.name}' is of type {self.type}")
        for value in (*self.options, *filter(None, (self.example,))):
            self.term(value)
        return self


def _iri(parameter: Parameter, value: str) -> ox.NamedNode:
    """An IRI, a prefixed name of the service's own table, or what stands after the base."""
    named = _PREFIXED.fullmatch(value)
    if named and named[1] in PREFIXES:
        iri = expand(value)
    elif ":" in value:
        iri = value
    else:
        iri = parameter.base + (value.upper() if parameter.upper else value) if value else ""
    try:
        if ":" in iri and not _FORBIDDEN_IN_IRI.search(iri):
            return ox.NamedNode(_without_dots(iri))
    except ValueError:  # in the words of the engine, and with more of its grammar than is looked at here
        pass
    raise ValueError("which is no IRI")


def _without_dots(iri: str) -> str:
    """Return the IRI of a NACE code as it is published: people write 62.01, and the IRI ends in 6201."""
    for name in ("nace2", "nace21"):
        if iri.startswith(PREFIXES[name]):
            return PREFIXES[name] + iri.removeprefix(PREFIXES[name]).replace(".", "")
    return iri


def _string(_parameter: Parameter, value: str) -> ox.Literal:
    if not value or "\0" in value:
        raise ValueError("which is no text")
    return ox.Literal(value)


def _integer(_parameter: Parameter, value: str) -> ox.Literal:
    if not _INTEGER.fullmatch(value):
        raise ValueError("which is no whole number")
    return ox.Literal(int(value))


def _decimal(_parameter: Parameter, value: str) -> ox.Literal:
    try:
        number = Decimal(value) if _DECIMAL.fullmatch(value) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise ValueError("which is no number such as 12.5")
    return ox.Literal(f"{number.normalize():f}", datatype=ox.NamedNode(expand("xsd:decimal")))


def _date(_parameter: Parameter, value: str) -> ox.Literal:
    try:
        text = date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("which is no date such as 2026-01-31") from None
    return ox.Literal(text, datatype=ox.NamedNode(expand("xsd:date")))


def _language(_parameter: Parameter, value: str) -> ox.Literal:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError("which is no language tag such as en or pt-BR")
    return ox.Literal(value.lower())


_TERMS: Final[Mapping[str, Callable[[Parameter, str], ox.NamedNode | ox.Literal]]] = MappingProxyType(
    {
        "iri": _iri,
        "string": _string,
        "integer": _integer,
        "decimal": _decimal,
        "date": _date,
        "language": _language,
    }
)
