"""The policy of the merged view: which source is believed for which field, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.core.namespaces import expand
from eclod.core.settings import Settings, from_environment
from eclod.rdf.fields import FieldCatalogue
from eclod.store import lines
from eclod.store.conflicts import FILE, Conflict, Conflicts, Tally
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating import policies
from eclod_loaders.gating.merge import Merger
from eclod_loaders.gating.policies import Policy, Rule, Standing

ABOUT = "https://w3id.org/eclod/id/organisation/a"
NAME, HOMEPAGE, LEGAL = expand("skos:prefLabel"), expand("foaf:homepage"), expand("legal:legalName")
ONE, TWO, THREE = (f"https://w3id.org/eclod/graph/registry/{name}" for name in ("one", "two", "three"))
SOURCES = [
    Standing("one", "One", ONE, 10),
    Standing("two", "Two", TWO, 20, "2026-03-01"),
    Standing("three", "Three", THREE, 20, "2026-01-01"),
]


def said(*pairs: tuple[str, NamedNode | Literal]) -> list[bytes]:
    node = NamedNode(ABOUT)
    kind = (expand("rdf:type"), NamedNode(expand("org:Organization")))
    return [lines.of_triple(Triple(node, NamedNode(name), value)) for name, value in (kind, *pairs)]


def page(name: str) -> NamedNode:
    return NamedNode(f"https://{name}.example.org/")


def values(view: Sequence[bytes], name: str) -> list[str]:
    found = [quad.object for quad in lines.quads(view) if quad.predicate.value == name]
    return sorted(term.value for term in found if isinstance(term, NamedNode | Literal))


BY_GRAPH = {
    THREE: said((HOMEPAGE, page("three")), (NAME, Literal("Three", language="en"))),
    TWO: said((HOMEPAGE, page("two")), (NAME, Literal("Zwei", language="de")), (LEGAL, Literal("Two Ltd"))),
    ONE: said((NAME, Literal("One", language="en")), (LEGAL, Literal("One Ltd"))),
}


@pytest.mark.parametrize(
    ("rules", "homepages", "names", "legal"),
    [
        ([], ["https://three.example.org/", "https://two.example.org/"], ["One", "Zwei"], ["One Ltd"]),
        (
            [Rule(shape="Organisation", field="homepage", believe="first")],
            ["https://three.example.org/"],  # before "two" by its name
            ["One", "Zwei"],
            ["One Ltd"],
        ),
        (
            [Rule(shape="Organisation", field="homepage", believe="newest")],
            ["https://two.example.org/"],
            ["One", "Zwei"],
            ["One Ltd"],
        ),
        (
            [
                Rule(shape="Organisation", field="legalName", order=("two",)),
                Rule(shape="Organisation", field="name", order=("three", "two")),
                Rule(shape="Organisation", field="name", order=("one",)),
            ],
            ["https://three.example.org/", "https://two.example.org/"],
            ["Three", "Zwei"],
            ["Two Ltd"],
        ),
        (
            # What has no day comes last, also where it goes first otherwise.
            [Rule(shape="Organisation", field="name", believe="newest")],
            ["https://three.example.org/", "https://two.example.org/"],
            ["Three", "Zwei"],
            ["One Ltd"],
        ),
    ],
)
def test_a_rule_says_whom_to_believe(
    catalogue: FieldCatalogue, rules: list[Rule], homepages: list[str], names: list[str], legal: list[str]
) -> None:
    merge = Merger(Policy(rules, SOURCES, catalogue), catalogue)
    view = sorted(merge(BY_GRAPH))
    assert (values(view, HOMEPAGE), values(view, NAME), values(view, LEGAL)) == (homepages, names, legal)
    assert sorted(merge(dict(reversed(BY_GRAPH.items())))) == view


def test_a_rule_for_one_sort_of_thing_leaves_others_alone(catalogue: FieldCatalogue) -> None:
    rules = [Rule(shape="Cluster", field="homepage", believe="first")]
    view = sorted(Merger(Policy(rules, SOURCES, catalogue), catalogue)(BY_GRAPH))
    assert len(values(view, HOMEPAGE)) == 2


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        (Rule(shape="Organization", field="name"), "did you mean 'Organisation'"),
        (Rule(shape="Organisation", field="homepages"), "did you mean 'homepage'"),
        (Rule(shape="Organisation", field="name", believe="all"), "one value only"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(catalogue: FieldCatalogue, rule: Rule, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        Policy([rule], SOURCES, catalogue)


def test_ours_holds_and_is_published_with_its_reasons(catalogue: FieldCatalogue) -> None:
    folder = assets.folder("registries")
    gleif = Registry.load(folder / "gleif-sample").model_copy(update={"issued": date(2026, 2, 3)})
    policy = policies.read([folder], [gleif], [], Names(), catalogue)
    content = json.loads(policy.published())
    [rule] = content["rules"]
    assert (rule["shape"], rule["field"], rule["property"]) == ("Organisation", "legalName", LEGAL)
    assert rule["reason"]
    assert content["registries"] == [
        {"name": "gleif-sample", "title": gleif.title["en"], "precedence": gleif.precedence, "issued": "2026-02-03"}
    ]


REGISTRY = """title = {{ en = "Registry {name}" }}
publisher = "P"
language = "en"
precedence = {precedence}
[[sources]]
file = "./rows.csv"
"""
MAPPING = """[things.organisation]
shape = "Organisation"
iri = "http://example.org/{id}"
fields.name = "name"
fields.homepage = { column = "homepage", invalid = "drop" }
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


def add(folder: Path, name: str, rows: str, precedence: int) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "registry.toml").write_text(REGISTRY.format(name=name, precedence=precedence))
    (folder / name / "mapping.toml").write_text(MAPPING)
    (folder / name / "rows.csv").write_text("id,name,homepage\n" + rows)


def found(settings: Settings) -> list[Conflict]:
    releases = Releases(settings.data)
    return Conflicts(releases.folder(releases.current_id()) / FILE).some(100)


def test_what_loses_is_listed_and_follows_changes_of_data_and_policy(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "registries"
    add(folder, "one", "1,Alpha,https://one.example.org/\n2,Beta,\n", 1)
    add(folder, "two", "1,Alfa,https://two.example.org/\n2,Beta,\n3,Gamma,\n", 2)

    def build(second: int) -> None:
        outcome = pipeline.build(settings, None, [folder], at=datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC))
        assert outcome.manifest is not None

    build(0)
    names = ('"Alpha"@en', '"Alfa"@en')
    lost = Conflict("http://example.org/1", NAME, names[1], TWO, (names[0],), (ONE,))
    assert found(settings) == [lost]
    # A change elsewhere keeps it, a change of the thing itself ends it.
    add(folder, "two", "1,Alfa,https://two.example.org/\n2,Bet,\n3,Gamma,\n", 2)
    build(1)
    assert found(settings) == [lost, Conflict("http://example.org/2", NAME, '"Bet"@en', TWO, ('"Beta"@en',), (ONE,))]
    add(folder, "two", "1,Alpha,https://two.example.org/\n2,Beta,\n3,Gamma,\n", 2)
    build(2)
    assert found(settings) == []
    (folder / "merging.toml").write_text('[[rules]]\nshape = "Organisation"\nfield = "homepage"\norder = ["two"]\n')
    build(3)
    pages = tuple(f"<https://{name}.example.org/>" for name in ("one", "two"))
    assert found(settings) == [Conflict("http://example.org/1", HOMEPAGE, pages[0], ONE, (pages[1],), (TWO,))]
    releases = Releases(settings.data)
    known = Conflicts(releases.folder(releases.current_id()) / FILE)
    assert known.tally() == [Tally(HOMEPAGE, ONE, 1)]
    assert (known.count(), known.count(HOMEPAGE, ONE), known.count(NAME), known.count("", TWO)) == (1, 1, 0, 0)
