"""The assessments of a registry: what named members add to what is told, and the statements that come of it."""

from __future__ import annotations

import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from eclod.core import assets
from eclod.core.namespaces import PREFIXES, SCHEME
from eclod.rdf import admission
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating import assessing
from eclod_loaders.gating.assessing import Assessor

HARBOUR = "https://example.org/id/organisation/harbour"
PROLOGUE = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in ("eclod", "org")) + (
    "@prefix : <https://example.org/id/organisation/> .\n:harbour a eclod:ClusterOrganisation , org:Organization .\n"
)
TYPES = ("sme", "university", "other")


@pytest.fixture(scope="module")
def assessor(codes: CodeLists) -> Assessor:
    return Assessor(codes)


def triples(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(PROLOGUE + text, format=RdfFormat.TURTLE)]


def members(number: int, joined: str = ":harbour", types: tuple[str, ...] = TYPES) -> str:
    return "".join(
        f":m{i} org:classification <{SCHEME}organisation-type/{types[i % len(types)]}> .\n"
        f":membership{i} org:member :m{i} ; org:organization {joined} .\n"
        for i in range(number)
    )


def results(assessor: Assessor, text: str, organisation: str = HARBOUR) -> dict[str, str]:
    found = list(assessor.statements(triples(text)))
    test, result = (NamedNode(f"http://www.w3.org/ns/earl#{name}") for name in ("test", "result"))
    named = {
        t.subject: t.object.value.rpartition("/")[2]
        for t in found
        if t.predicate == test and isinstance(t.object, NamedNode) and str(t.subject).startswith(f"<{organisation}#")
    }
    return {
        named[t.subject]: t.object.value.rpartition("/")[2]
        for t in found
        if t.predicate == result and t.subject in named and isinstance(t.object, NamedNode)
    }


def test_fifteen_named_members_are_enough(assessor: Assessor) -> None:
    found = results(assessor, members(15))
    assert found["committed-members"] == found["triple-helix"] == admission.MET
    assert found["management-team"] == found["public-bodies"] == admission.CANNOT_BE_TOLD


def test_a_list_that_shows_less_proves_nothing(assessor: Assessor) -> None:
    found = results(assessor, members(14, types=("sme",)))
    assert found["committed-members"] == found["triple-helix"] == admission.CANNOT_BE_TOLD
    assert results(assessor, members(14) + ":harbour eclod:memberCount 14 .")["committed-members"] == admission.NOT_MET


def test_names_win_over_a_smaller_number(assessor: Assessor) -> None:
    assert results(assessor, members(16) + ":harbour eclod:memberCount 3 .")["committed-members"] == admission.MET


def test_members_of_the_cluster_are_members(assessor: Assessor) -> None:
    text = members(15, ":cluster") + ":cluster eclod:managedBy :harbour ."
    assert results(assessor, text)["committed-members"] == admission.MET
    assert results(assessor, members(15, ":elsewhere"))["committed-members"] == admission.CANNOT_BE_TOLD


def test_a_named_public_member_is_collaboration(assessor: Assessor) -> None:
    found = results(assessor, members(2, types=("public-body", "sme")))
    assert found["public-bodies"] == found["triple-helix"] == admission.MET


def test_each_organisation_and_nobody_else_has_one_of_each(assessor: Assessor) -> None:
    found = list(assessor.statements(triples(":other a eclod:ClusterOrganisation . :firm a org:Organization .")))
    assert len(found) == len(set(found)) == 2 * 7 * 5
    assert list(assessor.statements([t for t in triples("") if "Cluster" not in str(t.object)])) == []


def test_the_statements_keep_the_shape_of_assessments(assessor: Assessor, codes: CodeLists) -> None:
    data = [*triples(""), *assessor.statements(triples(""))]
    used = {t.object.value for t in data if isinstance(t.object, NamedNode)}
    graph = rdflib.Graph().parse(data=" .\n".join(map(str, [*data, *codes.describe(used)])) + " .", format="nt")
    shapes = rdflib.Graph()
    for name in ("assessment", "codes", "shapes"):
        shapes.parse(assets.folder("shapes") / f"{name}.ttl")
    conforms, _, text = pyshacl.validate(graph, shacl_graph=shapes, advanced=False, inference="none")
    assert conforms, text


def test_registries_with_cluster_organisations_are_known() -> None:
    folder = assets.folder("registries")
    assert assessing.concerns(Registry.load(folder / "eclod-starter"))
    assert not assessing.concerns(Registry.load(folder / "eclod-europe"))
