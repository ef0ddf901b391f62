"""The admission profile on facts made up for each criterion: what speaks against it is not what is not known."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from eclod.core import assets
from eclod.core.namespaces import ECLOD, SCHEME
from eclod.rdf import admission

ORGANISATION = "https://example.org/id/organisation/a"
ENGLISH = "<http://publications.europa.eu/resource/authority/language/ENG>"
ICELANDIC = "<http://publications.europa.eu/resource/authority/language/ISL>"
BUSINESS, PUBLIC = (f"<{SCHEME}helix-type/{name}>" for name in ("business", "public"))
ALL_MET = f"staff 0.5 ; websiteLanguage {ENGLISH} ; memberCount 15 ; membersFrom {BUSINESS} , {PUBLIC}"


@pytest.fixture(scope="module")
def profile() -> admission.Profile:
    return admission.Profile()


def assess(profile: admission.Profile, facts: str) -> dict[str, str]:
    said = f" ; {facts}".replace(" ; ", " ; :") if facts else ""
    text = f"@prefix : <{ECLOD}> . <{ORGANISATION}> a :ClusterOrganisation{said} ."
    data = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    return dict(profile.assess([ORGANISATION], data)[ORGANISATION])


def test_the_profile_speaks_of_defined_terms_in_three_languages() -> None:
    quads = list(ox.parse(path=assets.profile("admission"), format=ox.RdfFormat.TURTLE))
    ontology = ox.parse(path=assets.folder("ontology") / "eclod.ttl", format=ox.RdfFormat.TURTLE)
    defined = {quad.subject.value for quad in ontology if isinstance(quad.subject, ox.NamedNode)}
    terms = [term.value for quad in quads for term in (quad.predicate, quad.object) if isinstance(term, ox.NamedNode)]
    assert {name for name in terms if name.startswith(ECLOD)} <= defined
    texts = [(q.subject, q.predicate, q.object.language) for q in quads if isinstance(q.object, ox.Literal)]
    told = {(node, kind) for node, kind, language in texts if language}
    assert len(told) > 40
    assert all({language for n, k, language in texts if (n, k) == each} == {"en", "fr", "de"} for each in told)


def test_nothing_known_is_no_failure(profile: admission.Profile) -> None:
    results = assess(profile, "")
    assert set(results) == {*admission.FIVE, admission.RECOGNITION, admission.ADMISSION}
    assert set(results.values()) == {admission.CANNOT_BE_TOLD}


def test_all_met(profile: admission.Profile) -> None:
    results = assess(profile, ALL_MET)
    assert {results[name] for name in (*admission.FIVE, admission.ADMISSION)} == {admission.MET}
    assert results[admission.RECOGNITION] == admission.CANNOT_BE_TOLD


@pytest.mark.parametrize(
    ("criterion", "met", "not_met"),
    [
        ("management-team", "staff 0.5", "staff 0.4"),
        ("english-website", f"websiteLanguage {ICELANDIC} , {ENGLISH}", f"websiteLanguage {ICELANDIC}"),
        ("committed-members", "memberCount 15", "memberCount 14"),
        ("triple-helix", f"membersFrom {BUSINESS} , {PUBLIC}", f"membersFrom {BUSINESS}"),
        ("public-bodies", "worksWithPublicBodies true", "worksWithPublicBodies false"),
        ("public-bodies", f"worksWithPublicBodies false ; membersFrom {PUBLIC}", "worksWithPublicBodies false"),
        ("public-bodies", "recognisedBy <https://example.org/id/programme/p>", "worksWithPublicBodies false"),
    ],
)
def test_each_criterion_has_two_sides(profile: admission.Profile, criterion: str, met: str, not_met: str) -> None:
    assert assess(profile, met)[criterion] == admission.MET
    against = assess(profile, not_met)
    assert against[criterion] == admission.NOT_MET
    assert against[admission.ADMISSION] == admission.NOT_MET


@pytest.mark.parametrize("recognition", ["recognisedBy <https://example.org/id/programme/p>", "socialEconomy true"])
def test_recognition_waives_what_is_not_met(profile: admission.Profile, recognition: str) -> None:
    results = assess(profile, f"{recognition} ; memberCount 3")
    assert results[admission.RECOGNITION] == admission.MET
    assert results["committed-members"] == admission.NOT_MET
    assert results[admission.ADMISSION] == admission.WAIVED


def test_what_is_met_is_not_waived(profile: admission.Profile) -> None:
    assert assess(profile, f"{ALL_MET} ; socialEconomy true")[admission.ADMISSION] == admission.MET


def test_denied_recognition_waives_nothing(profile: admission.Profile) -> None:
    results = assess(profile, "socialEconomy false")
    assert results[admission.RECOGNITION] == results[admission.ADMISSION] == admission.CANNOT_BE_TOLD
