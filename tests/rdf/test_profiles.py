"""The profiles of `queries/profiles/`: each holds, maps what it promises, conforms to the shapes of its vocabulary."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand
from eclod.rdf import nested_json, profiles
from eclod.rdf.profiles import FULL, Profile

SHACL = Path(__file__).resolve().parents[3] / "shared" / "data" / "shacl"
EXPECTED_PROFILES = 5
IRI = "https://w3id.org/eclod/id/organisation/0123456789a"
MINISTRY = """
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX country: <http://publications.europa.eu/resource/authority/country/>
PREFIX cv: <http://data.europa.eu/m8g/>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX eclod: <https://w3id.org/eclod/ontology#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX legal: <http://www.w3.org/ns/legal#>
PREFIX locn: <http://www.w3.org/ns/locn#>
PREFIX nace21: <http://data.europa.eu/ux2/nace2.1/>
PREFIX nuts: <http://data.europa.eu/nuts/code/>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
<IRI> a org:Organization , cv:PublicOrganisation ;
    skos:prefLabel "Ministry of Economy"@en , "Wirtschaftsministerium"@de ; skos:altLabel "MoE"@en , "Economy"@en ;
    legal:legalName "Ministry of Economy"@en ; dct:description "A ministry."@en ; foaf:homepage <https://moe.example/> ;
    dct:spatial nuts:PL213 ; eclod:country country:POL ; eclod:sector nace21:84 ;
    org:classification <https://w3id.org/eclod/scheme/organisation-type/public> ;
    locn:address <IRI#address> ; adms:identifier <IRI#identifier-lei> .
<IRI#address> a locn:Address ; locn:thoroughfare "Plac 1"@und ; locn:postCode "00-001" ; locn:postName "Warszawa"@pl ;
    eclod:country country:POL .
<IRI#identifier-lei> a adms:Identifier ; skos:notation "5493000IBP32UQZ0KL24" ;
    dct:conformsTo <https://w3id.org/eclod/scheme/identifier-scheme/lei> .
country:POL skos:prefLabel "Poland"@en , "Polen"@de ; skos:notation "PL"^^eclod:iso-alpha-2 , "POL"^^eclod:iso-alpha-3 .
nuts:PL213 skos:prefLabel "Miasto Kraków"@pl ; skos:notation "PL213" .
nace21:84 skos:prefLabel "Public administration"@en ; skos:notation "84" .
<https://w3id.org/eclod/scheme/organisation-type/public> skos:prefLabel "public body"@en .
<https://w3id.org/eclod/scheme/identifier-scheme/lei> skos:prefLabel "LEI"@en ; skos:notation "lei" .
"""


def ministry() -> list[ox.Triple]:
    text = MINISTRY.replace("<IRI", f"<{IRI}")
    return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]


def of(token: str) -> Profile:
    found = profiles.shipped().named(token)
    assert found is not None
    return found


def represented(token: str) -> list[ox.Triple]:
    return profiles.shipped().represent(of(token), IRI, ministry())


def test_profiles_have_names_of_their_own() -> None:
    every = profiles.shipped().every
    assert len(every) == EXPECTED_PROFILES + 2  # our own description, and the list
    assert len({profile.token for profile in every}) == len({profile.iri for profile in every}) == len(every)
    for profile in every:
        assert profiles.shipped().named(profile.token.upper()) is profile
        assert profiles.shipped().named(f"<{profile.iri.rstrip('/')}>") is profile
        assert set(profile.titles) == set(profiles.LANGUAGES)
    assert profiles.shipped().named("nonsense") is None


def test_a_profile_suits_its_classes() -> None:
    tokens = [
        p.token for p in profiles.shipped().suitable({expand("org:Organization"), expand("cv:PublicOrganisation")})
    ]
    assert tokens == ["cbv", "cpov", "schema", "prov"]
    assert [p.token for p in profiles.shipped().suitable({expand("skos:Concept")})] == ["schema", "prov"]
    assert [p.token for p in profiles.shipped().suitable({expand("eclod:Registry")})] == ["dcat-ap", "schema", "prov"]
    assert FULL.suits(set())


@pytest.mark.parametrize(
    ("token", "shapes"),
    [
        ("cbv", "core-business-2.3.0/core-business-ap-SHACL.ttl"),
        ("cpov", "cpov-2.1.2/core-public-organisation-ap-SHACL.ttl"),
    ],
)
def test_an_organisation_conforms_to_the_shapes_of_semic(token: str, shapes: str) -> None:
    if not SHACL.is_dir():
        pytest.skip(f"{SHACL} is not there")
    said = represented(token)
    assert len(said) > 20
    data = rdflib.Graph().parse(data=ox.serialize(said, format=ox.RdfFormat.N_TRIPLES) or b"", format="nt")
    rules = rdflib.Graph().parse(SHACL / shapes)
    conforms, _, text = pyshacl.validate(data, shacl_graph=rules, advanced=False, inference="none")
    assert conforms, text


def test_schema_org_as_people_write_it() -> None:
    found = nested_json.of_thing(IRI, represented("schema"), ("de",))
    assert found["@type"] == ["GovernmentOrganization", "Organization"]
    assert found["name"] == "Wirtschaftsministerium"
    assert found["leiCode"] == "5493000IBP32UQZ0KL24"
    assert found["identifier"] == {
        "@id": f"{IRI}#identifier-lei",
        "@type": "PropertyValue",
        "propertyID": "lei",
        "value": "5493000IBP32UQZ0KL24",
    }
    assert found["address"] == {
        "@id": f"{IRI}#address",
        "@type": "PostalAddress",
        "addressCountry": "PL",
        "addressLocality": "Warszawa",
        "postalCode": "00-001",
        "streetAddress": "Plac 1",
    }
    assert [area["name"] for area in found["areaServed"]] == ["Miasto Kraków", "Polen"]
    assert found["knowsAbout"]["name"] == "Public administration"
    assert found["url"] == "https://moe.example/"
    # Nothing ends the script that it stands in.
    assert "<" not in nested_json.written({"name": "</script><!--"})


def test_a_profile_that_does_not_hold_is_named(tmp_path: Path) -> None:
    alignments = tmp_path / "alignments.ttl"
    alignments.write_text("", encoding="utf-8")
    head = "#+ token: x\n#+ profile: https://x.example/\n#+ title: {en: x, fr: x, de: x}\n"
    head += "#+ description: x\n#+ format: ttl\n"
    construct = "CONSTRUCT { ?thing ?p ?o } WHERE { ?thing ?p ?o }"
    path = tmp_path / "x.rq"
    path.write_text(head + construct, encoding="utf-8")
    assert [p.token for p in profiles.load(tmp_path, alignments).every] == ["eclod", "x", "all"]
    for wrong in (construct, head + "SELECT * {}", head + "CONSTRUCT", head.replace("ttl", "docx") + construct):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(Damaged, match=r"x\.rq"):
            profiles.load(tmp_path, alignments)
