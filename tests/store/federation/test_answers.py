"""SERVICE to an endpoint on the list: the same answer as if its data were here."""

from __future__ import annotations

import random
from http.server import BaseHTTPRequestHandler

import pyoxigraph as ox
import pytest

from eclod.core.endpoints import Endpoint
from eclod.core.errors import BadQuery, EclodError, NotAllowed, OverBudget, TooBusy, TooLarge
from eclod.store.federation import Federation

from .conftest import JSON, LOCAL, REMOTE, Remote, ask_of, filled, names, rows, store_of

#: `SERVICE` stands for a clause; without it, the same group over all data has the same answer.
PATTERNS = [
    "SERVICE { ?r :label ?l }",
    "?c :same ?r . SERVICE { ?r :label ?l }",
    "?c :same ?r SERVICE { ?r ?p ?l }",
    "SERVICE { ?r ?p ?l } ?c :same ?r",
    "?c :name ?n OPTIONAL { ?c :same ?r } SERVICE { ?r :label ?l }",
    "?c :name ?n OPTIONAL { ?c :same ?r OPTIONAL { SERVICE { ?r :label ?l } } }",
    "?c :name ?n OPTIONAL { ?c :same ?r SERVICE { ?r :site ?s } }",
    "?c :same ?r OPTIONAL { SERVICE { ?r :number ?k } }",
    "?c :same ?r OPTIONAL { SERVICE { ?r :number ?k } FILTER(?k > 1) }",
    "?c :same ?r ; :size ?z OPTIONAL { SERVICE { ?r :number ?k } FILTER(?k > ?z) }",
    "?c :same ?r FILTER(?k > 1) SERVICE { ?r :number ?k }",
    "?c :same ?r FILTER NOT EXISTS { ?c :size 1 } SERVICE { ?r :label ?k } FILTER(STRLEN(?k) > 0)",
    "?c :same ?r FILTER regex(str(?r), 'r') FILTER(BOUND(?l) || true) SERVICE { ?r :label ?l }",
    "?c :same ?r SERVICE { ?r :label ?l } SERVICE { ?r :number ?k }",
    "?c :same ?r SERVICE { ?r :site ?s } OPTIONAL { SERVICE { ?r :number ?k } }",
    "{ ?c :same ?r } UNION { SERVICE { ?r :site ?s } }",
    "{ ?c :same ?r SERVICE { ?r :label ?l } } UNION { SERVICE { ?r :number ?k } }",
    "?c :same ?r { SERVICE { ?r :label ?l } } UNION { ?c :size ?z }",
    "?c :same ?r MINUS { SERVICE { ?r :site ?s } }",
    "?c :same ?r FILTER EXISTS { SERVICE { ?r :site ?s } }",
    "?c :same ?r FILTER NOT EXISTS { SERVICE { ?r :site ?s } }",
    "?c :same ?r { SELECT ?r (COUNT(?l) AS ?n) { SERVICE { ?r :label ?l } } GROUP BY ?r }",
    "?c :same ?r SERVICE { SELECT ?r (COUNT(?l) AS ?n) { ?r :label ?l } GROUP BY ?r }",
    "?c :same ?r SERVICE { SELECT DISTINCT ?r { ?r :label ?l } }",
    "{ SELECT DISTINCT ?r { ?c :same ?r } } SERVICE { ?r :label ?l }",
    "{ SELECT ?r ?z { ?c :same ?r . ?c :size ?z } ORDER BY ?z LIMIT 1 } SERVICE { ?r :label ?l }",
    "VALUES ?r { :r1 :r3 } SERVICE { ?r :label ?l }",
    "VALUES (?r ?x) { (:r1 1) (UNDEF 2) } SERVICE { ?r :label ?l }",
    "BIND(:r3 AS ?r) SERVICE { ?r :label ?l BIND(STRLEN(?l) AS ?k) }",
    "?c :same ?r SERVICE { ?r :label ?l FILTER(LANG(?l) = 'de' || ?l = '} } SERVICE <x> {') } # }",
    "?c :same ?r SERVICE { { ?r :label ?l } UNION { ?r :number ?k } VALUES ?k { 1 2.5 UNDEF } }",
    "?c :same ?r SERVICE { ?r :label ?l OPTIONAL { ?r :number ?k FILTER(?k = 4) } }",
    "?c :same ?r SERVICE { ?x :number [] . OPTIONAL { ?r :site ?x } }",
    "?c :same ?r SERVICE { ?r :number|:label ?v . MINUS { ?r :knows ?who } }",
    "?c :same ?r SERVICE { ?r :knows/:label ?v }",
    "?c :same ?r SERVICE { ?r :knows ?who }",
    "?c :same ?nobody SERVICE { ?r :label 'Three' }",
    "?c :nothing ?r SERVICE { ?r :label ?l }",
    "?c :same ?r SERVICE { ?r :nothing ?l }",
    "?c :same ?r SERVICE { :r3 :label 'Three' }",
    "?c :same ?r SERVICE { :r3 :label 'Four' }",
    "?c :same ?r SERVICE { }",
    "?c :same :r1 , ?r SERVICE { ?r ?p 4 } BIND(?p AS ?q)",
    "?c :name ?n; :same ?r.SERVICE{?r :label ?l}FILTER(?n<'x'&&1<2)",
]


HERE = [
    "?c :same ?r .",
    "?c :name ?n .",
    "OPTIONAL { ?c :same ?r }",
    "OPTIONAL { ?c :size ?z }",
    "VALUES ?r { :r1 :r2 UNDEF }",
    "FILTER(?z < 3)",
    "FILTER(BOUND(?l))",
    "MINUS { ?c :size 2 }",
    "{ ?c :size ?z } UNION { ?c :same ?r }",
]
THERE = ["?r :label ?l .", "?r :number ?k .", "OPTIONAL { ?r :site ?s }", "{ ?r :number ?k } UNION { ?r :site ?s }"]
AROUND = [
    "SERVICE { % }",
    "OPTIONAL { SERVICE { % } }",
    "OPTIONAL { ?c :same ?r SERVICE { % } }",
    "{ SERVICE { % } }",
    "MINUS { SERVICE { % } }",
    "{ ?c :same ?r } UNION { SERVICE { % } }",
    "FILTER EXISTS { SERVICE { % } }",
]


@pytest.mark.parametrize("informed", [False, True], ids=["alone", "informed"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_answer_is_that_of_all_data_in_one_place(
    pattern: str, informed: bool, federation: Federation, remote: Remote
) -> None:
    local, union = store_of(LOCAL), store_of(LOCAL, REMOTE)
    resolved = federation.resolve(
        filled(pattern, f"SERVICE <{remote.address}>"), 30, ask_of(local) if informed else None
    )
    assert rows(local, resolved) == rows(union, filled(pattern, ""))
    assert names(local, resolved) == names(union, filled(pattern, ""))


def test_random_patterns_have_the_answer_of_all_data_in_one_place(federation: Federation, remote: Remote) -> None:
    # Blank nodes of two responses are never the same, while those of one store are.
    without_blank_nodes = REMOTE.replace(' ; :knows [ :label "inside" ]', "")
    remote.store = store_of(without_blank_nodes)
    local, union = store_of(LOCAL), store_of(LOCAL, without_blank_nodes)
    choose = random.Random(20260203)
    different = 0
    for _ in range(60):
        parts = choose.sample(HERE, choose.randint(0, 3))
        for _ in range(choose.randint(1, 2)):
            outside = choose.choice(AROUND)
            inside = choose.sample(THERE[:2] if "EXISTS" in outside else THERE, choose.randint(1, 2))
            clause = outside.replace("%", " ".join(inside))
            parts.insert(choose.randint(0, len(parts)), clause)
        pattern = " ".join(parts)
        expected = rows(union, filled(pattern, ""))
        for ask in (None, ask_of(local)):
            resolved = federation.resolve(filled(pattern, f"SERVICE <{remote.address}>"), 30, ask)
            assert rows(local, resolved) == expected, pattern
        different += len(expected) > 0
    assert different > 20
    assert len(remote.queries) > 60


@pytest.mark.parametrize(
    ("head", "kind"),
    [("ASK", ox.QueryBoolean), ("CONSTRUCT { ?c :is ?l }", ox.QueryTriples), ("DESCRIBE ?c", ox.QueryTriples)],
)
def test_every_form_of_query_may_ask(head: str, kind: type, federation: Federation, remote: Remote) -> None:
    local = store_of(LOCAL)
    query = filled("?c :same ?r SERVICE { ?r :label ?l }", f"SERVICE <{remote.address}>", head)
    answer = local.query(federation.resolve(query, 30))
    assert isinstance(answer, kind)
    assert bool(answer) if isinstance(answer, ox.QueryBoolean) else len(list(answer)) >= 5


@pytest.mark.parametrize(
    "clause",
    [
        "SERVICE <{0}> {{ ?r :label ?l }}",
        "service<{0}>{{?r :label ?l}}",
        "SeRvIcE SILENT <{0}> {{ ?r :label ?l }}",
        "SERVICE # to an endpoint\n <{0}> # with a group\n {{ ?r :label ?l }}",
        "SERVICE e: {{ ?r :label ?l }}",
        "SERVICE\te:\r\n{{ ?r :label ?l }}",
    ],
)
def test_every_plain_spelling_is_understood(clause: str, federation: Federation, remote: Remote) -> None:
    query = f"""# SERVICE
        PREFIX : <http://e/> BASE <http://b/> prefix e: <{remote.address}>#
        SELECT * {{ {clause.format(remote.address)} }}"""
    assert sum(rows(store_of(), federation.resolve(query, 30)).values()) == 9


def test_a_query_without_a_clause_is_left_alone(remote: Remote) -> None:
    federation = Federation([Endpoint.parse(remote.address)], private=True)
    for query in (
        "SELECT * { ?s ?p ?o }",
        "SELECT * { ?s <http://e/service> ?service FILTER(?service != 'SERVICE <http://e/> { }') } # SERVICE <x> { }",
        "SELCT service",
        "SELECT * { ?s ?p '\\u0053ERVICE <http://e/> { }' }",
    ):
        assert federation.resolve(query, 30) is query
    assert remote.queries == []
    with pytest.raises(NotAllowed, match="INSERT is an update"):
        federation.resolve("INSERT { ?s ?p 1 } WHERE { SERVICE <http://e/> { ?s ?p ?o } }", 30)


def test_only_the_query_goes_out(federation: Federation, remote: Remote) -> None:
    query = filled("?c :name 'secret' SERVICE { ?r :label ?l } ?c :same ?r", f"SERVICE <{remote.address}>")
    federation.resolve(query, 30)
    assert remote.queries == ["PREFIX : <http://e/>\nSELECT * WHERE { ?r :label ?l }\n"]
    assert remote.headers[0] == {
        "host": remote.address.split("/")[2],
        "user-agent": "eclod-tests/1",
        "accept": "application/sparql-results+json, application/sparql-results+xml;q=0.8",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": remote.headers[0]["content-length"],
    }


def test_what_is_known_here_goes_along(federation: Federation, remote: Remote) -> None:
    local, service = store_of(LOCAL), f"SERVICE <{remote.address}>"

    def sent(pattern: str) -> str:
        remote.queries.clear()
        federation.resolve(filled(pattern, service), 30, ask_of(local))
        return "".join(query.partition("}\n")[2] for query in remote.queries)

    assert sent("?c :size ?z ; :same ?r FILTER(?l != 'x') SERVICE { ?r :label ?l }") in (
        "VALUES (?r) { (<http://e/r1>) (<http://e/r2>) }",
        "VALUES (?r) { (<http://e/r2>) (<http://e/r1>) }",
    )
    assert "r4" in sent("?c :name 'four' ; :same ?r OPTIONAL { SERVICE { ?r :label ?l } }")
    # Not where a blank node or nothing at all may be known, where it could change, or where it is of another graph.
    assert sent("?c :same ?r SERVICE { ?r :label ?l }") == ""
    assert sent("?c :name ?n OPTIONAL { ?c :size ?z } SERVICE { ?r :number ?z }") == ""
    assert sent("{ SELECT ?r { ?c :size ?z ; :same ?r } LIMIT 1 } SERVICE { ?r :label ?l }") == ""
    assert sent("GRAPH ?g { ?c :size ?z ; :same ?r SERVICE { ?r :label ?l } }") == ""
    assert sent("?c :size ?z . SERVICE { ?r :label ?l } ?c :same ?r") == ""
    assert sent("?c :size ?z ; :same ?r { SERVICE { ?r :label ?l } }") == ""
    # A query from which nothing can come is not sent at all.
    sent("?c :size 99 ; :same ?r SERVICE { ?r :label ?l }")
    assert remote.queries == []


def test_what_is_known_is_a_help_and_no_condition(federation: Federation, remote: Remote) -> None:
    query = filled("?c :same ?r SERVICE { ?r :label ?l }", f"SERVICE <{remote.address}>")
    for error in (OverBudget("over"), TooLarge("large"), BadQuery("bad")):

        def ask(_text: str, _seconds: float, error: EclodError = error) -> bytes:
            raise error

        assert "Drei" not in federation.resolve(query, 30, ask)

    def cut(_text: str, _seconds: float) -> bytes:
        return b'{"head":{"vars":["r"]},"results":{"bindings":[{"r":{"type":"uri","value":"http://e/r4"}}]},"truncated":{}}'

    assert "Zwei" in federation.resolve(query, 30, cut)

    def busy(_text: str, _seconds: float) -> bytes:
        raise TooBusy("busy")

    with pytest.raises(TooBusy, match="busy"):
        federation.resolve(query, 30, busy)


def test_xml_results_are_read_as_well(federation: Federation, remote: Remote) -> None:
    def answer(handler: BaseHTTPRequestHandler, query: str) -> None:
        results = remote.store.query(query)
        assert isinstance(results, ox.QuerySolutions)
        body = results.serialize(format=ox.QueryResultsFormat.XML)
        assert body is not None
        remote.send(handler, body, "Application/SPARQL-Results+XML; charset=utf-8")

    remote.behave = answer
    query = filled("SERVICE { ?r :site ?l }", f"SERVICE <{remote.address}>")
    assert rows(store_of(), federation.resolve(query, 30)) == rows(store_of(REMOTE), filled("?r :site ?l", ""))


def test_a_chunked_answer_and_one_without_length_are_read(federation: Federation, remote: Remote) -> None:
    body = b'{"head":{"vars":["r"]},"results":{"bindings":[{"r":{"type":"literal","value":"x"}}]}}'

    def chunked(handler: BaseHTTPRequestHandler, _query: str) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for byte in body:
            handler.wfile.write(b"1\r\n" + bytes([byte]) + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    def endless(handler: BaseHTTPRequestHandler, _query: str) -> None:
        handler.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode() + body)

    for behave in (chunked, endless):
        remote.behave = behave
        query = filled("SERVICE { ?r :label 1 }", f"SERVICE <{remote.address}>")
        assert federation.resolve(query, 30).count('("x")') == 1
