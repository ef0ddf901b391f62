"""Freezing the vocabulary, and which version number a change asks for; on a copy of the real files."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput, NotFound
from eclod.rdf.vocabulary import changes, editions, freezing
from eclod.rdf.vocabulary.changes import Level
from eclod.rdf.vocabulary.editions import Edition, Version

ROOT = Path(__file__).resolve().parents[2]
FIRST = Version(1, 0, 0)
DAY = datetime.date(2026, 12, 1)
CLUSTER = "eclod:Cluster a owl:Class ;"


def write_no_pages(edition: Edition) -> None:
    """Stand for pyLODE, which has its own test."""
    edition.page("en").parent.mkdir()
    edition.page("en").write_text(f"about {edition.version}", encoding="utf-8")


class Checkout:
    """A copy of the ontology and the shapes whose first version is frozen."""

    def __init__(self, root: Path) -> None:
        self.ontology, self.shapes = root / "ontology", root / "shapes"

    @property
    def first(self) -> Edition:
        return editions.frozen_in(self.ontology)[0]

    def freeze(self, version: Version) -> Edition:
        return freezing.freeze(self.ontology, self.shapes, version, DAY, write_no_pages)

    def change(self, name: str, old: str, new: str) -> None:
        path = self.ontology.parent / name
        text = path.read_text(encoding="utf-8")
        assert old in text, (name, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def remove(self, name: str, subject: str) -> None:
        """Take out all that a Turtle file says about a subject."""
        path = self.ontology.parent / name
        text, count = re.subn(
            rf"^{re.escape(subject)} .*?\.\n\n", "", path.read_text(encoding="utf-8"), flags=re.S | re.M
        )
        assert count == 1, subject
        path.write_text(text, encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        path = self.ontology.parent / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def found(self) -> list[changes.Change]:
        return changes.between(self.first, Edition(FIRST, self.ontology, self.shapes, False))


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the real files, made the first frozen version; tests do not write to it."""
    root = tmp_path_factory.mktemp("frozen")
    ignored = shutil.ignore_patterns("releases", "pages")
    shutil.copytree(ROOT / "ontology", root / "ontology", ignore=ignored)
    shutil.copytree(ROOT / "shapes", root / "shapes")
    Checkout(root).freeze(FIRST)
    return root


@pytest.fixture
def checkout(frozen: Path, tmp_path: Path) -> Checkout:
    shutil.copytree(frozen, tmp_path, dirs_exist_ok=True)
    return Checkout(tmp_path)


def test_a_frozen_version_is_all_files_with_their_hashes(checkout: Checkout) -> None:
    first = checkout.first
    assert first.frozen
    assert editions.frozen_in(checkout.ontology) == [first]
    assert checkout.found() == []
    live = Edition(FIRST, checkout.ontology, checkout.shapes, False)
    for here, there in (
        (live.ontology_files, first.ontology_files),
        (live.scheme_files, first.scheme_files),
        (live.shape_files, first.shape_files),
        (live.profile_files, first.profile_files),
    ):
        assert [p.name for p in here] == [p.name for p in there] != []
        assert [p.read_bytes() for p in here] == [p.read_bytes() for p in there]
    assert first.context.read_bytes() == (checkout.ontology / "context.jsonld").read_bytes()
    assert (first.ontology / "SHA256SUMS").read_text(encoding="utf-8") == editions.sums(first.ontology)
    assert "pages/en.html" in editions.sums(first.ontology)


def test_the_version_stands_wherever_it_is_told(checkout: Checkout) -> None:
    for path in ("eclod.ttl", "alignments.ttl", "shapes/shapes.ttl"):
        text = (checkout.first.ontology / path).read_text(encoding="utf-8")
        assert 'owl:versionInfo "1.0.0"' in text
        assert re.search(r"owl:versionIRI <https://w3id.org/eclod/[a-z/]+/1\.0\.0> ;", text)
        assert 'dct:modified "2026-12-01"^^xsd:date' in text
        assert "priorVersion" not in text  # nothing was frozen before
    assert editions.stated_version(checkout.ontology / "eclod.ttl") == FIRST
    assert '"testing"' not in (checkout.first.ontology / "eclod.ttl").read_text(encoding="utf-8")
    assert "\n## 1.0.0, 2026-12-01\n" in (checkout.ontology / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_next_version_names_the_one_before(checkout: Checkout) -> None:
    checkout.change("ontology/CHANGELOG.md", "\n## 1.0.0,", "\n## next, day\n\nWords.\n\n## 1.0.0,")
    checkout.change("ontology/eclod.ttl", '"cluster"@en', '"industrial cluster"@en')
    second = checkout.freeze(Version(1, 0, 1))
    text = (second.ontology / "eclod.ttl").read_text(encoding="utf-8")
    assert "owl:priorVersion <https://w3id.org/eclod/ontology/1.0.0> ;" in text
    third_text = (second.ontology / "shapes" / "shapes.ttl").read_text(encoding="utf-8")
    assert "owl:priorVersion <https://w3id.org/eclod/shapes/1.0.0> ;" in third_text
    assert [str(each.version) for each in editions.frozen_in(checkout.ontology)] == ["1.0.0", "1.0.1"]
    newest = (checkout.ontology / "CHANGELOG.md").read_text(encoding="utf-8")
    assert newest.index("## 1.0.1, 2026-12-01") < newest.index("## 1.0.0, 2026-12-01")


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (Version(1, 0, 0), "not above"),
        (Version(0, 9, 0), "not above"),
        (Version(1, 0, 1), "choose 1.1.0 or higher"),
    ],
)
def test_a_version_that_does_not_say_what_changed_is_refused(checkout: Checkout, version: Version, says: str) -> None:
    checkout.add("ontology/eclod.ttl", "\neclod:Valley a owl:Class .\n")
    with pytest.raises(BadInput, match=says):
        checkout.freeze(version)
    assert editions.frozen_in(checkout.ontology) == [checkout.first]


def test_nothing_new_is_not_frozen_again(checkout: Checkout) -> None:
    with pytest.raises(BadInput, match=r"Nothing changed since 1\.0\.0"):
        checkout.freeze(Version(1, 0, 1))


def test_an_ontology_that_breaks_its_own_rules_is_not_frozen(checkout: Checkout) -> None:
    checkout.change("ontology/eclod.ttl", '"cluster"@fr , ', "")
    with pytest.raises(BadInput, match=r"eclod:Cluster: Give the term one label in each of English, French and German"):
        checkout.freeze(Version(2, 0, 0))


def test_what_changed_has_to_be_told(checkout: Checkout) -> None:
    checkout.change("ontology/eclod.ttl", '"cluster"@en', '"industrial cluster"@en')
    with pytest.raises(BadInput, match=r"Say in CHANGELOG.md, below a heading '## 1.0.1, 2026-12-01'"):
        checkout.freeze(Version(1, 0, 1))


def edit(name: str, old: str, new: str) -> Callable[[Checkout], None]:
    return lambda checkout: checkout.change(name, old, new)


def without(name: str, subject: str) -> Callable[[Checkout], None]:
    return lambda checkout: checkout.remove(name, subject)


def more(name: str, text: str) -> Callable[[Checkout], None]:
    return lambda checkout: checkout.add(name, text)


def of_context(name: str, meaning: object) -> Callable[[Checkout], None]:
    def edit_context(checkout: Checkout) -> None:
        path = checkout.ontology / "context.jsonld"
        document = json.loads(path.read_text(encoding="utf-8"))
        if meaning is None:
            del document["@context"][name]
        else:
            document["@context"][name] = meaning
        path.write_text(json.dumps(document), encoding="utf-8")

    return edit_context


NAME = "shapes:Cluster-name a sh:PropertyShape ;"
NEW_FIELD = (
    "\nshapes:Cluster sh:property shapes:Cluster-motto .\n"
    "shapes:Cluster-motto a sh:PropertyShape ; sh:path eclod:motto ; sh:minCount {} ; sh:severity sh:{} .\n"
)


@pytest.mark.parametrize(
    ("work", "level", "subject", "what"),
    [
        (
            edit("ontology/eclod.ttl", '"cluster"@en', '"grappe"@en'),
            Level.PATCH,
            "eclod:Cluster",
            "has another rdfs:label.",
        ),
        (
            edit("ontology/eclod.ttl", "A group of firms", "Firms"),
            Level.PATCH,
            "eclod:Cluster",
            "has another skos:definition.",
        ),
        (
            edit("shapes/cluster.ttl", "Give the name", "Say the name"),
            Level.PATCH,
            "shapes:Cluster-name",
            "has another sh:message.",
        ),
        (more("ontology/eclod.ttl", "\neclod:Valley a owl:Class .\n"), Level.MINOR, "eclod:Valley", "is new."),
        (
            more("ontology/eclod.ttl", "\neclod:Cluster owl:deprecated true .\n"),
            Level.MINOR,
            "eclod:Cluster",
            "has a new owl:deprecated.",
        ),
        (
            more("ontology/alignments.ttl", "\neclod:Cluster skos:closeMatch org:Site .\n"),
            Level.MINOR,
            "eclod:Cluster",
            "has a new skos:closeMatch.",
        ),
        (without("ontology/eclod.ttl", "eclod:Cluster"), Level.MAJOR, "eclod:Cluster", "is removed."),
        (
            edit(
                "ontology/eclod.ttl",
                "rdfs:subClassOf org:OrganizationalCollaboration",
                "rdfs:subClassOf org:Organization",
            ),
            Level.MAJOR,
            "eclod:Cluster",
            "has another rdfs:subClassOf.",
        ),
        (
            edit("ontology/eclod.ttl", CLUSTER, f"{CLUSTER}\n    rdfs:subClassOf org:Site ;"),
            Level.MAJOR,
            "eclod:Cluster",
            "has a new rdfs:subClassOf.",
        ),
        (
            without("ontology/schemes/ecosystem.ttl", "<https://w3id.org/eclod/scheme/ecosystem/textiles>"),
            Level.MAJOR,
            "https://w3id.org/eclod/scheme/ecosystem/textiles",
            "is removed.",
        ),
        (
            edit("shapes/cluster.ttl", "sh:minCount 1", "sh:minCount 2"),
            Level.MAJOR,
            "shapes:Cluster-name",
            "has another sh:minCount.",
        ),
        (
            edit("shapes/cluster.ttl", "sh:minCount 1", "sh:minCount 0"),
            Level.MINOR,
            "shapes:Cluster-name",
            "has another sh:minCount.",
        ),
        (
            edit("shapes/cluster.ttl", "    sh:minCount 1 ;\n", ""),
            Level.MINOR,
            "shapes:Cluster-name",
            "has lost sh:minCount.",
        ),
        (
            edit("shapes/cluster.ttl", NAME, f"{NAME}\n    sh:maxCount 3 ;"),
            Level.MAJOR,
            "shapes:Cluster-name",
            "has a new sh:maxCount.",
        ),
        (
            edit("shapes/cluster.ttl", "sh:path skos:prefLabel", "sh:path dct:title"),
            Level.MAJOR,
            "shapes:Cluster-name",
            "has another sh:path.",
        ),
        (
            without("shapes/cluster.ttl", "shapes:Cluster-homepage"),
            Level.MAJOR,
            "shapes:Cluster-homepage",
            "is removed.",
        ),
        (more("shapes/cluster.ttl", NEW_FIELD.format(0, "Violation")), Level.MINOR, "shapes:Cluster-motto", "is new."),
        (more("shapes/cluster.ttl", NEW_FIELD.format(1, "Warning")), Level.MINOR, "shapes:Cluster-motto", "is new."),
        (
            more("shapes/cluster.ttl", NEW_FIELD.format(1, "Violation")),
            Level.MAJOR,
            "shapes:Cluster-motto",
            "is a new field that must be filled.",
        ),
        (of_context("Valley", "eclod:Valley"), Level.MINOR, "Valley in the JSON-LD context", "is new."),
        (
            of_context("Cluster", "org:Site"),
            Level.MAJOR,
            "Cluster in the JSON-LD context",
            "stands for something else.",
        ),
        (of_context("Cluster", None), Level.MAJOR, "Cluster in the JSON-LD context", "is removed."),
    ],
)
def test_what_a_change_asks_for(
    checkout: Checkout, work: Callable[[Checkout], None], level: Level, subject: str, what: str
) -> None:
    work(checkout)
    found = checkout.found()
    assert {(change.subject, change.what): change.level for change in found}[subject, what] is level
    assert found[0].level is level  # nothing else weighs more
    least = {Level.PATCH: Version(1, 0, 1), Level.MINOR: Version(1, 1, 0), Level.MAJOR: Version(2, 0, 0)}[level]
    assert changes.least_version(FIRST, found) == least


def test_versions_are_three_numbers() -> None:
    assert editions.parse_version("1.10.2") == Version(1, 10, 2)
    assert sorted([Version(1, 10, 0), Version(1, 9, 3)])[0] == Version(1, 9, 3)
    for text in ("1.0", "v1.0.0", "01.0.0", "1.0.0-rc1", "1.0.٠", ""):
        assert editions.parse_version(text) is None


def test_a_version_that_is_not_frozen_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"no frozen version '99\.0\.0'"):
        editions.frozen_edition("99.0.0")
