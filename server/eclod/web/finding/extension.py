"""Values of properties of things, for clients that have found the identifiers (data extension, both versions)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import pyoxigraph as ox

from eclod.core.errors import BadInput, TooLarge
from eclod.core.namespaces import expand
from eclod.web.context import Service
from eclod.web.finding import retired
from eclod.web.finding.batches import BATCH, Json, iri_of
from eclod.web.resources import statements
from eclod.web.resources.links import Links
from eclod.web.resources.statements import Reader
from eclod.web.resources.wording import Wording

_MOST_PROPERTIES: Final = 20
#: What is shown of a node inside a thing, such as an address, by the first of these that it has.
_OF_PARTS: Final = tuple(
    expand(name) for name in ("skos:notation", "locn:fullAddress", "locn:postName", "eurio:value", "schema:value")
)
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_INTEGERS: Final = frozenset({_XSD + "integer", _XSD + "int", _XSD + "long", _XSD + "nonNegativeInteger"})
_NUMBERS: Final = frozenset({_XSD + "decimal", _XSD + "double", _XSD + "float"})

Value = ox.NamedNode | ox.Literal


@dataclass(frozen=True, slots=True)
class Property:
    """A property whose values are wanted, in one language and at most so many where that is said (0 is all).

    `name` is what the request calls it, and so does the response.
    """

    name: str
    iri: str
    limit: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    ids: tuple[str, ...]
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """The values by (entity, property), with labels to show them and the properties by."""

    asked: Asked
    wording: Wording
    values: dict[tuple[str, str], list[Value]] = field(default_factory=dict)

    def as_0_2(self) -> dict[str, Any]:
        """Return the response of version 0.2: rows by entity."""
        rows = {each: {p.name: self._shown(each, p, False) for p in self.asked.properties} for each in self.asked.ids}
        return {"meta": self._meta(), "rows": rows}

    def as_1_0(self) -> dict[str, Any]:
        """Return the response of version 1.0-draft: rows in the order of the request."""
        return {
            "meta": self._meta(),
            "rows": [
                {
                    "id": each,
                    "properties": [{"id": p.name, "values": self._shown(each, p, True)} for p in self.asked.properties],
                }
                for each in self.asked.ids
            ],
        }

    def _meta(self) -> list[dict[str, str]]:
        return [{"id": each.name, "name": self.wording.property(each.iri)} for each in self.asked.properties]

    def _shown(self, entity: str, wanted: Property, with_language: bool) -> list[dict[str, Any]]:
        found = self.values.get((entity, wanted.iri), [])
        if wanted.language:
            found = [v for v in found if not _language(v) or _language(v) == wanted.language]
        chosen = found[: wanted.limit] if wanted.limit else found
        return [self._value(each, with_language) for each in chosen]

    def _value(self, value: Value, with_language: bool) -> dict[str, Any]:
        if isinstance(value, ox.NamedNode):
            return {"id": value.value, "name": self.wording.property(value.value)}
        kind = value.datatype.value
        try:
            if kind in _INTEGERS:
                return {"int": int(value.value)}
            if kind in _NUMBERS:
                return {"float": float(value.value)}
        except ValueError:
            pass  # written so that it is no number: shown as it is
        if kind == _XSD + "date" and len(value.value) == 10:
            return {"date": value.value + "T00:00:00Z"}
        if kind == _XSD + "dateTime":
            return {"date": value.value}
        return {"str": value.value, **({"lang": value.language} if with_language and value.language else {})}


def asked(content: Json) -> Asked:
    """Return what a data extension query wants; raises BadInput, TooLarge."""
    ids, properties = content.get("ids"), content.get("properties")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise BadInput("The request has no list of texts called 'ids'.")
    if not isinstance(properties, list) or not properties:
        raise BadInput("The request has no 'properties' to give values of.")
    if len(ids) > BATCH or len(properties) > _MOST_PROPERTIES:
        raise TooLarge(f"Ask for at most {_MOST_PROPERTIES} properties of at most {BATCH} entities at a time.")
    return Asked(tuple(dict.fromkeys(ids)), tuple(map(_property, properties)))


def _property(said: Any) -> Property:
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise BadInput("A property of the request has no 'id'.")
    settings = said.get("settings") or {}
    limit, language = (settings.get(name) for name in ("limit", "language")) if isinstance(settings, dict) else (0, "")
    try:
        return Property(said["id"], iri_of(said["id"]), max(0, int(limit or 0)), str(language or "").lower())
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"The limit of the property '{said['id']}' is no number.") from None


def read(found: Service, wanted: Asked, languages: Sequence[str]) -> Values:
    """Return the values, all of one release."""
    return statements.consistently(found.engine, lambda reader: _read(reader, found, wanted, languages))[0]


def _read(reader: Reader, found: Service, wanted: Asked, languages: Sequence[str]) -> Values:
    wording = Wording(Links(found.names), languages)
    values = Values(wanted, wording)
    # Clients that matched before a merger still have the old identifier: it has the values of its successor.
    merged = {each: into for each in wanted.ids if (into := retired.merged_into(found.engine.release, each))}
    iris = list(dict.fromkeys(merged.get(each, each) for each in wanted.ids if _is_iri(each)))
    properties = [each.iri for each in wanted.properties if _is_iri(each.iri)]
    if iris and properties:
        told = list(_statements(reader, iris, properties))
        parts = {o.value for s, _, o in told if isinstance(o, ox.NamedNode) and o.value.startswith(s + "#")}
        shown = _of_parts(reader, sorted(parts)) if parts else {}
        for subject, name, value in told:
            if isinstance(value, ox.NamedNode) and value.value in parts:
                if value.value not in shown:
                    continue
                value = shown[value.value]
            values.values.setdefault((subject, name), []).append(value)
        for old, into in merged.items():
            values.values.update({(old, name): values.values.get((into, name), []) for name in properties})
    linked = {v.value for found_values in values.values.values() for v in found_values if isinstance(v, ox.NamedNode)}
    wording.learn(statements.labels(reader, [*linked, *properties]))
    return values


def _statements(reader: Reader, iris: Iterable[str], properties: Iterable[str]) -> list[tuple[str, str, Value]]:
    subjects, names = (" ".join(map(statements.spelled, each)) for each in (iris, properties))
    rows = reader.select(f"SELECT ?s ?p ?o WHERE {{ VALUES ?s {{ {subjects} }} VALUES ?p {{ {names} }} ?s ?p ?o }}")
    told = (
        (cast("ox.NamedNode", row["s"]).value, cast("ox.NamedNode", row["p"]).value, row["o"])
        for row in rows
        if isinstance(row["o"], ox.NamedNode | ox.Literal)
    )
    return sorted(told, key=lambda each: (each[0], each[1], str(each[2])))


def _of_parts(reader: Reader, parts: Sequence[str]) -> Mapping[str, Value]:
    told = _statements(reader, parts, _OF_PARTS)
    told.sort(key=lambda each: _OF_PARTS.index(each[1]), reverse=True)
    return {part: value for part, _, value in told}


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _language(value: Value) -> str:
    return (value.language or "").lower() if isinstance(value, ox.Literal) else ""
