"""The one table of media types; suffixes, negotiation, Link headers and the service description derive from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A representation: short name (suffix and `?format=`), media type, other names people send."""

    name: str
    media_type: str
    label: str
    aliases: tuple[str, ...] = ()
    w3c: str = ""
    charset: bool = False

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type


HTML: Final = Format("html", "text/html", "HTML", ("application/xhtml+xml",), charset=True)

_FORMATS_NS = "http://www.w3.org/ns/formats/"

TURTLE: Final = Format("ttl", "text/turtle", "Turtle", ("application/x-turtle",), _FORMATS_NS + "Turtle", True)
JSON_LD: Final = Format("jsonld", "application/ld+json", "JSON-LD", ("application/json",), _FORMATS_NS + "JSON-LD")
RDF_XML: Final = Format(
    "rdf", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml"), _FORMATS_NS + "RDF_XML"
)
N_TRIPLES: Final = Format("nt", "application/n-triples", "N-Triples", ("text/plain",), _FORMATS_NS + "N-Triples", True)
N_QUADS: Final = Format("nq", "application/n-quads", "N-Quads", ("text/x-nquads",), _FORMATS_NS + "N-Quads", True)
TRIG: Final = Format("trig", "application/trig", "TriG", ("application/x-trig",), _FORMATS_NS + "TriG", True)

RESULT_JSON: Final = Format(
    "json", "application/sparql-results+json", "JSON", ("application/json",), _FORMATS_NS + "SPARQL_Results_JSON"
)
RESULT_XML: Final = Format(
    "xml", "application/sparql-results+xml", "XML", ("application/xml", "text/xml"), _FORMATS_NS + "SPARQL_Results_XML"
)
RESULT_CSV: Final = Format("csv", "text/csv", "CSV", (), _FORMATS_NS + "SPARQL_Results_CSV", True)
RESULT_TSV: Final = Format("tsv", "text/tab-separated-values", "TSV", (), _FORMATS_NS + "SPARQL_Results_TSV", True)

#: CSV as the specification has it begins cells with what it likes; this one has no formulas and says its encoding. It
#: is never negotiated, since it has the media type of CSV: whoever wants it names it.
SPREADSHEET: Final = Format("spreadsheet", "text/csv", "CSV for spreadsheets", charset=True)

#: An answer as its receipt hashes it: the same bytes for the same answer, whatever the order it was found in.
CANONICAL_TABLE: Final = Format(
    "canonical-table", "text/tab-separated-values", "Canonical TSV", ("canonical",), charset=True
)
CANONICAL_GRAPH: Final = Format("canonical-graph", "application/n-quads", "Canonical N-Quads", ("canonical",), "", True)

#: A query itself (SPARQL 1.1 Query Language, appendix A).
SPARQL_QUERY: Final = Format("rq", "application/sparql-query", "SPARQL", charset=True)
JSON: Final = Format("json", "application/json", "JSON")
BIBTEX: Final = Format("bib", "application/x-bibtex", "BibTeX", ("text/x-bibtex",), charset=True)
ICALENDAR: Final = Format("ics", "text/calendar", "iCalendar", charset=True)
ATOM: Final = Format("atom", "application/atom+xml", "Atom", charset=True)
CSL_JSON: Final = Format("csl", "application/vnd.citationstyles.csl+json", "CSL-JSON")
PROBLEM_JSON: Final = Format("json", "application/problem+json", "JSON", ("application/json",))

GRAPH_FORMATS: Final = (TURTLE, N_TRIPLES, RDF_XML, JSON_LD, N_QUADS, TRIG)
RESULT_FORMATS: Final = (RESULT_JSON, RESULT_XML, RESULT_CSV, RESULT_TSV)
DOCUMENT_FORMATS: Final = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES, N_QUADS, TRIG, HTML)

#: Files of a release by the end of their names, compression aside.
FILE_MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {f".{form.name}": form.media_type for form in (N_QUADS, TURTLE, N_TRIPLES)}
    | {
        ".csv": "text/csv",
        ".parquet": "application/vnd.apache.parquet",
        ".geojson": "application/geo+json",
        ".json": "application/csvm+json",  # what describes the tables (CSVW)
    }
)

#: `.json` on a document means JSON-LD, and so do the names people know from other services.
NAME_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "json": "jsonld",
        "turtle": "ttl",
        "json-ld": "jsonld",
        "n3": "ttl",  # SPARQLWrapper asks so; Turtle is the part of Notation3 that graphs need
        "xml": "rdf",
        "rdfxml": "rdf",
        "rdf+xml": "rdf",
        "ntriples": "nt",
        "nquads": "nq",
    }
)


def by_name(name: str, offered: tuple[Format, ...]) -> Format | None:
    """Return the offered format with this short name, alias or media type, or None."""
    folded = name.strip().lower()
    for candidate in (folded, NAME_ALIASES.get(folded, folded)):
        if form := next((form for form in offered if form.name == candidate), None):
            return form
    if form := next((form for form in offered if form.media_type == folded), None):
        return form
    return next((form for form in offered if folded in form.aliases), None)
