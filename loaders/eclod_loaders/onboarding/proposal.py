"""What the rows of a sample are, and which column is which field: the best guesses, each with how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

from eclod.core.errors import BadInput
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.declarations.toml_files import did_you_mean
from eclod_loaders.onboarding.content import Content, Recogniser
from eclod_loaders.onboarding.sample import Column, Sample
from eclod_loaders.onboarding.vocabulary import Concept, Vocabulary, concepts, folded

#: From how sure on a column is placed.
_ENOUGH: Final = 0.42
#: The part of the values that must look as the concept wants them, whatever the column is called.
_LEAST_FIT: Final = 0.3
#: How sure content alone makes, when nearly all values are of one kind and the name of the column says nothing.
_BY_CONTENT: Final[Mapping[str, tuple[str, float]]] = {
    "email": ("personal", 0.9),
    "lei": ("lei", 0.8),
    "ror": ("ror", 0.8),
    "vat": ("vat", 0.6),
    "url": ("homepage", 0.55),
    "nuts": ("region", 0.5),
    "country": ("country", 0.5),
}
_NEARLY_ALL: Final = 0.9
#: Concepts of codes: a column that is called so, with few different values, is one even when its words are unknown.
_CODED: Final = frozenset({"fund", "type"})
_SAID: Final = 0.9
_FEW: Final = 25
#: The part of the rows in which two columns that stand in for each other may both have something.
_SLIPS: Final = 0.05
#: From how sure on a further column is taken for the same: a second description is called so.
_SEVERAL: Final = {"keyword": _ENOUGH, "description": _SAID}
#: What changes while the thing stays the same, so that it tells no row from another for long.
_PASSING: Final = ("totalCost", "grantAmount", "coFinancingRate", "memberCount", "staff", "description", "end")
#: Shapes that a file is likely to be about, with the words that say so and the concepts that others do not have.
_SHAPES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "Organisation": (
        "compan organisation organization firm supplier entreprise unternehmen subjekt park space",
        frozenset(),
    ),
    "Cluster": ("cluster klastr klaster", frozenset({"manager"})),
    "ClusterOrganisation": ("clusterorgani", frozenset({"memberCount", "staff"})),
    "Project": (
        "project projekt projet operation beneficiar beneficiaire erdf feder efre",
        frozenset(
            {"totalCost", "grantAmount", "beneficiary", "programme", "coFinancingRate", "fund", "partner", "end"}
        ),
    ),
    "Event": (
        "event veranstaltung evenement agenda calendar udalost",
        frozenset({"beginning-of-event", "registrationPage"}),
    ),
    "Call": ("call appel ausschreibung aufruf vyzva", frozenset({"deadline", "opens"})),
    "InnovationHub": ("hub edih", frozenset()),
    "IndustrialZone": ("zone zona", frozenset()),
}
_DEFAULT: Final = "Organisation"
#: Concepts that are things of their own, and the field of the row's thing that leads there.
_COMPANIONS: Final = {
    "beneficiary": "involvedParty",
    "partner": "involvedParty",
    "ministry": "involvedParty",
    "programme": "programme",
    "manager": "managedBy",
    "longitude": "location",
    "latitude": "location",
}


@dataclass(frozen=True, slots=True)
class Placement:
    """One column and what it is taken for; `sureness` from 0 to 1.

    `also` names columns that have the same where this one is empty.
    """

    column: Column
    concept: Concept
    content: Content
    sureness: float
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Proposal:
    """What the rows are, where columns go, which are left out and why, what tells one row from another.

    `has_country` tells whether what the rows are is in a country.
    """

    shape: str
    placements: list[Placement] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    key: Sequence[str] = ()
    remarks: list[str] = field(default_factory=list)
    has_country: bool = True

    def of(self, concept: str) -> Placement | None:
        """Return the placement of a concept."""
        return next((each for each in self.placements if each.concept.name == concept), None)


class Proposer:
    """Makes proposals for samples."""

    def __init__(self, catalogue: FieldCatalogue, recogniser: Recogniser) -> None:
        self._catalogue = catalogue
        self._recogniser = recogniser
        self._concepts = concepts(catalogue)
        self._vocabulary = Vocabulary(self._concepts)
        self._looked_at: Sample | None = None
        self._contents: Mapping[str, Content] = {}

    def propose(self, sample: Sample, shape: str | None = None, without: Mapping[str, str] | None = None) -> Proposal:
        """Return the proposal for a sample, of the given shape or the likeliest.

        `without` has columns that are not to be placed, with the reason. Raises BadInput for a shape that there is not.
        """
        if shape is not None and (shape not in self._catalogue.shapes or self._catalogue[shape].kind is None):
            named = [each.name for each in self._catalogue if each.kind]
            raise BadInput(f"There is no shape '{shape}' for rows" + did_you_mean(shape, named))
        left_out = without or {}
        contents = self._contents_of(sample)
        able = [column for column in sample.columns if column.name not in left_out]
        scored = [pair for column in able for pair in self._pairs(column, contents[column.name])]
        made = {name: self._of_shape(name, scored) for name in ([shape] if shape else _SHAPES)}
        chosen = shape or max(made, key=lambda name: self._likelihood(name, made[name], sample))
        proposal = Proposal(chosen, made[chosen])
        proposal.has_country = self._catalogue.field(chosen, "country") is not None
        self._give_a_name(proposal, sample, contents, left_out)
        self._say_what_is_left(proposal, sample, contents, left_out)
        proposal.key = _key(proposal, sample)
        return proposal

    def _contents_of(self, sample: Sample) -> Mapping[str, Content]:
        """Return what the columns look like; the sample is looked at once, however often it is proposed for."""
        if self._looked_at is not sample:
            self._looked_at = sample
            self._contents = {column.name: self._recogniser.content(column) for column in sample.columns}
        return self._contents

    def _pairs(self, column: Column, content: Content) -> list[Placement]:
        """Return what a column may be, with how sure that is."""
        found: dict[str, float] = {}
        for name, sureness in self._vocabulary.concepts(column.name).items():
            fit = _fit(self._concepts[name].content, name, content) if column.cells else 1.0
            if name in _CODED and sureness >= _SAID and 0 < content.different <= _FEW:
                fit = max(fit, _LEAST_FIT)  # the codes can be written by hand
            if fit >= _LEAST_FIT:
                found[name] = sureness * (0.4 + 0.6 * fit)
        for kind, (name, sureness) in _BY_CONTENT.items():
            if column.cells and content.is_a(kind) >= _NEARLY_ALL:
                found[name] = max(found.get(name, 0.0), sureness)
        return [Placement(column, self._concepts[name], content, sureness) for name, sureness in found.items()]

    def _of_shape(self, shape: str, pairs: Sequence[Placement]) -> list[Placement]:
        """Return the placements in a shape: the surest first, each column once, each concept once."""
        chosen: list[Placement] = []
        columns: set[str] = set()
        taken: set[str] = set()
        for each in sorted(pairs, key=lambda pair: (-pair.sureness, -pair.column.filled, pair.column.name)):
            place = each.concept.path if each.concept.path != "personal" else each.column.name
            if each.sureness < _ENOUGH or each.column.name in columns or not self._has_room(shape, each.concept, taken):
                continue
            if place in taken and each.sureness < _SEVERAL.get(place, 2.0):
                continue
            chosen.append(each)
            columns.add(each.column.name)
            taken.add(place)
        chosen = [self._with_others(each, columns, pairs) for each in chosen]
        pair = [each for each in chosen if each.concept.name in ("longitude", "latitude")]
        # One coordinate alone is no place.
        return [each for each in chosen if len(pair) != 1 or each is not pair[0]]

    def _with_others(self, each: Placement, columns: set[str], pairs: Sequence[Placement]) -> Placement:
        """Return a placement with the columns that stand in for its own: of one concept, hardly filled beside it."""
        if not each.concept.content or each.concept.name in _COMPANIONS or each.column.filled == 1.0:
            return each
        also: list[str] = []
        filled = set(each.column.at)
        for other in pairs:
            least = _ENOUGH if each.column.filled <= _NEARLY_ALL else 0.95 * each.sureness
            same = other.concept == each.concept and other.column.name not in columns and other.sureness >= least
            shared = len(filled & set(other.column.at))
            if same and other.column.cells and shared <= _SLIPS * each.column.rows:
                also.append(other.column.name)
                columns.add(other.column.name)
                filled |= set(other.column.at)
        return replace(each, also=tuple(also)) if also else each

    def _has_room(self, shape: str, concept: Concept, taken: set[str]) -> bool:
        if concept.name == "personal":
            return True
        top = _COMPANIONS.get(concept.name, concept.path.partition(".")[0])
        return self._catalogue.field(shape, top) is not None

    def _likelihood(self, shape: str, placements: Sequence[Placement], sample: Sample) -> float:
        words, own = _SHAPES[shape]
        text = folded(" ".join([sample.path.stem, *(column.name for column in sample.columns)]))
        said = sum(word in text or word in text.replace(" ", "") for word in words.split()) / len(words.split())
        placed = sum(each.sureness for each in placements if each.concept.name != "personal")
        special = sum(each.concept.name in own for each in placements)
        return (
            placed
            + 0.6 * special
            + 1.5 * said
            + (0.3 if shape == _DEFAULT else 0.0)
            - 0.5 * (bool(own) and not special)
        )

    def _give_a_name(
        self, proposal: Proposal, sample: Sample, contents: Mapping[str, Content], left_out: Mapping[str, str]
    ) -> None:
        """Place the likeliest column as the name when none says that it is; every shape needs one."""
        if proposal.of("name") is not None:
            return
        taken = {each.column.name: each for each in proposal.placements}

        def fitness(column: Column) -> float:
            about = contents[column.name]
            free = column.name not in taken or taken[column.name].concept.name == "identifier"
            texty = about.is_a("letters") * (1.0 if 3 <= about.length <= 120 else 0.3) * (1 - about.is_a("url"))
            return column.filled * about.distinct * texty * (1.0 if free else 0.2)

        able = [column for column in sample.columns if column.name not in left_out and column.cells]
        best = max(able or sample.columns, key=fitness)
        proposal.placements = [each for each in proposal.placements if each.column is not best]
        proposal.placements.append(Placement(best, self._concepts["name"], contents[best.name], 0.2))
        proposal.remarks.append(f"No column is called a name; '{best.name}' is the likeliest. Check it.")

    def _say_what_is_left(
        self, proposal: Proposal, sample: Sample, contents: Mapping[str, Content], left_out: Mapping[str, str]
    ) -> None:
        placed = {n for e in proposal.placements if e.concept.name != "personal" for n in (e.column.name, *e.also)}
        personal = {each.column.name for each in proposal.placements if each.concept.name == "personal"}
        proposal.placements = [each for each in proposal.placements if each.concept.name != "personal"]
        for column in sample.columns:
            if column.name in placed:
                continue
            if column.name in personal:
                proposal.ignored[column.name] = "personal data"
            elif column.name in left_out:
                proposal.ignored[column.name] = left_out[column.name]
            else:
                proposal.ignored[column.name] = f"to decide: {_looks_like(column, contents[column.name])}"


def _fit(kind: str, concept: str, content: Content) -> float:
    """Return how well the values suit what a concept wants, from 0 to 1."""
    if kind == "text":
        return 1.0 if content.length > 60 else 0.5
    if kind == "day":
        return max(content.is_a("day"), content.is_a("year"), content.is_a("day") + content.is_a("year"))
    if kind == "region":
        return content.is_a("nuts")
    if kind == "coordinate":
        return max(content.is_a("decimal"), content.is_a("number") if content.different > 3 else 0.0)
    if kind == "number":
        return content.is_a("number") if content.is_a("year") < _NEARLY_ALL else 0.0
    if kind:
        return content.is_a(kind)
    if concept in ("identifier", "personal", "partner"):
        return 1.0 - content.is_a("day") * (concept == "identifier")
    typed = max(content.is_a("number"), content.is_a("url"), content.is_a("email"), content.is_a("day"))
    return content.is_a("letters") * (1.0 - typed)


def _looks_like(column: Column, content: Content) -> str:
    if not column.cells:
        return "empty in the sample"
    kinds = {"url": "web addresses", "day": "dates", "number": "numbers", "email": "e-mail addresses", "year": "years"}
    kind = next((word for name, word in kinds.items() if content.is_a(name) >= _NEARLY_ALL), "texts")
    example = re.sub(r"\s+", " ", column.texts[0])[:40]
    return f"{kind}, {content.different} different, such as {example}"


def _key(proposal: Proposal, sample: Sample) -> Sequence[str]:
    """Return the columns whose values tell the rows apart: the register's own number, the name, or some together."""
    order = ("identifier", "company-number", "lei", "vat", "ror", "pic", "source", "name", "homepage")
    columns = [each.column.name for name in order for each in proposal.placements if each.concept.name == name]
    alone = [name for name in columns if _tells_apart([name], sample)]
    if alone:
        return [alone[0]]
    name = proposal.of("name")
    assert name is not None
    besides = [each for each in proposal.placements if each.column.filled == 1.0 and each is not name]
    lasting = [each.column.name for each in besides if each.concept.name not in _PASSING]
    for count in (1, 2, 3):
        for more in combinations(lasting[:12], count):
            if _tells_apart([name.column.name, *more], sample):
                proposal.remarks.append("No column alone tells the rows apart; some together do. Is there a number?")
                return [name.column.name, *more]
    if sample.rows:
        proposal.remarks.append(
            "Rows with the same key describe the same thing: there is nothing that tells all apart."
        )
    return [name.column.name]


def _tells_apart(columns: Sequence[str], sample: Sample) -> bool:
    found = [tuple(row.get(name, "") for name in columns) for row in sample.rows]
    return bool(found) and all(all(values) for values in found) and len(set(found)) == len(found)


def placed(proposal: Proposal) -> Iterator[str]:
    """Return the columns that have a place."""
    return (each.column.name for each in proposal.placements)
