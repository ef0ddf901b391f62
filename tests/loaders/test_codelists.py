"""Looking codes up: what registers write for them, what is refused, and that two loads are the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import Literal

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.core.namespaces import SCHEME
from eclod_loaders.codes import nace
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.concepts import Concept
from eclod_loaders.codes.countries import COUNTRIES
from eclod_loaders.codes.languages import language_iri
from eclod_loaders.codes.nace import NACE_2, NACE_21
from eclod_loaders.codes.nuts import NUTS_2016, NUTS_2021, NUTS_2024

NEW = "http://data.europa.eu/ux2/nace2.1/"
OLD = "http://data.europa.eu/ux2/nace2/"
NUTS = "http://data.europa.eu/nuts/code/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"


@pytest.fixture(scope="module")
def lists() -> CodeLists:
    return CodeLists.load()


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("28.11", NEW + "2811"),
        ("2811", NEW + "2811"),
        (" 28.11 ", NEW + "2811"),
        ("C28.11", NEW + "2811"),
        ("c 28.11", NEW + "2811"),
        ("C.28", NEW + "28"),
        ("nace:28.11", NEW + "2811"),
        ("NACE 28.11", NEW + "2811"),
        ("NACE Rev. 2.1 28.11", NEW + "2811"),
        ("nace21:28.11", NEW + "2811"),
        ("nace2:28.11", OLD + "2811"),
        ("NACE Rev. 2: 28.11", OLD + "2811"),
        ("28.1", NEW + "281"),
        ("01", NEW + "01"),
        ("c", NEW + "C"),
        (NEW + "2811", NEW + "2811"),
        (OLD + "2811", OLD + "2811"),
        ("https://data.europa.eu/ux2/nace2/2811", OLD + "2811"),
        # Only in Rev. 2: found in the second scheme.
        ("46.11", NEW + "4611"),
        ("45.11", OLD + "4511"),
        # The section tells the revisions apart: 62 is in J in Rev. 2 and in K in Rev. 2.1.
        ("J62", OLD + "62"),
        ("K62", NEW + "62"),
    ],
)
def test_activities_are_found(lists: CodeLists, spelling: str, expected: str) -> None:
    assert lists.find([NACE_21, NACE_2], spelling) == expected


@pytest.mark.parametrize("spelling", ["", "A28.11", "2.811", "1", "28.119", "99.99", "Machinery", "C C", NUTS + "DK05"])
def test_activities_are_not_guessed(lists: CodeLists, spelling: str) -> None:
    assert lists.find([NACE_21, NACE_2], spelling) is None


def test_the_first_scheme_that_has_the_code_wins(lists: CodeLists) -> None:
    assert lists.find([NACE_2, NACE_21], "28.11") == OLD + "2811"
    assert lists.find([NACE_21], OLD + "2811") is None
    assert lists.find([], "28.11") is None


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        *[("DK05", "DK05"), ("dk05", "DK05"), ("nuts:DK05", "DK05"), (NUTS + "DK05", "DK05"), ("el30", "EL30")],
        *[("PT170", "PT170"), ("PT1A0", "PT1A0"), ("NO082", "NO082"), ("XK001", "XK001"), ("lu000", "LU000")],
    ],
)
def test_regions_are_found(lists: CodeLists, spelling: str, expected: str) -> None:
    assert lists.find([NUTS_2024, NUTS_2021], spelling) == NUTS + expected


def test_regions_are_found_in_their_own_edition_only(lists: CodeLists) -> None:
    assert lists.find([NUTS_2024], "PT170") is None
    assert lists.find([NUTS_2021], "PT1A0") is None
    assert lists.find([NUTS_2024, NUTS_2021], "UKI") is None
    assert lists.find([NUTS_2016], "uki") == NUTS + "UKI"
    assert lists.find([NUTS_2024], "Utrecht") is None, "names of regions stand for several codes"


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        *[("DK", "DNK"), ("dk", "DNK"), ("DNK", "DNK"), ("Denmark", "DNK"), ("DANEMARK", "DNK"), ("Dänemark", "DNK")],
        *[("EL", "GRC"), ("GR", "GRC"), ("Griechenland", "GRC"), ("UK", "GBR"), ("GB", "GBR"), ("Royaume-Uni", "GBR")],
        *[
            ("XK", "XKX"),
            ("Kosovo", "XKX"),
            ("Czech Republic", "CZE"),
            ("Czechia", "CZE"),
            ("République tchèque", "CZE"),
        ],
        *[("Turkey", "TUR"), ("Türkiye", "TUR"), ("Moldova", "MDA"), ("Moldova, Republic of", "MDA")],
        *[("NO", "NOR"), ("country:NOR", "NOR"), (COUNTRY + "NOR", "NOR"), ("Atlantis", None), ("", None)],
    ],
)
def test_countries_are_found(lists: CodeLists, spelling: str, expected: str | None) -> None:
    assert lists.find([COUNTRIES], spelling) == (COUNTRY + expected if expected else None)


def test_a_decomposed_umlaut_is_the_same_letter(lists: CodeLists) -> None:
    assert lists.find([COUNTRIES], "Da\u0308nemark") == COUNTRY + "DNK"


@pytest.mark.parametrize(
    ("schemes", "spelling", "expected"),
    [
        ([NUTS_2024, NUTS_2021], "DK055", "DK05"),
        ([NACE_21, NACE_2], "28.111", "28.11"),
        ([NACE_21, NACE_2], "1.11", "01.11"),
        ([NACE_21, NACE_2], "28.19", "28.1"),
        ([COUNTRIES], "Denmrk", "Denmark"),
        ([COUNTRIES], "Grmany", "Germany"),
        ([NUTS_2024], "nothing like it", None),
        ([SCHEME + "no-such-scheme"], "DK", None),
    ],
)
def test_the_nearest_code_is_suggested(
    lists: CodeLists, schemes: list[str], spelling: str, expected: str | None
) -> None:
    assert lists.suggest(schemes, spelling) == expected
    assert lists.suggest(schemes, spelling) == expected, "asked again"


def test_contains(lists: CodeLists) -> None:
    assert lists.contains(NEW + "2811")
    assert not lists.contains(NEW + "2899999")
    assert not lists.contains(NACE_21), "a scheme is no code"


def test_describe_gives_what_the_gate_needs_and_nothing_else(lists: CodeLists) -> None:
    facts = {
        (triple.predicate.value.rsplit("/", 1)[1], str(triple.object))
        for triple in lists.describe([NUTS + "PT170", NUTS + "ZZ999"])
    }
    assert facts == {
        ("22-rdf-syntax-ns#type", "<http://www.w3.org/2004/02/skos/core#Concept>"),
        ("core#inScheme", f"<{NUTS_2021}>"),
        ("core#notation", '"PT170"'),
        ("adms#status", "<http://publications.europa.eu/resource/authority/concept-status/DEPRECATED>"),
    }


def test_a_key_of_two_codes_finds_neither() -> None:
    scheme = SCHEME + "test"
    twins = [Concept(f"{scheme}/{name}", [scheme], [Literal(name)], []) for name in ("a.b", "ab", "c")]
    lists = CodeLists(triple for concept in twins for triple in concept.triples())
    assert lists.find([scheme], "AB") is None
    assert lists.find([scheme], "C") == scheme + "/c"
    assert lists.find([scheme], scheme + "/ab") == scheme + "/ab"


def test_our_own_schemes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "schemes" / "colour.ttl"
    file.parent.mkdir()
    file.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        f"<{SCHEME}colour/red> a skos:Concept ; skos:inScheme <{SCHEME}colour> ; skos:notation 'red' .\n"
    )
    monkeypatch.setattr(assets, "turtle_files", lambda name: [file, tmp_path / "eclod.ttl"])
    assert CodeLists.load().find([SCHEME + "colour"], "Red") == SCHEME + "colour/red"


@pytest.mark.parametrize(
    ("text", "message"),
    [("<a> <b> [] .", "is no Turtle"), ("@base <urn:x> . <a> <b> [] .", "blank node"), ("nothing", "is no Turtle")],
)
def test_a_scheme_that_does_not_hold_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    file = tmp_path / "schemes" / "broken.ttl"
    file.parent.mkdir()
    file.write_text(text)
    monkeypatch.setattr(assets, "turtle_files", lambda name: [file])
    with pytest.raises(BadInput, match=rf"^broken\.ttl .*{message}"):
        CodeLists.load()


def test_two_processes_build_the_same(lists: CodeLists) -> None:
    code = "from eclod_loaders.codes.codelists import CodeLists; print(CodeLists.load().fingerprint)"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert runs == [lists.fingerprint] * 2
    assert len(lists.fingerprint) == 64
    assert list(lists.triples()) == list(lists.triples())


def test_one_triple_more_is_another_fingerprint(lists: CodeLists) -> None:
    more = Concept(SCHEME + "test/x", [SCHEME + "test"], [Literal("x")], [])
    assert CodeLists([*lists.triples(), *more.triples()]).fingerprint != lists.fingerprint
    assert CodeLists(reversed(list(lists.triples()))).fingerprint == lists.fingerprint


@pytest.mark.parametrize(("code", "name"), [("de", "DEU"), ("fr", "FRA"), ("cs", "CES"), ("nl", "NLD"), ("EL", "ELL")])
def test_languages_have_their_authority_iri(code: str, name: str) -> None:
    assert language_iri(code) == f"http://publications.europa.eu/resource/authority/language/{name}"


@pytest.mark.parametrize("code", ["", "xx", "deu", "German"])
def test_an_unknown_language_says_what_to_write(code: str) -> None:
    with pytest.raises(BadInput, match="ISO 639-1"):
        language_iri(code)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("28.11", nace.Spelling(None, None, "28.11")),
        ("NACE Rev 2 C28", nace.Spelling(NACE_2, "C", "28")),
        ("nace2.1:k", nace.Spelling(NACE_21, None, "K")),
        ("NACE", None),
        ("W", None),
    ],
)
def test_a_spelling_is_taken_apart(text: str, expected: nace.Spelling | None) -> None:
    assert nace.read_spelling(text) == expected
