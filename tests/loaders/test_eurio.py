"""Every term of EURIO that the shapes use is one of EURIO, with a domain and range that our use keeps."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core import assets
from eclod.core.namespaces import PREFIXES, expand

EURIO = PREFIXES["eurio"]


@pytest.fixture(scope="module")
def eurio(shared: Path) -> ox.Store:
    store = ox.Store()
    files = [p for p in sorted((shared / "ontologies").rglob("*")) if "eurio" in p.as_posix().lower() and p.is_file()]
    formats = {".ttl": ox.RdfFormat.TURTLE, ".rdf": ox.RdfFormat.RDF_XML, ".owl": ox.RdfFormat.RDF_XML}
    read = [path for path in files if path.suffix in formats]
    if not read:
        pytest.skip("EURIO is not among the files")
    for path in read:
        store.load(path=path, format=formats[path.suffix])
    return store


def used() -> set[str]:
    return {
        quad.object.value
        for path in assets.turtle_files("shapes")
        for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE)
        if isinstance(quad.object, ox.NamedNode) and quad.object.value.startswith(EURIO)
    }


def test_the_terms_are_those_of_eurio(eurio: ox.Store) -> None:
    terms = used()
    assert len(terms) >= 15
    known = {quad.subject.value for quad in eurio if isinstance(quad.subject, ox.NamedNode)}
    assert sorted(terms - known) == []


@pytest.mark.parametrize(
    ("property_", "domain", "range_"),
    [
        ("isInvolvedIn", "OrganisationRole", "Project"),
        ("isRoleOf", "OrganisationRole", "Organisation"),
        ("hasInvolvedParty", "Project", "OrganisationRole"),
        ("isFundedBy", "Project", "Grant"),
        ("hasFundingSchemeCall", "Grant", "FundingScheme"),
        ("hasFundingSchemeProgramme", "Grant", "FundingScheme"),
        ("hasFundingAmount", "Grant", "MonetaryAmount"),
    ],
)
def test_our_use_keeps_domain_and_range(eurio: ox.Store, property_: str, domain: str, range_: str) -> None:
    def ends(name: str) -> set[str]:
        found = eurio.query(
            f"SELECT ?class {{ <{EURIO}{property_}> <{expand(name)}>/(<{expand('owl:unionOf')}>/"
            f"<{expand('rdf:rest')}>*/<{expand('rdf:first')}>)? ?class FILTER(isIRI(?class)) }}"
        )
        assert isinstance(found, ox.QuerySolutions)
        return {row["class"].value.removeprefix(EURIO) for row in found}

    def above(name: str) -> set[str]:
        found = eurio.query(f"SELECT ?class {{ <{EURIO}{name}> <{expand('rdfs:subClassOf')}>* ?class }}")
        assert isinstance(found, ox.QuerySolutions)
        return {row["class"].value.removeprefix(EURIO) for row in found if isinstance(row["class"], ox.NamedNode)}

    for name, wanted in (("rdfs:domain", domain), ("rdfs:range", range_)):
        assert ends(name) & above(wanted), name
