"""What is known of cluster organisations, held against the admission criteria of the cluster platform.

The criteria are a SHACL profile, `shapes/profiles/admission.ttl`. It distinguishes what speaks against a criterion
(sh:Violation) from what is not known (sh:Info), so that missing data are never taken for a failure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from eclod.core import assets
from eclod.core.namespaces import ECLOD, SCHEME
from eclod.rdf.gate import Gate

CRITERIA: Final = SCHEME + "admission-criterion/"
RESULTS: Final = SCHEME + "assessment-result/"
#: The criteria that all have to be met, unless the last is: then they are waived.
FIVE: Final = ("management-team", "english-website", "committed-members", "triple-helix", "public-bodies")
RECOGNITION: Final = "recognition"
ADMISSION: Final = "admission"

MET: Final = "met"
NOT_MET: Final = "not-met"
CANNOT_BE_TOLD: Final = "cannot-be-told"
WAIVED: Final = "waived"


class Profile:
    """The profile, read once."""

    def __init__(self) -> None:
        self._path = assets.profile("admission")
        self._gate = Gate([self._path])

    def assess(self, organisations: Sequence[str], facts: Iterable[ox.Triple]) -> dict[str, Mapping[str, str]]:
        """Return the result of each criterion, both by notation, for each organisation (IRI), from facts about them."""
        severities: dict[tuple[str, str], set[str]] = defaultdict(set)
        for found in self._gate.validate(facts):
            if found.shape in self._criterion_of:
                severities[found.focus, self._criterion_of[found.shape]].add(found.severity)
        return {name: _results({c: severities.get((name, c), set()) for c in _ALL}) for name in organisations}

    @cached_property
    def _criterion_of(self) -> Mapping[str, str]:
        """The notation of the criterion that a shape checks, by the IRI of the shape."""
        return {
            quad.subject.value: quad.object.value.removeprefix(CRITERIA)
            for quad in ox.parse(path=self._path, format=ox.RdfFormat.TURTLE)
            if quad.predicate.value == ECLOD + "criterion"
            and isinstance(quad.subject, ox.NamedNode)
            and isinstance(quad.object, ox.NamedNode)
        }


_ALL: Final = (*FIVE, RECOGNITION, ADMISSION)


def _results(severities: Mapping[str, set[str]]) -> Mapping[str, str]:
    """Return the results from the severities that the profile reports for each criterion."""
    results = {criterion: _result(severities[criterion]) for criterion in (*FIVE, RECOGNITION)}
    five = {results[criterion] for criterion in FIVE}
    if five == {MET}:
        admission = MET
    elif results[RECOGNITION] == MET:
        admission = WAIVED
    else:
        admission = NOT_MET if NOT_MET in five else CANNOT_BE_TOLD
    return {**results, ADMISSION: admission}


def _result(severities: set[str]) -> str:
    if "Violation" in severities:
        return NOT_MET
    return CANNOT_BE_TOLD if "Info" in severities else MET
