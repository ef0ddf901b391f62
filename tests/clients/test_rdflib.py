"""rdflib over the endpoint and over the documents, and pyoxigraph over the dumps."""

from __future__ import annotations

import gzip
import io
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, SKOS, Dataset, Graph, Literal, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from rdflib.query import ResultRow
from tests.test_service import Service

from eclod.store.manifest import Manifest

from .conftest import COUNT, REGION, ROWS

ECLOD = Namespace("https://w3id.org/eclod/ontology#")
BASE = "https://w3id.org/eclod"
REGION_NODE = URIRef(REGION)
NAME = Literal("Hovedstaden", lang="da")
METHODS = ["GET", "POST", "POST_FORM"]
#: What rdflib says of itself when it reads quads.
rdflib_of_the_past = pytest.mark.filterwarnings(
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning",
    "ignore:Dataset.default_context is deprecated:DeprecationWarning",
)


@pytest.fixture(params=METHODS)
def store(request: pytest.FixtureRequest, endpoint: str) -> Iterator[SPARQLStore]:
    store = SPARQLStore(endpoint, method=request.param)
    yield store
    store.close()


def rows(graph: Graph, query: str, **options: object) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for row in graph.query(query, **options):  # type: ignore[arg-type]
        assert isinstance(row, ResultRow)
        found.append(tuple(row))
    return found


def test_queries_of_every_form(store: SPARQLStore, clusters: list[str]) -> None:
    graph = Graph(store)
    assert rows(graph, COUNT) == [(Literal(len(clusters)),)]
    assert graph.query("ASK { ?s a ?class }").askAnswer is True
    made = graph.query(f"CONSTRUCT WHERE {{ <{REGION}> a ?class }}").graph
    assert made is not None
    assert (REGION_NODE, RDF.type, SKOS.Concept) in made
    described = graph.query(f"DESCRIBE <{REGION}>").graph
    assert described is not None
    assert (REGION_NODE, SKOS.prefLabel, NAME) in described


def test_it_is_a_graph(store: SPARQLStore, clusters: list[str], starting_release: Manifest) -> None:
    graph = Graph(store)
    view = starting_release.graph("")
    assert view is not None
    assert len(graph) == view.triples
    assert sorted(str(s) for s in graph.subjects(RDF.type, ECLOD.Cluster)) == clusters
    assert graph.value(REGION_NODE, SKOS.prefLabel) == NAME
    assert list(graph.subjects(SKOS.prefLabel, NAME)) == [REGION_NODE]
    assert (REGION_NODE, RDF.type, SKOS.Concept) in graph
    assert (REGION_NODE, RDF.type, ECLOD.Cluster) not in graph


def test_bindings_and_prefixes(store: SPARQLStore) -> None:
    query = "SELECT ?name WHERE { ?region skos:prefLabel ?name }"
    found = rows(Graph(store), query, initBindings={"region": REGION_NODE}, initNs={"skos": SKOS})
    assert found == [(NAME,)]


def test_named_graphs(store: SPARQLStore, starting_release: Manifest) -> None:
    names = {entry.iri for entry in starting_release.graphs if entry.iri}
    assert len(names) >= 8
    assert {str(name) for name in store.contexts()} == names
    assert {str(name) for name in store.contexts((REGION_NODE, SKOS.prefLabel, NAME))} == {f"{BASE}/graph/codelists"}
    for name in (f"{BASE}/graph/codelists", f"{BASE}/graph/ontology"):
        entry = starting_release.graph(name)
        assert entry is not None
        assert len(Graph(store, URIRef(name))) == entry.triples
    assert len(Graph(store, URIRef(f"{BASE}/graph/unknown"))) == 0


def test_a_triple_that_everybody_has_is_cut_at_the_limit(store: SPARQLStore) -> None:
    assert len(list(Graph(store).triples((None, SKOS.prefLabel, None)))) == ROWS


def test_a_past_release_is_asked_in_the_same_way(
    service: Service, starting_release: Manifest, clusters: list[str]
) -> None:
    store = SPARQLStore(f"{service.base}/releases/{starting_release.id}/sparql")
    assert rows(Graph(store), COUNT) == [(Literal(len(clusters)),)]


def test_it_cannot_be_written_to(store: SPARQLStore) -> None:
    with pytest.raises(TypeError, match="read only"):
        Graph(store).add((REGION_NODE, RDF.type, ECLOD.Cluster))


@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
@pytest.mark.parametrize("method", METHODS)
def test_results_in_every_format(endpoint: str, form: str, method: str) -> None:
    store = SPARQLStore(endpoint, returnFormat=form, method=method)
    found = rows(Graph(store), f"SELECT ?name WHERE {{ <{REGION}> <{SKOS.prefLabel}> ?name }}")
    assert found == [(Literal("Hovedstaden") if form == "csv" else NAME,)]  # CSV has texts only


def test_a_query_with_an_error_in_it(endpoint: str) -> None:
    with pytest.raises(ValueError, match="SPARQL query"):
        rows(Graph(SPARQLStore(endpoint)), "SELECT nonsense")


@pytest.mark.parametrize("spelling", [str, str.upper, "{}/".format])
def test_a_thing_leads_to_what_is_said_of_it(service: Service, cluster: str, spelling: Callable[[str], str]) -> None:
    kind, _, code = cluster.rpartition("/")
    graph = Graph().parse(f"{service.base}{kind}/{spelling(code)}")
    assert (URIRef(BASE + cluster), RDF.type, ECLOD.Cluster) in graph
    assert len(graph) > 10


@rdflib_of_the_past
@pytest.mark.parametrize("ending", ["", ".ttl", ".jsonld", ".json", ".rdf", ".nt", ".nq", ".trig"])
def test_a_document_in_every_format(service: Service, cluster: str, ending: str) -> None:
    address = service.base + cluster.replace("/id/", "/doc/") + ending
    graph = Graph().parse(address, format="json-ld" if ending == ".json" else None)
    assert graph.value(URIRef(BASE + cluster), SKOS.prefLabel) is not None
    assert {p for _, p, _ in graph} == {p for _, p, _ in Graph().parse(service.base + cluster)}


@rdflib_of_the_past
@pytest.mark.parametrize("form", ["turtle", "n3", "nt", "xml", "json-ld", "trig"])
def test_a_thing_in_the_format_that_rdflib_is_told(service: Service, cluster: str, form: str) -> None:
    graph = Graph().parse(service.base + cluster, format=form)
    assert graph.value(URIRef(BASE + cluster), SKOS.prefLabel) is not None


@rdflib_of_the_past
@pytest.mark.parametrize("ending", [".trig", ".nq"])
def test_quads_say_which_source_said_what(service: Service, cluster: str, ending: str) -> None:
    dataset = Dataset()
    dataset.parse(service.base + cluster.replace("/id/", "/doc/") + ending)
    names = {str(graph.identifier) for graph in dataset.graphs() if len(graph)}
    assert f"{BASE}/graph/registry/eclod-starter" in names
    claims = dataset.graph(URIRef(f"{BASE}/graph/registry/eclod-starter"))
    assert (URIRef(BASE + cluster), RDF.type, ECLOD.Cluster) in claims


@pytest.mark.parametrize(
    ("path", "subject", "kind"),
    [
        ("/ontology", f"{BASE}/ontology", "http://www.w3.org/2002/07/owl#Ontology"),
        ("/", f"{BASE}/catalog", "http://www.w3.org/ns/dcat#Catalog"),
        ("/catalog", f"{BASE}/catalog", "http://www.w3.org/ns/dcat#Catalog"),
        ("/.well-known/void", f"{BASE}/.well-known/void", "http://rdfs.org/ns/void#DatasetDescription"),
        ("/scheme/ecosystem", f"{BASE}/scheme/ecosystem", str(SKOS.ConceptScheme)),
        ("/scheme/ecosystem/digital", f"{BASE}/scheme/ecosystem/digital", str(SKOS.Concept)),
        (f"/describe?iri={REGION}", REGION, str(SKOS.Concept)),
        ("/registries/eclod-starter", f"{BASE}/registries/eclod-starter", str(ECLOD.Registry)),
    ],
)
def test_what_describes_the_rest(service: Service, path: str, subject: str, kind: str) -> None:
    graph = Graph().parse(service.base + path)
    assert URIRef(kind) in set(graph.objects(URIRef(subject), RDF.type))


def test_the_endpoint_describes_itself_where_it_was_asked(service: Service) -> None:
    graph = Graph().parse(f"{service.base}/sparql")
    description = "http://www.w3.org/ns/sparql-service-description#"
    assert URIRef(f"{description}Service") in set(graph.objects(URIRef(f"{service.base}/sparql"), RDF.type))


@pytest.mark.parametrize("path", ["/shapes", "/queries", "/releases"])
def test_lists_are_graphs_too(service: Service, path: str) -> None:
    assert len(Graph().parse(service.base + path)) > 100


def test_a_saved_query_that_makes_a_graph(service: Service, cluster: str) -> None:
    graph = Graph().parse(f"{service.base}/queries/cluster-in-full.ttl?cluster={cluster.rpartition('/')[2]}")
    assert (URIRef(BASE + cluster), RDF.type, ECLOD.Cluster) in graph


@pytest.mark.parametrize(
    ("path", "status"), [("/id/cluster/8mvqghbrkt0", 400), ("/id/nothing/x", 404), ("/doc/cluster/x.pdf", 404)]
)
def test_what_there_is_not_is_an_error(service: Service, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        Graph().parse(service.base + path)
    with refused.value as error:
        assert error.code == status


def test_other_stores_ask_it_with_service(endpoint: str, clusters: list[str]) -> None:
    count = f"SELECT (COUNT(?cluster) AS ?clusters) {{ ?cluster a <{ECLOD.Cluster}> }}"
    query = f"SELECT ?clusters {{ SERVICE <{endpoint}> {{ {count} }} }}"
    assert rows(Graph(), query) == [(Literal(len(clusters)),)]
    solutions = ox.Store().query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    assert [solution["clusters"] for solution in solutions] == [ox.Literal(len(clusters))]


def test_the_dumps_are_the_release(service: Service, starting_release: Manifest) -> None:
    """Load all dumps as the catalogue names them and compare with what the release says of itself."""
    catalogue = Graph().parse(f"{service.base}/releases/{starting_release.id}")
    dumps = {str(dump) for dump in catalogue.objects(predicate=URIRef("http://rdfs.org/ns/void#dataDump"))}
    quads = sorted(address for address in dumps if address.endswith(".nq.gz"))
    assert len(quads) == len(starting_release.graphs)
    store = ox.Store()
    for address in quads:
        with urllib.request.urlopen(address.replace(BASE, service.base)) as answer:
            store.bulk_load(io.BytesIO(gzip.decompress(answer.read())), ox.RdfFormat.N_QUADS)
    assert len(store) == starting_release.quads
    for entry in starting_release.graphs:
        graph = ox.NamedNode(entry.iri) if entry.iri else ox.DefaultGraph()
        assert sum(1 for _ in store.quads_for_pattern(None, None, None, graph)) == entry.triples


def test_a_turtle_dump_holds_what_its_quads_hold(service: Service, starting_release: Manifest) -> None:
    address = f"{service.base}/releases/{starting_release.id}/dumps/ontology.ttl.gz"
    with urllib.request.urlopen(address) as answer:
        graph = rdflib.Graph().parse(data=gzip.decompress(answer.read()), format="turtle")
    entry = starting_release.graph(f"{BASE}/graph/ontology")
    assert entry is not None
    assert len(graph) == entry.triples
