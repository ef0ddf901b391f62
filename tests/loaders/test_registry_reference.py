"""Reference data of the European institutions on the real files: authority tables, EuroVoc, NACE, regions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from pyproj import Geod

from eclod.core import assets
from eclod.core.namespaces import PREFIXES
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome

Run = Callable[..., Outcome]

AUTHORITY = "http://publications.europa.eu/resource/authority/"
NUTS = PREFIXES["nuts"]

#: How many notes there are in the three tables of NACE.
NOTES = {
    ("coreContentNote", "en"): 783,
    ("additionalContentNote", "en"): 566,
    ("exclusionNote", "en"): 1184,
    ("coreContentNote", "fr"): 774,
    ("additionalContentNote", "fr"): 201,
    ("exclusionNote", "fr"): 507,
}
GEOD = Geod(ellps="GRS80")


def is_nace(triple: Triple, language: str) -> bool:
    value = triple.object
    return isinstance(value, Literal) and value.language == language and PREFIXES["nace2"] in str(triple.subject)


def inside(wkt: str) -> float:
    """Return the square metres inside an outline, without its holes."""
    total = 0.0
    for polygon in re.findall(r"\((\([^()]+\)(?:,\([^()]+\))*)\)", wkt):
        for number, ring in enumerate(re.findall(r"\(([^()]+)\)", polygon)):
            east, north = zip(*(map(float, pair.split()) for pair in ring.split(",")), strict=True)
            area = abs(GEOD.polygon_area_perimeter(east, north)[0])
            total += -area if number else area
    return total


@pytest.fixture(scope="module")
def outcome(shared: Path, run: Run) -> Outcome:
    return run(Registry.load(assets.folder("registries") / "eu-reference"), shared)


def test_codes_of_authority_tables_have_a_label_in_each_official_language(outcome: Outcome) -> None:
    cosme = AUTHORITY + "eu-programme/COSME"
    terms = [triple.object for triple in outcome.statements if triple.subject == NamedNode(cosme)]
    labels = {term.language: term.value for term in terms if isinstance(term, Literal) and term.language}
    assert len(labels) == 24
    assert labels["en"].startswith("Programme for the competitiveness")
    assert outcome.values("#inScheme", cosme) == {AUTHORITY + "eu-programme"}
    assert outcome.values("#notation", cosme) == {"COSME"}


def test_concepts_of_eurovoc_say_what_is_above(outcome: Outcome) -> None:
    cluster = "http://eurovoc.europa.eu/c_de4d6f2f"
    assert outcome.values("#prefLabel", cluster) == {"business cluster", "pôle d’entreprises"}
    assert outcome.values("#inScheme", cluster) > {"http://eurovoc.europa.eu/100141"}
    above = outcome.values("#broader", cluster)
    assert above and all(iri.startswith("http://eurovoc.europa.eu/") for iri in above)


def test_the_lists_have_names(outcome: Outcome) -> None:
    lists = outcome.values("#inScheme") - {PREFIXES["nace2"] + "nace2", AUTHORITY + "country"}
    named = {iri for iri in lists if outcome.values("#prefLabel", iri)}
    assert {iri for iri in lists - named if not iri.startswith("http://data.europa.eu/")} == set()
    assert len({iri for iri in named if iri.startswith("http://eurovoc.europa.eu/")}) == 7
    assert outcome.values("#prefLabel", "http://eurovoc.europa.eu/100187") >= {"1616 regions and regional policy"}
    assert "Corporate bodies" in outcome.values("#prefLabel", AUTHORITY + "corporate-body")


def test_activities_have_french_labels(outcome: Outcome) -> None:
    assert outcome.values("#prefLabel", PREFIXES["nace2"] + "011") >= {"Cultures non permanentes"}
    assert len([t for t in outcome.statements if t.predicate.value.endswith("#prefLabel") and is_nace(t, "fr")]) == 996


def test_activities_say_what_they_include_and_exclude(outcome: Outcome) -> None:
    """Three notes in two editions, in English and French where the files have them; NA is no note."""
    rice = PREFIXES["nace2"] + "0111"
    assert any("see 01.12" in text for text in outcome.values("#exclusionNote", rice))
    assert len(outcome.values("#exclusionNote", rice)) == 2  # English and French
    assert outcome.values("#additionalContentNote", rice) == set()
    counts = Counter(
        (triple.predicate.value.rpartition("#")[2], triple.object.language)
        for triple in outcome.statements
        if triple.predicate.value.endswith("Note") and isinstance(triple.object, Literal)
    )
    assert counts == NOTES


def test_countries_have_the_labels_of_the_authority_table(outcome: Outcome) -> None:
    """What the package has not is here; labels in two scripts at once are left out, nine misspellings corrected."""
    country = AUTHORITY + "country/"
    assert outcome.values("#prefLabel", country + "TUR") >= {"Tyrkiet", "Τουρκία", "Turčija"}
    assert "Slovēnija" in outcome.values("#prefLabel", country + "SVN")
    labels = [t.object for t in outcome.statements if country in str(t.subject) and isinstance(t.object, Literal)]
    assert len(labels) == 38 * 24 - 20
    mixed = [text.value for text in labels if text.language == "bg" and re.search("[A-Za-z]", text.value)]
    assert mixed == []
    assert len({note.value for note in outcome.notes}) <= 1 and {note.rule for note in outcome.notes} == {"left-out"}


def test_official_languages_have_names(outcome: Outcome) -> None:
    assert "Danish" in outcome.values("#prefLabel", AUTHORITY + "language/DAN")
    assert outcome.values("#prefLabel", AUTHORITY + "language") == {"Languages", "Langues", "Sprachen"}


def test_regions_have_the_boundary_of_the_map(outcome: Outcome, shared: Path) -> None:
    """361 boundaries at 1:20 million; the area inside of each is the one that the file with its point gives."""
    texts = {
        str(t.subject).strip("<>"): t.object.value
        for t in outcome.statements
        if str(t.subject).endswith("#boundary-20M>") and isinstance(t.object, Literal)
    }
    assert len(texts) == 37 + 324
    path = shared / "reference" / "nuts" / "nuts2json" / "nutspt_2.json"
    said = {
        one["properties"]["id"]: float(one["properties"]["ar"])
        for one in json.loads(path.read_text(encoding="utf-8"))["features"]
    }
    off = []
    for code, area in said.items():
        text = texts.get(f"{NUTS}{code}#boundary-20M")
        if text is not None and abs(inside(text) / area - 1) > 0.1:
            off.append(code)
    # At this scale cities are drawn coarsely, and so are islands.
    assert off == ["AT13", "ES63", "ES64", "MT00", "SE11", "UKG3", "UKI4"]


def test_regions_have_a_point_inside(outcome: Outcome) -> None:
    (point,) = outcome.values("#asWKT", NUTS + "DEA28#location")
    longitude, latitude = map(float, point.removeprefix("POINT(").removesuffix(")").split())
    assert (longitude, latitude) == pytest.approx((6.7, 50.6), abs=0.2)  # Euskirchen
    assert len({iri for row in outcome.accepted for iri in row.subjects if iri.startswith(NUTS)}) == 2005


def test_only_points_of_overseas_regions_are_rejected(outcome: Outcome) -> None:
    assert {problem.column for problem in outcome.problems} == {"longitude"}
    assert len(outcome.problems) == 11
    assert (len(outcome.mapped), len(outcome.accepted), len(outcome.ignored)) == (6185, 6174, 0)
