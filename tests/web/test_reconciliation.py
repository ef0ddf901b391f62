"""The reconciliation service as a client sees it: both versions, valid by their schemas, bounded, honest about ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eclod.core import codes
from eclod.core.settings import Settings
from eclod.store.finding.index import SearchIndexes
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod.web.finding import batches
from eclod_loaders.from_rdf import build_from_rdf

from . import reconciliation_specification as specification
from .conftest import Client

BASE = "https://w3id.org/eclod"
CLUSTER, RUNNER, FIRM, ONE, OTHER, MERGED, SPLIT, GONE, ERASED = (
    f"{BASE}/id/{kind}/{codes.derive(kind, 'dk', str(number))}"
    for number, kind in enumerate(["cluster", *["organisation"] * 8])
)
DATA = f"""
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX eclod: <https://w3id.org/eclod/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX country: <http://publications.europa.eu/resource/authority/country/>
PREFIX state: <https://w3id.org/eclod/scheme/lifecycle/>

<{CLUSTER}> a eclod:Cluster ; skos:prefLabel "Medicon Valley Alliance"@en , "Medicon-dalens alliance"@da ;
    eclod:country country:DNK ; eclod:managedBy <{RUNNER}> ; dct:issued "1997-05-01"^^xsd:date ; eclod:size 280 .
<{RUNNER}> a org:Organization ; skos:prefLabel "Medicon Valley Alliance"@en ; eclod:country country:DNK .
<{FIRM}> a org:Organization ; skos:prefLabel "Firm <b>A/S</b>"@da ; adms:identifier <{FIRM}#vat> .
<{FIRM}#vat> skos:notation "DK12345674" .
<{ONE}> a org:Organization ; skos:prefLabel "Agro Park North"@en .
<{OTHER}> a org:Organization ; skos:prefLabel "Agro Park South"@en .
country:DNK a skos:Concept ; skos:prefLabel "Denmark"@en ; skos:notation "DK" .
eclod:Cluster rdfs:label "cluster"@en , "klynge"@da .
eclod:country rdfs:label "country"@en .
GRAPH <{BASE}/graph/identifiers/life> {{
    <{MERGED}> eclod:lifecycleStatus state:merged ; dct:isReplacedBy <{FIRM}> .
    <{SPLIT}> eclod:lifecycleStatus state:split ; dct:isReplacedBy <{ONE}> , <{OTHER}> .
    <{GONE}> eclod:lifecycleStatus state:withdrawn . <{ERASED}> eclod:lifecycleStatus state:erased .
}}
<{GONE}> skos:prefLabel "Withdrawn Organisation"@en .
"""
ECLOD, SKOS = "https://w3id.org/eclod/ontology#", "http://www.w3.org/2004/02/skos/core#"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("reconciliation")
    (folder / "data.trig").write_text(DATA, encoding="utf-8")
    settings = Settings(data=folder / "data")
    manifest = build_from_rdf(settings, [Path(folder / "data.trig")])
    assert manifest is not None
    releases = Releases(settings.data)
    store = ox.Store.read_only(str(releases.folder(manifest.id) / "store"))
    app = create_app(settings, InProcessEngine(store, manifest.id), releases, SearchIndexes(releases))
    return Client(app, app.response_class)


def valid(response: TestResponse, schema: specification.Schema) -> Any:
    """Return the JSON of a good answer after comparing it with a schema."""
    assert response.status_code == 200, response.text
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    content = response.get_json()
    jsonschema.validate(content, schema)
    return content


def of_0_2(client: FlaskClient, queries: Mapping[str, object]) -> dict[str, list[dict[str, Any]]]:
    """Return the candidates by key, asked for by GET and by POST."""
    text = json.dumps(queries)
    answers = [
        valid(client.get("/reconcile", query_string={"queries": text}), specification.RESULTS_0_2),
        valid(client.post("/reconcile", data={"queries": text}), specification.RESULTS_0_2),
    ]
    assert answers[0] == answers[1]
    return {key: answer["result"] for key, answer in answers[0].items()}


def of_1_0(client: FlaskClient, *queries: Mapping[str, object]) -> list[list[dict[str, Any]]]:
    answers = [
        valid(client.post(path, json={"queries": queries}), specification.RESULTS_1_0)
        for path in ("/reconcile/match", "/reconcile/1.0-draft/match")
    ]
    assert answers[0] == answers[1]
    return [answer["candidates"] for answer in answers[0]["results"]]


def named(name: str, *conditions: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"conditions": [{"matchType": "name", "propertyValue": name}, *conditions], **more}


def test_the_manifests_are_valid(client: FlaskClient) -> None:
    """Contract 31; where both versions use a word for different things each has a manifest of its own."""
    both = valid(client.get("/reconcile"), specification.MANIFEST_0_2)
    assert both["versions"] == ["0.2", "1.0-draft"]
    assert both["identifierSpace"] == f"{BASE}/id/"
    assert {each["name"] for each in both["defaultTypes"]} >= {"cluster", "organization"}
    valid(client.get("/reconcile/1.0-draft"), specification.MANIFEST_1_0)
    for path in ("/reconcile", "/reconcile/", "/reconcile/1.0-draft"):
        assert client.get(path, headers={"Accept": "application/json, text/javascript, */*; q=0.01"}).is_json
        assert client.head(path).status_code == 200


def test_every_address_of_the_manifest_answers(client: FlaskClient) -> None:
    manifest = client.get("/reconcile", headers={"Host": "localhost:8000"}).get_json()

    def get(address: str) -> TestResponse:
        assert address.startswith("http://localhost:8000/")
        return client.get(address.removeprefix("http://localhost:8000"), follow_redirects=True)

    iri = quote(CLUSTER, safe="")
    assert get(manifest["view"]["url"].replace("{{id}}", iri)).status_code == 200
    assert get(manifest["preview"]["url"].replace("{{id}}", iri)).mimetype == "text/html"
    assert get(manifest["logo"]).mimetype == "image/svg+xml"
    ids = {"entity": CLUSTER, "type": ECLOD + "Cluster", "property": ECLOD + "country"}
    for what, service in manifest["suggest"].items():
        assert get(service["service_url"] + service["service_path"] + "?prefix=c").status_code == 200
        flyout = (service["flyout_service_url"] + service["flyout_service_path"]).replace("${id}", quote(ids[what]))
        assert get(flyout).get_json()["id"] == ids[what]
    proposing = manifest["extend"]["propose_properties"]
    assert get(proposing["service_url"] + proposing["service_path"] + "?type=").status_code == 200


def test_a_forged_host_is_in_no_address(client: FlaskClient) -> None:
    assert "evil" not in client.get("/reconcile", headers={"Host": "evil.example"}).text


def test_names_get_candidates_in_both_versions(client: FlaskClient) -> None:
    found = of_0_2(
        client,
        {
            "both": {"query": "medicon valley aliance"},
            "one": {"query": "medicon valley aliance", "type": ECLOD + "Cluster", "limit": 1},
            "kind": {"query": "Medicon Valley Alliance", "type": ["cluster"]},
            "should": {"query": "Medicon Valley Alliance", "type": "eclod:Cluster", "type_strict": "should"},
            "number": {"query": "", "properties": [{"pid": "adms:identifier", "v": "DK 12 34 56 74"}]},
            "nothing": {"query": "zzz"},
        },
    )
    assert [(c["id"], c["match"]) for c in found["both"]] == [(CLUSTER, False), (RUNNER, False)]
    for key in ("one", "kind", "should"):
        assert [(c["id"], c["match"]) for c in found[key]][:1] == [(CLUSTER, True)], key
    assert [(c["id"], c["match"]) for c in found["number"]] == [(FIRM, True)]
    assert found["nothing"] == []
    danish = {"matchType": "property", "propertyId": "eclod:country", "propertyValue": "DK", "required": True}
    older = {"matchType": "property", "pid": ECLOD + "country", "v": {"id": "http://example.org/Sweden"}}
    one, two, three = of_1_0(
        client,
        named("Medicon Valley Alliance", danish, type=ECLOD + "Cluster"),
        named("Firm", danish),
        named("Medicon Valley Alliance", older, type="cluster"),
    )
    assert [(c["id"], c["match"], c["score"]) for c in one] == [(CLUSTER, True, 100)]
    assert two == []
    assert not three[0]["match"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (MERGED, [FIRM]),
        (MERGED.rpartition("/")[2].upper(), [FIRM]),
        (SPLIT, [ONE, OTHER]),
        (GONE, []),
        (ERASED, []),
        ("Withdrawn Organisation", []),
    ],
)
def test_an_identifier_that_is_no_longer_valid_is_never_matched(
    client: FlaskClient, name: str, expected: list[str]
) -> None:
    """Contract 27 and 31: its successors are candidates, and a person chooses."""
    (found,) = of_1_0(client, named(name))
    assert sorted(c["id"] for c in found) == sorted(expected)
    assert not any(c["match"] for c in found)
    shown = client.get("/search", query_string={"q": name, "format": "json"}).get_json()["hits"]
    assert sorted(hit["iri"] for hit in shown) == sorted(expected)


def test_our_own_identifiers_are_sure(client: FlaskClient) -> None:
    code = CLUSTER.rpartition("/")[2]
    for spelling in (CLUSTER, code, code.upper(), f"http://localhost/doc/cluster/{code}.ttl"):
        (found,) = of_1_0(client, named(spelling))
        assert [(c["id"], c["match"], c["score"]) for c in found] == [(CLUSTER, True, 100)], spelling


def test_suggestions_are_valid(client: FlaskClient) -> None:
    def suggested(what: str, schema: specification.Schema, **parameters: str) -> list[str]:
        answers = [
            valid(client.get(f"{root}/suggest/{what}", query_string=parameters), schema)
            for root in ("/reconcile", "/reconcile/1.0-draft")
        ]
        assert answers[0] == answers[1]
        return [each["id"] for each in answers[0]["result"]]

    entities, terms = specification.ENTITIES, specification.TERMS
    assert suggested("entity", entities, prefix="medic") == [CLUSTER, RUNNER]
    assert suggested("entity", entities, prefix="medic", limit="1") == [CLUSTER]
    assert suggested("entity", entities, prefix="medic", cursor="1") == [RUNNER]
    assert suggested("entity", entities, prefix="medic", offset="1") == [RUNNER]
    assert suggested("entity", entities, prefix=CLUSTER)[0] == CLUSTER
    assert suggested("entity", entities, prefix=MERGED) == [FIRM]
    assert suggested("entity", entities, prefix="") == []
    assert suggested("type", terms, prefix="clus") == [ECLOD + "Cluster"]
    assert suggested("type", terms, prefix="")[0] == ECLOD + "Cluster"
    assert suggested("property", terms, prefix="countr") == [ECLOD + "country"]
    assert ECLOD + "country" in suggested("property", terms, prefix="", limit="50")
    for wrong in ("offset=x", "limit=-1", "cursor=1e9"):
        assert client.get(f"/reconcile/suggest/entity?prefix=a&{wrong}").status_code == 400
    assert client.get("/reconcile/suggest/planet?prefix=a").status_code == 404


def test_an_identifier_that_was_merged_has_the_values_of_what_took_its_place(client: FlaskClient) -> None:
    """Contract line 26: clients that matched before a merger find what is there now, under the name they know."""
    names = {"id": SKOS + "prefLabel"}
    wanted = {"ids": [MERGED, FIRM, GONE.replace("/id/", "/other/")], "properties": [names, {"id": "adms:identifier"}]}
    rows = valid(client.post("/reconcile/extend", json=wanted), specification.VALUES_1_0)["rows"]
    assert [row["id"] for row in rows] == wanted["ids"]
    assert rows[0]["properties"] == rows[1]["properties"]
    assert [each["values"] for each in rows[0]["properties"]] == [
        [{"str": "Firm <b>A/S</b>", "lang": "da"}],
        [{"str": "DK12345674"}],
    ]
    alone = client.post("/reconcile/extend", json={"ids": [MERGED], "properties": [names]}).get_json()["rows"]
    assert [each["values"] for each in alone[0]["properties"]] == [[{"str": "Firm <b>A/S</b>", "lang": "da"}]]
    assert [each["values"] for each in rows[2]["properties"]] == [[], []]


def test_values_are_given_in_both_versions(client: FlaskClient) -> None:
    properties = [
        {"id": ECLOD + "country"},
        {"id": SKOS + "prefLabel", "settings": {"language": "da"}},
        {"id": ECLOD + "size"},
        {"id": "http://purl.org/dc/terms/issued"},
    ]
    wanted = {"ids": [CLUSTER, FIRM, "nonsense", SPLIT, ERASED], "properties": properties}
    new = valid(client.post("/reconcile/extend", json=wanted), specification.VALUES_1_0)
    assert [row["id"] for row in new["rows"]] == wanted["ids"]
    values = {each["id"]: each["values"] for each in new["rows"][0]["properties"]}
    assert values == {
        ECLOD + "country": [{"id": "http://publications.europa.eu/resource/authority/country/DNK", "name": "Denmark"}],
        SKOS + "prefLabel": [{"str": "Medicon-dalens alliance", "lang": "da"}],
        ECLOD + "size": [{"int": 280}],
        "http://purl.org/dc/terms/issued": [{"date": "1997-05-01T00:00:00Z"}],
    }
    assert all(each["values"] == [] for row in new["rows"][2:] for each in row["properties"])
    shortened = client.post("/reconcile/extend", json=wanted | {"properties": [{"id": "eclod:country"}]}).get_json()
    assert shortened["rows"][0]["properties"] == [{"id": "eclod:country", "values": values[ECLOD + "country"]}]
    assert [each["id"] for each in shortened["meta"]] == ["eclod:country"]
    text = json.dumps(wanted | {"properties": [{"id": "http://www.w3.org/ns/adms#identifier"}]})
    for response in (
        client.get("/reconcile", query_string={"extend": text}),
        client.post("/reconcile", data={"extend": text}),
    ):
        rows = valid(response, specification.VALUES_0_2)["rows"]
        assert rows[FIRM] == {"http://www.w3.org/ns/adms#identifier": [{"str": "DK12345674"}]}
    proposed = valid(
        client.get("/reconcile/extend/propose", query_string={"type": ECLOD + "Cluster", "limit": "3"}),
        specification.PROPOSAL,
    )
    assert len(proposed["properties"]) == 3
    short = client.get("/reconcile/extend/propose", query_string={"type": "eclod:Cluster", "limit": "3"}).get_json()
    assert (short["properties"], short["type"]) == (proposed["properties"], "eclod:Cluster")
    assert client.get("/reconcile/extend/propose?type=urn:unknown").get_json()["properties"] == []


def test_names_are_in_the_language_of_who_asks(client: FlaskClient) -> None:
    english, danish = "Medicon Valley Alliance", "Medicon-dalens alliance"
    name = {"q": {"query": english, "type": ECLOD + "Cluster"}}
    asked = {
        "/suggest?kind=cluster&q=medicon": lambda found: found["suggestions"][0]["label"],
        "/search?kind=cluster&format=json&q=medicon": lambda found: found["hits"][0]["label"],
        "/reconcile/suggest/entity?prefix=medic": lambda found: found["result"][0]["name"],
        f"/reconcile?queries={quote(json.dumps(name))}": lambda found: found["q"]["result"][0]["name"],
        f"/resolve?id={CLUSTER}": lambda found: found["name"],
    }
    for address, told in asked.items():
        plain, german = client.get(address), client.get(address, headers={"Accept-Language": "de"})
        in_danish = client.get(address, headers={"Accept-Language": "da-DK, en;q=0.5"})
        assert [told(each.get_json()) for each in (plain, german, in_danish)] == [english, english, danish], address
        assert told(client.get(f"{address}&lang=da").get_json()) == danish
        if "ETag" in plain.headers:
            assert in_danish.headers["ETag"] != plain.headers["ETag"]
            assert "Accept-Language" in in_danish.headers["Vary"]
    match = {"queries": [named(english, type=ECLOD + "Cluster")]}
    found = client.post("/reconcile/match", json=match, headers={"Accept-Language": "da"}).get_json()
    best = found["results"][0]["candidates"][0]
    assert (best["name"], best["lang"], best["match"]) == (danish, "da", True)
    for what in ("preview", "flyout/entity"):
        shown = client.get(f"/reconcile/{what}", query_string={"id": CLUSTER}, headers={"Accept-Language": "da"}).text
        assert shown.index(danish) < shown.find(english) or english not in shown
    german_first = client.get("/suggest?kind=cluster&q=medicon", headers={"Accept-Language": "de"}).get_json()
    assert german_first["suggestions"][0]["language"] == "en"


def test_types_are_named_in_the_language_of_each_who_asks(client: FlaskClient) -> None:
    manifest, queries = "/reconcile", json.dumps({"q": {"query": "Medicon Valley Alliance", "type": ECLOD + "Cluster"}})
    tags = set()
    for language, expected in (("da", "klynge"), ("en", "cluster"), ("da", "klynge")):
        headers = {"Accept-Language": language}
        found = client.get("/reconcile", query_string={"queries": queries}, headers=headers).get_json()
        assert found["q"]["result"][0]["type"] == [{"id": ECLOD + "Cluster", "name": expected}]
        answer = client.get(manifest, headers=headers)
        assert expected in {each["name"] for each in answer.get_json()["defaultTypes"]}
        proposed = client.get(f"/reconcile/extend/propose?type={quote(ECLOD)}Cluster", headers=headers)
        tags.add((language, answer.headers["ETag"], proposed.headers["ETag"]))
    assert [len(set(each)) for each in zip(*tags, strict=True)] == [2, 2, 2]


def test_a_preview_may_be_framed_and_runs_nothing(client: FlaskClient) -> None:
    shown = client.get("/reconcile/preview", query_string={"id": FIRM})
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors *" in policy
    assert "Firm &lt;b&gt;A/S&lt;/b&gt;" in shown.text
    assert "<script" not in shown.text
    assert "took the place" in client.get("/reconcile/preview", query_string={"id": MERGED}).text
    for nothing in ("x", ""):
        unknown = client.get("/reconcile/preview", query_string={"id": nothing}, headers={"Accept": "text/html"})
        assert unknown.status_code == 404
        assert "frame-ancestors *" in unknown.headers["Content-Security-Policy"]
    html = valid(client.get("/reconcile/flyout/entity", query_string={"id": FIRM}), specification.FLYOUT)["html"]
    assert "Firm &lt;b&gt;A/S&lt;/b&gt;" in html


def test_the_preview_of_what_was_withdrawn_says_so_and_of_what_was_erased_nothing(client: FlaskClient) -> None:
    for accept in ("text/html", "*/*"):
        gone = client.get("/reconcile/preview", query_string={"id": GONE}, headers={"Accept": accept})
        assert (gone.status_code, gone.mimetype) == (410, "text/html")
        assert "no longer described" in gone.text
        assert "is withdrawn" in gone.text
        assert "Withdrawn Organisation" not in gone.text
        assert "frame-ancestors *" in gone.headers["Content-Security-Policy"]
        tag = gone.headers.get("ETag", '"none"')
        again = client.get("/reconcile/preview", query_string={"id": GONE}, headers={"If-None-Match": tag})
        assert again.status_code == 410  # RFC 9110, section 13.2.1
    erased = client.get("/reconcile/preview", query_string={"id": ERASED})
    assert (erased.status_code, erased.data) == (410, b"")
    assert "frame-ancestors *" in erased.headers["Content-Security-Policy"]


WRONG: list[Any] = [
    *({"type": 1}, {"type": [1]}, {"limit": 0}, {"limit": "5"}),
    *({"properties": 1}, {"properties": [1]}, {"properties": [{}]}, {"properties": [{"pid": "x"}]}),
    *({"properties": [{"pid": "x", "v": {}}]}, {"properties": [{"pid": "x", "v": [[]]}]}),
]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "1", "nonsense", "[" * 5_000, '{"a": 1}', '{"a": {}}', '{"a": {"query": 1}}'),
        *(json.dumps({"a": {"query": "x", **wrong}}) for wrong in WRONG),
    ],
)
def test_what_is_no_batch_of_0_2_is_refused_with_a_sentence(client: FlaskClient, text: str) -> None:
    """Contract 31: an empty batch is a 400."""
    for response in (
        client.get("/reconcile", query_string={"queries": text}),
        client.post("/reconcile", data={"queries": text}),
    ):
        assert response.status_code == 400
        assert response.mimetype == "application/problem+json"
        assert response.get_json()["detail"].endswith(".")
        assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"queries": []},
        {"queries": {}},
        {"queries": [{}]},
        {"queries": [{"conditions": []}]},
        {"queries": [{"conditions": [1]}]},
        {"queries": [{"conditions": [{"propertyValue": "x"}]}]},
        {"queries": [{"conditions": [{"matchType": "name"}]}]},
        {"queries": [{"conditions": [{"matchType": "property", "propertyValue": "x"}]}]},
        {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "x"}], "type": ["a"]}]},
        {
            "queries": [
                named("x", {"matchType": "property", "propertyId": "a", "propertyValue": 1, "matchQuantifier": "x"})
            ]
        },
    ],
)
def test_what_is_no_batch_of_1_0_is_refused_with_a_sentence(client: FlaskClient, content: object) -> None:
    response = client.post("/reconcile/match", json=content)
    assert response.status_code == 400
    assert response.get_json()["detail"].endswith(".")


def test_what_is_too_much_is_refused(client: FlaskClient) -> None:
    """Contract 31: above the batch limit is a 413, which names the limit."""
    many = {f"q{number}": {"query": "x"} for number in range(batches.BATCH + 1)}
    response = client.post("/reconcile", data={"queries": json.dumps(many)})
    assert response.status_code == 413
    assert response.get_json()["batchSize"] == batches.BATCH == client.get("/reconcile").get_json()["batchSize"]
    assert client.post("/reconcile/match", json={"queries": [named("x")] * (batches.BATCH + 1)}).status_code == 413
    assert client.post("/reconcile/match", json={"queries": [named("x" * batches.LARGEST)]}).status_code == 413
    assert client.post("/reconcile/extend", json={"ids": ["x"] * 201, "properties": [{"id": "x"}]}).status_code == 413
    assert client.post("/reconcile/match", data="<a/>", content_type="text/xml").status_code == 415
    assert client.post("/reconcile", json={}).status_code == 415
    assert client.post("/reconcile", data={"x": "y"}).status_code == 400


def test_long_names_and_deep_brackets_are_answered(client: FlaskClient) -> None:
    names = ["x" * 10_000, "(a+)+" * 2_000, "[" * 10_000, "\u202e\x00ж" * 3_000, "a.s. " * 2_000]
    assert [c for found in of_1_0(client, *map(named, names)) for c in found if c["match"]] == []


def test_preflight_lets_any_site_send_json(client: FlaskClient) -> None:
    asked = {"Origin": "https://portal.example", "Access-Control-Request-Method": "POST"}
    for path in ("/reconcile", "/reconcile/match", "/reconcile/extend"):
        response = client.options(path, headers=asked)
        assert response.status_code == 204
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


def test_suggestions_for_the_search_box(client: FlaskClient) -> None:
    content = client.get("/suggest?q=medic&kind=cluster").get_json()
    assert content["query"] == "medic"
    assert [each["iri"] for each in content["suggestions"]] == [CLUSTER]
    assert content["suggestions"][0]["href"].startswith("/doc/cluster/")
    assert client.get("/suggest?q=").get_json()["suggestions"] == []
    assert client.get(f"/suggest?q={'x' * 5_000}").get_json()["suggestions"] == []
    assert client.get("/suggest?q=a&limit=0").status_code == 400
    again = client.get("/suggest?q=medic", headers={"If-None-Match": client.get("/suggest?q=medic").headers["ETag"]})
    assert again.status_code == 304
