"""Publishing RDF as it is: every format, every graph, nothing fetched, and the hash that everybody else computes."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.errors import BadInput, Locked
from eclod.core.settings import Settings
from eclod.store import lines
from eclod.store.host import opener
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders.from_rdf import build_from_rdf

Publish = Callable[..., Manifest | None]
Must = Callable[..., Manifest]

TURTLE = """
@prefix e: <https://example.org/> .
e:s e:p "plain" , "colour"@en-GB , 1.50 , "a <g> ." , "_:x ." ; e:q e:o , [ e:q "blank" ] .
"""
SAME = {
    "n3": TURTLE,
    "turtle": TURTLE,
    "TTL": TURTLE,
    "trig": TURTLE,
    "nt": """
        <https://example.org/s> <https://example.org/p> "plain" .
        <https://example.org/s> <https://example.org/p> "colour"@en-GB .
        <https://example.org/s> <https://example.org/p> "1.5"^^<http://www.w3.org/2001/XMLSchema#decimal> .
        <https://example.org/s> <https://example.org/p> "a <g> ." .
        <https://example.org/s> <https://example.org/p> "_:x ." .
        <https://example.org/s> <https://example.org/q> <https://example.org/o> .
        <https://example.org/s> <https://example.org/q> _:any .
        _:any <https://example.org/q> "blank" .
    """,
    "rdf": """<?xml version="1.0"?>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://example.org/">
        <rdf:Description rdf:about="https://example.org/s"><e:p>plain</e:p><e:p xml:lang="en-GB">colour</e:p>
        <e:p rdf:datatype="http://www.w3.org/2001/XMLSchema#decimal">1.50</e:p><e:p>a &lt;g&gt; .</e:p><e:p>_:x .</e:p>
        <e:q rdf:resource="https://example.org/o"/>
        <e:q><rdf:Description><e:q>blank</e:q></rdf:Description></e:q></rdf:Description></rdf:RDF>
    """,
    "jsonld": json.dumps(
        {
            "@context": {"e": "https://example.org/"},
            "@id": "e:s",
            "e:p": [
                "plain",
                {"@value": "colour", "@language": "en-GB"},
                {"@value": "1.50", "@type": "http://www.w3.org/2001/XMLSchema#decimal"},
                "a <g> .",
                "_:x .",
            ],
            "e:q": [{"@id": "e:o"}, {"e:q": "blank"}],
        }
    ),
}
SAME |= {"owl": SAME["rdf"], "xml": SAME["rdf"], "json": SAME["jsonld"], "nq": SAME["nt"]}

#: Named graphs, blank nodes shared between them, a graph whose name is a blank node.
DATASET = """
<urn:s> <urn:p> _:b .
_:b <urn:p> "in one" <urn:g:1> .
_:b <urn:p> "in two" <urn:g:2> .
<urn:s> <urn:p> "named by nobody" _:g .
_:g <urn:p> _:c <urn:g:1> .
_:c <urn:p> _:d <urn:g:2> .
"""


def stored(releases: Releases, manifest: Manifest) -> list[bytes]:
    return lines.of_store(ox.Store.read_only(str(releases.folder(manifest.id) / "store")))


def rdfc(*datasets: str) -> str:
    """Return the hash of N-Quads texts, blank nodes kept apart, as another program would take it."""
    quads = [
        quad
        for text in datasets
        for quad in ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS, rename_blank_nodes=True)
    ]
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    buffer = io.BytesIO()
    ox.serialize(dataset, buffer, ox.RdfFormat.N_QUADS)
    return hashlib.sha256(b"".join(sorted(buffer.getvalue().splitlines(keepends=True)))).hexdigest()


@pytest.fixture
def listener() -> Iterator[tuple[str, list[object]]]:
    """Return the address of a server and the list of who connected."""
    seen: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, peer = server.accept()
            except OSError:
                return
            seen.append(peer)
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", seen
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_every_format_says_the_same(publish_rdf: Publish) -> None:
    first = publish_rdf(a__ttl=TURTLE)
    assert first is not None
    assert first.quads == 8
    assert first.origin == "rdf"
    for suffix, text in SAME.items():
        assert publish_rdf(**{f"a__{suffix}": text}) is None, suffix


def test_named_graphs_are_kept(publish_rdf: Publish, must: Must, releases: Releases) -> None:
    text = "@prefix e: <urn:e:> . e:s e:p 1 . e:g { e:s e:p 2 , 3 } GRAPH <urn:e:é#x> { e:s e:p 4 } e:empty { }"
    manifest = must(a__trig=text)
    assert {graph.iri: graph.triples for graph in manifest.graphs} == {"": 1, "urn:e:g": 2, "urn:e:é#x": 1}
    assert len({graph.dump for graph in manifest.graphs}) == 3
    for graph in manifest.graphs:
        dump = lines.read_dump(releases.folder(manifest.id) / "dumps" / f"{graph.dump}.nq.gz")
        assert dump == [line for line in stored(releases, manifest) if lines.graph_of(line) == graph.iri]
    as_json = json.dumps({"@id": "urn:e:g", "@graph": [{"@id": "urn:e:s", "urn:e:p": [2, 3]}]})
    rest = "<urn:e:é#x> { <urn:e:s> <urn:e:p> 4 }"
    assert publish_rdf(a__jsonld=as_json, b__ttl="<urn:e:s> <urn:e:p> 1 .", c__trig=rest) is None


def test_the_hash_is_the_one_of_rdfc(must: Must) -> None:
    assert must(a__nq=DATASET).dataset_sha256 == rdfc(DATASET)
    ground = "".join(f'<urn:s> <urn:p> "{n}" <urn:g:{n % 3}> .\n' for n in range(20))
    assert must(a__nq=ground).dataset_sha256 == rdfc(ground)
    assert must(a__nq=DATASET, b__nq=DATASET.replace("in", "on")).dataset_sha256 == rdfc(
        DATASET, DATASET.replace("in", "on")
    )


def test_blank_nodes_of_two_files_stay_apart_and_of_one_file_together(must: Must, releases: Releases) -> None:
    manifest = must(a__nq=DATASET, b__nt='_:b <urn:p> "other file" .', c__ttl='_:b <urn:p> "third" .')
    store = ox.Store.read_only(str(releases.folder(manifest.id) / "store"))
    named = {
        quad.object.value: quad.subject
        for quad in store
        if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.BlankNode)
    }
    assert named["in one"] == named["in two"]
    assert len({named["in one"], named["other file"], named["third"]}) == 3
    [graph] = [quad.graph_name for quad in store if "nobody" in str(quad.object)]
    assert [quad.subject for quad in store.quads_for_pattern(graph, None, None)]  # the graph's name is a node elsewhere


@pytest.mark.parametrize(
    "changed", [DATASET.replace("in two", "changed"), "<urn:s> <urn:p> _:x .\n_:x <urn:p> _:x .", ""]
)
def test_after_a_change_of_blank_nodes_nothing_of_the_old_is_left(must: Must, releases: Releases, changed: str) -> None:
    must(a__nq=DATASET)
    manifest = must(a__nq=changed)
    assert manifest.dataset_sha256 == rdfc(changed)
    assert lines.sha256(stored(releases, manifest)) == manifest.dataset_sha256
    assert len(stored(releases, manifest)) == manifest.quads


@pytest.mark.parametrize("memory_mb", [64, 0])
def test_what_is_served_is_what_was_published(must: Must, releases: Releases, memory_mb: int) -> None:
    manifest = must(a__nq=DATASET)
    open_store, place = opener(releases.folder(manifest.id), memory_mb << 20)
    assert place == ("memory" if memory_mb else "disk")
    assert lines.sha256(lines.of_store(open_store())) == manifest.dataset_sha256


def test_the_order_and_division_of_files_do_not_count(publish_rdf: Publish) -> None:
    parts = {"a__ttl": TURTLE, "b__nq": DATASET, "c__nt": "_:x <urn:p> _:y .", "d__nt": "_:x <urn:p> _:y ."}
    assert publish_rdf(**parts) is not None
    for order in itertools.permutations(parts):
        assert publish_rdf(**{name: parts[name] for name in order}) is None


def test_the_same_again_is_nothing_new_and_less_is(publish_rdf: Publish, must: Must) -> None:
    first = must(a__nq=DATASET)
    assert publish_rdf(a__nq="\n".join(reversed(DATASET.splitlines()))) is None
    fewer = must(a__nq="<urn:s> <urn:p> _:b .")
    assert fewer.previous == first.id
    assert [graph.iri for graph in fewer.graphs] == [""]
    assert must(a__nq=DATASET).dataset_sha256 == first.dataset_sha256


def test_no_statement_at_all_is_an_empty_release(must: Must) -> None:
    manifest = must(a__ttl="# nothing")
    assert (manifest.quads, manifest.dataset_sha256) == (0, hashlib.sha256(b"").hexdigest())


def test_relative_iris_need_a_base(publish_rdf: Publish, releases: Releases) -> None:
    with pytest.raises(BadInput, match=r"a\.ttl, line 1, column 1 is not Turtle"):
        publish_rdf(a__ttl="<s> <p> <#o> .")
    manifest = publish_rdf(base_iri="https://example.org/x/", a__ttl="<s> <p> <#o> .")
    assert manifest is not None
    assert stored(releases, manifest) == [
        b"<https://example.org/x/s> <https://example.org/x/p> <https://example.org/x/#o> ."
    ]
    manifest = publish_rdf(base_iri="https://example.org/x/", a__ttl="@base <urn:y:> . <urn:s> <urn:p> <https:z> .")
    with pytest.raises(BadInput, match="not an IRI"):
        publish_rdf(base_iri="not a base", a__ttl="<s> <p> <o> .")


BROKEN = {
    "ttl": '<urn:s> <urn:p> "1" .\n<urn:s> <urn:p> "2" .\n<urn:s> <urn:p "3" .\n',
    "nt": '<urn:s> <urn:p> "1" .\n<urn:s> <urn:p> "2" .\n<urn:s> <urn:p> "3 .\n',
    "nq": '<urn:s> <urn:p> "1" .\n<urn:s> <urn:p> "2" .\n<urn:s> <urn:p> "3" "g" .\n',
    "trig": '<urn:s> <urn:p> "1" .\n<urn:g> { <urn:s> <urn:p> "2" }\n}\n',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<rdf:Description>\n</rdf:RDF>\n',
    "jsonld": '{\n"@id": "urn:s",\n"urn:p" 1}\n',
}


@pytest.mark.parametrize("suffix", BROKEN)
def test_a_broken_file_is_named_with_its_place_and_changes_nothing(
    publish_rdf: Publish, releases: Releases, three: list[str], suffix: str
) -> None:
    place = ", line 3, column [0-9]+" if suffix != "rdf" else "(, line 3, column [0-9]+)?"
    with pytest.raises(BadInput, match=rf"a\.{suffix}{place} is not [A-Z]") as caught:
        publish_rdf(**{f"a__{suffix}": BROKEN[suffix]})
    assert caught.value.message.endswith(".")
    assert releases.ids() == three
    assert releases.current_id() == three[2]
    assert not list(releases.root.glob(".*"))


def test_text_in_another_encoding_is_refused(publish_rdf: Publish) -> None:
    with pytest.raises(BadInput, match=r"a\.ttl, line 1.*is not Turtle.*UTF-8"):
        publish_rdf(a__ttl='<urn:s> <urn:p> "Köln" .'.encode("latin-1"))


@pytest.mark.parametrize("name", ["a__csv", "a__txt", "a", "a__ttl__gz"])
def test_another_suffix_is_refused_with_those_there_are(publish_rdf: Publish, name: str) -> None:
    with pytest.raises(BadInput, match=r"has no RDF suffix; use one of \.nq, \.trig"):
        publish_rdf(**{name: TURTLE})


def test_a_file_that_cannot_be_read_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.ttl").mkdir()
    for path in (tmp_path / "nothing.ttl", tmp_path / "folder.ttl"):
        with pytest.raises(BadInput, match=rf"{path.name} cannot be read: "):
            build_from_rdf(Settings(data=data), [path])


def test_another_build_is_waited_for(publish_rdf: Publish, releases: Releases) -> None:
    with releases.writing(), pytest.raises(Locked):
        publish_rdf(a__ttl=TURTLE)


def contexts(address: str) -> list[object]:
    return [address, [address], {"@import": address}, [{}, address], {"p": {"@id": "urn:p", "@context": address}}]


@pytest.mark.parametrize("number", range(5))
def test_a_context_elsewhere_is_not_fetched(
    publish_rdf: Publish, listener: tuple[str, list[object]], number: int, tmp_path: Path
) -> None:
    (tmp_path / "context.jsonld").write_text('{"@context": {"secret": "urn:secret"}}')
    for address in (listener[0], (tmp_path / "context.jsonld").as_uri(), "//127.0.0.1/x", "context.jsonld"):
        document = {"@context": contexts(address)[number], "@id": "urn:s", "p": {"secret": "x"}, "secret": "y"}
        with pytest.raises(BadInput, match=r"a\.jsonld.* is not JSON-LD"):
            publish_rdf(a__jsonld=json.dumps({"@version": 1.1} | document), base_iri="https://example.org/")
    assert listener[1] == []


ENTITIES = [
    '<!DOCTYPE r [<!ENTITY x SYSTEM "{0}">]>',
    "<!DOCTYPE r [<!ENTITY x SYSTEM '{0}'>]>",
    '<!DOCTYPE r [<!ENTITY x PUBLIC "a" "{0}">]>',
    '<!DOCTYPE r [<!ENTITY % x SYSTEM "{0}"> %x;]>',
    '<!DOCTYPE r SYSTEM "{0}">',
    '<!DOCTYPE r SYSTEM "{0}" [<!ENTITY x "">]>',
]


@pytest.mark.parametrize("doctype", ENTITIES)
def test_entities_from_elsewhere_are_not_read(
    publish_rdf: Publish, releases: Releases, listener: tuple[str, list[object]], tmp_path: Path, doctype: str
) -> None:
    (tmp_path / "secret.txt").write_text("the secret")
    for number, address in enumerate((listener[0], (tmp_path / "secret.txt").as_uri(), "secret.txt")):
        text = f"""<?xml version="1.0"?>{doctype.format(address)}
            <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="https://example.org/">
            <rdf:Description rdf:about="urn:{number}"><e:p>a&x;b</e:p></rdf:Description></rdf:RDF>"""
        try:
            manifest = publish_rdf(a__rdf=text, base_iri=tmp_path.as_uri() + "/")
        except BadInput as error:
            assert "a.rdf" in error.message
        else:
            assert manifest is not None
            assert b"secret" not in b"".join(stored(releases, manifest))
    assert listener[1] == []


def test_entities_of_the_file_itself_are_read(must: Must, releases: Releases) -> None:
    text = """<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e "https://example.org/"><!ENTITY amp2 "&#38;#38;">]>
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="&e;">
        <rdf:Description rdf:about="&e;s"><e:p rdf:resource="&e;o"/></rdf:Description></rdf:RDF>"""
    assert stored(releases, must(a__rdf=text)) == [
        b"<https://example.org/s> <https://example.org/p> <https://example.org/o> ."
    ]


def test_what_the_data_would_import_is_only_a_name(publish_rdf: Publish, listener: tuple[str, list[object]]) -> None:
    manifest = publish_rdf(
        a__ttl=f"<urn:o> <http://www.w3.org/2002/07/owl#imports> <{listener[0]}> , <file:///etc/passwd> ."
    )
    assert manifest is not None
    assert manifest.quads == 2
    assert listener[1] == []


@pytest.mark.parametrize(
    "text",
    [
        "<urn:s> <urn:p> <<( <urn:a> <urn:b> <urn:c> )>> <urn:g> .",
        '<urn:s> <urn:p> <<( <urn:a> <urn:b> ")>> <urn:g> ." )>> .',
        '<urn:s> <urn:p> "left"@ar--rtl <urn:g> .',
    ],
)
def test_rdf_1_2_is_kept_in_its_graph(publish_rdf: Publish, must: Must, releases: Releases, text: str) -> None:
    manifest = must(a__nq=text)
    assert stored(releases, manifest) == [text.encode()]
    assert {graph.iri: graph.triples for graph in manifest.graphs if graph.triples} == {
        "urn:g" if text.endswith("<urn:g> .") else "": 1
    }
    assert publish_rdf(a__nq=text) is None


def test_a_blank_node_in_a_triple_term_has_the_same_name_each_time(publish_rdf: Publish) -> None:
    text = "<urn:s> <urn:p> <<( <urn:a> <urn:b> _:c )>> <urn:g> ."
    assert publish_rdf(a__nq=text) is not None
    assert publish_rdf(a__nq=text) is None
