"""What the loaders hand to each other: a row that remembers where it stood, what is wrong with it, what it became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pyoxigraph import Triple


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, as a person sees it there.

    `number` is the row of the spreadsheet with the header counted, or the position of the feature, from 1. `cells`
    holds the values of each column: none, one, or several where the format knows lists. `defect` is a sentence when
    the row itself does not fit its file, such as one cell too many; `left_out` is why the file itself says that the row
    does not count, such as a newer version in it. `place` says where a row is that has no number in
    its file: `line 77` of XML, `/hits/3` of JSON (RFC 6901). A row of RDF has no cells but `statements`, the first of
    which are about the thing itself.
    """

    file: str
    number: int
    cells: Mapping[str, tuple[str, ...]]
    defect: str = ""
    place: str = ""
    left_out: str = ""
    statements: tuple[Triple, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    `rule` is a short slug such as `number` or `unknown-code`; `suggestion` is a value that would do, where one is near;
    `place` is that of the row; `focus` is the node that does not conform or that rows say different things of, and
    `property` what they say of it. What is found after rows became statements has no column yet and a value as it was
    read, so it takes the `cells` of its row along.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    rule: str
    message: str
    suggestion: str | None = None
    place: str = ""
    focus: str = ""
    property: str = ""
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def told(self) -> dict[str, str | int | None]:
        """Return what programs are told of it, without the row."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "cells"}


@dataclass(frozen=True, slots=True)
class MappedRow:
    """What became of a row: accepted with statements, rejected with problems, or ignored with a reason.

    `subjects` are the IRIs of the things the row describes. `notes` are values that were left out without rejecting the
    row, because the mapping says so. `own_iri` is what the registry itself calls the thing in its RDF, when that is not
    the name it has here.
    """

    row: Row
    statements: tuple[Triple, ...] = ()
    subjects: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignored: str | None = None
    notes: tuple[Problem, ...] = ()
    own_iri: str = ""
