"""From the text of a value to an RDF term, as the field's shape demands; chosen once per field, used for every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, Protocol

from pyoxigraph import Literal, NamedNode

from eclod.core.namespaces import expand
from eclod.rdf.fields import Field
from eclod_loaders.declarations.mapping_file import FieldSource, ValueOptions
from eclod_loaders.declarations.toml_files import nearest
from eclod_loaders.values import dates, outlines, prose, texts
from eclod_loaders.values.texts import Unreadable

Term = NamedNode | Literal
Convert = Callable[[str], Term]

GYEAR: Final = NamedNode(expand("xsd:gYear"))
_DATE: Final = NamedNode(expand("xsd:date"))
_MOMENT: Final = NamedNode(expand("xsd:dateTime"))
_DECIMAL: Final = NamedNode(expand("xsd:decimal"))
_INTEGER: Final = NamedNode(expand("xsd:integer"))
_BOOLEAN: Final = NamedNode(expand("xsd:boolean"))
_WKT: Final = NamedNode(expand("geo:wktLiteral"))
_DATE_OR_YEAR: Final = "date-or-year"
_TEXT: Final = frozenset({expand("xsd:string"), expand("rdf:langString")})
_REMEMBERED: Final = 4096
_NUTS: Final = "http://data.europa.eu/nuts/scheme/"
#: Letters that are taken for digits.
_LOOKALIKES: Final = str.maketrans("OoIl", "0011")
_NAMES: Final = frozenset({"name", "alternativeName", "legalName"})
_TRUTH: Final = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


class Codes(Protocol):
    """The code lists, as far as a mapping needs them."""

    def find(self, schemes: Sequence[str], spelling: str) -> str | None:
        """Return the IRI of a code in one of the schemes, or None."""

    def suggest(self, schemes: Sequence[str], spelling: str) -> str | None:
        """Return the code nearest to a spelling, or None."""


def conversion(
    field: Field, takes_years: bool, source: FieldSource, options: ValueOptions, language: str, codes: Codes
) -> Convert:
    """Return the function that turns a text into the field's term, or raises Unreadable.

    `takes_years` says that a year is welcome where the field wants a date. Raises ValueError, in words, for a date
    pattern that is not understood.
    """
    if field.code_lists:
        return _code(_lists(field, source.code_list), codes)
    if not field.datatypes:
        return lambda text: NamedNode(texts.iri(text))
    kinds = set(field.datatypes)
    if kinds & _TEXT:
        return _text(field, source.language or language)
    # The same dates and amounts come again and again; what cannot be read is not remembered.
    if kinds & {_DATE.value, GYEAR.value, _DATE_OR_YEAR}:
        return lru_cache(_REMEMBERED)(_date(kinds, takes_years, source, options))
    if _MOMENT.value in kinds:
        return lambda text: Literal(dates.moment(text).isoformat(), datatype=_MOMENT)
    if kinds & {_DECIMAL.value, _INTEGER.value}:
        return lru_cache(_REMEMBERED)(_number(_DECIMAL.value in kinds, source.locale or options.locale, source.unit))
    if _BOOLEAN.value in kinds:
        return _boolean
    if _WKT.value in kinds and not source.point:  # a point is in longitude and latitude already, or meant not to be
        return lambda text: Literal(outlines.crs84(text, source.crs), datatype=_WKT)
    datatype = NamedNode(sorted(kinds)[0])
    return lambda text: Literal(text, datatype=datatype)


def _text(field: Field, language: str) -> Convert:
    longest = prose.LONGEST_NAME if field.name in _NAMES else None
    tag = language if field.language_tagged else None

    def convert(text: str) -> Term:
        prose.check(text, longest)
        return Literal(text, language=tag)

    return convert


def translation(table: Mapping[str, Sequence[str]], name: str) -> Callable[[str], Sequence[str]]:
    """Return the function that looks a text up in a table of translations; every text must be in it."""
    folded = {texts.fold(text): targets for text, targets in table.items()}

    def translate(text: str) -> Sequence[str]:
        if text not in folded:
            raise Unreadable(
                "unknown-value",
                f"'{text}' is not in the translations of {name}; add it to the mapping or correct the cell.",
                nearest(text, folded),
            )
        return [target for target in folded[text] if target]

    return translate


def _lists(field: Field, wanted: str | None) -> Sequence[str]:
    """Return the lists that a value is looked up in: those of the field, or the one of them that the mapping names."""
    if wanted is None:
        return field.code_lists
    if wanted not in field.code_lists:
        raise ValueError(f"'{field.name}' takes no codes of <{wanted}>, only of {', '.join(field.code_lists)}")
    return (wanted,)


def _code(code_lists: Sequence[str], codes: Codes) -> Convert:
    known: dict[str, Term] = {}

    def convert(text: str) -> Term:
        if text not in known:
            iri = codes.find(code_lists, text)
            if iri is None:
                alike = text.translate(_LOOKALIKES)
                near = alike if codes.find(code_lists, alike) else codes.suggest(code_lists, text)
                hint = f"; did you mean {near}?" if near else "; correct the cell or translate it in the mapping."
                lists = " or ".join(map(_name_of_list, code_lists))
                raise Unreadable("unknown-code", f"'{text}' is not a code of {lists}{hint}", near)
            known[text] = NamedNode(iri)
        return known[text]

    return convert


def _name_of_list(scheme: str) -> str:
    """Return what people call a code list, such as NUTS 2024, NACE 2.1 or organisation-type."""
    name = scheme.rstrip("/").rpartition("/")[2]
    if scheme.startswith(_NUTS):
        return f"NUTS {name}"
    return f"NACE {name.removeprefix('nace')}" if name.startswith("nace") else name


def _number(decimal: bool, locales: Sequence[str], units: Sequence[str]) -> Convert:
    def convert(text: str) -> Term:
        digits = texts.plain(texts.number(text, locales, units))
        if decimal:
            return Literal(digits, datatype=_DECIMAL)
        if "." in digits:
            raise Unreadable("number", f"'{text}' is not a whole number; correct the cell.")
        return Literal(digits, datatype=_INTEGER)

    return convert


def _date(kinds: set[str], takes_years: bool, source: FieldSource, options: ValueOptions) -> Convert:
    patterns = options.dates if source.dates is None else source.dates
    locale = (source.locale or options.locale)[0]
    for pattern in patterns:
        dates.compile_pattern(pattern, locale)
    only_year = kinds == {GYEAR.value}
    year_will_do = takes_years or only_year or _DATE_OR_YEAR in kinds
    accepted = (*patterns, "yyyy") if year_will_do else patterns

    def convert(text: str) -> Term:
        day = dates.day(text, accepted, locale)
        if day.date and not only_year:
            return Literal(day.date.isoformat(), datatype=_DATE)
        if not year_will_do:
            raise Unreadable("date", f"'{text}' is a year, and a full date is needed here; give day and month.")
        return Literal(f"{day.year:04d}", datatype=GYEAR)

    return convert


def _boolean(text: str) -> Term:
    if text.casefold() not in _TRUTH:
        raise Unreadable("boolean", f"'{text}' is neither true nor false; write one of them.")
    return Literal(_TRUTH[text.casefold()], datatype=_BOOLEAN)
