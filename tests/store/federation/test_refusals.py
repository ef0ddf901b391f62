"""SERVICE to anywhere else: refused before any connection, by name of the policy, whatever it is spelt like."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.endpoints import Endpoint
from eclod.core.errors import BadQuery, EclodError, NotAllowed
from eclod.core.settings import Settings
from eclod.store import clauses, guard, outgoing, restriction
from eclod.store import federation as federation_module
from eclod.store.federation import Federation

from .conftest import Remote

POLICY = "This service sends queries only to the endpoints on its list"

#: `{0}` is an address with a listener that nobody may reach, `{1}` its port, `{2}` the endpoint on the list.
TARGETS = [
    "<{0}>",
    "<{0}sparql>",
    "<http://localhost:{1}/sparql>",
    "<http://[::1]:{1}/sparql>",
    "<http://[::ffff:127.0.0.1]:{1}/>",
    "<http://2130706433:{1}/>",
    "<http://0x7f000001:{1}/>",
    "<http://017700000001:{1}/>",
    "<http://127.1:{1}/>",
    "<http://0:{1}/>",
    "<http://169.254.169.254/latest/meta-data/>",
    "<http://on.the.list@127.0.0.1:{1}/>",
    "<{2}@127.0.0.1:{1}/>",
    "<{2}#@127.0.0.1:{1}/>",
    "<{2}/../../>",
    "<{2}/>",
    "<{2}?query=x>",
    "<http://127.0.0.1.nip.io:{1}/>",
    "<file:///etc/passwd>",
    "<ftp://127.0.0.1:{1}/>",
    "<urn:x>",
    "<//127.0.0.1:{1}/>",
    "<relative>",
    "<>",
    "<{0}\\u0061>",
    "<http://127.0.0.1:{1}\\u002F>",
    "?x",
    "$x",
    "ex:a",
    "ex:",
    ":a",
    "undeclared:a",
]
#: How the keyword is spelt and what stands beside it; `{}` is the target with its group.
SPELLINGS = [
    "SERVICE {}",
    "service {}",
    "SERVICE SILENT {}",
    "SeRvIcE sIlEnT {}",
    "SERVICE# a comment\n{}",
    "SERVICE\r\n\tSILENT # <http://e/> {{\n {}",
    "\\u0053ERVICE {}",
    "SERVIC\\U00000045 SILENT {}",
    "OPTIONAL {{ SERVICE {} }}",
    "FILTER EXISTS {{ SERVICE SILENT {} }}",
    "MINUS {{ SERVICE {} }}",
    "GRAPH ?g {{ SERVICE {} }}",
    "{{ }} UNION {{ SERVICE {} }}",
    "{{ SELECT * {{ SERVICE SILENT {} }} }}",
    "FILTER(1<2) SERVICE {}",
    "FILTER(?a<'x'&&'y'>?b) SERVICE {}",
    "?s ?p '# \\' <' . SERVICE {} # '",
    "?s ?p <http://e/'#a> . SERVICE {}",
]


class Listener:
    """Listens and never answers; `connections` is who came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"

    def connections(self) -> int:
        count = 0
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def refusal(federation: Federation, query: str) -> EclodError:
    with pytest.raises(EclodError) as caught:
        federation.resolve(query, 20)
    return caught.value


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_but_those_on_the_list_is_refused(
    target: str, federation: Federation, remote: Remote, listener: Listener
) -> None:
    filled = target.format(listener.address, listener.port, remote.address) + " { ?a ?b ?c }"
    prologue = f"PREFIX ex: <{listener.address}> PREFIX : <{listener.address}> "
    for spelling in SPELLINGS:
        for form in ("SELECT * {{ {0} }}", "ASK {{ VALUES ?x {{ <{1}> }} {0} }}", "CONSTRUCT {{ }} WHERE {{ {0} }}"):
            query = prologue + form.format(spelling.format(filled), listener.address)
            error = refusal(federation, query)
            assert isinstance(error, NotAllowed), (query, error.message)
            assert error.message.startswith(POLICY), query
            assert error.message.isprintable()
            with pytest.raises(NotAllowed, match="does not send queries to other endpoints"):
                guard.check(query)
    assert listener.connections() == 0
    assert remote.queries == []


@pytest.mark.parametrize(
    "pattern",
    [
        "SERVICE {good} {{ ?a ?b ?c }} SERVICE SILENT {bad} {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c . SERVICE {bad} {{ ?a ?b ?c }} }}",
        "SERVICE {good} {{ OPTIONAL {{ SERVICE SILENT {bad} {{ ?a ?b ?c }} }} }}",
        "SERVICE {good} {{ {{ SELECT * {{ SERVICE {bad} {{ ?a ?b ?c }} }} }} }}",
        "SERVICE {good} {{ FILTER NOT EXISTS {{ SERVICE {bad} {{ ?a ?b ?c }} }} }}",
        "SERVICE {good} {{ ?a ?b ?c }} \\u0053ERVICE {bad} {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b '}} \\u0022 {{' }} SERVICE {bad} {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c }} ?s ?p 1SERVICE{bad}{{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c }} ?s ?p e:x\\'SERVICE {bad} {{ ?a ?b ?c }} # '",
        "SERVICE {good} {{ ?a ?b ?c }} SERVICESILENT{bad} {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c }} SERVICE?x {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c }} FILTER(?a<'>') SERVICE {bad} {{ ?a ?b ?c }} FILTER(?a<'>')",
        'SERVICE {good} {{ ?a ?b ?c }} FILTER(?a<1&&"x">?b) SERVICE {bad} {{ }} # "',
        "SERVICE {good} {{ ?a ?b <'> }} SERVICE {bad} {{ ?a ?b <'> }}",
        "SERVICE {good} {{ ?a ?b ?c }} SERVICE <http://wikiba.se/ontology#label> {{ ?a ?b ?c }}",
        "SERVICE {good} {{ ?a ?b ?c }} SERVICE {good2} {{ ?a ?b ?c }}",
    ],
)
def test_a_listed_endpoint_opens_no_door_to_another(
    pattern: str, federation: Federation, remote: Remote, listener: Listener
) -> None:
    query = "PREFIX e: <http://e/> SELECT * { " + pattern.format(
        good=f"<{remote.address}>", good2=f"<{remote.address}2>", bad=f"<{listener.address}>"
    ) + "\n}"  # fmt: skip
    error = refusal(federation, query)
    assert isinstance(error, NotAllowed | BadQuery), error.message
    assert listener.connections() == 0
    assert remote.queries == []


def test_what_two_readers_read_differently_is_refused(federation: Federation, remote: Remote) -> None:
    good = f"SERVICE <{remote.address}>"
    for query, sentence in [
        (f"SELECT * {{ {good} {{ ?a ?b ?c }}", "does not parse|no counterpart"),
        (f"SELECT * {{ {good} {{ ?a ?b ?c }} }} }}", "does not parse"),
        (f"SELECT * {{ {good} {{ ?a ?b }} }}", "does not parse at line 1, column"),
        (f"SELECT *\n{{ {good}\n {{ ?a ?b ?c }} ?d }}", "does not parse at line 3, column"),
        (f"SELECT * {{ {good} {{ ?a ?b <<( ?c ?d ?e )>> }} }}", "has to be SPARQL 1.1"),
        (f"SELECT * {{ {good} {{ ?a e:b ?c }} }}", "does not parse at line 1"),
        (f"CONSTRUCT {{ {good} {{ ?a ?b ?c }} }} WHERE {{ }}", "does not parse"),
        (f"SELECT * {{ GRAPH <urn:s:0> {{ }} {good} {{ ?a ?b ?c }} }}", "can be read in two ways"),
        (f"SELECT * {{ {good} {{ ?a ?b ?c FILTER(?a<?b&&'x'>?c) }} }}", "can be read in two ways"),
    ]:
        with pytest.raises((BadQuery, NotAllowed), match=sentence):
            federation.resolve(query, 20)
    assert remote.queries == []


def test_an_address_on_the_list_is_still_looked_at(remote: Remote, listener: Listener) -> None:
    """A name on the list that leads to this machine: its owner may have changed, or never been asked."""
    for address in (listener.address, f"http://localhost:{listener.port}/", f"http://2130706433:{listener.port}/"):
        federation = Federation([Endpoint.parse(address)])
        for silent in ("", "SILENT "):
            query = f"SELECT * {{ SERVICE {silent}<{address}> {{ ?a ?b ?c }} }}"
            with pytest.raises(NotAllowed, match="at an address of a private network or of this machine"):
                federation.resolve(query, 20)
        federation.close()
    assert listener.connections() == 0


def test_without_a_list_nothing_is_asked_and_the_error_has_the_list(remote: Remote, federation: Federation) -> None:
    nobody = Federation(())
    error = refusal(nobody, f"SELECT * {{ SERVICE <{remote.address}> {{ ?a ?b ?c }} }}")
    assert (error.status, error.details["endpoints"]) == (403, [])
    assert nobody.resolve("SELECT * { ?s ?p ?o }", 1) == "SELECT * { ?s ?p ?o }"
    error = refusal(federation, "SELECT * { SERVICE <http://elsewhere.example/> { ?a ?b ?c } }")
    assert error.message == f"{POLICY}, see /federation; <http://elsewhere.example/> is not on it."
    assert error.problem()["endpoints"] == [remote.address]


def test_hostile_lengths_are_looked_at_in_no_time(federation: Federation, remote: Remote) -> None:
    good = f"SERVICE <{remote.address}> {{ ?a ?b ?c }} "
    for text in (
        good * 20_000,
        "SERVICE <x> { " * 60_000,
        good + "{" * 500_000,
        good + "<#a" * 300_000,
        good + "# SERVICE\n" * 100_000,
        good + "SERVICE SILENT " * 60_000,
        good + '"""\\"' * 200_000,
        "\\u0053ERVICE <x> {" * 50_000,
    ):
        started = time.process_time()
        refusal(federation, f"SELECT * {{ {text} }}")
        assert time.process_time() - started < 5
    assert remote.queries == []


def test_what_is_left_has_no_service(federation: Federation, remote: Remote) -> None:
    """Whatever an endpoint puts into its answer, the query that runs passes the guard, and is evaluated without it."""
    text = "'}} SERVICE <http://e/> { ?a ?b ?c }"
    trap = ox.Quad(ox.NamedNode("http://e/trap"), ox.NamedNode("http://e/label"), ox.Literal(text))
    remote.store.add(trap)
    resolved = federation.resolve(f"SELECT * {{ SERVICE <{remote.address}> {{ <http://e/trap> ?p ?o }} }}", 20)
    assert "SERVICE" in resolved
    guard.check(resolved)
    found = ox.Store().query(resolved)
    assert isinstance(found, ox.QuerySolutions)
    assert [solution["o"].value for solution in found] == [text]


def test_the_document_says_the_limits_as_they_are() -> None:
    text = (Path(__file__).parents[3] / "docs" / "federation.md").read_text(encoding="utf-8")
    assert f"{Settings().federation_rows:,} rows" in text
    assert f"{federation_module._SIZE >> 20} MiB" in text
    assert f"{restriction.MOST:,} combinations" in text
    assert f"{clauses._LONGEST >> 10} KiB" in text
    assert (federation_module._CLAUSES, federation_module._SHARE, outgoing._REDIRECTS) == (5, 0.75, 3)
    for words in ("At most five SERVICE parts", "three quarters of what is left", "At most three redirects"):
        assert words in text
