"""The counts of a release: every number is what SPARQL counts, and an unchanged graph keeps its numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclod.core.errors import Damaged
from eclod.core.namespaces import expand
from eclod.core.settings import Settings
from eclod.store import lines, partitions
from eclod.store.manifest import Manifest
from eclod.store.partitions import GraphPartitions
from eclod.store.releases import Releases

Must = Callable[..., Manifest]


def solutions(store: ox.Store, select: str, pattern: str, graph: str, group: str = "") -> list[list[str]]:
    """Return the rows of `SELECT select { pattern }` over one graph, as text."""
    found = store.query(f"SELECT {select} {{ {pattern} }} {group}", default_graph=[lines.graph_name(graph)])
    assert isinstance(found, ox.QuerySolutions)
    variables = [str(variable) for variable in found.variables]
    return [[_text(row[name[1:]]) for name in variables] for row in found]


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def counted(store: ox.Store, graph: str) -> dict[str, int]:
    def number(count: str, pattern: str) -> int:
        return int(solutions(store, f"({count} AS ?n)", pattern, graph)[0][0])

    return {
        "triples": number("COUNT(*)", "?s ?p ?o"),
        "distinct_subjects": number("COUNT(DISTINCT ?s)", "?s ?p ?o"),
        "distinct_objects": number("COUNT(DISTINCT ?o)", "?s ?p ?o"),
        "entities": number("COUNT(DISTINCT ?s)", "?s a ?class"),
        "distinct_classes": number("COUNT(DISTINCT ?o)", "?s a ?o"),
        "properties": number("COUNT(DISTINCT ?p)", "?s ?p ?o"),
    }


def agrees(store: ox.Store, graph: GraphPartitions) -> None:
    """Assert that every number of a graph is the one that SPARQL gives."""
    iri = graph.iri
    numbers = graph.model_dump(include={"triples", "distinct_subjects", "distinct_objects", "entities"})
    numbers |= {"distinct_classes": graph.distinct_classes, "properties": len(graph.properties)}
    assert numbers == counted(store, iri)
    by_property = solutions(
        store,
        "?p (COUNT(*) AS ?t) (COUNT(DISTINCT ?s) AS ?n) (COUNT(DISTINCT ?o) AS ?m)",
        "?s ?p ?o",
        iri,
        "GROUP BY ?p",
    )
    assert sorted(
        [p.iri, str(p.triples), str(p.distinct_subjects), str(p.distinct_objects)] for p in graph.properties
    ) == sorted(by_property)
    by_class = solutions(store, "?c (COUNT(DISTINCT ?s) AS ?n)", "?s a ?c FILTER(isIRI(?c))", iri, "GROUP BY ?c")
    assert sorted([c.iri, str(c.entities)] for c in graph.classes) == sorted(by_class)
    of_class = solutions(store, "?c ?p (COUNT(*) AS ?n)", "?s a ?c ; ?p ?o FILTER(isIRI(?c))", iri, "GROUP BY ?c ?p")
    assert sorted([c.iri, p, str(n)] for c in graph.classes for p, n in c.properties) == sorted(of_class)
    spaces = {c.iri: c.uri_space for c in graph.classes}
    for kind, entity in solutions(store, "DISTINCT ?c ?s", "?s a ?c FILTER(isIRI(?c))", iri):
        assert entity.startswith(spaces[kind])


def test_every_number_of_the_starting_release_is_what_sparql_counts(
    starting_settings: Settings, starting_release: Manifest
) -> None:
    folder = Releases(starting_settings.data).folder(starting_release.id)
    found = partitions.read(folder)
    assert {graph.iri: graph.triples for graph in found.graphs} == {g.iri: g.triples for g in starting_release.graphs}
    store = ox.Store.read_only(str(folder / "store"))
    for graph in found.graphs:
        agrees(store, graph)
    clusters = next(c for c in found.graphs[0].classes if c.iri == expand("eclod:Cluster"))
    assert clusters.uri_space == f"{starting_release.base}/id/cluster/"
    assert clusters.example.startswith(clusters.uri_space)
    assert clusters.triples == sum(n for _, n in clusters.properties) > clusters.entities > 100


iris = st.sampled_from([ox.NamedNode(f"http://a.example/{name}") for name in ("a", "a/b", "a#b", "ab", "c")])
blanks = st.sampled_from([ox.BlankNode("x"), ox.BlankNode("y")])
literals = st.one_of(
    st.builds(ox.Literal, st.text(max_size=4)),
    st.builds(ox.Literal, st.text(max_size=2), language=st.sampled_from(["en", "de"])),
    st.builds(ox.Literal, st.one_of(st.integers(-2, 2), st.booleans(), st.floats())),
    st.just(ox.Literal("1 . <g> .", datatype=ox.NamedNode("urn:type"))),
)
properties = st.one_of(st.just(ox.NamedNode(expand("rdf:type"))), iris)
graph_names = st.sampled_from([ox.DefaultGraph(), ox.NamedNode("http://a.example/g"), ox.BlankNode("g")])
quads = st.builds(ox.Quad, st.one_of(iris, blanks), properties, st.one_of(iris, blanks, literals), graph_names)


def by_graph(store: ox.Store) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {"": []}
    for line in lines.of_store(store):
        found.setdefault(lines.graph_of(line), []).append(line)
    return found


@given(st.lists(quads, max_size=40))
def test_every_number_of_any_dataset_is_what_sparql_counts(dataset: list[ox.Quad]) -> None:
    store = ox.Store()
    store.extend(dataset)
    for iri, graph in by_graph(store).items():
        agrees(store, partitions.count(graph, iri))


@given(st.lists(quads, max_size=25, unique_by=str), st.lists(quads, max_size=8), st.data())
def test_counts_after_any_change_are_those_of_counting_anew(
    old: list[ox.Quad], more: list[ox.Quad], data: st.DataObject
) -> None:
    """The store is asked about what changed only; every number, beginning and example is the one of the whole."""
    gone = data.draw(st.lists(st.sampled_from(old), max_size=len(old))) if old else []
    store = ox.Store()
    store.extend(old)
    before = by_graph(store)
    for quad in gone:
        store.remove(quad)
    store.extend(more)
    after = by_graph(store)
    for iri in before.keys() | after.keys():
        was, now = before.get(iri, []), after.get(iri, [])
        removed, added = lines.difference(was, now)
        updated = partitions.update(partitions.count(was, iri), removed, added, store, iri)
        assert updated == partitions.count(now, iri)


def test_an_unchanged_graph_is_not_counted_again(
    must: Must, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    must(a__trig="<urn:g:1> { <urn:s> <urn:p> 1 } <urn:g:2> { <urn:s> <urn:p> 1 }")
    again: list[str] = []
    count = partitions.count

    def noted(graph: list[bytes], iri: str) -> GraphPartitions:
        again.append(iri)
        return count(graph, iri)

    monkeypatch.setattr(partitions, "count", noted)
    release = must(a__trig="<urn:g:1> { <urn:s> <urn:p> 1 } <urn:g:2> { <urn:s> <urn:p> 1, 2 }")
    assert again == ["urn:g:2"]
    found = partitions.read(releases.folder(release.id))
    assert [(graph.iri, graph.triples) for graph in found.graphs] == [("", 0), ("urn:g:1", 1), ("urn:g:2", 2)]
    assert found.graph("urn:g:3") is None


def test_a_release_without_counts_is_read_and_built_on(must: Must, releases: Releases) -> None:
    first = releases.folder(must(a__ttl="<urn:s> <urn:p> 1 .").id)
    (first / partitions.FILE).unlink()
    assert partitions.read(first) == partitions.Partitions()
    assert partitions.read(first).graph("") is None
    second = releases.folder(must(a__ttl="<urn:s> <urn:p> 2 .").id)
    (second / partitions.FILE).write_text('{"format": 0}')
    third = must(a__ttl="<urn:s> <urn:p> 2 .", b__trig="<urn:g> { <urn:s> <urn:p> 3 }")
    assert {graph.iri for graph in partitions.read(releases.folder(third.id)).graphs} == {"", "urn:g"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"format": 99, "graphs": []}', "format 99"),
        ("\xff", "read"),
    ],
)
def test_counts_that_do_not_hold_are_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / partitions.FILE).write_bytes(content.encode("latin-1"))
    with pytest.raises(Damaged, match=said):
        partitions.read(tmp_path)
