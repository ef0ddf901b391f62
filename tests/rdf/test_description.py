"""Catalogue, VoID and service description: what they say is what the manifest and the counts say."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest

from eclod.core.formats import GRAPH_FORMATS
from eclod.core.namespaces import PREFIXES, expand
from eclod.core.settings import Settings
from eclod.rdf import description
from eclod.store import partitions
from eclod.store.manifest import Manifest
from eclod.store.partitions import Partitions
from eclod.store.releases import Releases


class Document:
    """Triples to ask."""

    def __init__(self, triples: list[ox.Triple]) -> None:
        assert not any(isinstance(term, ox.BlankNode) for t in triples for term in (t.subject, t.object))
        self.store = ox.Store()
        self.store.extend(ox.Quad(*triple) for triple in triples)

    def select(self, pattern: str) -> list[tuple[str, ...]]:
        prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
        found = self.store.query(f"{prefixes} SELECT {pattern}")
        assert isinstance(found, ox.QuerySolutions)
        return sorted(tuple(term.value for term in row) for row in found)


@pytest.fixture(scope="module")
def counts(starting_settings: Settings, starting_release: Manifest) -> Partitions:
    return partitions.read(Releases(starting_settings.data).folder(starting_release.id))


@pytest.fixture(scope="module")
def void(starting_release: Manifest, counts: Partitions) -> Document:
    return Document(description.void_description(starting_release, counts))


def test_void_says_every_number_of_every_graph(void: Document, starting_release: Manifest, counts: Partitions) -> None:
    whole = f"{starting_release.base}/releases/{starting_release.id}"
    numbers = "void:triples ?t ; void:entities ?e ; void:classes ?c ; void:properties ?p ; void:distinctSubjects ?s ; "
    said = void.select(f"?dataset ?t ?e ?c ?p ?s ?o {{ ?dataset {numbers} void:distinctObjects ?o }}")
    expected = {
        f"{whole}#{entry.dump}": tuple(
            str(number)
            for number in (
                found.triples,
                found.entities,
                found.distinct_classes,
                len(found.properties),
                found.distinct_subjects,
                found.distinct_objects,
            )
        )
        for entry in starting_release.graphs
        if (found := counts.graph(entry.iri)) is not None
    }
    assert len(expected) == len(starting_release.graphs)
    expected[whole] = expected[f"{whole}#default"]
    assert {dataset: tuple(rest) for dataset, *rest in said} == expected


def test_void_partitions_the_whole_by_class_and_property(
    void: Document, starting_release: Manifest, counts: Partitions
) -> None:
    default = counts.graph("")
    assert default is not None
    whole = f"<{starting_release.base}/releases/{starting_release.id}>"
    for dataset in (whole, whole.replace(">", "#default>")):
        part = f"{dataset} void:classPartition ?part . ?part a void:Dataset ; void:class ?class ;"
        assert void.select(f"?class ?n ?t {{ {part} void:entities ?n ; void:triples ?t }}") == sorted(
            (c.iri, str(c.entities), str(c.triples)) for c in default.classes
        )
        used = "void:propertyPartition [ void:property ?property ; void:triples ?n ]"
        assert void.select(f"?class ?property ?n {{ {part} {used} }}") == sorted(
            (c.iri, name, str(n)) for c in default.classes for name, n in c.properties
        )
        part = f"{dataset} void:propertyPartition ?part . ?part a void:Dataset ; void:property ?property ;"
        counted = "void:triples ?t ; void:distinctSubjects ?s ; void:distinctObjects ?o"
        assert void.select(f"?property ?t ?s ?o {{ {part} {counted} }}") == sorted(
            (p.iri, str(p.triples), str(p.distinct_subjects), str(p.distinct_objects)) for p in default.properties
        )
    parts = void.select("?part { ?part void:class|void:property ?term }")
    assert len(parts) == len(set(parts))


def test_void_names_vocabularies_examples_formats_and_uri_spaces(void: Document, starting_release: Manifest) -> None:
    whole = f"<{starting_release.base}/releases/{starting_release.id}>"
    vocabularies = {iri for (iri,) in void.select(f"?v {{ {whole} void:vocabulary ?v }}")}
    assert {PREFIXES[name] for name in ("eclod", "org", "skos", "dct", "eurio", "cv")} <= vocabularies
    assert all(iri.endswith(("#", "/")) for iri in vocabularies)
    examples = [iri for (iri,) in void.select(f"?e {{ {whole} void:exampleResource ?e }}")]
    kinds = {re.sub(rf"^{re.escape(starting_release.base)}/id/(\w+)/\w+$", r"\1", iri) for iri in examples}
    assert {"cluster", "organisation", "event", "platform"} <= kinds
    assert {iri for (iri,) in void.select(f"?f {{ {whole} void:feature ?f }}")} == {f.w3c for f in GRAPH_FORMATS}
    pattern = f"{whole} void:classPartition [ void:class ?class ; void:uriSpace ?space ]"
    spaces = {found[0]: found[1] for found in void.select(f"?class ?space {{ {pattern} }}")}
    assert spaces[expand("eclod:Cluster")] == f"{starting_release.base}/id/cluster/"
    assert spaces[expand("eclod:Registry")] == f"{starting_release.base}/registries/"
    for space, pattern in void.select("?space ?pattern { ?d void:uriSpace ?space ; void:uriRegexPattern ?pattern }"):
        assert re.match(pattern, f"{space}x")
        assert not re.match(pattern, space.replace(".", "x", 1))
    # No prefix is common to everything that the default graph describes.
    assert void.select(f"?space {{ {whole} void:uriSpace ?space }}") == []


def test_the_service_description_names_the_graphs_that_void_counts(
    void: Document, starting_release: Manifest, counts: Partitions
) -> None:
    service = Document(description.service_description(starting_release))
    default = f"{starting_release.base}/releases/{starting_release.id}#default"
    assert service.select("?g { [] sd:defaultDataset [ sd:defaultGraph ?g ] }") == [(default,)]
    assert service.select("?void { ?service a sd:Service ; rdfs:seeAlso ?void }") == [
        (f"{starting_release.base}/.well-known/void",)
    ]
    said = service.select("?name ?n { [] sd:namedGraph [ sd:name ?name ; sd:graph [ void:triples ?n ] ] }")
    assert said == sorted((g.iri, str(g.triples)) for g in counts.graphs if g.iri)
    assert service.select(f"?n {{ <{default}> void:triples ?n }}") == void.select(
        f"?n {{ <{default}> void:triples ?n }}"
    )


def test_a_release_without_counts_is_described_without_partitions(starting_release: Manifest) -> None:
    for triples in (
        description.void_description(starting_release),
        description.void_description(starting_release, Partitions()),
    ):
        document = Document(triples)
        assert document.select("?p { ?d void:classPartition|void:propertyPartition ?p }") == []
        assert len(document.select("?d ?n { ?d void:triples ?n }")) == len(starting_release.graphs) + 1
