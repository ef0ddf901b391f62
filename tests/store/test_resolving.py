"""Any spelling of an identifier leads to what it stands for now (contract 29)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import codes
from eclod.core.iris import Names
from eclod.store import identities, lines, resolving
from eclod.store.identities import Identities
from eclod.store.resolving import Resolver

BASE = "https://w3id.org/eclod"
NAMES = ("one", "two", "old", "older", "oldest", "gone", "parted", "erased", "before")
CODES = {name: codes.derive("organisation", "cz", name) for name in NAMES}
IRIS = {name: f"{BASE}/id/organisation/{code}" for name, code in CODES.items()}
CLUSTER = f"{BASE}/id/cluster/{codes.derive('cluster', 'cz', '9')}"
SCHEMES = "https://w3id.org/eclod/scheme/identifier-scheme"
COUNTRIES = "http://publications.europa.eu/resource/authority/country"
PREFIXES = f"""
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix adms: <http://www.w3.org/ns/adms#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix prov: <http://www.w3.org/ns/prov#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix scheme: <{SCHEMES}/> . @prefix c: <{COUNTRIES}/> .
@prefix org: <http://www.w3.org/ns/org#> . @prefix state: <https://w3id.org/eclod/scheme/lifecycle/> .
@prefix eli: <http://data.europa.eu/eli/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
DECISION = "http://publications.europa.eu/resource/celex/32006D1639"
REGISTRY = f"{BASE}/registries/cz"
URN = "urn:example:paper-7"
#: Listed in the table of identifiers although others, or the service outside `{base}/id/`, gave them their names.
FOREIGN = f"""
<{DECISION}> a eli:LegalResource ; eclod:celex "32006D1639" ; eli:id_local "Decision No 1639/2006/EC" ;
  owl:sameAs <http://data.europa.eu/eli/dec/2006/1639(1)/oj> ; dct:source <https://papers.example/1639> .
<{REGISTRY}> a eclod:Registry ; dct:title "Czech register"@en ; dct:source <https://register.example> .
<{URN}> a eli:LegalResource .
<http://data.europa.eu/nuts/code/CZ01> a skos:Concept ; dct:identifier "CZ01" .
"""


def number(name: str, scheme: str, value: str, country: str = "") -> str:
    node = f"<{IRIS[name]}#{scheme}>"
    place = f"; eclod:country c:{country}" if country else ""
    said = f'skos:notation "{value}" ; dct:conformsTo scheme:{scheme} {place}'
    return f"<{IRIS[name]}> adms:identifier {node} . {node} {said} .\n"


DESCRIBED = (
    FOREIGN + f'<{CLUSTER}> skos:prefLabel "C"@en ; foaf:homepage <https://shared.example/> .\n'
    f'<{IRIS["one"]}> skos:prefLabel "One"@en ; foaf:homepage <https://www.one.example/> , <https://shared.example> ;\n'
    f'  dct:source <https://register.example/entry?id=1> ; dct:identifier "A-17" .\n'
    f'<{IRIS["two"]}> skos:prefLabel "Two"@en ; foaf:homepage <http://shared.example> .\n'
    + number("one", "company-number", "00001490", "CZE")
    + number("one", "lei", "549300BNQWKT764DHJ16")
    + number("one", "ror", "02atag894")
    + number("one", "isni", "0000000458977463")
    + number("one", "grid", "grid.453025.5")
    + f'<{IRIS["one"]}> owl:sameAs <https://other.example/one> ; eli:id_local "2008/824/EC" .\n'
    + number("one", "vat", "EL094019245", "GRC")
    + number("two", "company-number", "12345679", "CZE")
    + number("two", "wikidata", "Q30296535")
)


def ended(name: str, state: str, *successors: str) -> str:
    after = "".join(f"; dct:isReplacedBy <{each}>" for each in successors)
    return (
        f"<{IRIS[name]}> eclod:lifecycleStatus state:{state} {after} ;\n"
        f'  prov:invalidatedAtTime "2026-01-02T03:04:05Z"^^xsd:dateTime ; prov:wasInvalidatedBy <{IRIS[name]}#c> .\n'
        f'<{IRIS[name]}#c> dct:description "Said so" .\n'
    )


def became(name: str, said: str, *directly: str) -> str:
    """Return what the change of a thing says that it became, before what happened since."""
    return "".join(f"<{IRIS[name]}#c> {said} <{each}> .\n" for each in directly)


LIFE = (
    ended("old", "merged", IRIS["one"])
    + became("old", "org:resultingOrganization", IRIS["one"])
    + ended("older", "merged", IRIS["one"])
    + became("older", "prov:influenced", IRIS["old"])
    + ended("oldest", "merged", IRIS["one"])
    + became("oldest", "org:resultingOrganization", IRIS["older"])
    + ended("gone", "withdrawn")
    + ended("parted", "split", IRIS["one"], IRIS["two"])
    + ended("erased", "erased")
    + ended("before", "merged", IRIS["parted"])
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def graph(turtle: str, iri: str) -> list[bytes]:
        return lines.of_triples((q.triple for q in ox.parse(PREFIXES + turtle, ox.RdfFormat.TURTLE)), iri)

    graphs = {
        iri: graph(text, iri)
        for iri, text in {
            f"{BASE}/graph/registry/cz": DESCRIBED,
            f"{BASE}/graph/{identities.LIFE}": LIFE,
        }.items()
    }
    graphs[""] = sorted({lines.without_graph(line, iri) for iri, told in graphs.items() for line in told})
    path = tmp_path_factory.mktemp("release") / identities.FILE
    identities.write(path, graphs, BASE)
    return path


@pytest.fixture(scope="module")
def resolver(written: Path) -> Resolver:
    return Resolver(Identities(written), Names(BASE), ["http://127.0.0.1:8000/"])


ONE = CODES["one"]


@pytest.mark.parametrize(
    "spelling",
    [
        IRIS["one"],
        IRIS["one"].replace("https", "http").replace("w3id", "W3ID") + "/",
        f"{BASE}/doc/organisation/{ONE}.ttl?lang=fr#there",
        f"http://127.0.0.1:8000/doc/organisation/{ONE.upper()}",
        f"organisation/{ONE}",
        f"/id/Organisation/{ONE.upper()}",
        ONE,
        f" {ONE.upper()[:4]}-{ONE.upper()[4:8]}-{ONE.upper()[8:]} ",
        IRIS["one"].replace("organisation", "%6Frganisation"),
        f"<{IRIS['one']}>",
        f' "{IRIS["one"]}" ',
    ],
)
def test_any_spelling_of_ours_is_understood(resolver: Resolver, spelling: str) -> None:
    found = resolver.resolve(spelling)
    assert (found.outcome, found.iri, found.state, found.confidence, found.how) == (
        "found",
        IRIS["one"],
        "valid",
        1.0,
        resolving.OWN,
    )
    assert found.asked == spelling


@pytest.mark.parametrize(
    ("spelling", "how", "confidence"),
    [
        ("549300BNQWKT764DHJ16", "lei", 1.0),
        ("lei:5493 00BN QWKT 764D HJ16", "lei", 1.0),
        ("https://search.gleif.org/#/record/549300BNQWKT764DHJ16", "lei", 1.0),
        ("https://ror.org/02atag894", "ror", 1.0),
        ("02ATAG894", "ror", 1.0),
        ("EL 094 019 245", "vat", 1.0),
        ("GR094019245", "vat", 1.0),
        ("CZ 000 01 490", "company-number", 1.0),
        ("00001490", "company-number", 0.8),
        ("1490", "company-number", 0.6),
        ("IČO: 00001490", "company-number", 0.8),
        ("ICO 00001490", "company-number", 0.8),
        ("ico:1490", "company-number", 0.6),
        ("KRS 1490", "company-number", 0.6),
        ("LEI 549300BNQWKT764DHJ16", "lei", 1.0),
        ("ROR 02atag894", "ror", 1.0),
        ("ror : 02atag894", "ror", 1.0),
        ("ISNI 0000 0004 5897 7463", "isni", 1.0),
        ("GRID 453025.5", "grid", 1.0),
        ("ror.org/02atag894", "ror", 1.0),
        ("www.isni.org/isni/0000 0004 5897 7463", "isni", 1.0),
        ("www.one.example", "homepage", 0.7),
        ("https://other.example/one", "same", 1.0),
        ("2008/824/EC", "identifier", 0.6),
        ("http://one.example", "homepage", 0.7),
        ("https://register.example/entry?id=1", "source", 0.95),
        ("A17", "identifier", 0.6),
    ],
)
def test_what_others_call_it_is_understood(resolver: Resolver, spelling: str, how: str, confidence: float) -> None:
    found = resolver.resolve(spelling)
    assert (found.outcome, found.iri, found.how, found.confidence) == ("found", IRIS["one"], how, confidence)


@pytest.mark.parametrize(
    "spelling", ["Q30296535", "https://www.wikidata.org/wiki/Q30296535", "Wikidata Q30296535", "wd:Q30296535"]
)
def test_an_item_of_wikidata_is_understood(resolver: Resolver, spelling: str) -> None:
    assert resolver.resolve(spelling).iri == IRIS["two"]


@pytest.mark.parametrize(
    ("spelling", "how", "confidence"),
    [
        (DECISION, "celex", 1.0),
        (DECISION.replace("http:", "https:") + "/", "celex", 1.0),
        (DECISION.removeprefix("http://"), "celex", 1.0),
        ("32006D1639", "celex", 1.0),
        ("CELEX:32006D1639", "celex", 1.0),
        ("celex 32006d1639", "celex", 1.0),
        ("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32006D1639", "celex", 1.0),
        ("https://eur-lex.europa.eu/legal-content/FR/TXT/HTML/?uri=CELEX%3A32006D1639&from=EN", "celex", 1.0),
        ("http://data.europa.eu/eli/dec/2006/1639(1)/oj", "same", 1.0),
        ("Decision No 1639/2006/EC", "identifier", 0.6),
    ],
)
def test_what_others_named_is_understood(resolver: Resolver, spelling: str, how: str, confidence: float) -> None:
    found = resolver.resolve(spelling)
    assert (found.outcome, found.iri, found.state, list(found.chain)) == ("found", DECISION, "valid", [DECISION])
    assert (found.how, found.confidence) == (how, confidence)


@pytest.mark.parametrize("spelling", [REGISTRY, "http://127.0.0.1:8000/registries/cz", "w3id.org/eclod/registries/cz/"])
def test_a_registry_is_understood(resolver: Resolver, spelling: str) -> None:
    found = resolver.resolve(spelling)
    assert (found.iri, found.state, list(found.chain)) == (REGISTRY, "valid", [REGISTRY])
    assert (found.how, found.confidence) == ("IRI", 1.0)


def test_a_name_that_is_no_address_is_understood(resolver: Resolver) -> None:
    assert resolver.resolve(URN).iri == URN


@pytest.mark.parametrize(
    "spelling",
    ["http://data.europa.eu/nuts/code/CZ01", "https://papers.example/1639", "https://register.example"],
)
def test_what_is_in_no_row_and_where_others_have_it_from_is_unknown(resolver: Resolver, spelling: str) -> None:
    """Codes are not identifiers of things, and a registry is not what its address stands for."""
    assert resolver.resolve(spelling).outcome == "unknown"


@pytest.mark.parametrize(
    "spelling",
    ["ICO:27082440", "ICO 27082440", "wd:Q99999999", "CVR 12345678", "PIC 00001490", "ror.org/12345", "xyz:12345678"],
)
def test_a_foreign_number_is_no_misspelt_code_of_ours(resolver: Resolver, spelling: str) -> None:
    found = resolver.resolve(spelling)
    assert (found.outcome, list(found.choices)) == ("unknown", [])


def test_a_homepage_of_several_names_them_all(resolver: Resolver) -> None:
    found = resolver.resolve("https://shared.example")
    assert (found.outcome, found.iri, found.confidence) == ("several", "", 0.233)
    assert list(found.choices) == sorted([CLUSTER, IRIS["one"], IRIS["two"]])


def test_a_merged_one_leads_to_the_end_and_says_why(resolver: Resolver) -> None:
    found = resolver.resolve(CODES["old"])
    assert (found.iri, found.state, list(found.chain)) == (IRIS["one"], "valid", [IRIS["old"], IRIS["one"]])
    assert found.message == "It was merged on 2026-01-02: Said so."


def test_after_several_mergers_the_whole_way_is_told(resolver: Resolver) -> None:
    """Contract 26: who kept one of those between finds it again."""
    found = resolver.resolve(CODES["oldest"])
    assert list(found.chain) == [IRIS[name] for name in ("oldest", "older", "old", "one")]
    assert list(resolver.resolve(CODES["older"]).chain) == [IRIS[name] for name in ("older", "old", "one")]


def test_a_release_that_does_not_say_the_way_has_its_ends(written: Path, tmp_path: Path) -> None:
    """As written before version 3 of the file: without the column."""
    path = Path(shutil.copy(written, tmp_path))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("ALTER TABLE identity DROP COLUMN merged_into")
        database.execute("PRAGMA user_version = 2")
    found = Resolver(Identities(path), Names(BASE)).resolve(CODES["oldest"])
    assert (list(found.chain), found.state) == ([IRIS["oldest"], IRIS["one"]], "valid")


def test_one_that_ended_says_how(resolver: Resolver) -> None:
    gone, parted, erased = (resolver.resolve(CODES[name]) for name in ("gone", "parted", "erased"))
    assert (gone.iri, gone.state, gone.message) == (
        IRIS["gone"],
        "withdrawn",
        "It was withdrawn on 2026-01-02: Said so.",
    )
    assert (parted.state, sorted(parted.choices)) == ("split", sorted([IRIS["one"], IRIS["two"]]))
    assert (erased.state, erased.message) == ("erased", "It was erased on 2026-01-02.")


def test_what_was_merged_into_what_ended_since_says_both(resolver: Resolver) -> None:
    """The choices are those at the end of the chain."""
    found = resolver.resolve(CODES["before"])
    assert (found.iri, found.state, list(found.chain)) == (IRIS["parted"], "split", [IRIS["before"], IRIS["parted"]])
    assert sorted(found.choices) == sorted([IRIS["one"], IRIS["two"]])
    assert found.message.startswith("It was merged on 2026-01-02: Said so. It was split on 2026-01-02")


def test_a_misspelt_one_names_what_was_meant(resolver: Resolver) -> None:
    wrong = ONE[:5] + ("x" if ONE[5] != "x" else "y") + ONE[6:]
    for spelling in (wrong, f"{BASE}/id/organisation/{wrong}", f"organisation/{wrong}"):
        found = resolver.resolve(spelling)
        assert (found.outcome, list(found.choices)) == ("misspelt", [IRIS["one"]])
        assert "misspelt" in found.message


@pytest.mark.parametrize(
    "spelling",
    ["", " ", "x" * 2001, f"{BASE}/id/nothing/{ONE}", "organisation/short"],
)
def test_what_no_identifier_can_be_is_said_to_be_so(resolver: Resolver, spelling: str) -> None:
    assert resolver.resolve(spelling).outcome == "misspelt"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://elsewhere.example",
        "lei:00000000000000000000",
        "nobody at all",
        codes.derive("cluster", "dk", "nobody"),
        f"https://ror.example/id/organisation/{ONE}",
        "http://[::1",
        "😀",
        "' OR 1=1 --",
    ],
)
def test_what_nobody_knows_is_unknown(resolver: Resolver, spelling: str) -> None:
    found = resolver.resolve(spelling)
    assert (found.outcome, found.iri) == ("unknown", "")
    assert found.message.endswith("search for it by name at /search.")


def test_a_code_under_another_kind_names_the_right_one(resolver: Resolver) -> None:
    found = resolver.resolve(f"cluster/{ONE}")
    assert (found.outcome, list(found.choices)) == ("unknown", [IRIS["one"]])


def test_what_is_erased_is_never_offered_to_choose(resolver: Resolver) -> None:
    """Neither by its code under another kind, nor to whoever has misspelt it (contract 28)."""
    code = CODES["erased"]
    assert resolver.resolve(f"cluster/{code}").choices == []
    wrong = code[:-1] + ("x" if code[-1] != "x" else "y")
    assert list(resolver.resolve(wrong).choices) == []
    assert resolver.resolve(code).state == "erased"
    kept = CODES["gone"]
    assert list(resolver.resolve(f"cluster/{kept}").choices) == [IRIS["gone"]]
    assert IRIS["gone"] in resolver.resolve(kept[:-1] + ("x" if kept[-1] != "x" else "y")).choices
