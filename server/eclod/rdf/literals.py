"""Making rdflib and pyshacl judge literals as XML Schema and SHACL say, where they take too much or stop.

rdflib reads `NaN` as a decimal and a week date as a date, and leaves years without a value to compare by; pyshacl stops
with an exception at two values that have no order, which SHACL calls a violation.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

import rdflib
from pyshacl.constraints.core import value_range_constraints
from pyshacl.constraints.core.property_pair_constraints import LessThanOrEqualsConstraintComponent
from pyshacl.rdfutil.compare import compare_literal
from rdflib.namespace import XSD

#: What may be written (XML Schema 1.1, part 2, sections 3.3.3, 3.3.9 and 3.3.11; years without a zone), white space
#: around it aside.
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_YEAR: Final = re.compile(r"-?\d{4,}", re.ASCII)


@cache
def be_strict() -> None:
    """Teach rdflib and pyshacl, once in a process."""
    rdflib.term.bind(XSD.gYear, int, constructor=_year, datatype_specific=True)
    # Not by `bind`, which complains of types that it knows already.
    rdflib.term._toPythonMapping[XSD.date] = _date
    rdflib.term._toPythonMapping[XSD.decimal] = _decimal
    # It reports each literal that does not hold with a traceback; the gate reports them as violations.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    vars(value_range_constraints)["compare_literal"] = _compared
    order = LessThanOrEqualsConstraintComponent
    setattr(order, "_compare_ltoe", _pair_by_pair(order._compare_ltoe))  # noqa: B010  # mypy forbids to assign a method


def _date(text: str) -> date:
    _demand(_DATE, text)
    return date.fromisoformat(text.strip()[:10])


def _decimal(text: str) -> Decimal:
    _demand(_DECIMAL, text)
    return Decimal(text.strip())


def _year(text: str) -> int:
    return int(_demand(_YEAR, text)[0])


def _demand(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text.strip(" \t\r\n"))
    if match is None:
        raise ValueError(f"'{text}' is not of this type")
    return match


def _compared(one: rdflib.Literal, other: rdflib.Literal) -> int:
    """Return below, at or above 0; raises TypeError, which pyshacl reports, for numbers without an order (NaN)."""
    try:
        return int(compare_literal(one, other))  # type: ignore[no-untyped-call]
    except ArithmeticError as error:
        raise TypeError(str(error)) from error


def _holds(value: Any) -> bool:
    return not isinstance(value, rdflib.Literal) or value.value is not None


def _pair_by_pair(compare: Callable[..., Any]) -> Callable[..., Any]:
    """Return pyshacl's comparison with two values that cannot be compared as a violation (SHACL, section 4.5.4)."""

    def compared(self: Any, values: Iterable[Any], others: Iterable[Any], graph: Any, focus: Any) -> tuple[bool, Any]:
        reports = []
        for value in values:
            for other in others:
                if _holds(value) and _holds(other):
                    reports += compare(self, {value}, {other}, graph, focus)[1]
                else:
                    reports.append(self.make_v_result(graph, focus, value_node=value))
        return bool(reports), reports

    return compared
