"""Endpoints that fail, cut, stall, flood or lead elsewhere: one sentence that names them, and no harm here."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler

import pytest

from eclod.core.endpoints import Endpoint
from eclod.core.errors import EndpointFailed, NotAllowed, OverBudget, TooBusy, TooLarge
from eclod.store import federation as federation_module
from eclod.store import outgoing, readers
from eclod.store.federation import Federation

from .conftest import JSON, LOCAL, Remote, filled, names, rows, store_of

Handler = BaseHTTPRequestHandler


def results(*bindings: Mapping[str, object], names: tuple[str, ...] = ("r", "l")) -> bytes:
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode()


def literal(value: str) -> dict[str, object]:
    return {"type": "literal", "value": value}


def iri(value: str) -> dict[str, object]:
    return {"type": "uri", "value": value}


GOOD = results({"r": iri("http://e/r1"), "l": literal("x")})


def resolve(
    federation: Federation,
    remote: Remote,
    silent: str = "",
    seconds: float = 30,
    pattern: str = "?c :same ?r SERVICE {}",
) -> str:
    return federation.resolve(
        filled(pattern.replace("{}", "{ ?r :label ?l }"), f"SERVICE {silent} <{remote.address}>"), seconds
    )


EXTERNAL_ENTITY = (
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sparql xmlns="http://www.w3.org/2005/sparql-results#">'
    b'<head><variable name="r"/></head><results><result><binding name="r"><literal>&a;</literal></binding></result>'
    b"</results></sparql>"
)
#: What an endpoint may do wrong, as (status, type, body, more headers, what the sentence says).
WRONG: list[tuple[int, str, bytes, dict[str, str], str]] = [
    (400, "text/plain", b"Virtuoso\n\x00 37000\xff at 'x'\n", {}, "answered 400 Bad Request: Virtuoso 37000 at 'x'"),
    (400, "text/html", b"<script>alert(1)</script>", {}, "answered 400 Bad Request$"),
    (404, JSON, GOOD, {}, "answered 404 Not Found"),
    (429, "text/plain", b"", {"Retry_After": "30"}, "answered 429 Too Many Requests"),
    (500, "text/plain", b"z" * 10000, {}, "answered 500 Internal Server Error: z{200}…$"),
    (503, "text/plain", b"busy", {}, "answered 503 Service Unavailable: busy"),
    (204, JSON, b"", {}, "answered 204 No Content"),
    (206, JSON, GOOD, {}, "answered 206 Partial Content"),
    (304, JSON, b"", {}, "answered 304 Not Modified"),
    (200, "text/html; charset=utf-8", b"<html>", {}, "answered with 'text/html', which is no table"),
    (200, "text/csv", b"r,l\n", {}, "answered with 'text/csv'"),
    (200, "", GOOD, {}, "answered with '', which is no table"),
    (200, JSON, b"", {}, "cannot be read"),
    (200, JSON, b"[]", {}, "cannot be read"),
    (200, JSON, b"\xff\xfe", {}, "cannot be read"),
    (200, JSON, GOOD[:-3], {}, "cannot be read"),
    (200, JSON, GOOD + b"Virtuoso S1T00 Error", {}, "cannot be read"),
    (200, JSON, b'{"head":{},"boolean":true}', {}, "answered with true or false"),
    (200, JSON, results({"r": iri("http://e/ } } SERVICE <http://e/> {")}), {}, "cannot be read"),
    (200, JSON, results({"r": iri("relative")}), {}, "cannot be read"),
    (200, JSON, results({"r": literal("x") | {"xml:lang": "en } DROP"}}), {}, "cannot be read"),
    (200, JSON, results({"r": literal("x") | {"datatype": "http://e/> }"}}), {}, "cannot be read"),
    (200, JSON, results(names=("r } SERVICE",)), {}, "cannot be read"),
    (200, JSON, b"[" * 200_000, {}, "cannot be read"),
    (200, "application/sparql-results+xml", EXTERNAL_ENTITY, {}, "cannot be read"),
    (200, JSON, GOOD, {"Content_Length": "1000"}, "broke off in the middle"),
    (200, JSON, GOOD, {"X_SQL_State": "S1TAT"}, "gave 1 rows and cut the rest"),
    (200, JSON, GOOD, {"X_SPARQL_MaxRows": "1"}, "gave 1 rows and cut the rest"),
    (300, JSON, GOOD, {"Location": "/sparql"}, "answered 300 Multiple Choices"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "kind", "body", "more", "sentence"), WRONG)
def test_what_an_endpoint_does_wrong_is_said_and_with_silent_passed_over(
    status: int, kind: str, body: bytes, more: dict[str, str], sentence: str, federation: Federation, remote: Remote
) -> None:
    remote.behave = lambda handler, _query: remote.send(handler, body, kind, status, **more)
    with pytest.raises(EndpointFailed, match=sentence.removesuffix("$")) as caught:
        resolve(federation, remote)
    assert caught.value.message.startswith(f"The endpoint <{remote.address}> ")
    assert caught.value.message.endswith(".")
    assert caught.value.status == 502
    assert len(caught.value.message) < 400
    assert caught.value.message.isprintable()
    if sentence.endswith("$"):
        assert caught.value.message.removesuffix(".").endswith(sentence[-2] if "…" in sentence else "Request")
    local = store_of(LOCAL)
    resolved = resolve(federation, remote, "SILENT")
    assert rows(local, resolved) == rows(local, filled("?c :same ?r", ""))
    assert names(local, resolved) == {"c", "r", "l"}


def test_virtuoso_says_its_limit_also_when_it_is_not_reached(federation: Federation, remote: Remote) -> None:
    remote.behave = lambda handler, _query: remote.send(handler, GOOD, X_SPARQL_MaxRows="2")
    assert '("x" <http://e/r1>)' in resolve(federation, remote)


def test_what_well_known_servers_write_is_read(federation: Federation, remote: Remote) -> None:
    """Virtuoso's blank nodes, which are no labels; the type of its literals; QLever's statistics."""
    node = {"type": "bnode", "value": "nodeID://b10035"}
    other = {"type": "bnode", "value": "nodeID://b10036"}
    number = {"type": "typed-literal", "value": "1", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}
    document = json.loads(results({"r": node, "l": node}, {"r": other, "l": number}))
    document["head"]["link"] = []
    document["results"] |= {"distinct": False, "ordered": True}
    document["meta"] = {"query-time-ms": 3, "result-size-total": 2}
    remote.behave = lambda handler, _query: remote.send(handler, json.dumps(document).encode())
    lines = resolve(federation, remote).splitlines()
    first = re.fullmatch(r"\((<urn:blank:[0-9a-f]{16}-0:b0>) \1\)", lines[2])
    assert first is not None
    assert lines[3] == f'("1"^^<http://www.w3.org/2001/XMLSchema#integer> {first[1].replace("b0", "b1")})'

    del document["meta"]
    document["truncated"] = {"rows": 2, "limit": 2}
    with pytest.raises(EndpointFailed, match="cannot be read"):
        resolve(federation, remote)


def test_variables_nobody_asked_for_are_left_out(federation: Federation, remote: Remote) -> None:
    body = results({"c": iri("http://e/c1"), "l": literal("x")}, names=("c", "l"))
    remote.behave = lambda handler, _query: remote.send(handler, body)
    resolved = resolve(federation, remote)
    assert "http://e/c1" not in resolved
    assert "UNDEF" in resolved


def test_an_endpoint_that_is_not_there_is_named(federation: Federation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}/sparql"
    gone = Federation([Endpoint.parse(address)], private=True)
    query = filled("?c :same ?r SERVICE { ?r :label ?l }", f"SERVICE <{address}>")
    with pytest.raises(EndpointFailed, match=r"cannot be reached \(Connection refused\)"):
        gone.resolve(query, 30)
    unknown = Federation([Endpoint.parse("http://nowhere.invalid/sparql")])
    with pytest.raises(EndpointFailed, match=r"host nowhere\.invalid is not found"):
        unknown.resolve(query.replace(address, "http://nowhere.invalid/sparql"), 30)
    gone.close()
    unknown.close()


def drip(handler: Handler, _query: str) -> None:
    """Send a byte of a header now and then, for ever: each alone is in time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.05)


def drip_body(handler: Handler, _query: str) -> None:
    handler.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode() + GOOD)
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def hang(_handler: Handler, _query: str) -> None:
    time.sleep(5)


@pytest.mark.parametrize("behave", [hang, drip, drip_body])
def test_a_slow_endpoint_leaves_time_for_the_rest(
    behave: Callable[[Handler, str], None], federation: Federation, remote: Remote
) -> None:
    for silent in ("", "SILENT"):
        resolve(federation, remote, silent)  # read once, so that only the endpoint takes time
    remote.behave = behave
    started = time.monotonic()
    with pytest.raises(EndpointFailed, match=r"did not answer within 0\.\d seconds"):
        resolve(federation, remote, seconds=1)
    assert 0.6 < time.monotonic() - started < 10
    started = time.monotonic()
    assert "(UNDEF UNDEF)" in resolve(federation, remote, "SILENT", seconds=1)
    assert time.monotonic() - started < 10


def test_a_flood_of_bytes_or_rows_is_refused_and_never_cut(
    federation: Federation, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = results(*({"l": literal(str(number))} for number in range(1001)))
    remote.behave = lambda handler, _query: remote.send(handler, many)
    for silent in ("", "SILENT"):
        with pytest.raises(TooLarge, match=r"answers with more than 1,000 rows; ask it for less"):
            resolve(federation, remote, silent)
    enough = results(*({"l": literal(str(number))} for number in range(1000)))
    remote.behave = lambda handler, _query: remote.send(handler, enough)
    assert resolve(federation, remote).count(" UNDEF)") == 1000

    monkeypatch.setattr(federation_module, "_SIZE", 1 << 20)
    small = Federation(federation.endpoints, private=True)
    sent = 0

    def flood(handler: Handler, _query: str) -> None:
        nonlocal sent
        handler.wfile.write(f"HTTP/1.0 200 OK\r\nContent-Type: {JSON}\r\n\r\n".encode())
        while sent < 1 << 28:
            handler.wfile.write(b" " * 65536)
            sent += 65536

    remote.behave = flood
    with pytest.raises(TooLarge, match="more than 1 MiB"):
        resolve(small, remote, "SILENT")
    small.close()
    assert sent < 1 << 26


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_an_endpoint_on_the_list_is_followed(status: int, remote: Remote) -> None:
    other = Endpoint.parse(remote.address + "/moved")
    federation = Federation([other], private=True)

    def behave(handler: Handler, query: str) -> None:
        if handler.path == "/sparql/moved":
            remote.send(handler, b"", "text/plain", status, Location="../sparql?there#fragment")
        else:
            assert handler.path == "/sparql?there"
            assert (handler.command, bool(query)) == (("GET", False) if status == 303 else ("POST", True))
            remote.send(handler, GOOD)

    remote.behave = behave
    query = filled("SERVICE { ?r :label ?l }", f"SERVICE <{other.iri}>")
    assert '("x" <http://e/r1>)' in federation.resolve(query, 30)
    federation.close()


@pytest.fixture
def silent_listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        yield listener


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{0}/",
        "http://localhost:{0}/sparql",
        "//127.0.0.1:{0}/sparql",
        "http://2130706433:{0}/",
        "http://[::ffff:127.0.0.1]:{0}/",
        "http://{1}@127.0.0.1:{0}/",
        "http://{1}\\@127.0.0.1:{0}/",
        "http://169.254.169.254/latest/meta-data/",
        "https://{1}/sparql",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{0}/",
        "javascript:alert(1)",
        "http://[",
        "http://exämple.org/",
    ],
)
def test_a_redirect_elsewhere_is_refused_before_any_connection(
    location: str, federation: Federation, remote: Remote, silent_listener: socket.socket
) -> None:
    target = location.format(silent_listener.getsockname()[1], remote.address.split("/")[2])

    def redirect(handler: Handler, _query: str) -> None:
        handler.wfile.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    remote.behave = redirect
    for silent in ("", "SILENT"):
        with pytest.raises(NotAllowed, match=r"redirects to '.*', which queries may not reach from here"):
            resolve(federation, remote, silent)
    with pytest.raises(TimeoutError):
        silent_listener.accept()
    assert len(remote.queries) == 2


def test_redirects_end(federation: Federation, remote: Remote) -> None:
    remote.behave = lambda handler, _query: remote.send(handler, b"", "text/plain", 307, Location="/sparql")
    with pytest.raises(EndpointFailed, match="redirects more than 3 times"):
        resolve(federation, remote)
    assert len(remote.queries) == 4
    remote.behave = lambda handler, _query: remote.send(handler, b"", "text/plain", 307, Location="")
    with pytest.raises(EndpointFailed, match="redirects more than 3 times"):
        resolve(federation, remote)


def test_a_query_has_few_clauses_and_a_process_few_queries(
    federation: Federation, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooLarge, match="has 6 SERVICE parts; at most 5"):
        resolve(federation, remote, pattern="SERVICE { ?a ?b ?c }" * 6)
    assert remote.queries == []
    monkeypatch.setattr(federation_module, "_AT_ONCE", 1)
    narrow = Federation(federation.endpoints, private=True)
    asked, go = threading.Event(), threading.Event()

    def wait(handler: Handler, _query: str) -> None:
        asked.set()
        go.wait(60)
        remote.send(handler, GOOD)

    remote.behave = wait
    answers: list[str] = []
    first = threading.Thread(target=lambda: answers.append(resolve(narrow, remote)))
    first.start()
    assert asked.wait(60)
    with pytest.raises(TooBusy, match="Too many queries with SERVICE") as caught:
        resolve(narrow, remote, seconds=1)
    assert caught.value.details["retry_after"] == 5
    assert narrow.resolve("ASK { }", 1) == "ASK { }"
    go.set()
    first.join(60)
    assert len(answers) == 1
    narrow.close()


def test_the_time_of_all_requests_is_that_of_the_query(
    federation: Federation, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    given: list[float] = []

    def post(_endpoint: Endpoint, _query: str, seconds: float, _rules: object) -> outgoing.Response:
        given.append(seconds)
        now[0] += seconds
        raise EndpointFailed("slow")

    monkeypatch.setattr(outgoing, "post", post)
    resolve(federation, remote, "SILENT", 16, "SERVICE { ?a ?b ?c } SERVICE { ?a ?b ?c }")
    assert given == [12, 3]
    now[0] += 1000

    def late(_endpoint: Endpoint, _query: str, _seconds: float, _rules: object) -> outgoing.Response:
        now[0] += 1000
        raise EndpointFailed("slow")

    monkeypatch.setattr(outgoing, "post", late)
    with pytest.raises(OverBudget, match="took all of its time"):
        resolve(federation, remote, "SILENT", 16, "SERVICE { ?a ?b ?c } SERVICE { ?a ?b ?c }")


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    remote: Remote, silent_listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere when it is asked again (DNS rebinding) is not asked again."""
    port = Endpoint.parse(remote.address).port
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    address = f"http://rebinding.example:{port}/sparql"
    federation = Federation([Endpoint.parse(address)], private=True)
    resolved = federation.resolve(filled("SERVICE { ?r :site ?l }", f"SERVICE <{address}>"), 30)
    assert "https://example.org/" in resolved
    assert remote.headers[0]["host"] == f"rebinding.example:{port}"
    federation.close()


def test_a_reader_that_ended_is_replaced_and_a_hopeless_query_is_given_up(
    federation: Federation, remote: Remote
) -> None:
    resolve(federation, remote, pattern="SERVICE {} ?first ?p ?o")
    assert len(federation._readers._idle) >= 1
    for reader in federation._readers._idle:
        reader._process.kill()
        reader._process.wait()
    resolve(federation, remote, pattern="SERVICE {} ?second ?p ?o")


def test_a_query_that_takes_too_long_to_read_is_given_up(federation: Federation, remote: Remote) -> None:
    started = time.monotonic()
    with pytest.raises(OverBudget, match="takes too long to be read"):
        resolve(federation, remote, seconds=1.5, pattern="SERVICE {} FILTER(1" + "+1" * 20_000 + ")")
    assert time.monotonic() - started < 15
    with pytest.raises(TooLarge, match="may have 256 KiB"):
        resolve(federation, remote, pattern="SERVICE {} #" + "x" * (256 << 10))
    deep = "SERVICE {} " + "{" * 3000 + "}" * 3000
    with pytest.raises((OverBudget, EndpointFailed)):
        resolve(federation, remote, seconds=2, pattern=deep)
    resolve(federation, remote, pattern="SERVICE {} ?third ?p ?o")


def test_reading_is_remembered(federation: Federation, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(federation, remote, pattern="SERVICE {} ?remembered ?p ?o")
    monkeypatch.setattr(readers.Readers, "read", lambda *_: pytest.fail("read again"))
    resolve(federation, remote, pattern="SERVICE {} ?remembered ?p ?o")


@pytest.mark.parametrize("half", ["\\uD83D", "\ud83d"])
def test_half_of_a_surrogate_pair_ends_no_reader(half: str) -> None:
    """rdflib makes one of an escape (SPARQL 1.1 Query Language, section 19.2)."""
    reading = readers.Readers()
    text = f"SELECT * {{ GRAPH <http://x.example/{half}> {{ ?s ?p ?o }} SERVICE <http://y.example/> {{ ?s ?p ?o }} }}"
    assert reading.read(text, [], 30) == {"error": "half of a surrogate pair is no character"}
    assert reading.read("ASK {}", [], 30)["services"] == 0
    (reader,) = reading._idle
    assert reader.used
    reading.close()
