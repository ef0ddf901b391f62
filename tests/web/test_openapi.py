"""`/openapi.json`: OpenAPI 3.1 of every route that there is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from eclod.core import errors
from eclod.web.pages import openapi

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
#: Patterns of the specification's own schema: keys of components (4.8.7), statuses (4.8.16).
COMPONENT = re.compile(r"[a-zA-Z0-9._-]+")
STATUS = re.compile(r"[1-5](?:\d\d|XX)|default")


@pytest.fixture(scope="module")
def described(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    content: dict[str, Any] = json.loads(answer.data)
    return content


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


def test_every_route_is_in_it_with_its_methods(app: Flask, described: dict[str, Any]) -> None:
    """DESIGN 4: what url_map has, and nothing else; HEAD and OPTIONS are everywhere and said once."""
    wanted = {
        (openapi.template(rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    found = [(path, method) for path, method, _ in operations(described)]
    assert len(found) == len(set(found)) > 100
    assert set(found) == wanted


def test_it_has_the_form_of_openapi_3_1(described: dict[str, Any]) -> None:
    """The fixed fields of OpenAPI 3.1.1: sections 4.8.1 (root), 4.8.8 to 4.8.17, 4.8.24, 4.8.27."""
    assert re.fullmatch(r"3\.1\.\d+", described["openapi"])
    assert described.keys() <= {"openapi", "info", "servers", "paths", "components", "security", "tags"}
    assert {"title", "version"} <= described["info"].keys()
    assert all(path.startswith("/") and "<" not in path for path in described["paths"])
    shapes = [re.sub(r"\{\w+\}", "{}", path) for path in described["paths"]]
    assert len(shapes) == len(set(shapes))  # "templated paths with the same hierarchy" are identical
    for path, method, operation in operations(described):
        assert method in METHODS
        known = {"operationId", "summary", "tags", "parameters", "requestBody", "responses", "security"}
        assert operation.keys() <= known, path
        assert operation["responses"]
        for status, response in operation["responses"].items():
            assert STATUS.fullmatch(status)
            assert "$ref" in response or response["description"]
        assert operation.get("requestBody", {"content": 1})["content"], path
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] in ("path", "query")
            assert "schema" in parameter
            Draft202012Validator.check_schema(parameter["schema"])
    for name, part in described["components"].items():
        assert all(COMPONENT.fullmatch(key) for key in part), name
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_what_it_refers_to_is_there(described: dict[str, Any]) -> None:
    found = set(references(described))
    assert found == {"#/components/responses/problem", "#/components/schemas/Problem"}
    for reference in found:
        node: Any = described
        for key in reference.removeprefix("#/").split("/"):
            node = node[key]
    for _, _, operation in operations(described):
        for scheme in operation.get("security", ()):
            assert scheme.keys() <= described["components"]["securitySchemes"].keys()


def test_every_part_of_a_path_is_declared_once(described: dict[str, Any]) -> None:
    for path, _, operation in operations(described):
        declared = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
        assert sorted(declared) == sorted(re.findall(r"\{(\w+)\}", path)), path
        assert all(each["required"] for each in operation.get("parameters", ()) if each["in"] == "path")
        names = [(each["in"], each["name"]) for each in operation.get("parameters", ())]
        assert len(names) == len(set(names)), path


def test_every_operation_has_a_name_of_its_own_and_a_sentence(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_\w+)?", name) for name in names)
    for path, method, operation in operations(described):
        assert re.fullmatch(r"[A-Z].{8,}\.", operation["summary"]), (path, method)


def test_a_token_is_named_where_it_is_needed(client: FlaskClient, described: dict[str, Any]) -> None:
    """What is said to need a token answers 401 without one, and nothing else does."""
    needing = {
        (path, method) for path, method, each in operations(described) if each.get("security") == [{"bearer": []}]
    }
    assert {("/graphs", "put"), ("/registries/{name}/submissions", "post")} <= needing
    for path, method, _ in operations(described):
        if method == "get" and path != "/registries/{name}/submissions":
            assert (path, method) not in needing
    for path, method in needing:
        address = re.sub(r"\{\w+\}", "x", path) + ("?graph=https://a.example/g" if path == "/graphs" else "")
        headers = {"Accept": "application/json", "Content-Type": "text/turtle"} if method != "get" else {}
        if path.endswith("/publication"):
            headers = {}
        assert client.open(address, method=method.upper(), headers=headers).status_code == 401, (path, method)


def test_the_table_names_endpoints_and_formats_that_there_are(app: Flask) -> None:
    """The table beside the module follows the code: no row for an endpoint, method or format that is not there."""
    for name, said in openapi._table().items():
        endpoint, _, method = name.partition(" ")
        rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint]
        assert rules, name
        assert not method or any(method in (rule.methods or ()) for rule in rules), name
        assert all(group in openapi._GROUPS or "/" in group for group in said.formats), name
        assert said.token in ("", "needed", "optional")


def test_an_address_answers_in_a_format_that_is_named(app: Flask, client: FlaskClient) -> None:
    """Every address without parts that vary: what GET answers is among what the description says of it."""
    tried, wrong = 0, []
    for rule in openapi.public_rules(app):
        if "GET" not in (rule.methods or ()) or "<" in rule.rule:
            continue
        for accept in ("", "text/html", "application/json"):
            answer = client.get(rule.rule, headers={"Accept": accept})
            said = openapi.media_types(rule.endpoint)
            if answer.status_code == 200 and said:
                tried += 1
                if answer.mimetype not in said:
                    wrong.append((rule.rule, accept, answer.mimetype))
            status = str(answer.status_code)
            if status.startswith("3") and status not in openapi._said(rule.endpoint, "GET").status:
                wrong.append((rule.rule, accept, status))
    assert wrong == []
    assert tried > 60


def test_it_is_a_document_like_others_and_linked_from_the_home_page(client: FlaskClient) -> None:
    """RFC 8631: `service-desc`; a strong tag, 304, and readable from any origin."""
    for accept in ("text/html", "text/turtle"):
        assert openapi.SERVICE_DESCRIPTION.target == "/openapi.json"
        link = client.get("/", headers={"Accept": accept}).headers["Link"]
        assert '</openapi.json>; rel="service-desc"; type="application/json"' in link
    first = client.get("/openapi.json")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert first.headers["ETag"].startswith('"')
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/openapi.json").data == first.data


def test_it_says_what_errors_are(described: dict[str, Any]) -> None:
    problem = described["components"]["schemas"]["Problem"]
    assert problem["properties"]["type"]["examples"] == [errors.type_of(slug) for slug in errors.kinds()]
    answers = Draft202012Validator(problem)
    answers.validate(errors.NotFound("There is none.", suggestions=["x"]).problem())
