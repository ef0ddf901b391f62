"""The competency questions: what people ask of this data, each with the query that answers it.

A file of `queries/competency/` is a whole SELECT query that runs anywhere as it stands, below a `#+` head in YAML that
has the question as a person would ask it, who asks it, which system of European cluster policy it is about, and how
many rows the starting data has for it. Competency questions are how an ontology shows what it is good for
(M. Grüninger, M. S. Fox: The role of competency questions in enterprise engineering, 1994).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eclod.core import assets
from eclod.core.errors import Damaged
from eclod.rdf.query_catalogue import prefixes_of, read_head

FOLDER: Final = "competency"
#: The systems that this service stands for, in the order of the list of questions.
SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cluster-collaboration-platform": "European Cluster Collaboration Platform",
        "cluster-matchmaking": "Cluster matchmaking",
        "events": "Events",
        "response-board": "Response to COVID-19 and later crises",
        "programmes-and-initiatives": "Programmes and initiatives",
        "expert-group": "Expert group on clusters",
        "smart-specialisation": "Smart specialisation",
        "hubs-and-communities": "Innovation hubs, knowledge and innovation communities",
        "statistics": "Statistics",
        "policy-documents": "Policy documents",
        "industrial-ecosystems": "Industrial ecosystems",
        "regions-and-sectors-across-versions": "Regions and sectors across versions",
        "outside-identifiers": "Outside identifiers",
    }
)
#: Who asks, as the page says it.
ASKERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "researcher": "a researcher",
        "registry": "a registry",
        "portal": "a portal",
        "policy-officer": "a policy officer",
    }
)

Asker = Literal["researcher", "registry", "portal", "policy-officer"]


class CompetencyQuestion(BaseModel):
    """One question: `starting` counts its rows on the starting data, `uses` names saved queries close to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    question: str = Field(pattern=r"^[A-Z].*\?$")
    asked_by: Asker
    system: str
    starting: int = Field(ge=0)
    uses: tuple[str, ...] = ()
    text: str

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Return the prefixes that the text declares."""
        return prefixes_of(self.text)

    @model_validator(mode="after")
    def _holds(self) -> CompetencyQuestion:
        if self.system not in SYSTEMS:
            raise ValueError(f"the system '{self.system}' is none of {', '.join(SYSTEMS)}")
        if not isinstance(ox.Store().query(self.text), ox.QuerySolutions):
            raise ValueError("it is no SELECT query")
        return self


class CompetencyQuestions:
    """All competency questions by name, in the order of their names."""

    def __init__(self, questions: Mapping[str, CompetencyQuestion]) -> None:
        self.questions = questions

    def __getitem__(self, name: str) -> CompetencyQuestion:
        return self.questions[name]

    def __iter__(self) -> Iterator[CompetencyQuestion]:
        return iter(self.questions.values())

    def by_system(self) -> dict[str, list[CompetencyQuestion]]:
        """Return the questions under the notations of all systems."""
        return {system: [each for each in self if each.system == system] for system in SYSTEMS}

    @cached_property
    def fingerprint(self) -> str:
        """Return a hash over all that is said of all questions."""
        digest = hashlib.sha256()
        for each in self:
            digest.update(each.model_dump_json().encode() + b"\0")
        return digest.hexdigest()


def load(folder: Path | None = None) -> CompetencyQuestions:
    """Return the competency questions of a folder, by default the project's.

    Raises Damaged, naming the file, when a head or a query does not hold.
    """
    files = sorted((folder or assets.folder("queries") / FOLDER).glob("*.rq"), key=lambda path: path.stem)
    return CompetencyQuestions({path.stem: _read(path) for path in files})


def _read(path: Path) -> CompetencyQuestion:
    try:
        facts, text = read_head(path.read_text(encoding="utf-8"))
        return CompetencyQuestion(name=path.stem, text=text, **facts)
    except (yaml.YAMLError, ValidationError, ValueError, TypeError, SyntaxError) as error:
        raise Damaged(f"The competency question {path.name} does not hold: {error}") from error
