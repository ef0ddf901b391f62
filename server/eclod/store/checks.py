"""Checks that gate a release: queries over all of it that must return nothing.

A shape judges one thing with what stands beside it; a check sees the whole dataset: two observations for the same
cell, a code that is in no list. The files of `queries/checks/` have a `#+` head with `summary` (what is wrong when
there are rows) and `description` (why, and what to do), and are SELECT queries.

Where a release differs in some subjects only from one that passed, most checks need not be asked of everything: the
variable of `VALUES ?thing { UNDEF }` stands for what is judged, and is bound to what the change may have spoilt. That
is what the path `reached` of the head leads to from a changed subject, or the subject itself where there is none. The
path has to name every way by which a verdict depends on another subject. A check without such a line is asked whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import pyoxigraph as ox
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from eclod.core import assets
from eclod.core.errors import Damaged, NotConforming
from eclod.core.namespaces import shorten
from eclod.rdf.query_catalogue import prefixes_of, read_head

FOLDER: Final = "checks"
#: Rows that a refusal quotes.
_SHOWN: Final = 3
#: Changed subjects after which it is cheaper to ask everything whole, and how many are asked about at once.
_MANY: Final = 20_000
_AT_ONCE: Final = 2_000
#: The graphs, by how their IRI ends, that say what the others are judged by.
_GIVEN: Final = ("/graph/codelists", "/graph/ontology", "/graph/shapes")
_ABOUT: Final = re.compile(r"VALUES \?(\w+) \{ UNDEF \}\s*")
_STEP: Final = re.compile(r"!\^a|(?:a |\^)?[\w-]+:[\w-]+")
#: What stands first of what is judged: its class, or properties of which it has one.
_TRAITS: Final = re.compile(r"\?(?P<about>\w+) (?P<steps>a [\w:-]+|\(?\^?[\w:-]+(?:\|\^?[\w:-]+)*\)?\+?)[\s/]")
#: The step along whatever points to something.
_ANY_WAY_BACK: Final = "!^a"


class Check(BaseModel):
    """One check: its name, what is wrong when it finds something, why that matters and what to do, and the query."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    summary: str = Field(min_length=1)
    description: str = Field(min_length=1)
    reached: str = ""
    text: str

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if len(names := set(_ABOUT.findall(self.text))) > 1:
            raise ValueError(f"'UNDEF' stands for one variable, not for {', '.join(sorted(names))}")
        if self.reached and not self.about:
            raise ValueError("'reached' needs a line 'VALUES ?thing { UNDEF }' in the query")
        asked = [self.whole, *([self.of(["<urn:x>"])] if self.about else [])]
        for text in [*asked, *([self.reaching(["<urn:x>"])] if self.reached else [])]:
            if not isinstance(ox.Store().query(text), ox.QuerySolutions):
                raise ValueError("it is no SELECT query")
        return self

    @property
    def about(self) -> str:
        """Return the variable that stands for what is judged, empty when the check is asked whole only."""
        found = _ABOUT.search(self.text)
        return found[1] if found else ""

    @cached_property
    def whole(self) -> str:
        """Return the query about everything."""
        return _ABOUT.sub("", self.text)

    def of(self, things: Iterable[str]) -> str:
        """Return the query about some things, which are terms as SPARQL spells them."""
        values = f"VALUES ?{self.about} {{ {' '.join(things)} }} "
        return _ABOUT.sub(lambda _: values, self.text)

    def reaching(self, touched: Iterable[str]) -> str:
        """Return the query for what has to be judged again after something was said about other things."""
        prologue = "\n".join(f"PREFIX {name}: <{iri}>" for name, iri in prefixes_of(self.text).items())
        values = f"VALUES ?touched {{ {' '.join(touched)} }}"
        return f"{prologue}\nSELECT DISTINCT ?thing {{ {values} ?touched {self.reached} ?thing }}"

    @cached_property
    def steps(self) -> frozenset[str]:
        """Return the steps of `reached`, with IRIs for names."""
        return self._steps(self.reached)

    @cached_property
    def traits(self) -> frozenset[str]:
        """Return steps of which one leads away from whatever is judged; none when that cannot be told."""
        found: set[str] = set()
        for values in _ABOUT.finditer(self.text):
            first = _TRAITS.match(self.text, values.end())
            if first is None or first["about"] != self.about:
                return frozenset()
            found |= self._steps(first["steps"])
        return frozenset(found)

    def _steps(self, path: str) -> frozenset[str]:
        prefixes = prefixes_of(self.text)
        return frozenset(re.sub(r"([\w-]+):", lambda match: prefixes[match[1]], step) for step in _STEP.findall(path))


def load(folder: Path | None = None) -> tuple[Check, ...]:
    """Return the checks of a folder, by default the project's, in the order of their names.

    Raises Damaged, naming the file, when a head or a query does not hold.
    """
    return tuple(_read(path) for path in sorted((folder or assets.folder("queries") / FOLDER).glob("*.rq")))


def _read(path: Path) -> Check:
    try:
        facts, text = read_head(path.read_text(encoding="utf-8"))
        return Check(name=path.stem, text=text, **facts)
    except (yaml.YAMLError, ValidationError, ValueError, TypeError, SyntaxError) as error:
        raise Damaged(f"The check {path.name} does not hold: {error}") from error


def rows(store: ox.Store, check: Check) -> list[str]:
    """Return what a check finds, a line for each row: `observation <…>, dataset <…>`."""
    return _rows(store, check.whole)


def run(
    store: ox.Store,
    checks: Iterable[Check],
    touched: Collection[bytes] | None = None,
    changed_graphs: Collection[str] = (),
) -> None:
    """Let the dataset in a store pass the checks.

    With `touched`, the dataset is one that passed the same checks, but for what is said in any graph about these
    subjects (`<…>` or `_:…`, as lines have them) in the graphs `changed_graphs`; then only what that may have spoilt is
    asked about, with the same verdict. Raises NotConforming, naming the first check that found something, how many rows
    and the first of them.
    """
    suspects = None if touched is None or _concerns_all(touched, changed_graphs) else _Suspects(store, touched)
    for check in checks:
        if suspects is not None and check.about and not suspects.spoil(check):
            continue
        if found := rows(store, check):
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise NotConforming(
                f"No release was made: the check '{check.name}' found something ({check.summary}): "
                f"{'; '.join(found[:_SHOWN])}{more}. {check.description}",
                check=check.name,
                found=len(found),
            )


def _concerns_all(touched: Collection[bytes], changed_graphs: Collection[str]) -> bool:
    """Return whether a change is so large, or of such things, that every check is asked whole.

    A query cannot name a blank node.
    """
    given = any(graph.endswith(_GIVEN) for graph in changed_graphs)
    return given or len(touched) > _MANY or any(subject.startswith(b"_:") for subject in touched)


class _Suspects:
    """What a change to some subjects may have spoilt; many checks reach the same."""

    def __init__(self, store: ox.Store, touched: Collection[bytes]) -> None:
        self._store = store
        self._touched = [subject.decode() for subject in touched]
        self._reached: dict[str, list[str]] = {}

    def spoil(self, check: Check) -> bool:
        """Return whether a check finds something about them, or cannot tell."""
        things = {*self._reach(check), *(self._having(check.traits) if check.traits else self._touched)}
        if any(thing.startswith("_:") for thing in things):
            return True
        return any(_rows(self._store, check.of(some)) for some in _batches(sorted(things)))

    def _having(self, steps: frozenset[str]) -> list[str]:
        return [subject for subject, known in self._steps.items() if not known.isdisjoint(steps)]

    def _reach(self, check: Check) -> list[str]:
        """Return what a path leads to from those that have any of its links: to go it from all costs more."""
        if check.reached not in self._reached:
            found: set[str] = set()
            for some in _batches(self._having(check.steps)):
                found |= {str(row["thing"]) for row in _solutions(self._store, check.reaching(some))}
            # What is judged is a subject, so no literal.
            self._reached[check.reached] = [term for term in found if not term.startswith('"')]
        return self._reached[check.reached]

    @cached_property
    def _steps(self) -> dict[str, set[str]]:
        """Return the steps that lead away from each of them."""
        found: dict[str, set[str]] = {}
        for some in _batches(self._touched):
            values = f"VALUES ?thing {{ {' '.join(some)} }}"
            for row in _solutions(self._store, f"SELECT DISTINCT ?thing ?step {{ {values} ?thing ?step ?any }}"):
                found.setdefault(str(row["thing"]), set()).add(row["step"].value)
            for row in _solutions(self._store, f"SELECT ?thing ?class {{ {values} ?thing a ?class }}"):
                found.setdefault(str(row["thing"]), set()).add(f"a {row['class'].value}")
            for row in _solutions(self._store, f"SELECT DISTINCT ?thing ?step {{ {values} ?any ?step ?thing }}"):
                found.setdefault(str(row["thing"]), set()).update((f"^{row['step'].value}", _ANY_WAY_BACK))
        return found


def _batches(terms: Sequence[str]) -> Iterable[Sequence[str]]:
    return (terms[start : start + _AT_ONCE] for start in range(0, len(terms), _AT_ONCE))


def _solutions(store: ox.Store, text: str) -> ox.QuerySolutions:
    found = store.query(text)
    assert isinstance(found, ox.QuerySolutions)
    return found


def _rows(store: ox.Store, text: str) -> list[str]:
    found = _solutions(store, text)
    names = [variable.value for variable in found.variables]
    return [", ".join(_said(names, solution)) for solution in found]


def _said(names: Sequence[str], solution: ox.QuerySolution) -> Iterable[str]:
    for name in names:
        term = solution[name]
        if isinstance(term, ox.NamedNode):
            short = shorten(term.value)
            yield f"{name} {short if short != term.value else f'<{short}>'}"
        elif term is not None:
            yield f"{name} {term}"
