"""Identifiers of others: spelt as their scheme does, check digits checked, each a node of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rdflib

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.values import identifiers
from eclod_loaders.values.identifiers import speller
from eclod_loaders.values.texts import Unreadable

from .conftest import Outcome, thing_iri

Make = Callable[..., Registry]
Run = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("scheme", "country", "text", "spelt"),
    [
        ("lei", None, "0979 00bjcp0000187502", "097900BJCP0000187502"),
        ("ror", None, "https://ror.org/02atag894", "02atag894"),
        ("ror", None, "05DXPS055", "05dxps055"),
        ("isni", None, "0000 0004 5897 7463", "0000000458977463"),
        ("isni", None, "https://isni.org/isni/0000000458977463", "0000000458977463"),
        ("vat", None, "BE 0248.015.142", "BE0248015142"),
        ("vat", None, "ESQ0802070C", "ESQ0802070C"),
        ("vat", None, "GR094259216", "EL094259216"),
        ("vat", None, "CHE-116.281.710 MWST", "CHE116281710MWST"),
        ("vat", None, "GB980780684", "GB980780684"),
        ("vat", "CZ", "00216224", "CZ00216224"),
        ("company-number", "CZ", "002 16 224", "00216224"),
        ("company-number", "DK", "DK 13585628", "13585628"),
        ("company-number", "BE", "0248.015.142", "0248015142"),
        ("company-number", "FR", "552 008 443", "552008443"),
        ("company-number", "DE", "hrb  2313", "HRB 2313"),
        ("pic", None, "999986096", "999986096"),
        ("wikidata", None, "http://www.wikidata.org/entity/Q42", "Q42"),
        ("grid", None, "grid.453025.5", "grid.453025.5"),
        ("crossref-funder", None, "https://doi.org/10.13039/100006209", "100006209"),
    ],
)
def test_spelling(scheme: str, country: str | None, text: str, spelt: str) -> None:
    spell = speller(scheme, country)
    assert spell(text) == spelt
    assert spell(spelt) == spelt


@pytest.mark.parametrize(
    ("scheme", "country", "text", "message"),
    [
        ("lei", None, "097900BJCP0000187503", "not an LEI: its check digits do not fit"),
        ("lei", None, "097900BJCP000018750", "its check digits do not fit"),
        ("lei", None, "097900BJCP-0000187ž02", "has a character that cannot be"),
        ("ror", None, "02atag895", "not a ROR ID: its check digits do not fit"),
        ("ror", None, "02atau894", "one is such as https://ror.org/02atag894"),
        ("isni", None, "0000 0004 5897 7464", "its check digits do not fit"),
        ("isni", None, "0000 0004 5897", "too many or too few characters"),
        ("vat", None, "00216224", "does not begin with a country"),
        ("vat", None, "CZ00216225", "its check digits do not fit"),
        ("vat", None, "TZ123", "no way to check one of TZ is known"),
        ("company-number", "CZ", "79468", "one has eight digits"),
        ("company-number", "CZ", "7103192745", "one has eight digits"),
        ("company-number", "DK", "13585627", "not a company number of DK"),
        ("pic", None, "99998609", "not of that form"),
        ("wikidata", None, "P42", "not of that form"),
    ],
)
def test_what_is_no_identifier_is_refused(scheme: str, country: str | None, text: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as fault:
        speller(scheme, country)(text)
    assert fault.value.rule == "identifier"
    assert fault.value.message.startswith(f"'{text}' is not ")


def test_each_scheme_of_the_list_has_a_way_to_spell() -> None:
    graph = rdflib.Graph().parse(assets.folder("ontology") / "schemes" / "identifier-scheme.ttl")
    notations = {str(o) for o in graph.objects(None, rdflib.SKOS.notation)}
    assert len(notations) == 9
    assert all(callable(speller(notation, "CZ")) for notation in notations)
    assert notations >= {"lei", "ror", "isni", identifiers.VAT, identifiers.COMPANY_NUMBER, *identifiers._FORMS}


MAPPING = """
[things.firm]
shape = "Organisation"
key = "id"
[things.firm.fields]
name = "navn"
registeredAs = [
    { identifier = "lei", column = "lei", split = ";" },
    { identifier = "company-number", issued_in = "CZ", issued_by = "The Office", column = "ico", invalid = "drop" },
]
"""


def test_each_identifier_is_a_node_with_scheme_and_country(make_registry: Make, run: Run) -> None:
    content = "id,navn,lei,ico\n1,A,0979 00BJCP0000187502; 097900CAKA0000106772,00216224\n2,B,,79468\n1,A,,\n"
    outcome = run(make_registry(MAPPING, content))
    firm = thing_iri("organisation", "1")
    nodes = outcome.values("adms#identifier", firm)
    lei = f"{firm}#registeredAs-lei-097900BJCP0000187502"
    ico = f"{firm}#registeredAs-company-number-00216224"
    assert nodes == {lei, f"{firm}#registeredAs-lei-097900CAKA0000106772", ico}
    assert outcome.values("#notation", lei) == {"097900BJCP0000187502"}
    assert outcome.values("/conformsTo", lei) == {"https://w3id.org/eclod/scheme/identifier-scheme/lei"}
    assert outcome.values("ontology#country", lei) == set()
    assert outcome.values("ontology#country", ico) == {"http://publications.europa.eu/resource/authority/country/CZE"}
    assert outcome.values("#schemeAgency", ico) == {"The Office"}
    assert outcome.values("22-rdf-syntax-ns#type", ico) == {"http://www.w3.org/ns/adms#Identifier"}
    assert [(note.row, note.column, note.value) for note in outcome.notes] == [(3, "ico", "79468")]
    assert outcome.problems == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('identifier = "lei"', 'identifier = "lee"'), "'lee' is not a code of identifier-scheme; did you mean lei"),
        (('issued_in = "CZ", ', ""), "a company-number needs 'issued_in'"),
        (('identifier = "lei"', 'issued_in = "DK"'), "stand beside 'identifier'"),
        (("registeredAs = [", "homepage = ["), "no place for an identifier of others; use 'registeredAs'"),
        (('{ identifier = "lei", column = "lei", split = ";" },', '"lei",'), "has fields of its own: .*notation"),
        (('issued_in = "CZ"', 'issued_in = "QQ"'), "'QQ' is not a code of"),
    ],
)
def test_faults_of_a_mapping_are_one_sentence(
    make_registry: Make, run: Run, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        run(make_registry(MAPPING.replace(*change), "id,navn,lei,ico\n1,A,,\n"))
