"""Reading what a reconciliation client asks, in the words of version 0.2 and of the draft of 1.0.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/ and
https://reconciliation-api.github.io/specs/1.0-draft/, both in the section on reconciliation queries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from eclod.core.errors import BadInput, TooLarge
from eclod.core.iris import KINDS
from eclod.core.namespaces import PREFIXES, expand
from eclod.store.finding import matching
from eclod.store.finding.matching import Condition, Wanted

#: Queries in one batch, entities in one request for values.
BATCH: Final = 200
#: Bytes of a request.
LARGEST: Final = 1 << 20
_USUAL: Final = 5
_MOST: Final = 50
_MOST_CONDITIONS: Final = 10
_QUANTIFIERS: Final = frozenset({"any", "all", "none"})

Json = Mapping[str, Any]


def parse(text: str | bytes) -> Json:
    """Return the JSON object of a request; raises BadInput when it is none, TooLarge."""
    if len(text) > LARGEST:
        raise TooLarge(f"The request is longer than {LARGEST >> 10} KiB; send fewer at a time.")
    try:
        content = json.loads(text)
        # Half a character, such as "\\ud800" alone, is JSON and no text to answer with (RFC 8259, section 8.2).
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadInput("The request is no JSON; see /reconcile for what can be asked.") from None
    if not isinstance(content, dict):
        raise BadInput("The request is no JSON object; see /reconcile for what can be asked.")
    return content


def of_0_2(text: str) -> dict[str, Wanted]:
    """Return the queries of a batch of version 0.2 by their keys; raises BadInput, TooLarge."""
    batch = parse(text)
    _check(batch)
    return {key: _query_0_2(key, query) for key, query in batch.items()}


def of_1_0(body: bytes) -> list[Wanted]:
    """Return the queries of a batch of version 1.0-draft in their order; raises BadInput, TooLarge."""
    queries = parse(body).get("queries")
    if not isinstance(queries, list):
        raise BadInput("The batch has no list called 'queries' (Reconciliation API 1.0-draft, section 4).")
    _check(queries)
    return [_query_1_0(str(number), query) for number, query in enumerate(queries)]


def _check(batch: Sequence[Any] | Json) -> None:
    if not batch:
        raise BadInput("The batch is empty; send at least one query.")
    if len(batch) > BATCH:
        raise TooLarge(f"The batch has {len(batch)} queries; send at most {BATCH} at a time.", batchSize=BATCH)


def _query_0_2(key: str, query: Any) -> Wanted:
    if not isinstance(query, dict):
        raise BadInput(f"The query '{key}' is no object.", query=key)
    name, asked = query.get("query", ""), query.get("properties") or []
    if not isinstance(name, str) or not isinstance(asked, list):
        raise BadInput(f"The 'query' of '{key}' is no text, or its 'properties' no list.", query=key)
    if not name.strip() and not asked:
        raise BadInput(f"The query '{key}' has neither 'query' nor 'properties'.", query=key)
    types = query.get("type") or []
    types = [types] if isinstance(types, str) else types
    if not isinstance(types, list) or not all(isinstance(each, str) for each in types):
        raise BadInput(f"The 'type' of '{key}' is neither a text nor a list of texts.", query=key)
    conditions = [_condition(key, each, "pid", "v") for each in asked[:_MOST_CONDITIONS]]
    strict = query.get("type_strict", "any")
    if types and strict == "should":
        conditions.append(Condition(matching.TYPE, tuple(map(iri_of, types))))
        types = []
    if types and strict == "all":
        conditions.append(Condition(matching.TYPE, tuple(map(iri_of, types)), True, "all"))
    return _wanted(name, types, conditions, _limit(key, query))


def _query_1_0(key: str, query: Any) -> Wanted:
    if not isinstance(query, dict) or not isinstance(query.get("conditions"), list) or not query["conditions"]:
        raise BadInput(f"The query {key} has no 'conditions'.", query=key)
    if not isinstance(query.get("type", ""), str):
        raise BadInput(f"The 'type' of the query {key} is no text.", query=key)
    names: list[str] = []
    conditions = []
    for each in query["conditions"][:_MOST_CONDITIONS]:
        kind = each.get("matchType") if isinstance(each, dict) else None
        # The draft called these `pid` and `v` before it called them `propertyId` and `propertyValue`.
        value = "propertyValue" if kind and "propertyValue" in each else "v"
        identifier = "propertyId" if kind and "propertyId" in each else "pid"
        if kind == "name":
            names += _values(key, each, value)
        elif kind == "property":
            conditions.append(_condition(key, each, identifier, value))
        else:
            raise BadInput(f"A condition of the query {key} has a 'matchType' that is neither name nor property.")
    conditions += [Condition(matching.NAME, (name,)) for name in names[1:]]
    types = [query["type"]] if query.get("type") else []
    return _wanted(names[0] if names else "", types, conditions, _limit(key, query))


def _wanted(name: str, types: Sequence[str], conditions: Sequence[Condition], limit: int) -> Wanted:
    kinds = tuple(each for each in types if each in KINDS)
    classes = tuple(iri_of(each) for each in types if each not in KINDS)
    return Wanted(name.strip(), classes, kinds, tuple(conditions), limit)


def iri_of(name: str) -> str:
    """Return a class or property as its IRI: it may be written with a prefix of ours."""
    prefix, colon, local = name.partition(":")
    return expand(name) if colon and prefix in PREFIXES and not local.startswith("//") else name


def _condition(key: str, said: Any, identifier: str, value: str) -> Condition:
    if not isinstance(said, dict) or not isinstance(said.get(identifier), str):
        raise BadInput(f"A property of the query '{key}' has no '{identifier}'.", query=key)
    name = iri_of(said[identifier])
    quantifier = said.get("matchQuantifier", "any")
    if quantifier not in _QUANTIFIERS:
        raise BadInput(f"A 'matchQuantifier' of the query '{key}' is none of any, all, none.", query=key)
    aspect = matching.ASPECTS.get(name, name)
    return Condition(aspect, tuple(_values(key, said, value)), said.get("required") is True, quantifier)


def _values(key: str, said: Json, name: str) -> list[str]:
    """Return the values of a condition as texts: of an entity both its identifier and its name."""
    given = said.get(name)
    found: list[str] = []
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict) and isinstance(each.get("id"), str):
            found += [each["id"], *([each["name"]] if isinstance(each.get("name"), str) else [])]
        elif isinstance(each, str | int | float):
            found.append(str(each))
        else:
            raise BadInput(f"A value of the query '{key}' is no text, number or entity.", query=key)
    return found


def _limit(key: str, query: Json) -> int:
    asked = query.get("limit", _USUAL)
    if isinstance(asked, bool) or not isinstance(asked, int | float) or not asked >= 1:
        raise BadInput(f"The 'limit' of the query '{key}' is no number above 0.", query=key)
    return int(min(asked, _MOST))
