"""The registries of the project: ours on their own files, the others on the real ones, with counts and exact values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]

FOLDER = assets.folder("registries")
OURS = ("eclod-europe", "eclod-starter")
#: Registries whose file nobody has to have; a test of their own proves them on a small one.
WITHOUT_FILE = ("eu-digital-innovation-hubs",)
THEIRS = sorted(
    path.parent.name for path in FOLDER.glob("*/registry.toml") if path.parent.name not in (*OURS, *WITHOUT_FILE)
)

#: registry -> rows read, accepted, ignored; what is not accepted and not ignored would be rejected
COUNTS = {
    "be-brussels-eu-funds": (38, 34, 4),
    "cordis": (13, 12, 1),
    "cz-parks": (105, 105, 0),
    "cz-ris3": (3960, 3679, 281),
    "cz-suppliers": (3479, 3438, 41),
    "dk-eu-funds": (107, 107, 0),
    "eu-reference": (6185, 6174, 0),
    "eu-policy-facts": (16, 16, 0),
    "eurostat-sbs": (23962, 18892, 5040),
    "gleif-sample": (2997, 2973, 24),
    "lu-eu-funds": (75, 75, 0),
    "mt-eu-funds": (251, 251, 0),
    "ror-sample": (1, 1, 0),
    "un-isic": (766, 766, 0),
    "us-clusters": (1709, 568, 1141),
}

#: registry -> the cells that cannot be used, and how often each
DAMAGED = {
    "eu-reference": {  # the overseas regions of France, on up to three levels
        "-2615812.144687650725245, 2707221.51692285342142": 2,
        "-2638134.614972216077149, 778289.537408660165966": 3,
        "-2667785.118455826304853, 2489445.119543151929975": 2,
        "8729297.682939477264881, -2780832.389993880875409": 2,
        "9991043.592670518904924, -3049849.709462405182421": 2,
    },
    "eurostat-sbs": {"12:00 AM": 30},
}

_STAND_INS = re.compile(r"\b(NaN|None|NULL|nan)\b|\ufffd|[\x00-\x09\x0b-\x1f\x7f-\x9f]|â€|[ÂÃ][\x80-\xbf]")


@pytest.fixture(scope="session")
def outcome_of(shared: Path, run: Run) -> Callable[[str], Outcome]:
    """Return a function that maps a registry's real files, once for all tests."""
    return cache(lambda name: run(Registry.load(FOLDER / name), shared))


OutcomeOf = Callable[[str], Outcome]


def test_every_registry_has_its_counts() -> None:
    assert sorted(COUNTS) == THEIRS
    assert len(THEIRS) == 15


@pytest.mark.parametrize("name", THEIRS)
def test_counts(outcome_of: OutcomeOf, name: str) -> None:
    outcome = outcome_of(name)
    assert Counter(problem.value for problem in outcome.problems) == DAMAGED.get(name, {})
    assert (len(outcome.mapped), len(outcome.accepted), len(outcome.ignored)) == COUNTS[name]


@pytest.mark.parametrize("name", THEIRS)
def test_no_literal_is_empty_damaged_or_a_stand_in(outcome_of: OutcomeOf, name: str) -> None:
    literals = outcome_of(name).literals()
    assert len(literals) > COUNTS[name][1]
    assert [text.value for text in literals if not text.value.strip() or _STAND_INS.search(text.value)] == []
    assert [text.value for text in literals if text.value != text.value.strip()] == []


@pytest.mark.parametrize("name", OURS)
def test_our_own_files_are_accepted_whole(run: Run, name: str) -> None:
    outcome = run(Registry.load(FOLDER / name))
    assert outcome.problems == [] and outcome.ignored == []
    assert len(outcome.accepted) == len(outcome.mapped) > 50


def test_the_starter_has_a_cluster_and_its_organisation_in_each_row(run: Run) -> None:
    outcome = run(Registry.load(FOLDER / "eclod-starter"))
    rows = [row for row in outcome.accepted if row.row.file == "clusters.csv"]
    managers = outcome.values("#managedBy")
    assert len(outcome.things("cluster")) == len(managers) == len(rows) >= 100
    # Beside them stand their partners, and the partnerships in which they take part.
    assert managers < outcome.things("organisation")
    parts = outcome.things("participation")
    assert outcome.values("#hasInvolvedParty") == parts and len(parts) >= 30
    assert outcome.values("#isInvolvedIn") <= outcome.things("project")
    assert len(outcome.values("ontology#country")) >= 20
    assert outcome.values("#managedBy", thing_iri("cluster", "acstyria")) == {thing_iri("organisation", "acstyria")}


def test_the_european_layer_refers_across_its_files(run: Run) -> None:
    outcome = run(Registry.load(FOLDER / "eclod-europe"))
    described = {iri for row in outcome.accepted for iri in row.subjects}
    cosme = thing_iri("programme", "cosme")
    assert outcome.values("/hasLegalResource", cosme) == {"http://publications.europa.eu/resource/celex/32013R1287"}
    for predicate in ("#operator", "/isPartOf", "#programme", "/parentEvent", "#repeals", "#is_about", "#updates"):
        assert outcome.values(predicate) <= described, predicate
        assert outcome.values(predicate), predicate


def test_denmark(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("dk-eu-funds")
    assert len(outcome.things("project")) == 107
    assert len(outcome.things("participation")) == 323
    axis = "2 Flere vækstvirksomheder. Udvikle og genn.f. nye vækstpl. SMV"
    project = thing_iri("project", f"Vækst 2.0 | R | Nordjylland | {axis}")
    assert outcome.values("#prefLabel", project) == {"Vækst 2.0"}
    assert outcome.values("s66#value", project + "#totalCost") == {"15414794"}
    assert outcome.values("#currency") == {"DKK"}
    assert outcome.values("#coFinancingRate", project) == {"0.5"}
    assert outcome.values("#startDate", project) == {"2014-04-24"}
    assert outcome.values("/spatial", project) == {"http://data.europa.eu/nuts/code/DK05"}
    assert outcome.values("#fund") == {f"https://w3id.org/eclod/scheme/fund/{fund}" for fund in ("erdf", "esf")}
    partner = thing_iri("organisation", "Væksthus Nordjylland")
    assert outcome.values("#asWKT", partner + "#location") == {"POINT(9.9883129 57.0127384)"}
    assert outcome.values("#asWKT", partner + "#sourceLocation") == {
        "<http://www.opengis.net/def/crs/EPSG/0/25832> POINT(560016.186 6319238.093)"
    }
    assert {note.rule for note in outcome.notes} == {"conflict"} and len(outcome.notes) == 6


def test_luxembourg(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("lu-eu-funds")
    page = "http://www.fonds-europeens.public.lu/fr/projets-cofinances/feder/2016"
    hydropol, info = (thing_iri("project", f"{page}/{name}/index.html") for name in ("hydropol", "info_points"))
    assert outcome.values("s66#value", hydropol + "#totalCost") == {"823171"}
    assert outcome.values("s66#value", hydropol + "#grant-amount") == set()
    assert [(note.row, note.column) for note in outcome.notes] == [(2, "eu_amount")]
    assert outcome.values("s66#value", info + "#grant-amount") == {"492087.75"}
    assert outcome.values("#startYear", info) == {"2009"}
    assert outcome.values("#coFinancingRate") == {"0.45", "0.5", "0.31"}
    assert {"2016-12-01", "2008-11-01"} <= outcome.values("#startDate")
    assert {"LIST", "LISER", "Université du Luxembourg"} <= outcome.values("#prefLabel")


def test_malta(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("mt-eu-funds")
    campaign = thing_iri("project", "1.40")
    assert outcome.values("s66#value", campaign + "#totalCost") == {"544310"}
    assert outcome.values("#startYear", campaign) == {"2008"}
    assert "2011-10-18" in outcome.values("#startDate")
    labels = outcome.values("#prefLabel")
    assert {"Gozo Diocese’s contribution to turn Gozo into an Eco-Island", "Għaqda Mużikali San Ġorġ Martri"} <= labels
    assert not any("@" in label for label in labels)
    assert [(note.row, note.column, note.value) for note in outcome.notes] == [(180, "Line Ministry", None)]


def test_brussels(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("be-brussels-eu-funds")
    labels = outcome.values("#prefLabel")
    assert {
        "Société de Développement pour la Région de Bruxelles-Capitale",
        "Pôle d'activités économiques urbaines",
        "Crèche Lily",
        "Athénée Royal Serge Creuz",
    } <= labels
    texts = [literal.value for literal in outcome.literals()]
    assert not any(sign in text for sign in "_ˆ™¡Û" for text in texts)
    assert outcome.values("s66#value", thing_iri("project", "Boost your talent") + "#grant-amount") == {"470773.98"}
    assert sorted(outcome.ignored) == ["a subtotal, not an operation", "empty row", "empty row", "empty row"]
    assert len(outcome.values("#hasInvolvedParty", thing_iri("project", "Boost your talent"))) == 5


def test_czech_suppliers(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("cz-suppliers")
    firm = thing_iri("organisation", "IPOS - SOFT spol. s r.o.")
    assert outcome.values("#asWKT", firm + "#location") == {"POINT(13.831412777777777 50.64468027777778)"}
    assert outcome.values("#ecosystem", firm) == {"https://w3id.org/eclod/scheme/ecosystem/digital"}
    assert outcome.values("#postCode", firm + "#address") == {"41501"}
    pages = outcome.values("/homepage")
    assert {"http://www.rosso.cz", "http://www.2g.eu", "http://www.stoplast.cz"} <= pages
    assert not any("None" in page or " " in page or "," in page for page in pages)


def test_czech_parks(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("cz-parks")
    assert (len(outcome.things("organisation")), len(outcome.things("place"))) == (102, 3)
    park = thing_iri("organisation", "Akademické a univerzitní centrum Nové Hrady")
    kinds = {f"https://w3id.org/eclod/scheme/organisation-type/{kind}" for kind in ("incubator", "science-park")}
    assert outcome.values("#classification", park) == kinds
    assert outcome.values("#postName", park + "#address") == {"Nové Hrady"}


def test_american_clusters(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("us-clusters")
    assert len(outcome.things("organisation")) == 76
    florida = thing_iri("organisation", "332")
    assert outcome.values("#prefLabel", florida) == {"Space Florida"}
    scheme = "https://w3id.org/eclod/scheme/us-cluster-category"
    assert outcome.values("/subject", florida) == {f"{scheme}/aerospace-vehicles-and-defense"}
    old = f"{scheme}-2007"
    assert outcome.values("#inScheme") == {scheme, old}
    assert outcome.values("#broader") == {iri for iri in outcome.values("#broader") if iri.startswith(old)}
    assert outcome.values("#prefLabel", f"{old}/chemical-products-1004") == {"Refractories"}
    assert outcome.values("#broader", f"{old}/chemical-products-1004") == {f"{old}/chemical-products"}
    names = {triple.object for triple in outcome.statements if triple.subject.value.startswith(scheme)}  # type: ignore[union-attr]
    assert Literal("Local Real Estate, Construction, and Development", language="en") in names
    reasons = Counter(reason.partition(" of row ")[0] for reason in outcome.ignored)
    assert reasons == {"duplicate": 1134, "nothing that the mapping describes": 7}


def test_regional_employment(outcome_of: OutcomeOf) -> None:
    outcome = outcome_of("eurostat-sbs")
    assert outcome.ignored == ["no value published"] * 5040
    assert len(outcome.things("observation")) == 18892 + 6945
    assert len(outcome.values("ontology#region")) == 240 - 32
    brussels = thing_iri("observation", "2015 | BE10 | C21")
    assert outcome.values("#personsEmployed", brussels) == {"938"}
    assert outcome.values("ontology#sector", brussels) == {"http://data.europa.eu/ux2/nace2/21"}, "as it was in 2015"
    champagne = thing_iri("observation", "2015 | FR21 | C11")
    assert outcome.values("ontology#region", champagne) == {"http://data.europa.eu/nuts/code/FR21"}
    computed = thing_iri("observation", f"specialisation | {'2015 || FR21 || C11'}")
    assert outcome.values("prov#wasDerivedFrom", computed) == {champagne}
    assert outcome.values("#locationQuotient", computed) == {"11.4033"}
