"""The vocabulary as a publication: frozen versions, style, alignments, the page, the permanent address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.namespace import DCAT, FOAF, ORG, OWL, PROV, QB, RDF, RDFS, SDO, SKOS

from eclod.core.namespaces import ECLOD
from eclod.rdf.vocabulary import changes, diagram, editions, shape_rules, style
from eclod.rdf.vocabulary.editions import Edition

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SHARED_OF_ECLOD", ROOT.parent / "shared" / "data"))
ONTOLOGY = rdflib.URIRef(ECLOD.rstrip("#"))
HTACCESS = ROOT / "ontology" / "w3id" / ".htaccess"

#: Terms of vocabularies that no package carries, read in the vocabularies themselves: ELI 1.5 and SIOC core.
READ_THERE = {
    "http://data.europa.eu/eli/ontology#LegalResource",
    "http://data.europa.eu/eli/ontology#amends",
    "http://data.europa.eu/eli/ontology#id_local",
    "http://data.europa.eu/eli/ontology#related_to",
    "http://rdfs.org/sioc/ns#Post",
    "http://rdfs.org/sioc/ns#Site",
    "http://rdfs.org/sioc/ns#Space",
    "http://rdfs.org/sioc/ns#addressed_to",
}
OF_THE_EUROPEAN_UNION = (
    "ontologies/eurio/EURIO_v2.4.ttl",
    "shacl/core-business-2.3.0/core-business-ap.ttl",
    "shacl/core-business-2.3.0/core-business-ap-SHACL.ttl",
    "shacl/cpev-1.1.1/core-public-event-ap.ttl",
    "shacl/cpov-2.1.2/core-public-organisation-ap.ttl",
    "shacl/cpov-2.1.2/core-public-organisation-ap-SHACL.ttl",
)
#: What rdflib carries.
CARRIED: tuple[Any, ...] = (ORG, SDO, PROV, DCAT, FOAF, QB, SKOS)
MATCHES = {SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch}


@cache
def alignments() -> rdflib.Graph:
    return rdflib.Graph().parse(editions.current().alignments)


@cache
def own_file() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "ontology" / "eclod.ttl")


def own_terms() -> set[str]:
    return {str(s).removeprefix(ECLOD) for s in own_file().subjects(RDFS.isDefinedBy, ONTOLOGY)}


@pytest.mark.parametrize("edition", editions.frozen(), ids=lambda edition: str(edition.version))
def test_a_frozen_version_stays_as_it_was(edition: Edition) -> None:
    assert (edition.ontology / editions.SUMS).read_text(encoding="utf-8") == editions.sums(edition.ontology)
    assert editions.stated_version(edition.ontology / "eclod.ttl") == edition.version
    for language in editions.LANGUAGES:
        assert edition.page(language).is_file()


def test_the_version_says_what_changed_since_the_last_frozen_one() -> None:
    """Raise owl:versionInfo when this fails; `make freeze` says what changed and what it asks for."""
    frozen, current = editions.frozen(), editions.current()
    if not frozen:
        return  # the first version may be any
    found = changes.between(frozen[-1], current)
    assert current.version >= changes.least_version(frozen[-1].version, found), [str(change) for change in found[:20]]


def test_the_version_before_is_named() -> None:
    earlier = [edition.version for edition in editions.frozen() if edition.version < editions.current().version]
    for path in (ROOT / "ontology" / "eclod.ttl", editions.current().alignments, ROOT / "shapes" / "shapes.ttl"):
        graph = rdflib.Graph().parse(path)
        ontology = graph.value(None, RDF.type, OWL.Ontology)
        wanted = {rdflib.URIRef(f"{ontology}/{earlier[-1]}")} if earlier else set()
        assert set(graph.objects(ontology, OWL.priorVersion)) == wanted
        version = graph.value(ontology, OWL.versionInfo)
        assert str(version) == str(editions.current().version)
        assert graph.value(ontology, OWL.versionIRI) == rdflib.URIRef(f"{ontology}/{version}")


def test_the_vocabulary_keeps_its_own_rules(tmp_path: Path) -> None:
    assert style.problems(editions.current()) == []
    (tmp_path / "schemes").mkdir()
    (tmp_path / "eclod.ttl").write_text(
        "@prefix eclod: <https://w3id.org/eclod/ontology#> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "eclod:Cluster a owl:Class ; owl:deprecated true .\n",
        encoding="utf-8",
    )
    broken = Edition(editions.current().version, tmp_path, ROOT / "shapes", False)
    assert style.problems(broken) == [
        "eclod:Cluster: Give the deprecated term the status archaic.",
        "eclod:Cluster: Name the term to use instead by its identifier.",
    ]


def test_alignments_lead_from_terms_that_there_are() -> None:
    count = 0
    for subject, predicate, _ in alignments():
        if predicate in MATCHES:
            count += 1
            if str(subject).startswith(ECLOD):
                assert str(subject).removeprefix(ECLOD) in own_terms()
    assert count >= 60


def test_alignments_reach_every_vocabulary_that_is_promised() -> None:
    reached = {str(o) for p in MATCHES for o in alignments().objects(None, p)}
    reached |= {str(o) for p in (RDFS.subClassOf, RDFS.subPropertyOf) for o in own_file().objects(None, p)}
    for namespace in (
        str(ORG),
        "http://data.europa.eu/s66#",
        "http://www.w3.org/ns/legal#",
        "http://data.europa.eu/m8g/",
        "http://data.europa.eu/eli/ontology#",
        "http://rdfs.org/sioc/ns#",
        "https://schema.org/",
    ):
        assert any(term.startswith(namespace) for term in reached), namespace


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
def test_alignments_lead_to_terms_that_there_are() -> None:
    known = set(READ_THERE)
    for name in OF_THE_EUROPEAN_UNION:
        known |= {
            str(t) for triple in rdflib.Graph().parse(DATA / name) for t in triple if isinstance(t, rdflib.URIRef)
        }
    for subject, predicate, value in alignments():
        if predicate not in MATCHES:
            continue
        for term in (subject, value):
            carried = any(str(term).startswith(str(ns)) and term in ns for ns in CARRIED)
            assert carried or str(term) in known or str(term).startswith(ECLOD), term


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the page about the ontology in each language; pyLODE meddles with logging, so it runs by itself."""
    target = tmp_path_factory.mktemp("pages")
    program = (
        "import sys, pathlib; from eclod.rdf.vocabulary import editions, page\n"
        "for tag in editions.LANGUAGES:\n"
        "    text = page.render(editions.current(), tag)\n"
        "    pathlib.Path(sys.argv[1], tag).write_text(text, encoding='utf-8')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(target)], check=True, capture_output=True)
    return {tag: (target / tag).read_text(encoding="utf-8") for tag in editions.LANGUAGES}


def test_every_term_has_its_place_on_the_page(pages: dict[str, str]) -> None:
    for page in pages.values():
        anchors = re.findall(r'id="([^"]+)"', page)
        assert len(anchors) == len(set(anchors))
        assert own_terms() <= set(anchors)
        for target in re.findall(r'href="#([^"]+)"', page):
            assert target in anchors


def test_the_page_speaks_one_language(pages: dict[str, str]) -> None:
    definition = {
        o.language: str(o)
        for o in own_file().objects(rdflib.URIRef(f"{ECLOD}ClusterOrganisation"), SKOS.definition)
        if isinstance(o, rdflib.Literal)
    }
    for tag, page in pages.items():
        assert [other for other, text in definition.items() if text in page] == [tag]


def test_the_page_brings_no_script_style_or_foreign_file(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert not re.search(r"<(script|style|link|img|iframe|object|meta|h1)\b", page)
        assert not re.search(r"\s(style|on[a-z]+|src)=", page)


def test_the_same_ontology_gives_the_same_page(pages: dict[str, str]) -> None:
    again = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from eclod.rdf.vocabulary import editions, page\n"
            "sys.stdout.buffer.write(page.render(editions.current(), 'de').encode())",
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    ).stdout.decode()
    assert again == pages["de"]


def test_the_diagram_shows_every_class_with_pages_and_every_relation() -> None:
    book = shape_rules.read(editions.triples(editions.current().shape_files), ROOT / "tests" / "shapes")
    drawn = diagram.draw(book, ("en",), "Classes", "Boxes & lines")
    assert "<title" in drawn
    assert "Boxes &amp; lines</desc>" in drawn
    shown = set(re.findall(r'href="/shapes/(\w+)"', drawn))
    assert shown == {shape.name for shape in book.shapes.values() if shape.kind}
    relations = diagram.relations(book, ("en",))
    assert ("Cluster", "managedBy", "Organisation") in {(r.source, r.property, r.target) for r in relations}
    assert drawn.count('class="relation"') == len(relations) > 30
    assert drawn == diagram.draw(book, ("en",), "Classes", "Boxes & lines")
    width, height = map(int, re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)[0])
    boxes = [
        tuple(map(int, box))
        for box in re.findall(r'<rect class="box" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', drawn)
    ]
    for number, (x, y, w, h) in enumerate(boxes):
        assert 0 <= x <= width - w
        assert 0 <= y <= height - h
        for left, top, wide, high in boxes[:number]:
            assert x + w <= left or left + wide <= x or y + h <= top or top + high <= y, "boxes overlap"


def test_every_rule_of_a_field_has_data_that_breaks_it() -> None:
    book = shape_rules.read(editions.triples(editions.current().shape_files), ROOT / "tests" / "shapes")
    rules = [rule for shape in book.shapes.values() for field in shape.fields for rule in field.rules]
    assert len(rules) > 1000
    assert [rule for rule in rules if rule.broken_by is None or not rule.broken_by.why] == []
    assert [shape.name for shape in book.shapes.values() if shape.target_class and not shape.passing] == []


Rules = list[tuple[re.Pattern[str], str, dict[str, str]]]


def rules() -> Rules:
    """Return the rewrite rules of the permanent address: pattern, target, flags."""
    found = []
    for line in HTACCESS.read_text(encoding="utf-8").splitlines():
        if line.startswith("RewriteRule "):
            _, pattern, target, flags = line.split()
            pairs = (flag.partition("=") for flag in flags.strip("[]").split(","))
            found.append((re.compile(pattern), target, {name: value for name, _, value in pairs}))
    return found


def followed(path: str) -> tuple[int, str]:
    """Return status and Location of a path below https://w3id.org/eclod/, as mod_rewrite works the rules out."""
    variables: dict[str, str] = {}
    for pattern, target, flags in rules():
        match = pattern.search(path)
        if match is None:
            continue
        if "E" in flags:
            name, _, value = flags["E"].partition(":")
            variables[name] = value
        if target == "-":
            continue
        whole = re.sub(r"\$(\d)", lambda group, found=match: found[int(group[1])] or "", target)  # type: ignore[misc]
        return int(flags["R"]), re.sub(r"%\{ENV:(\w+)\}", lambda group: variables[group[1]], whole)
    raise AssertionError(f"nothing is said about {path}")


THINGS_AND_CODES = ["id/cluster/aa4b2yxva4r", "scheme/ecosystem", "scheme/ecosystem/textiles", "cube/figures"]
DOCUMENTS = [
    "", "sparql", "doc/cluster/aa4b2yxva4r.ttl", "graph/ontology", "ontology", "ontology.ttl", "ontology/1.0.0",
    "ontology/1.0.0/schemes/fund.ttl", "ontology/alignments", "shapes", "shapes/Cluster", "shapes/1.0.0", "scheme",
    "context.jsonld", "context/1.0.0.jsonld", "releases", "registries/eclod-starter", "problem/bad-query",
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "status"), [*((path, 303) for path in THINGS_AND_CODES), *((path, 302) for path in DOCUMENTS)]
)
def test_the_permanent_address_leads_to_the_same_path_of_the_service(path: str, status: int) -> None:
    assert followed(path) == (status, f"https://eclod.example/{path}")


def test_redirects_are_escaped_again() -> None:
    """Apache hands rules the path unescaped: with the flag NE a space or an accent would stand raw in `Location`."""
    assert len(rules()) == 4
    assert not [pattern for pattern, _, flags in rules() if "NE" in flags]


def test_one_line_says_where_the_service_runs() -> None:
    assert HTACCESS.read_text(encoding="utf-8").count("https://eclod.example") == 1
    assert "RewriteEngine on" in HTACCESS.read_text(encoding="utf-8")
