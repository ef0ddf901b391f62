"""Graphs as sorted lines: what stands where in a line, and that the hash is the one of RDFC-1.0."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.namespaces import expand
from eclod.store import lines

S, P, THING = (ox.NamedNode(f"https://example.org/{name}") for name in "spo")
XSD = expand("xsd:")

#: Literals that look like what follows a literal in a line.
TRICKY = [
    "",
    " ",
    "a b",
    "_:b",
    "_:b .",
    "<g> .",
    "x <https://example.org/g> .",
    'a" <https://example.org/g> .',
    '"',
    '\\" <g> .',
    "\\",
    "\\\\",
    "\n<s> <p> <o> <g> .\n",
    "\r\n\t\x08\x0c",
    "\x00\x01\x1f\x7f\x0b\x85\u2028\u2029",
    "é ü \U0001f600",
    "<<( <s> <p> <o> )>>",
    ")>> <https://example.org/g> .",
    "@en <g> .",
    "^^<g> .",
    "#",
]
TERMS: list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple] = [
    *(ox.Literal(text) for text in TRICKY),
    *(ox.Literal(text, language="en-gb") for text in TRICKY),
    *(ox.Literal(text, datatype=ox.NamedNode("https://example.org/type?a=b")) for text in TRICKY),
    *(ox.Triple(S, P, ox.Literal(text)) for text in TRICKY),
    ox.Triple(S, P, THING),
    ox.Triple(S, P, ox.Triple(ox.BlankNode("x"), P, ox.Literal(")>> <g> ."))),
    THING,
    ox.NamedNode("urn:x"),
    ox.NamedNode("https://example.org/é?q='a'#_:b"),
    ox.BlankNode("b1"),
]
GRAPHS = ["", "https://example.org/g", "urn:a:b", "https://example.org/é#'g'", "_:g1"]

small = settings(derandomize=True, deadline=None, max_examples=200)
texts = st.text(st.characters(exclude_categories=["Cs"]))
literals = st.one_of(
    st.builds(ox.Literal, texts),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), texts, st.sampled_from(["en", "en-gb", "zh-hant-tw"])),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=ox.NamedNode(XSD + name)),
        st.one_of(texts, st.from_regex(r"[+-]?[0-9]{1,25}(\.[0-9]{0,25})?(Z|[+-]0[0-9]:00)?", fullmatch=True)),
        st.sampled_from(
            ["integer", "decimal", "double", "float", "int", "boolean", "date", "gYear", "dateTime", "time"]
        ),
    ),
    st.builds(
        lambda date, tail: ox.Literal(
            f"{date}{tail}", datatype=ox.NamedNode(XSD + ("dateTime" if "T" in tail else "date"))
        ),
        st.dates(),
        st.sampled_from(["", "Z", "+02:00", "T00:00:00", "T23:59:59.120Z", "T24:00:00"]),
    ),
)


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_graph_of_a_line_is_found_behind_any_object(graph: str) -> None:
    for term in TERMS:
        [line] = lines.of_triples([ox.Triple(S, P, term)], graph)
        assert lines.graph_of(line) == graph, line
        assert lines.subject(line) == b"<https://example.org/s>"


@pytest.mark.parametrize("graph", GRAPHS[:4])
def test_a_line_without_its_graph_is_the_line_of_the_triple(graph: str) -> None:
    for term in (term for term in TERMS if not isinstance(term, ox.Triple)):
        triple = ox.Triple(S, P, term)
        [line] = lines.of_triples([triple], graph)
        [read] = lines.quads([line])
        assert lines.without_graph(line, graph) == lines.of_triple(read.triple)
        assert lines.without_graph(line, "https://example.org/other") == line


def test_no_literal_breaks_a_line() -> None:
    found = lines.of_triples([ox.Triple(S, P, term) for term in TERMS], "https://example.org/g")
    assert len(found) == len(TERMS)
    assert found == sorted(found)
    assert {quad.object for quad in lines.quads(found)} == set(TERMS)


@small
@given(literals, st.sampled_from(GRAPHS))
def test_a_line_says_what_the_store_gives_back_and_says_it_again(literal: ox.Literal, graph: str) -> None:
    [line] = once = lines.of_triples([ox.Triple(S, P, literal)], graph)
    assert b"\n" not in line
    assert lines.graph_of(line) == graph
    assert lines.of_triples((quad.triple for quad in lines.quads(once)), graph) == once
    assert lines.of_triple(next(lines.quads(once)).triple) == (
        lines.without_graph(line, graph) if graph[:1] != "_" else line[: line.rindex(b"_:")] + b"."
    )


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"1.50"^^<{0}decimal>', '"1.5"^^<{0}decimal>'),
        ('"1"^^<{0}int>', '"1"^^<{0}integer>'),
        ('"+007"^^<{0}integer>', '"7"^^<{0}integer>'),
        ('"1"^^<{0}boolean>', '"true"^^<{0}boolean>'),
        ('"colour"@en-GB', '"colour"@en-gb'),
        ('"a"^^<{0}string>', '"a"'),
        ('"00012"', '"00012"'),
        ('"2014"^^<{0}gYear>', '"2014"^^<{0}gYear>'),
        ('"24.04.2014"^^<{0}date>', '"24.04.2014"^^<{0}date>'),
        ('"x"^^<{0}integer>', '"x"^^<{0}integer>'),
    ],
)
def test_values_are_kept_and_spellings_are_not(written: str, kept: str) -> None:
    text = f"<https://example.org/s> <https://example.org/p> {written.format(XSD)} ."
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.N_QUADS)]
    assert lines.of_triples(triples, "") == [
        f"<https://example.org/s> <https://example.org/p> {kept.format(XSD)} .".encode()
    ]


def rdfc(quads: Iterable[ox.Quad]) -> str:
    """Return the hash of a dataset as another program would take it: RDFC-1.0, then SHA-256."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    buffer = io.BytesIO()
    ox.serialize(dataset, buffer, ox.RdfFormat.N_QUADS)
    canonical = sorted(buffer.getvalue().splitlines(keepends=True))
    return hashlib.sha256(b"".join(canonical)).hexdigest()


def test_the_hash_of_several_graphs_is_that_of_the_dataset() -> None:
    ground = [term for term in TERMS if isinstance(term, ox.Literal)]
    by_graph = {graph: lines.of_triples([ox.Triple(S, P, term) for term in ground], graph) for graph in GRAPHS[:4]}
    quads = [quad for graph in by_graph.values() for quad in lines.quads(graph)]
    random.Random(1).shuffle(quads)
    assert lines.sha256(lines.merged(list(by_graph.values()))) == rdfc(quads)


def test_the_hash_of_nothing_is_that_of_the_empty_file() -> None:
    assert lines.sha256([]) == hashlib.sha256(b"").hexdigest() == rdfc([])


@small
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_the_difference_turns_one_graph_into_the_other(old: set[int], new: set[int]) -> None:
    before, after = (sorted(f"<s:{n}> <p:p> <o:o> .".encode() for n in side) for side in (old, new))
    removed, added = lines.difference(before, after)
    assert (removed, added) == (sorted(removed), sorted(added))
    assert sorted((set(before) - set(removed)) | set(added)) == after
    assert set(removed) <= set(before)
    assert not set(added) & set(before)


@pytest.mark.parametrize(
    "text", [b"", b"<s:s> <p:p> <o:o> .", b'<s:s> <p:p> "_:x" .', b"_:a <p:p> _:b <g:g> .\n_:b <p:p> _:a ."]
)
def test_blank_nodes_keep_their_labels_in_a_store(text: bytes) -> None:
    store = ox.Store()
    lines.load(store, text)
    lines.load(store, text)
    assert lines.of_store(store) == sorted(text.splitlines())
