"""The saved queries: text with a `#+` head that says what it asks, for whom, and which parameters it takes.

A file of `queries/` is a whole query that runs anywhere as it stands: the default of a parameter stands in a line of
its own, `VALUES ?region { nuts:DE }`. To ask with another value that line is left out and the variable is bound by
substitution (SPARQL community group, SEP-0007): a value never becomes part of the text that is asked. What can be
substituted is a variable that a SELECT also selects, or that a pattern of an ASK or CONSTRUCT holds. A parameter
without such a line is optional: the variable stays free, and `FILTER (COALESCE(?place = ?country, true))` then lets
everything pass.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eclod.core import assets
from eclod.core.errors import BadInput, Damaged, NotFound
from eclod.core.iris import DEFAULT_BASE
from eclod.rdf.query_parameters import Parameter

#: What an address of a query says beside its parameters: how the answer is wanted.
RESERVED: Final = frozenset({"format", "lang", "limit", "timeout"})
#: The first tag of a query is its topic; the order and the words of the list of queries.
TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "clusters": "Clusters",
        "organisations": "Organisations",
        "cluster platform": "The cluster platform",
        "innovation hubs": "Innovation hubs and communities",
        "projects": "Programmes and projects",
        "events": "Events",
        "matchmaking": "Matchmaking",
        "crisis response": "Crisis response",
        "policy": "Policy documents",
        "smart specialisation": "Smart specialisation",
        "statistics": "Figures",
        "regions": "Regions",
        "code lists": "Code lists",
        "identifiers": "Identifiers",
        "provenance": "Registries and provenance",
        "quality": "Completeness and quality",
        "vocabulary": "The vocabulary",
    }
)
_HEAD: Final = "#+"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]*")
_PROLOGUE: Final = re.compile(r"^PREFIX .*$", re.MULTILINE)
_FIRST_GROUP: Final = re.compile(r"^(?:WHERE|ASK) \{\n", re.MULTILINE)
#: Paths below the base that a query may name; the vocabulary's own IRIs are the same everywhere.
_BELOW_BASE: Final = ("id", "registries", "graph", "queries")

Kind = Literal["select", "ask", "construct"]
User = Literal["researchers", "registries", "portals"]


class SavedQuery(BaseModel):
    """A query of the folder `queries/`; `text` is the whole of it without the head."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = Field(min_length=1)
    description: str = Field(min_length=1)
    tags: tuple[str, ...] = Field(min_length=1)
    users: tuple[User, ...] = Field(min_length=1)
    parameters: tuple[Parameter, ...] = ()
    text: str

    @property
    def topic(self) -> str:
        return self.tags[0]

    @cached_property
    def kind(self) -> Kind:
        """Return what the engine makes of it."""
        results = ox.Store().query(self.text)
        if isinstance(results, ox.QueryBoolean):
            return "ask"
        return "construct" if isinstance(results, ox.QueryTriples) else "select"

    @cached_property
    def template(self) -> str:
        """Return the text in which nothing is bound."""
        text = self.text
        for parameter in self.parameters:
            text = _values_line(parameter.name).sub("", text, count=1)
        return text

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the text declares."""
        return prefixes_of(self.text)

    def bindings(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the term for each parameter, the default where no value is given.

        Raises BadInput for a parameter that does not exist or a value that does not fit.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in values:
            if name not in known:
                offered = ", ".join(known) or "none"
                raise BadInput(f"The query '{self.name}' has no parameter '{name}'; it has {offered}.", parameter=name)
        given = {name: values.get(name) or parameter.default for name, parameter in known.items()}
        return {name: known[name].term(value) for name, value in given.items() if value}

    def with_values(self, bindings: Mapping[str, str]) -> str:
        """Return the text as somebody would go on from it by hand, with these terms where the defaults stand."""
        lines = "".join(f"  VALUES ?{name} {{ {term} }}\n" for name, term in bindings.items())
        return _FIRST_GROUP.sub(lambda match: match[0] + lines, self.template, count=1)

    @model_validator(mode="after")
    def _holds(self) -> SavedQuery:
        if self.topic not in TOPICS:
            raise ValueError(f"the first tag '{self.topic}' is none of {', '.join(TOPICS)}")
        for parameter in self.parameters:
            if parameter.name in RESERVED:
                raise ValueError(f"'{parameter.name}' says how an answer is wanted and is no name for a parameter")
            if re.search(rf"BOUND\s*\(\s*\?{parameter.name}\s*\)", self.text, re.IGNORECASE):
                # The engine decides it before it substitutes, and always for unbound.
                raise ValueError(f"BOUND(?{parameter.name}) does not see a value; use COALESCE(…, true) instead")
        if self.parameters and not _FIRST_GROUP.search(self.text):
            raise ValueError("the values of parameters go below a line 'WHERE {' or 'ASK {', which is not there")
        _ask(self.template, self.bindings({}))
        return self


class QueryCatalogue:
    """All saved queries by name, in the order of their names."""

    def __init__(self, queries: Mapping[str, SavedQuery]) -> None:
        self.queries = queries

    def __getitem__(self, name: str) -> SavedQuery:
        """Return a query; raises NotFound."""
        if name not in self.queries:
            raise NotFound(f"There is no saved query '{name}'; /queries lists what there is.")
        return self.queries[name]

    def __iter__(self) -> Iterator[SavedQuery]:
        return iter(self.queries.values())

    def by_topic(self) -> dict[str, list[SavedQuery]]:
        """Return the queries under the titles of their topics, without the topics that have none."""
        found = {title: [query for query in self if query.topic == topic] for topic, title in TOPICS.items()}
        return {title: queries for title, queries in found.items() if queries}

    @cached_property
    def fingerprint(self) -> str:
        """Return a hash over all that is said of all queries."""
        digest = hashlib.sha256()
        for query in self:
            digest.update(query.model_dump_json().encode() + b"\0")
        return digest.hexdigest()


def load(folder: Path | None = None, base: str = DEFAULT_BASE) -> QueryCatalogue:
    """Return the saved queries of a folder, by default the project's, for things that are named under `base`.

    Raises Damaged, naming the file, when a head or a query does not hold.
    """
    files = sorted((folder or assets.folder("queries")).glob("*.rq"), key=lambda path: path.stem)
    return QueryCatalogue({path.stem: _read(path, base) for path in files})


def load_one(name: str, base: str = DEFAULT_BASE) -> SavedQuery:
    """Return one of the project's saved queries; raises Damaged when it does not hold."""
    return _read(assets.folder("queries") / f"{name}.rq", base)


def read_head(content: str) -> tuple[dict[str, Any], str]:
    """Return what the `#+` head of a query says, and the query without it.

    Raises ValueError or YAMLError when there is no head in YAML.
    """
    lines = content.splitlines()
    head = "\n".join(line.removeprefix(_HEAD).removeprefix(" ") for line in lines if line.startswith(_HEAD))
    text = "\n".join(line for line in lines if not line.startswith(_HEAD)).strip() + "\n"
    # Texts, lists and mappings only: in full YAML the country NO is a boolean and 2020-01-31 a date.
    facts: Any = yaml.load(head, Loader=yaml.BaseLoader)
    if not isinstance(facts, dict):
        raise ValueError("it needs a head in YAML")
    return facts, text


def prefixes_of(text: str) -> dict[str, str]:
    """Return the prefixes that a query declares."""
    return dict(re.findall(r"^PREFIX ([\w-]*): <([^>]*)>$", text, re.MULTILINE))


def _read(path: Path, base: str) -> SavedQuery:
    content = path.read_text(encoding="utf-8")
    for part in _BELOW_BASE:
        content = content.replace(f"{DEFAULT_BASE}/{part}/", f"{base}/{part}/")
    try:
        facts, text = read_head(content)
        if not _NAME.fullmatch(path.stem):
            raise ValueError("it needs a name of small letters, digits and dashes")
        parameters = [_parameter(said, text) for said in facts.pop("parameters", ())]
        return SavedQuery(name=path.stem, text=text, parameters=tuple(parameters), **facts)
    except (yaml.YAMLError, ValidationError, ValueError, TypeError, SyntaxError, BadInput) as error:
        raise Damaged(f"The saved query {path.name} does not hold: {error}") from error


def _parameter(said: Any, text: str) -> Parameter:
    """Return a parameter as the head says, with the default that stands in the text."""
    if "default" in said:
        raise ValueError(f"the default of '{said.get('name')}' belongs in a VALUES line of the query, not in the head")
    parameter = Parameter(**said)
    line = _values_line(parameter.name).search(text)
    if line is None:
        return parameter
    prologue = "\n".join(_PROLOGUE.findall(text))
    results = ox.Store().query(f"{prologue}\nSELECT ?{parameter.name} WHERE {{ {line[0]} }}")
    assert isinstance(results, ox.QuerySolutions)
    terms = [solution[0] for solution in results]
    if len(terms) != 1:
        raise ValueError(f"the VALUES line of '{parameter.name}' needs exactly one term")
    return Parameter(**said, default=parameter.spelling(terms[0]))


def _values_line(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*VALUES \?{name} \{{ .* \}}\n", re.MULTILINE)


def _ask(template: str, bindings: Mapping[str, str]) -> None:
    """Let a query pass in which each of these variables can be bound; raises SyntaxError, ValueError."""
    terms = {
        ox.Variable(name): next(iter(ox.parse(f"<a:> <a:> {term} .", format=ox.RdfFormat.N_TRIPLES))).object
        for name, term in bindings.items()
    }
    try:
        ox.Store().query(template, substitutions=terms or None)
    except RuntimeError as error:
        raise ValueError(f"a parameter cannot be bound: {error}") from None
