"""The codes of the EU authority tables that the catalogue uses, each with what DCAT-AP wants to be said of it.

Source: https://op.europa.eu/en/web/eu-vocabularies/authority-tables
"""

from __future__ import annotations

from typing import Final

from pyoxigraph import Literal, NamedNode

from eclod.rdf.description.statements import Statements, term, text

_TABLE: Final = "http://publications.europa.eu/resource/authority/"
_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
DCAT_AP: Final = "http://data.europa.eu/r5r/"
CC_BY: Final = f"{_TABLE}licence/CC_BY_4_0"
PUBLIC: Final = f"{_TABLE}access-right/PUBLIC"
IRREGULAR: Final = f"{_TABLE}frequency/IRREG"
_EUROPE: Final = f"{_TABLE}continent/EUROPE"
_AVAILABLE: Final = f"{_TABLE}planned-availability/AVAILABLE"
_ATTRIBUTION: Final = "http://purl.org/adms/licencetype/Attribution"
_LANGUAGES: Final = ("ENG", "FRA", "DEU")
_THEMES: Final = {"ECON": "Economy and finance", "REGI": "Regions and cities", "TECH": "Science and technology"}
_THEME_TAXONOMY: Final = f"{_TABLE}data-theme"
_FILE_TYPES: Final = {
    ".nq": "RDF_N_QUADS",
    ".nt": "RDF_N_TRIPLES",
    ".ttl": "RDF_TURTLE",
    ".csv": "CSV",
    ".parquet": "PARQUET",
    ".geojson": "GEOJSON",
    ".json": "JSON",
}
#: The Union with its outermost islands near the continent, roughly; longitude and latitude.
_BOX: Final = "POLYGON((-31.3 27.6,69.1 27.6,69.1 81.9,-31.3 81.9,-31.3 27.6))"
_MIDDLE: Final = "POINT(9.9 49.8)"


def describe(made: Statements) -> None:
    """Say of the codes that every catalogue uses what they are."""
    made.about(DCAT_AP, "rdf:type", term("dct:Standard"))
    _code(made, PUBLIC, "dct:RightsStatement")
    _code(made, IRREGULAR, "dct:Frequency")
    _licence_document(made, CC_BY)
    _concept(made, _AVAILABLE, "Available")
    for code, name in _THEMES.items():
        _concept(made, f"{_THEME_TAXONOMY}/{code}", name)
    _code(made, _EUROPE, "dct:Location")
    made.about(_EUROPE, "skos:prefLabel", text("Europe"))
    made.about(_EUROPE, "dcat:bbox", Literal(_BOX, datatype=term("geo:wktLiteral")))
    made.about(_EUROPE, "dcat:centroid", Literal(_MIDDLE, datatype=term("geo:wktLiteral")))
    for code in _LANGUAGES:
        _code(made, f"{_TABLE}language/{code}", "dct:LinguisticSystem")


def taxonomy(made: Statements, iri: str) -> None:
    """Say by which list of themes a catalogue is ordered."""
    made.about(iri, "dcat:themeTaxonomy", NamedNode(_THEME_TAXONOMY))
    made.about(_THEME_TAXONOMY, "rdf:type", term("skos:ConceptScheme"))
    made.about(_THEME_TAXONOMY, "dct:title", text("Data theme"))


def themes(made: Statements, iri: str) -> None:
    for code in _THEMES:
        made.about(iri, "dcat:theme", NamedNode(f"{_THEME_TAXONOMY}/{code}"))


def place_and_languages(made: Statements, iri: str) -> None:
    made.about(iri, "dct:spatial", NamedNode(_EUROPE))
    for code in _LANGUAGES:
        made.about(iri, "dct:language", NamedNode(f"{_TABLE}language/{code}"))


def licence(made: Statements, iri: str, named: str) -> str:
    """State the licence of a dataset, when it is one that a machine could follow, and return it."""
    made.licence(iri, named)
    if named.startswith(("http://", "https://")):
        _licence_document(made, named)
    return named


def offered(made: Statements, iri: str, suffix: str, media_type: str, *, compressed: bool = False) -> None:
    """Say in which format a distribution is, and that it stays."""
    made.about(iri, "dcatap:availability", NamedNode(_AVAILABLE))
    if suffix in _FILE_TYPES:
        file_type = f"{_TABLE}file-type/{_FILE_TYPES[suffix]}"
        made.about(iri, "dct:format", NamedNode(file_type))
        _code(made, file_type, "dct:MediaTypeOrExtent")
    if media_type:
        _media_type(made, iri, "dcat:mediaType", media_type)
    if compressed:
        _media_type(made, iri, "dcat:compressFormat", "application/gzip")


def _media_type(made: Statements, iri: str, name: str, media_type: str) -> None:
    made.about(iri, name, NamedNode(_MEDIA_TYPES + media_type))
    made.about(_MEDIA_TYPES + media_type, "rdf:type", term("dct:MediaType"))


def _licence_document(made: Statements, iri: str) -> None:
    made.about(iri, "rdf:type", term("dct:LicenseDocument"))
    if "/CC_BY_4_0" in iri or "/licenses/by/4.0" in iri:
        made.about(iri, "dct:type", NamedNode(_ATTRIBUTION))
        _concept(made, _ATTRIBUTION, "Attribution")
        made.about(_ATTRIBUTION, "skos:inScheme", NamedNode("http://purl.org/adms/licencetype/1.0"))


def _code(made: Statements, iri: str, kind: str) -> None:
    """Say what a code is, and of which table."""
    made.about(iri, "rdf:type", term(kind))
    if iri.startswith(_TABLE):
        made.about(iri, "skos:inScheme", NamedNode(iri.rpartition("/")[0]))


def _concept(made: Statements, iri: str, name: str) -> None:
    _code(made, iri, "skos:Concept")
    made.about(iri, "skos:prefLabel", text(name))
