"""`/openapi.json`: every address with its methods, as OpenAPI 3.1, read off the routes that there are.

What a route does is the first sentence of its view function. What routes do not say themselves stands in
`openapi.toml`, by the names of endpoints: formats, what an address and a body may carry, redirects, who needs a token.

Source: https://spec.openapis.org/oas/v3.1.1.html
"""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app
from pydantic import BaseModel, ConfigDict
from werkzeug.routing import Rule

import eclod
from eclod.core import errors
from eclod.core.formats import (
    ATOM,
    DOCUMENT_FORMATS,
    GRAPH_FORMATS,
    HTML,
    ICALENDAR,
    JSON,
    PROBLEM_JSON,
    RESULT_CSV,
    RESULT_FORMATS,
    SPARQL_QUERY,
    Format,
)
from eclod.web.context import service
from eclod.web.messages.negotiate import Choice
from eclod.web.messages.responses import Link, Sender

blueprint: Final = Blueprint("openapi", __name__)

ADDRESS: Final = "/openapi.json"
#: The link to it from the home page (RFC 8631, section 4.1).
SERVICE_DESCRIPTION: Final = Link(ADDRESS, "service-desc", JSON.media_type)

_VERSION: Final = "3.1.1"
_TABLE: Final = Path(__file__).with_suffix(".toml")
#: Methods that every address has; they are said once, for all.
_EVERYWHERE: Final = frozenset({"HEAD", "OPTIONS"})
_PARAMETER: Final = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
_SENTENCE: Final = re.compile(r"(?s)(.+?\.)(?:\s|$)")
_BEARER: Final = "bearer"
#: What the table calls groups of formats.
_GROUPS: Final[Mapping[str, tuple[Format, ...]]] = {
    "graph": GRAPH_FORMATS,
    "document": DOCUMENT_FORMATS,
    "result": RESULT_FORMATS,
    **{form.name: (form,) for form in (HTML, JSON, RESULT_CSV, ICALENDAR, ATOM, SPARQL_QUERY)},
}
_STATUSES: Final = {
    "200": "What was asked for, complete.",
    "201": "It was taken in, and here is where it is now.",
    "202": "It was taken in; `Location` leads to what becomes of it.",
    "300": "There are several that may be meant.",
    "301": "It is at another address for good.",
    "302": "It is at another address for now.",
    "303": "What describes it is at another address.",
    "304": "It is what `If-None-Match` names.",
    "404": "Nothing has this name.",
    "406": "There is no representation of the asked type.",
    "410": "It was withdrawn or erased.",
}


class _Said(BaseModel):
    """What the table says of an endpoint; `query` explains fields by name, `!` after one that is needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formats: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    query: dict[str, str] = {}
    open_query: str = ""
    body: tuple[str, ...] = ()
    token: str = ""


@blueprint.get(ADDRESS)
def description() -> Response:
    """Describe every address of this service for programs, as OpenAPI 3.1."""
    found = service()
    sender = Sender(found, Choice(JSON, True, ()), release=found.release())
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    return sender.send(json.dumps(document(current_app), ensure_ascii=False, indent=1) + "\n")


def document(app: Flask) -> dict[str, Any]:
    """Return the description of an application, from its routes; in the order of their addresses."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(public_rules(app), key=lambda rule: rule.rule):
        item = paths.setdefault(template(rule), {})
        for method in sorted((rule.methods or set()) - _EVERYWHERE):
            item[method.lower()] = _operation(app, rule, method)
    return {
        "openapi": _VERSION,
        "info": {
            "title": "European Clusters Linked Open Data",
            "version": eclod.__version__,
            "summary": "Industrial clusters of Europe and what surrounds them, as linked open data.",
            "description": "HEAD answers as GET does, without the body; OPTIONS says what an address takes. Formats "
            "are chosen by `Accept` or `format`. Programs get errors as `application/problem+json`, the `type` of "
            "which leads to what it means. All that is published is read without a token and from any origin.",
            "license": {"name": "EUPL 1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": _components(),
    }


def public_rules(app: Flask) -> Iterator[Rule]:
    """Return the routes of an application that are no files of its pages."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def template(rule: Rule) -> str:
    """Return the address of a route as OpenAPI has it: `/doc/{kind}/{name}`."""
    return _PARAMETER.sub(r"{\g<name>}", rule.rule)


@cache
def _table() -> dict[str, _Said]:
    with _TABLE.open("rb") as file:
        return {name: _Said.model_validate(said) for name, said in tomllib.load(file)["endpoint"].items()}


def _said(endpoint: str, method: str) -> _Said:
    """Return what the table says of an endpoint; of one with several methods also under `name POST`."""
    return _table().get(f"{endpoint} {method}") or _table().get(endpoint) or _Said()


def _operation(app: Flask, rule: Rule, method: str) -> dict[str, Any]:
    said = _said(rule.endpoint, method)
    made: dict[str, Any] = {
        "operationId": "_".join([method.lower(), *re.findall(r"\w+", template(rule).replace("-", "_"))]),
        "summary": summary(app, rule),
        "tags": [rule.endpoint.partition(".")[0]],
    }
    if parameters := [*_of_path(rule), *_of_query(said)]:
        made["parameters"] = parameters
    if said.body and method in ("POST", "PUT"):
        made["requestBody"] = {"required": True, "content": {media_type: {} for media_type in said.body}}
    made["responses"] = _responses(rule, said, method)
    if said.token:
        made["security"] = [{_BEARER: []}, *([{}] if said.token == "optional" else [])]
    return made


def summary(app: Flask, rule: Rule) -> str:
    """Return the first sentence of the view function of a route."""
    text = " ".join((inspect.getdoc(app.view_functions[rule.endpoint]) or "").split())
    match = _SENTENCE.match(text)
    return match[1] if match else text


def _of_path(rule: Rule) -> Iterator[dict[str, Any]]:
    """Yield the parts of an address that vary; what takes slashes, too, says so."""
    for match in _PARAMETER.finditer(rule.rule):
        schema = {"type": "integer", "minimum": 0} if match["converter"] == "int" else {"type": "string"}
        made: dict[str, Any] = {"name": match["name"], "in": "path", "required": True, "schema": schema}
        if match["converter"] == "path":
            made["description"] = "May have slashes in it, as they are."
        yield made


def _of_query(said: _Said) -> Iterator[dict[str, Any]]:
    for name, words in said.query.items():
        needed = name.endswith("!")
        yield {
            "name": name.rstrip("!"),
            "in": "query",
            "required": needed,
            "description": words,
            "schema": {"type": "string"},
        }
    if said.open_query:
        schema = {"type": "object", "additionalProperties": {"type": "string"}}
        yield {"name": "parameters", "in": "query", "description": said.open_query, "style": "form", "schema": schema}
    if formats := _names(said):
        yield {
            "name": "format",
            "in": "query",
            "description": "A format by name, instead of `Accept`.",
            "schema": {"type": "string", "enum": formats},
        }


def _names(said: _Said) -> list[str]:
    """Return the names of the formats that an address can be asked for; nothing to ask where there is one."""
    names = list(dict.fromkeys(form.name for group in said.formats for form in _GROUPS.get(group, ())))
    return names if len(names) > 1 else []


def media_types(endpoint: str, method: str = "GET") -> tuple[str, ...]:
    """Return the media types that the table says an endpoint has; none where it says nothing."""
    found = (
        [form.media_type for form in _GROUPS[group]] if group in _GROUPS else [group]
        for group in _said(endpoint, method).formats
    )
    return tuple(dict.fromkeys(media_type for several in found for media_type in several))


def _responses(rule: Rule, said: _Said, method: str) -> dict[str, Any]:
    """Return the usual answers: those of the table, what reading and names bring with them, and errors."""
    statuses = {*(said.status or ("200",))}
    if "200" in statuses and method == "GET":
        statuses.add("304")
    if rule.arguments - set(rule.defaults or {}):
        statuses.add("404")
    if _names(said):
        statuses.add("406")
    made: dict[str, Any] = {}
    for status in sorted(statuses):
        made[status] = {"description": _STATUSES[status]}
        if status.startswith("4"):
            made[status] = {"$ref": "#/components/responses/problem"}
        elif status == "200" and (content := media_types(rule.endpoint, method)):
            made[status]["content"] = {media_type: {} for media_type in content}
    made["default"] = {"$ref": "#/components/responses/problem"}
    return made


def _components() -> dict[str, Any]:
    properties = {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "examples": [errors.type_of(slug) for slug in errors.kinds()],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What it was this time, and what to do."},
    }
    problem = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": True}
    content = {PROBLEM_JSON.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}, HTML.media_type: {}}
    bearer = {
        "type": "http",
        "scheme": _BEARER,
        "description": "The token of a registry, which the operator gives out.",
    }
    return {
        "schemas": {"Problem": problem},
        "responses": {"problem": {"description": "An error (RFC 9457).", "content": content}},
        "securitySchemes": {_BEARER: bearer},
    }
