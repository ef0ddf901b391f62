"""The IRIs of what the service names itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core import codes, iris
from eclod.core.errors import BadIdentifier, NotFound
from eclod.core.iris import KINDS, Names, split_path, thing_in_path

CODE = codes.derive("cluster", "dk", "1")
NAMES = Names()


def test_names_stand_under_the_base() -> None:
    names = Names("https://example.org/x")
    assert names.thing("cluster", CODE) == f"https://example.org/x/id/cluster/{CODE}"
    assert names.document("cluster", CODE) == f"https://example.org/x/doc/cluster/{CODE}"
    assert names.registry("dk") == "https://example.org/x/registries/dk"
    assert names.registry_graph("dk") == "https://example.org/x/graph/registry/dk"
    assert names.graph("codelists") == "https://example.org/x/graph/codelists"
    assert names.source_file("dk", "0123456789abcdef" * 4) == "https://example.org/x/source/dk/0123456789abcdef"
    assert iris.DEFAULT_BASE == "https://w3id.org/eclod" == NAMES.base


def test_only_what_is_below_the_base_has_a_path() -> None:
    assert NAMES.path_of(NAMES.thing("cluster", CODE)) == f"/id/cluster/{CODE}"
    for foreign in ("https://w3id.org/eclodx/id", "https://w3id.org/eclod", "http://w3id.org/eclod/id/cluster/a", ""):
        assert NAMES.path_of(foreign) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["", "/"])
def test_a_thing_and_its_document_are_taken_apart_again(kind: str, ending: str) -> None:
    for iri in (NAMES.thing(kind, CODE), NAMES.document(kind, CODE)):
        assert split_path((NAMES.path_of(iri) or "") + ending) == (kind, CODE)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/id", "/id/cluster", "/id/cluster/", "/id/cluster/a/b", "/ID/cluster/a", "id/cluster/a", "/x/cluster/a"],
)
def test_other_paths_name_no_thing(path: str) -> None:
    assert split_path(path) is None


def test_kinds_can_stand_in_a_path() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert all(kind.isascii() and kind.islower() and kind.isalpha() for kind in KINDS)


def test_a_thing_is_understood_in_any_spelling() -> None:
    assert thing_in_path("Cluster", CODE.upper()) == ("cluster", CODE)
    assert thing_in_path("cluster", "-".join(CODE)) == ("cluster", CODE)


def test_an_unknown_kind_is_not_found_and_a_misspelt_code_is_bad() -> None:
    with pytest.raises(NotFound, match=r"'clusters'; there are cluster, organisation"):
        thing_in_path("clusters", CODE)
    with pytest.raises(BadIdentifier):
        thing_in_path("cluster", CODE + "x")


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_no_path_breaks_the_splitting(path: str) -> None:
    found = split_path(path)
    assert found is None or "/" not in found[1]
