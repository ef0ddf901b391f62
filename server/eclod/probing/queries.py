"""Promises about the SPARQL endpoint."""

from __future__ import annotations

import json
import time
from typing import Any, Final
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from eclod.probing.target import SPARQL_JSON, TURTLE, NotThere, Target, expect, media_type

_RESULTS: Final = (
    SPARQL_JSON,
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
_GRAPHS: Final = (TURTLE, "application/n-triples", "application/rdf+xml", "application/ld+json")
_CROSS_JOIN: Final = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_TEXT: Final = "%41+ \u00e9\U0001f600\ttab"
#: Addresses that nobody outside has business with, and ways of hiding one.
_FORBIDDEN: Final = (
    "http://127.0.0.1:1/sparql",
    "http://[::1]:1/sparql",
    "http://169.254.169.254/latest/meta-data",
    "http://2130706433:1/",
    "http://example.org@127.0.0.1:1/",
)
_FORM: Final = "application/x-www-form-urlencoded"


def sparql_forms(target: Target) -> str:
    """GET, form, body, HEAD, OPTIONS."""
    query = "SELECT (1 AS ?one) {}"
    ways: dict[str, tuple[str, str, bytes | None, dict[str, str]]] = {
        "GET": ("GET", f"{target.endpoint}?query={quote(query)}", None, {}),
        "form": ("POST", target.endpoint, urlencode({"query": query}).encode(), {"Content_Type": _FORM}),
        "body": ("POST", target.endpoint, query.encode(), {"Content_Type": "application/sparql-query"}),
    }
    for name, (method, address, content, headers) in ways.items():
        answer = target.request(method, address, SPARQL_JSON, content, **headers)
        expect(answer.status_code == 200, f"by {name}: {answer.status_code}")
        found: Any = json.loads(answer.content)
        expect(found["results"]["bindings"][0]["one"]["value"] == "1", f"by {name}: another answer")
    for method in ("HEAD", "OPTIONS"):
        answer = target.request(method, f"{target.endpoint}?query={quote(query)}", SPARQL_JSON)
        expect(answer.status_code in (200, 204) and not answer.content, f"{method}: {answer.status_code}")
    return "GET, form, body, HEAD, OPTIONS"


def sparql_formats(target: Target) -> str:
    """All formats, and 406 for what cannot be."""
    for kind in _RESULTS:
        answer = target.ask('SELECT ("a"@en AS ?a) {}', kind)
        expect((answer.status_code, media_type(answer)) == (200, kind), f"{kind}: {answer.status_code}")
    for kind in _GRAPHS:
        answer = target.ask('CONSTRUCT { <a:b> <a:c> "d"@en-GB , 1.5 } WHERE {}', kind)
        expect((answer.status_code, media_type(answer)) == (200, kind), f"{kind}: {answer.status_code}")
        expect(b"en-" in answer.content.lower(), f"{kind}: the language is lost")
    for query, kind in (("SELECT ?a {}", TURTLE), ("CONSTRUCT {} WHERE {}", SPARQL_JSON)):
        answer = target.ask(query, kind)
        expect(answer.status_code == 406, f"{query.split()[0]} as {kind} gives {answer.status_code}, not 406")
    return f"{len(_RESULTS)} result formats, {len(_GRAPHS)} graph formats"


def sparql_decoding(target: Target) -> str:
    """Decoded exactly once."""
    query = f"SELECT ({json.dumps(_TEXT, ensure_ascii=False)} AS ?text)\n{{}}"
    form = urlencode({"query": query}).encode()
    answers = {
        "GET": target.request("GET", f"{target.endpoint}?{urlencode({'query': query})}", SPARQL_JSON),
        "form": target.request("POST", target.endpoint, SPARQL_JSON, form, Content_Type=_FORM),
    }
    for name, answer in answers.items():
        expect(answer.status_code == 200, f"by {name}: {answer.status_code}")
        found: Any = json.loads(answer.content)
        value = found["results"]["bindings"][0]["text"]["value"]
        expect(value == _TEXT, f"by {name}: {value!r} instead of {_TEXT!r}")
    return "by GET and as a form"


def sparql_dataset(target: Target) -> str:
    """The dataset of a request."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    nowhere = "https://nobody.example/graph"
    for name, address in (("default-graph-uri", nowhere), ("named-graph-uri", nowhere)):
        answer = target.ask(count, SPARQL_JSON, **{name: address})
        expect(answer.status_code == 200, f"{name}: {answer.status_code}")
        found: Any = json.loads(answer.content)
        expect(found["results"]["bindings"][0]["n"]["value"] == "0", f"{name}: a graph that is not there has triples")
    rows = target.rows(f"SELECT (COUNT(*) AS ?n) FROM <{nowhere}> WHERE {{ ?s ?p ?o }}")
    expect(rows[0]["n"] == "0", "FROM: a graph that is not there has triples")
    return "unknown graphs are empty"


def sparql_read_only(target: Target) -> str:
    """Updates change nothing."""
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    before = target.rows(count)
    update = "INSERT DATA { <a:probe> <a:probe> <a:probe> }"
    tries = (
        ("POST", target.endpoint, urlencode({"update": update}).encode(), _FORM),
        ("POST", target.endpoint, update.encode(), "application/sparql-update"),
        ("POST", target.endpoint, update.encode(), "application/sparql-query"),
        ("GET", f"{target.endpoint}?{urlencode({'update': update})}", None, _FORM),
        ("GET", f"{target.endpoint}?{urlencode({'query': 'CLEAR ALL'})}", None, _FORM),
    )
    for method, address, content, kind in tries:
        answer = target.request(method, address, SPARQL_JSON, content, Content_Type=kind)
        described = method == "GET" and "update=" in address  # as if nothing had been asked
        expect(described or 400 <= answer.status_code < 500, f"{method} {kind}: {answer.status_code}")
    expect(target.rows(count) == before, "the number of triples has changed")
    return f"{len(tries)} ways refused, {before[0]['n']} triples as before"


def sparql_errors(target: Target) -> str:
    """Where the error is."""
    answer = target.ask("SELECT ?a\nWHERE { ?a ?b }")
    expect(answer.status_code == 400, f"a syntax error gives {answer.status_code}")
    text = answer.text
    expect("line" in text.lower() or "2:" in text, "it does not say where the error is")
    return "400 with the place"


def sparql_budget(target: Target) -> str:
    """Over the budget, and the next query."""
    started = time.monotonic()
    answer = target.ask(_CROSS_JOIN, timeout="2")
    took = time.monotonic() - started
    expect(
        answer.status_code == 503, f"a cross join with a budget of 2 s gives {answer.status_code} after {took:.1f} s"
    )
    expect(took < 10, f"it takes {took:.1f} s")
    expect(media_type(answer) == "application/problem+json", f"the error is {media_type(answer)}")
    expect(target.ask("ASK {}").status_code == 200, "the next query is not answered")
    return f"503 after {took:.1f} s"


def sparql_service(target: Target) -> str:
    """SERVICE to where nobody may go."""
    texts = [f"SELECT * WHERE {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}" for address in _FORBIDDEN]
    texts.append("SELECT * WHERE { \\u0053ERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")
    texts.append("SELECT * WHERE { VALUES ?where { <http://127.0.0.1:1/> } SERVICE ?where { ?s ?p ?o } }")
    for text in texts:
        started = time.monotonic()
        answer = target.ask(text)
        took = time.monotonic() - started
        expect(400 <= answer.status_code < 500, f"{text} gives {answer.status_code}")
        expect(took < 5, f"{text} takes {took:.1f} s, as if somebody had been asked")
    return f"{len(texts)} ways refused"


def service_description(target: Target) -> str:
    """The endpoint about itself."""
    answer = target.request("GET", target.endpoint, TURTLE)
    expect((answer.status_code, media_type(answer)) == (200, TURTLE), f"it gives {answer.status_code}")
    said = {
        quad.object.value
        for quad in ox.parse(answer.content, ox.RdfFormat.TURTLE, base_iri=target.endpoint)
        if isinstance(quad.object, ox.NamedNode)
    }
    expect("http://www.w3.org/ns/sparql-service-description#Service" in said, "there is no sd:Service")
    return f"{len(said)} resources named"


def release_named(target: Target) -> str:
    """The release, and the receipt."""
    answer = target.ask("SELECT ?s WHERE { ?s ?p ?o } ORDER BY ?s LIMIT 1")
    release = str(answer.headers.get("Eclod-Release", ""))
    if not release:
        raise NotThere("answers do not come from releases")
    links = [part for part in answer.headers.get("Link", "").split(", ") if 'rel="cite-as"' in part]
    expect(bool(links), "no link leads to a receipt")
    path = links[0].partition("<")[2].partition(">")[0]
    receipt = target.client.get(path if "://" in path else target.root + path, follow_redirects=True)
    expect(receipt.status_code == 200, f"the receipt gives {receipt.status_code}")
    return release
