"""The policy of the merged view: for which field which source is believed, read from `merging.toml`.

A folder of registries may have such a file; the last one that does counts, so that an installation may replace ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field as Setting

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.rdf.fields import FieldCatalogue
from eclod.store.submission import Submission
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.declarations.toml_files import Declared, did_you_mean, read_toml, validate

FILE: Final = "merging.toml"
#: Where a release says by which policy its merged view was made.
PUBLISHED: Final = "merging.json"

FIRST: Final = "first"
NEWEST: Final = "newest"
ALL: Final = "all"


class Rule(Declared):
    """Whom to believe about one field of one sort of thing; `order` goes before the precedence of registries."""

    shape: str
    field: str
    believe: Literal["first", "newest", "all"] = FIRST
    order: tuple[str, ...] = ()
    reason: str = ""


class _File(Declared):
    rules: tuple[Rule, ...] = Setting(default=())


@dataclass(frozen=True, slots=True)
class Standing:
    """A registry among the sources: its graph, what orders it, and when its data is from (ISO; empty: not said)."""

    name: str
    title: str
    graph: str
    precedence: int
    issued: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a rule says of one property: graphs by rank (lowest believed), or None when the values of all stand."""

    rank: Mapping[str, int] | None


class Policy:
    """The rules with the registries they are about.

    Raises BadInput, naming the rule, for a shape, field or registry that does not exist, and for a field of one value
    of which all values shall stand.
    """

    def __init__(self, rules: Sequence[Rule], sources: Iterable[Standing], catalogue: FieldCatalogue) -> None:
        self.rules = tuple(rules)
        self.sources = tuple(sorted(sources, key=lambda each: (each.precedence, each.name)))
        self._catalogue = catalogue
        self._by_class: dict[str, dict[str, Rule]] = {}
        self._position: dict[int, int] = {id(rule): number for number, rule in enumerate(self.rules)}
        for number, rule in enumerate(self.rules, start=1):
            target, path = self._checked(rule, number)
            self._by_class.setdefault(target, {}).setdefault(path, rule)
        self.rank = {each.graph: rank for rank, each in enumerate(self.sources)}
        self.for_classes = lru_cache(1024)(self._for_classes)

    def _checked(self, rule: Rule, number: int) -> tuple[str, str]:
        where = f"{FILE}, rule {number}"
        if rule.shape not in self._catalogue.shapes:
            raise BadInput(
                f"{where}: there is no shape '{rule.shape}'" + did_you_mean(rule.shape, self._catalogue.shapes)
            )
        field = self._catalogue.field(rule.shape, rule.field)
        if field is None:
            known = [each.name for each in self._catalogue.all_fields(rule.shape)]
            raise BadInput(f"{where}: {rule.shape} has no field '{rule.field}'" + did_you_mean(rule.field, known))
        if rule.believe == ALL and (field.single or field.one_per_language):
            raise BadInput(
                f"{where}: {rule.shape}.{rule.field} may have one value only, so it cannot have those of all; "
                f'write believe = "{FIRST}" or "{NEWEST}".'
            )
        return self._catalogue[rule.shape].target_class, field.path

    def _for_classes(self, classes: frozenset[str]) -> Mapping[str, Chosen]:
        """Return what the rules say of the properties of what has these classes, by property IRI."""
        found: dict[str, Rule] = {}
        for name in classes:
            for path, rule in self._by_class.get(name, {}).items():
                if path not in found or self._position[id(rule)] < self._position[id(found[path])]:
                    found[path] = rule
        return {path: Chosen(None if rule.believe == ALL else self._rank(rule)) for path, rule in found.items()}

    def _rank(self, rule: Rule) -> Mapping[str, int]:
        def key(each: Standing) -> tuple[int, int]:
            return (rule.order.index(each.name) if each.name in rule.order else len(rule.order), self.rank[each.graph])

        ordered = sorted(self.sources, key=key)
        if rule.believe == NEWEST:
            # Sorting is stable: those of the same day keep their order, those without one come last.
            ordered.sort(key=lambda each: each.issued, reverse=True)
            ordered.sort(key=lambda each: rule.order.index(each.name) if each.name in rule.order else len(rule.order))
        return {each.graph: rank for rank, each in enumerate(ordered)}

    def inputs(self) -> Mapping[str, str]:
        """Return what a merged view made by this policy depends on, beside the graphs: a change makes it anew."""
        newest = any(rule.believe == NEWEST for rule in self.rules)
        said = json.dumps([rule.model_dump(mode="json", exclude={"reason"}) for rule in self.rules])
        return {
            "merging": hashlib.sha256(said.encode()).hexdigest(),
            **{f"precedence of {each.name}": str(each.precedence) for each in self.sources},
            **{f"data of {each.name}": each.issued for each in self.sources if newest},
        }

    def published(self) -> bytes:
        """Return the policy as a release publishes it, as JSON: the order of the registries, and each rule."""
        content = {
            "registries": [
                {"name": each.name, "title": each.title, "precedence": each.precedence, "issued": each.issued}
                for each in self.sources
            ],
            "rules": [
                {**rule.model_dump(mode="json"), "class": target, "property": path}
                for number, rule in enumerate(self.rules, start=1)
                for target, path in [self._checked(rule, number)]
            ],
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def read(
    folders: Iterable[Path],
    registries: Iterable[Registry],
    submissions: Iterable[Submission],
    names: Names,
    catalogue: FieldCatalogue,
) -> Policy:
    """Return the policy of the last of the folders that has one, with the registries it is about.

    `submissions` are those that were accepted. Raises BadInput when the file does not hold, or names a shape or a field
    that does not exist.
    """
    received: dict[str, str] = {}
    for each in submissions:
        received[each.registry] = max(received.get(each.registry, ""), each.arrival.received)
    paths = [path for folder in dict.fromkeys(folders) if (path := folder / FILE).is_file()]
    rules: tuple[Rule, ...] = ()
    if paths:
        rules = validate(_File, read_toml(paths[-1], FILE), FILE, Rule.model_fields).rules
    sources = [
        Standing(
            name=registry.name,
            title=registry.title.get("en") or next(iter(registry.title.values())),
            graph=names.registry_graph(registry.name),
            precedence=registry.precedence,
            issued=received.get(registry.name) or (registry.issued.isoformat() if registry.issued else ""),
        )
        for registry in registries
    ]
    return Policy(rules, sources, catalogue)
