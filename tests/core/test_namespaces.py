"""The table of prefixes, and names with and without them."""

from __future__ import annotations

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core import assets
from eclod.core.namespaces import PREFIXES, expand, shorten


def test_the_table_is_one_to_one() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(namespace.endswith(("#", "/")) for namespace in PREFIXES.values())


def test_a_name_is_expanded() -> None:
    assert expand("skos:prefLabel") == "http://www.w3.org/2004/02/skos/core#prefLabel"
    assert expand("skos:") == "http://www.w3.org/2004/02/skos/core#"
    assert expand("nuts:a:b") == "http://data.europa.eu/nuts/code/a:b"


@pytest.mark.parametrize("name", ["nobody:knows", "prefLabel", ":a", ""])
def test_an_unknown_prefix_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        expand(name)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_short_name_means_the_same(prefix: str) -> None:
    assert shorten(expand(f"{prefix}:thing")) == f"{prefix}:thing"


def test_the_longest_prefix_is_chosen() -> None:
    assert shorten("http://data.europa.eu/ux2/nace2.1/2811") == "nace21:2811"
    assert shorten("http://www.w3.org/ns/org#Role") == "org:Role"


@pytest.mark.parametrize(
    "iri",
    [
        "https://w3id.org/eclod/scheme/fund/ERDF",
        "http://www.w3.org/2004/02/skos/core#",
        "http://www.w3.org/2004/02/skos/core#a#b",
        "https://example.org/x",
        "",
    ],
)
def test_what_has_no_short_name_stays_as_it_is(iri: str) -> None:
    assert shorten(iri) == iri


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(sorted(PREFIXES.values())), st.text(max_size=10))
def test_shortening_never_changes_what_is_meant(namespace: str, local: str) -> None:
    iri = namespace + local
    short = shorten(iri)
    assert iri in (short, expand(short) if short != iri else iri)


def test_the_ontology_and_the_shapes_use_the_same_prefixes() -> None:
    for path in (*assets.turtle_files("ontology"), *assets.turtle_files("shapes")):
        for prefix, namespace in rdflib.Graph(bind_namespaces="none").parse(path).namespaces():
            assert PREFIXES.get(prefix) == str(namespace) or prefix not in PREFIXES, (path.name, prefix)
