"""Promises about every response: negotiation, redirects, caches, other origins, errors."""

from __future__ import annotations

from typing import Final

from eclod.probing.target import SPARQL_JSON, TURTLE, Target, expect, media_type

_JSON_LD: Final = "application/ld+json"
_HTML: Final = "text/html"
_PROBLEM: Final = "application/problem+json"
#: Headers that may differ between two answers in a row.
_OF_THE_MOMENT: Final = frozenset({"date", "cache-status", "age", "server", "connection", "transfer-encoding"})
#: Header, and what a document about a thing is then.
_MATRIX: Final = (
    ("text/turtle", TURTLE),
    ("TEXT/TURTLE", TURTLE),
    ("text/turtle ; charset=utf-8 , text/html;q=0.1", TURTLE),
    ("text/html;q=0.4,application/ld+json;q=0.9", _JSON_LD),
    ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', _JSON_LD),
    ("text/turtle;q=0,application/n-triples;q=0.1", "application/n-triples"),
    ("application/rdf+xml;q=0.8,*/*;q=0.1", "application/rdf+xml"),
    ("text/*;q=0.2,application/n-quads", "application/n-quads"),
    ("*/*", TURTLE),
)
_LONG: Final = (
    "application/n-triples,application/ld+json,application/rdf+xml,text/turtle,application/trig,application/n-quads,"
    "application/xhtml+xml;q=0.8,text/html;q=0.7,*/*;q=0.1"
)


def head(target: Target) -> str:
    """HEAD as GET."""
    paths = [target.document, "/", "/releases", "/queries", f"{target.endpoint}?query=ASK%7B%7D", target.thing]
    for path in paths:
        whole, only = target.get(path), target.request("HEAD", path)
        expect(only.status_code == whole.status_code, f"{path}: GET {whole.status_code}, HEAD {only.status_code}")
        expect(not only.content, f"{path}: HEAD has a body")
        mine, theirs = ({n: v for n, v in a.headers.items() if n not in _OF_THE_MOMENT} for a in (whole, only))
        differ = sorted(name for name in {*mine, *theirs} if mine.get(name) != theirs.get(name))
        expect(not differ, f"{path}: GET and HEAD differ in {', '.join(differ)}")
    return f"{len(paths)} addresses"


def default(target: Target) -> str:
    """One default without Accept."""
    for accept in (None, ""):
        answer = target.get(target.document, accept)
        expect((answer.status_code, media_type(answer)) == (200, TURTLE), f"a document is {media_type(answer)}")
        answer = target.get(f"{target.endpoint}?query=ASK%7B%7D", accept)
        expect((answer.status_code, media_type(answer)) == (200, SPARQL_JSON), f"a result is {media_type(answer)}")
    return "Turtle for a document, SPARQL JSON for a result"


def accept(target: Target) -> str:
    """The matrix of Accept headers."""
    for wish, wanted in _MATRIX:
        answer = target.get(target.document, wish)
        expect(answer.status_code == 200, f"Accept: {wish} gives {answer.status_code}")
        expect(media_type(answer) == wanted, f"Accept: {wish} gives {media_type(answer)}, not {wanted}")
    return f"{len(_MATRIX)} headers"


def not_acceptable(target: Target) -> str:
    """406 with what there is."""
    answer = target.get(target.document, "image/png")
    expect(answer.status_code == 406, f"Accept: image/png gives {answer.status_code}")
    expect(media_type(answer) == _PROBLEM, f"the error is {media_type(answer)}")
    expect('rel="alternate"' in answer.headers.get("Link", ""), "no link says what there is")
    return "406 with links"


def rdf_first(target: Target) -> str:
    """A long header gives RDF."""
    answer = target.get(target.document, _LONG)
    expect(media_type(answer) not in (_HTML, "application/xhtml+xml"), f"it gives {media_type(answer)}")
    return media_type(answer)


def suffix(target: Target) -> str:
    """Suffixes and ?format= before Accept."""
    for address in (f"{target.document}.ttl", f"{target.document}?format=ttl"):
        answer = target.get(address, _HTML)
        expect((answer.status_code, media_type(answer)) == (200, TURTLE), f"{address} gives {media_type(answer)}")
        expect(bool(answer.headers.get("Content-Location")), f"{address} has no Content-Location")
    for address, status in ((f"{target.document}.nothing", 404), (f"{target.document}?format=nothing", 400)):
        answer = target.get(address, _HTML)
        expect(answer.status_code == status, f"{address} gives {answer.status_code}, not {status}")
    return "suffix and parameter win; unknown ones are refused"


def see_other(target: Target) -> str:
    """303 to the document, whatever the Host."""
    seen: list[str] = []
    for address in (target.thing, f"{target.thing}/"):
        for host in ({}, {"Host": "forged.example", "X_Forwarded_Host": "forged.example"}):
            answer = target.get(address, TURTLE, **host)
            location = str(answer.headers.get("Location", ""))
            expect(answer.status_code in (301, 303), f"{address} gives {answer.status_code}")
            expect("forged.example" not in location, f"the Host header decides where {address} leads")
            seen.append(location)
    expect(len(set(seen[:2])) == 1, "the Location depends on the Host")
    answer = target.client.get(target.root + target.thing, headers={"Accept": TURTLE}, follow_redirects=True)
    expect((answer.status_code, media_type(answer)) == (200, TURTLE), f"it ends with {answer.status_code}")
    return seen[0]


def validators(target: Target) -> str:
    """Vary, ETag, Last-Modified, links, 304."""
    answers = {accept: target.get(target.document, accept) for accept in (TURTLE, _JSON_LD, _HTML)}
    for wish, answer in answers.items():
        names = {name.strip().lower() for name in answer.headers.get("Vary", "").split(",")}
        expect({"accept", "accept-language"} <= names, f"{wish}: Vary is {answer.headers.get('Vary')}")
        tag = answer.headers.get("ETag", "")
        expect(tag.startswith('"'), f"{wish}: the ETag is {tag or 'missing'}")
        expect("Last-Modified" in answer.headers, f"{wish}: no Last-Modified")
        again = target.get(target.document, wish, If_None_Match=tag)
        expect(again.status_code == 304 and not again.content, f"{wish}: If-None-Match gives {again.status_code}")
        links = answer.headers.get("Link", "")
        missing = [rel for rel in ("alternate", "canonical", "license", "type") if f'rel="{rel}"' not in links]
        expect(not missing, f"{wish}: no link {', '.join(missing)}")
    expect(len({answer.headers["ETag"] for answer in answers.values()}) == len(answers), "two types share an ETag")
    return "three representations, each with its own tag"


def authorised(target: Target) -> str:
    """Private answers."""
    answer = target.get(f"{target.endpoint}?query=ASK%7B%7D", SPARQL_JSON, Authorization="Bearer nobody")
    control = str(answer.headers.get("Cache-Control", ""))
    expect("no-store" in control and "private" in control, f"Cache-Control is {control or 'missing'}")
    expect("authorization" in answer.headers.get("Vary", "").lower(), "Vary does not name Authorization")
    return control


def cors(target: Target) -> str:
    """Other origins."""
    for method, path in (("GET", target.document), ("HEAD", target.document), ("GET", f"{target.document}.nothing")):
        answer = target.request(method, path, TURTLE, Origin="https://portal.example")
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        expect(allowed == "*", f"{method} {path}: Access-Control-Allow-Origin is {allowed}")
        expect("Access-Control-Allow-Credentials" not in answer.headers, f"{method} {path}: credentials are allowed")
    preflight = target.request(
        "OPTIONS",
        target.endpoint,
        Origin="https://portal.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type",
    )
    expect(preflight.status_code in (200, 204), f"a preflight gives {preflight.status_code}")
    allowed = preflight.headers.get("Access-Control-Allow-Headers", "").lower()
    expect("content-type" in allowed, "a preflight does not allow Content-Type")
    return "answers, errors and preflights"


def problems(target: Target) -> str:
    """Errors in one shape."""
    cases = ("/nothing-is-here", f"{target.document}.nothing", f"{target.endpoint}?query=SELECT", "/id/cluster/0")
    for path in cases:
        for wish, wanted in ((SPARQL_JSON, _PROBLEM), ("text/html,*/*;q=0.1", _HTML)):
            answer = target.get(path, wish)
            expect(400 <= answer.status_code < 500, f"{path} gives {answer.status_code}")
            expect(media_type(answer) == wanted, f"{path} as {wish} gives {media_type(answer)}")
            expect("Traceback" not in answer.text, f"{path} shows a traceback")
    return f"{len(cases)} errors, for programs and for people"
