"""Promises about identifiers: spelling, resolving, what became of them, reconciliation, the feed."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from eclod.core import codes
from eclod.core.errors import BadIdentifier, EclodError
from eclod.following.copy import Copy
from eclod.following.follower import Follower
from eclod.following.source import Source
from eclod.probing.target import TURTLE, NotKept, Target, expect

#: Identifiers of one state that are tried.
_TRIED: Final = 5
_MOVED: Final = {"merged": 301, "split": 300, "withdrawn": 410, "erased": 410}


def misspelt(target: Target) -> str:
    """A wrong check character, and a code nobody was given."""
    stem, code = target.thing.rstrip("/").rsplit("/", 1)
    wrong = next(spelling for sign in codes.ALPHABET if not _is_code(spelling := code[:-1] + sign.lower()))
    for path in (f"{stem}/{wrong}", f"{target.document.rsplit('/', 1)[0]}/{wrong}"):
        answer = target.get(path, "application/json")
        expect(answer.status_code == 400, f"{path} gives {answer.status_code}")
        expect(code in answer.text, f"{path}: the right code is not named")
    never = codes.derive("cluster", "probe", "nobody")
    answer = target.get(f"{stem}/{never}", "application/json")
    expect(answer.status_code == 404, f"{stem}/{never} gives {answer.status_code}")
    return "400 with the right code; 404"


def _is_code(spelling: str) -> bool:
    try:
        codes.normalise(spelling)
    except BadIdentifier:
        return False
    return True


def resolve(target: Target) -> str:
    """Spellings, one by one and together."""
    kind, code = target.thing.rstrip("/").rsplit("/", 2)[1:]
    spellings = [code, code.upper(), f"{code[:4]}-{code[4:]}", f"{kind}/{code}", target.root + target.document + ".ttl"]
    answers = [target.installed(f"/resolve?id={quote(each, safe='')}") for each in spellings]
    for spelling, answer in zip(spellings, answers, strict=True):
        expect(answer.status_code == 200, f"{spelling} gives {answer.status_code}")
    found = {json.loads(answer.content)["iri"] for answer in answers}
    expect(len(found) == 1, f"spellings of one identifier resolve to {len(found)} things")
    content = json.dumps(spellings * 200).encode()
    many = target.request("POST", "/resolve", "application/json", content, Content_Type="application/json")
    expect(many.status_code == 200, f"a thousand give {many.status_code}")
    results: Any = json.loads(many.content)["results"]
    expect({each["iri"] for each in results} == found, "a thousand resolve to something else than one")
    too_many = json.dumps([code] * 1001).encode()
    answer = target.request("POST", "/resolve", "application/json", too_many, Content_Type="application/json")
    expect(answer.status_code == 413, f"1,001 give {answer.status_code}")
    return f"{len(spellings)} spellings, {len(results)} at once"


def lives(target: Target) -> str:
    """What became of identifiers."""
    answer = target.installed("/identifiers.csv")
    expect(answer.status_code == 200, f"/identifiers.csv gives {answer.status_code}")
    by_state: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))):
        if "/id/" in row["iri"]:  # what others named lives with them
            by_state.setdefault(row["state"], []).append(row)
    for state, rows in by_state.items():
        for row in rows[:_TRIED]:
            path = urlsplit(row["iri"]).path
            path = path[path.find("/id/") :]
            found = target.get(path, TURTLE)
            wanted = _MOVED.get(state, 303)
            expect(found.status_code == wanted, f"{row['iri']} is {state} and gives {found.status_code}")
            if state == "merged":
                end = target.client.get(target.root + path, headers={"Accept": TURTLE}, follow_redirects=True)
                ended = end.status_code == 200 or end.status_code in (300, 410)
                expect(ended, f"{row['iri']} leads to {end.status_code}")
    return ", ".join(f"{len(rows)} {state}" for state, rows in sorted(by_state.items()))


def reconcile(target: Target) -> str:
    """Manifest and batches."""
    manifest: Any = json.loads(target.installed("/reconcile").content)
    for name in ("versions", "name", "identifierSpace", "schemaSpace"):
        expect(name in manifest, f"the manifest has no {name}")
    name = target.rows(
        "SELECT ?name WHERE { ?c a <https://w3id.org/eclod/ontology#Cluster> ; "
        "<http://www.w3.org/2004/02/skos/core#prefLabel> ?name } ORDER BY ?name LIMIT 1"
    )[0]["name"]
    answer = _batch(target, {"q": {"query": name}})
    expect(answer.status_code == 200, f"a batch gives {answer.status_code}")
    results: Any = json.loads(answer.content)["q"]["result"]
    expect(any(each["name"] for each in results), "the name of a cluster finds nothing")
    for each in results:
        expect({"id", "name", "score", "match"} <= each.keys(), "a candidate lacks id, name, score or match")
    expect(_batch(target, {}).status_code == 400, "an empty batch is not refused")
    many = {f"q{number}": {"query": "x"} for number in range(20_000)}
    expect(_batch(target, many).status_code == 413, "an overlong batch is not refused")
    expect(answer.headers.get("Access-Control-Allow-Origin") == "*", "other origins may not ask")
    return f"versions {', '.join(manifest['versions'])}"


def _batch(target: Target, queries: dict[str, Any]) -> httpx.Response:
    return target.client.post(f"{target.root}/reconcile", data={"queries": json.dumps(queries)})


def feed(target: Target) -> str:
    """The feed, replayed from nothing into a copy, and the copy compared with what the feed says it should be."""
    target.installed("/feed")
    source = Source(f"{target.root}/feed", target.deadline.sleep, target.deadline)
    try:
        with tempfile.TemporaryDirectory() as folder, Copy(Path(folder)) as copy:
            progress = Follower(source, copy).look(again=True)
            things, statements, digest = copy.things(), len(copy), copy.sha256()
    except EclodError as error:
        raise NotKept(error.message) from None
    finally:
        source.close()
    expect(str(statements) == progress.triples, f"the copy has {statements} statements, not {progress.triples}")
    expect(digest == progress.sha256, "the copy has another hash than the merged view")
    return f"{progress.members} changes on {progress.nodes} pages, {things} things, {statements} statements"
