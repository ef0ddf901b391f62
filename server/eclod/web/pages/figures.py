"""The page of figures: regions by specialisation in a sector, and what publications state about clusters.

Everything on it is the answer to a saved query, which it names, so that a program can have the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, request

from eclod.core.errors import BadInput
from eclod.core.formats import HTML, RESULT_FORMATS, Format
from eclod.core.namespaces import PREFIXES, expand, shorten
from eclod.rdf.query_catalogue import SavedQuery
from eclod.web.context import Service, service
from eclod.web.messages import negotiate
from eclod.web.messages.responses import Sender
from eclod.web.messages.views import Alternate
from eclod.web.queries import asking, protocol, results, saved
from eclod.web.queries.protocol import QueryRequest
from eclod.web.queries.results import Table
from eclod.web.resources import documents, links, statements
from eclod.web.resources.statements import Reader
from eclod.web.resources.views import Term

blueprint: Final = Blueprint("figures", __name__)

REGIONS: Final = "specialised-regions"
SECTORS: Final = "specialised-sectors"
FIGURES: Final = "figures-by-edition"
#: What an address may carry beside the parameters of the query.
_OWN_FIELDS: Final = frozenset({"format", "lang"})
_OFFERED: Final = f"""SELECT ?sector (MIN(?label) AS ?name) WHERE {{
  {{ SELECT DISTINCT ?sector WHERE {{
    ?observation a <{expand("eclod:RegionalSpecialisation")}> ; <{expand("eclod:sector")}> ?sector
  }} }}
  ?sector <{expand("skos:prefLabel")}> ?label FILTER (lang(?label) = "en")
}} GROUP BY ?sector ORDER BY ?sector"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A sector that may be chosen: its code without the beginning that all share, and its name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Region:
    """One bar: a region with its location quotient and what goes with it; `more_href` leads to its other sectors."""

    name: str
    href: str
    more_href: str
    quotient: Term
    stars: Term
    employed: Term
    share: Term
    status: str
    bond: str
    observation_href: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure with its edition and source."""

    name: Term
    value: Term
    unit: str
    edition: str
    source: str


@dataclass(frozen=True, slots=True)
class FiguresView:
    """Template `statistics.html`, as variable `page`."""

    sectors: tuple[Choice, ...]
    chosen: dict[str, str]
    regions: tuple[Region, ...]
    total: int
    query_href: str
    edit_href: str
    figures: tuple[Figure, ...]
    figures_href: str
    method_href: str
    alternates: tuple[Alternate, ...]


@blueprint.get("/statistics")
def page() -> Response:
    """Show the regions that are specialised in a sector as bars and as a table; other formats are the query's own."""
    found = service()
    query = saved.catalogue(found.names.base)[REGIONS]
    values = _values(query)
    bindings = query.bindings(values)

    def address(form: Format) -> str:
        given = "?" + urlencode(values) if values else ""
        return f"/statistics{given}" if form is HTML else f"/queries/{REGIONS}.{form.name}{given}"

    choice = negotiate.choose((HTML, *RESULT_FORMATS), HTML, address)
    if not choice.is_html:
        return documents.redirect(address(choice.format), 303)
    sender = Sender(found, choice)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    regions = _answer(found, query, bindings)
    chosen = {each.name: values.get(each.name, each.default) for each in query.parameters}
    chosen["sector"] = _code(bindings["sector"][1:-1])
    view = FiguresView(
        sectors=_sectors(found),
        chosen=chosen,
        regions=tuple(_region(found, row) for row in _by_name(regions)),
        total=regions.total,
        query_href=f"/queries/{REGIONS}?{urlencode(chosen)}",
        edit_href=links.edit(query.with_values(bindings)),
        figures=_figures(found),
        figures_href=f"/queries/{FIGURES}",
        method_href=links.describe(PREFIXES["cube"] + "regional-specialisation#method"),
        alternates=choice.alternates,
    )
    sender.release = regions.release
    return sender.page("statistics.html", page=view)


def _values(query: SavedQuery) -> dict[str, str]:
    known = {parameter.name for parameter in query.parameters}
    for name in request.args:
        if name not in known | _OWN_FIELDS:
            raise BadInput(
                f"The page of figures has no parameter '{name}'; it has {', '.join(sorted(known))}.", parameter=name
            )
    return {name: text.strip() for name, text in request.args.items() if name in known and text.strip()}


def _answer(found: Service, query: SavedQuery, bindings: dict[str, str]) -> Table:
    asked = QueryRequest(query.template, None, None, None, protocol.budget(None), bindings=bindings)
    return results.read(found.engine, asking.question(found, asked), links.Links(found.names))


def _by_name(table: Table) -> list[dict[str, Term]]:
    return [{name: cell for name, cell in zip(table.columns, row, strict=True) if cell} for row in table.rows]


def _region(found: Service, row: dict[str, Term]) -> Region:
    code = (row["region"].iri or "").removeprefix(PREFIXES["nuts"])
    return Region(
        name=row["name"].text,
        href=row["region"].href or "",
        more_href=f"/queries/{SECTORS}?{urlencode({'region': code})}",
        quotient=row["locationQuotient"],
        stars=row["stars"],
        employed=row["employed"],
        share=row["share"],
        status=row["status"].text,
        bond=row["bond"].text,
        observation_href=row["observation"].href or "",
    )


def _figures(found: Service) -> tuple[Figure, ...]:
    query = saved.catalogue(found.names.base)[FIGURES]
    language = next((tag for tag in negotiate.languages() if tag in ("en", "fr", "de")), "en")
    rows = _by_name(_answer(found, query, query.bindings({"language": language})))
    return tuple(
        Figure(
            name=row["name"],
            value=row["value"],
            unit=row["unit"].text if "unit" in row else "",
            edition=row["edition"].text,
            source=row["source"].text if "source" in row else "",
        )
        for row in rows
    )


def _sectors(found: Service) -> tuple[Choice, ...]:
    def read(reader: Reader) -> tuple[Choice, ...]:
        rows = reader.select(_OFFERED)
        return tuple(Choice(_code(_text(row["sector"])), _text(row["name"])) for row in rows)

    return found.remember("sectors with figures", found.release(), lambda: statements.consistently(found.engine, read))


def _code(sector: str) -> str:
    """Return what a sector is called in an address: its digits, or a prefixed name when it is no code of NACE 2."""
    code = sector.removeprefix(PREFIXES["nace2"])
    return code if code != sector else shorten(sector)


def _text(term: ox.NamedNode | ox.Literal | ox.BlankNode | ox.Triple | None) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
