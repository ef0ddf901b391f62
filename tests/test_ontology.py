"""The ontology, its code lists, labels and JSON-LD context: complete, in three languages, in step with the shapes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyoxigraph
import pyshacl
import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SH, SKOS

ROOT = Path(__file__).resolve().parents[1]
TURTLE = sorted(p for folder in ("ontology", "shapes") for p in (ROOT / folder).rglob("*.ttl"))
SCHEMES = sorted((ROOT / "ontology" / "schemes").glob("*.ttl"))
EXPECTED_SCHEMES = 35

ECLOD = "https://w3id.org/eclod/ontology#"
SCHEME = "https://w3id.org/eclod/scheme/"
SHAPES = "https://w3id.org/eclod/shapes#"
ONTOLOGY = rdflib.URIRef("https://w3id.org/eclod/ontology")
TERM_STATUS = rdflib.URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
LANGUAGES = {"en", "fr", "de"}


@cache
def load(folder: str) -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in sorted((ROOT / folder).rglob("*.ttl")):
        if not {"releases", "profiles"} & set(path.parts):
            graph.parse(path)
    return graph


@cache
def own_file() -> rdflib.Graph:
    return rdflib.Graph().parse(ROOT / "ontology" / "eclod.ttl")


def own_terms() -> set[str]:
    return {str(s) for s in own_file().subjects(RDFS.isDefinedBy, ONTOLOGY)}


def mentioned(graph: rdflib.Graph, namespace: str) -> set[str]:
    return {str(term) for triple in graph for term in triple if str(term).startswith(namespace)}


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_turtle_parses_without_blank_nodes(path: Path) -> None:
    quads = list(pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE))
    assert quads
    assert not any(isinstance(t, pyoxigraph.BlankNode) for q in quads for t in (q.subject, q.predicate, q.object))


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_is_trimmed_and_has_a_language(path: Path) -> None:
    texts = {RDFS.label, RDFS.comment, SKOS.prefLabel, SKOS.altLabel, SKOS.definition, SH.name, SH.description}
    for _, predicate, value in rdflib.Graph().parse(path):
        if predicate in texts:
            assert isinstance(value, rdflib.Literal)
            assert value.language in LANGUAGES
            assert str(value) == str(value).strip() != ""


def test_ontology_keeps_its_style_shapes() -> None:
    style = rdflib.Graph().parse(ROOT / "shapes" / "ontology-style.ttl")
    conforms, _, text = pyshacl.validate(load("ontology"), shacl_graph=style, advanced=False, do_owl_imports=False)
    assert conforms, text


def test_code_lists_keep_the_shape_of_concepts() -> None:
    shape = rdflib.Graph()
    for name in ("concept.ttl", "codes.ttl", "shapes.ttl"):
        shape.parse(ROOT / "shapes" / name)
    conforms, _, text = pyshacl.validate(load("ontology"), shacl_graph=shape, advanced=False, do_owl_imports=False)
    assert conforms, text


def test_every_own_term_is_typed_and_has_a_status() -> None:
    kinds = {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDFS.Datatype}
    for name in mentioned(own_file(), ECLOD) - {ECLOD}:
        term = rdflib.URIRef(name)
        types = set(own_file().objects(term, RDF.type))
        assert len(types) == 1 and types <= kinds, name
        assert (term, TERM_STATUS, None) in own_file(), name
    typed = {str(s) for kind in kinds for s in own_file().subjects(RDF.type, kind)}
    assert typed == own_terms()


def test_definitions_are_not_repeated() -> None:
    definitions = [str(o) for o in own_file().objects(None, SKOS.definition)]
    assert len(definitions) == len(set(definitions)) == 3 * len(own_terms())


def test_shapes_use_defined_terms_only() -> None:
    assert sorted(mentioned(load("shapes"), ECLOD) - own_terms()) == []


def test_every_term_of_the_shapes_has_a_label() -> None:
    used = {o for p in (SH.path, SH.targetClass, SH["class"]) for o in load("shapes").objects(None, p)}
    assert sorted(str(term) for term in used if len(set(load("ontology").objects(term, RDFS.label))) != 3) == []


def test_reused_terms_get_a_label_and_nothing_else() -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology" / "reused-labels.ttl")
    assert set(graph.predicates()) == {RDFS.label, RDFS.isDefinedBy}
    for term, vocabulary in graph.subject_objects(RDFS.isDefinedBy):
        assert str(term).startswith(str(vocabulary).rstrip("#/"))
        assert not str(term).startswith(ECLOD)


def test_one_version_everywhere() -> None:
    version = str(own_file().value(ONTOLOGY, OWL.versionInfo))
    assert own_file().value(ONTOLOGY, OWL.versionIRI) == rdflib.URIRef(f"{ONTOLOGY}/{version}")
    shapes = rdflib.URIRef("https://w3id.org/eclod/shapes")
    assert str(load("shapes").value(shapes, OWL.versionInfo)) == version
    assert load("shapes").value(shapes, OWL.versionIRI) == rdflib.URIRef(f"{shapes}/{version}")
    date = own_file().value(ONTOLOGY, DCTERMS.modified)
    assert len(set(own_file().objects(ONTOLOGY, DCTERMS.modified))) == 1
    newest = (ROOT / "ontology" / "CHANGELOG.md").read_text(encoding="utf-8").partition("\n## ")[2].partition("\n")[0]
    assert newest == f"{version}, {date}"


def test_code_lists_are_all_found() -> None:
    assert len(SCHEMES) == EXPECTED_SCHEMES


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_code_list(path: Path) -> None:
    graph = rdflib.Graph().parse(path)
    scheme = rdflib.URIRef(SCHEME + path.stem)
    assert list(graph.subjects(RDF.type, SKOS.ConceptScheme)) == [scheme]
    for predicate in (DCTERMS.title, DCTERMS.description):
        assert {o.language for o in graph.objects(scheme, predicate) if isinstance(o, rdflib.Literal)} == LANGUAGES
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert concepts == set(graph.objects(scheme, SKOS.hasTopConcept)) == set(graph.subjects(SKOS.topConceptOf, scheme))
    for concept in concepts:
        assert str(concept) == f"{scheme}/{graph.value(concept, SKOS.notation)}"
        assert set(graph.objects(concept, SKOS.inScheme)) == {scheme}
    labels = list(graph.objects(None, SKOS.prefLabel))
    assert len(labels) == len(set(labels)) == 3 * len(concepts)


def test_ecosystems_are_the_fourteen() -> None:
    graph = rdflib.Graph().parse(ROOT / "ontology" / "schemes" / "ecosystem.ttl")
    concepts = set(graph.subjects(RDF.type, SKOS.Concept))
    assert len(concepts) == 14
    source = rdflib.URIRef("https://clustercollaboration.eu/typology")
    assert all((concept, DCTERMS.source, source) in graph for concept in concepts)


def test_code_lists_named_by_shapes_exist() -> None:
    assert mentioned(load("shapes"), SCHEME) <= {SCHEME + path.stem for path in SCHEMES}


@cache
def context() -> dict[str, Any]:
    loaded = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    found: dict[str, Any] = loaded["@context"]
    return found


def expand(name: str) -> str:
    # A field called like a prefix (time, eli, country) takes its place, so the context writes such IRIs in full.
    if name.startswith("http://"):
        return name
    prefix, _, local = name.partition(":")
    return str(context()[prefix]) + local


def fields(shape: rdflib.term.Node) -> dict[str, rdflib.term.Node]:
    """Return the property shapes of a node shape by field name, inherited ones too."""
    found: dict[str, rdflib.term.Node] = {}
    for parent in load("shapes").objects(shape, SH.node):
        found |= fields(parent)
    return found | {str(p).rpartition("-")[2]: p for p in load("shapes").objects(shape, SH.property)}


CLASS_SHAPES = sorted(str(s).removeprefix(SHAPES) for s in load("shapes").subjects(SH.targetClass))


@pytest.mark.parametrize("name", CLASS_SHAPES)
def test_context_says_what_the_shapes_say(name: str) -> None:
    shape = rdflib.URIRef(SHAPES + name)
    entry = context()[name]
    scoped: dict[str, Any] = {} if isinstance(entry, str) else entry["@context"]
    target = expand(entry if isinstance(entry, str) else entry["@id"])
    assert target == str(load("shapes").value(shape, SH.targetClass))
    for field, rule in fields(shape).items():
        term = scoped.get(field, context()[field])
        definition: dict[str, str] = {"@id": term} if isinstance(term, str) else term
        assert expand(definition["@id"]) == str(load("shapes").value(rule, SH.path)), field
        datatype = load("shapes").value(rule, SH.datatype)
        kind = load("shapes").value(rule, SH.nodeKind)
        if datatype == RDF.langString:
            assert definition.get("@container") == "@language"
        elif kind == SH.IRI:
            assert definition.get("@type") == "@id"
        elif "@type" in definition:
            assert expand(definition["@type"]) == str(datatype)
        else:
            assert datatype in (None, rdflib.XSD.string)


def test_context_has_no_term_of_its_own() -> None:
    names = {field for name in CLASS_SHAPES for field in fields(rdflib.URIRef(SHAPES + name))}
    prefixes = {key for key, value in context().items() if isinstance(value, str) and value[-1] in "#/"}
    assert set(context()) == names | prefixes | set(CLASS_SHAPES) | {"@version"}


def test_context_expands() -> None:
    document = {
        "@context": context(),
        "@id": "https://example.org/id/event/1",
        "@type": "Event",
        "name": {"en": "EU Cluster Weeks", "fr": "Semaines européennes des clusters"},
        "country": "http://publications.europa.eu/resource/authority/country/BEL",
        "time": {
            "@id": "https://example.org/id/event/1#time",
            "@type": "Interval",
            "beginning": {"@id": "https://example.org/id/event/1#begin", "@type": "Instant", "date": "2020-05-04"},
        },
        "parentEvent": {"@id": "https://example.org/id/event/2", "@type": "Event", "name": {"en": "Industry Days"}},
        "about": {"@id": "https://example.org/id/cluster/3", "@type": "Cluster", "name": {"en": "Medicon Valley"}},
    }
    quads = pyoxigraph.parse(input=json.dumps(document), format=pyoxigraph.RdfFormat.JSON_LD)
    found = {str(quad.triple) for quad in quads}
    event = "<https://example.org/id/event/1>"
    assert f'{event} <{DCTERMS.title}> "EU Cluster Weeks"@en' in found
    assert f'{event} <{DCTERMS.title}> "Semaines européennes des clusters"@fr' in found
    assert f"{event} <{ECLOD}country> <http://publications.europa.eu/resource/authority/country/BEL>" in found
    date = '"2020-05-04"^^<http://www.w3.org/2001/XMLSchema#date>'
    assert f"<https://example.org/id/event/1#begin> <http://www.w3.org/2006/time#inXSDDate> {date}" in found
    assert f'<https://example.org/id/event/2> <{DCTERMS.title}> "Industry Days"@en' in found
    # The name of a cluster is skos:prefLabel again: a context of a class ends with the node of that class.
    assert f'<https://example.org/id/cluster/3> <{SKOS.prefLabel}> "Medicon Valley"@en' in found
