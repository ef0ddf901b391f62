"""pyshacl with the project's shapes, in one process: its verdict on a graph, as violations.

pyshacl makes a graph of what it finds and a text for each result, which cost more than finding it; here the results are
taken as they come. Nothing of how it judges is changed but that a rule looks at all its nodes in one go.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import rdflib
from pyshacl import shape as pyshacl_shape
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.constraints.core.shape_based_constraints import PropertyConstraintComponent
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib.namespace import SH, XSD
from rdflib.plugins.stores.memory import SimpleMemory

from eclod.core.garbage import uncollected
from eclod.rdf import literals

_STRING: Final = str(XSD.string)
#: Whether results are to be without a text.
_wordless: ContextVar[bool] = ContextVar("wordless", default=False)
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Violation:
    """One validation result (SHACL, section 3.6.2): IRIs as text, messages as (language, text)."""

    focus: str
    path: str | None
    value: str | None
    shape: str
    component: str
    severity: str
    messages: tuple[tuple[str, str], ...]

    @property
    def blocks(self) -> bool:
        """Return whether the node must not enter; warnings and infos may."""
        return self.severity == "Violation"

    def message(self, language: str) -> str:
        """Return the message in a language, in English, or in any."""
        texts = dict(self.messages)
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), self.component)


class Judge:
    """pyshacl with the shapes, in one process."""

    def __init__(self, files: Sequence[Path]) -> None:
        literals.be_strict()
        _be_brief()
        self.shapes = _ShapesGraph()
        for path in files:
            if path.name != "ontology-style.ttl":
                self.shapes.parse(path, format="turtle")
        _leave_out_repetition(self.shapes)
        # As a rule all shapes are wanted, and a few of them that are always the same.
        self._by = lru_cache(4)(self._ready)

    def validate(self, data: bytes, beside: bytes, rules: frozenset[str] | None = None) -> list[Violation]:
        """Return the violations of the subjects of `data` (both N-Triples).

        With `rules`, things need not be judged by other property shapes of theirs: they are known to conform to these.
        """
        with uncollected():
            return self._validate(data, beside, rules)

    def _validate(self, data: bytes, beside: bytes, rules: frozenset[str] | None) -> list[Violation]:
        graph = rdflib.Graph(store=_Memory())
        judged = _add(graph, data)
        _add(graph, beside)
        validator: Any = _Validator(
            DataGraph.from_rdflib(graph),
            shacl_graph=rdflib.Graph(),
            options={"inference": "none", "advanced": False, "logger": _log},
        )
        validator.shacl_graph = self._by(rules)
        before = _wordless.set(True)
        try:
            _, results, _ = validator.run()
        finally:
            _wordless.reset(before)
        violations = (violation for result in results for violation in _violations(result))
        return [each for violation in violations for each in _about_judged(violation, judged, graph)]

    def _ready(self, rules: frozenset[str] | None) -> ShapesGraph:
        """Return the shapes ready for use: with `rules`, only those property shapes of things, and all others."""
        return ShapesGraph(self.shapes if rules is None else _only(self.shapes, rules))


class _Memory(SimpleMemory):
    """A store of one graph, which takes half the time of one for many; pyshacl insists on the latter."""

    context_aware = graph_aware = True

    def __init__(self) -> None:
        super().__init__()
        self._added = 0

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        """Add a triple."""
        super().add(triple, context, quoted)
        self._added += 1

    def __len__(self, context: Any = None) -> int:
        """Return how many triples were added; pyshacl asks at each result, and counting them takes long."""
        return self._added

    def add_graph(self, graph: rdflib.Graph) -> None:
        """Take notice of a graph, of which there is one."""


class _Validator(Validator):
    """The validator, with its results as they are in place of a graph and a text about them."""

    @classmethod
    def create_validation_report(cls, sg: Any, conforms: bool, results: list[Any]) -> tuple[Any, str]:
        return results, ""


class _ShapesGraph(rdflib.Graph):
    """The shapes, of which pyshacl asks what they say anew for each node it judges; half of its time goes there."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[object, list[tuple[rdflib.term.Node, rdflib.term.Node]]] = {}

    def predicate_objects(
        self, subject: Any = None, unique: bool = False
    ) -> Generator[tuple[rdflib.term.Node, rdflib.term.Node], None, None]:
        """Return what is said of a node, from memory when it was asked before."""
        if subject not in self._said:
            self._said[subject] = list(super().predicate_objects(subject, unique))
        yield from self._said[subject]

    def add(self, triple: Any) -> _ShapesGraph:
        """Add a triple and forget what was remembered."""
        self._said.clear()
        super().add(triple)
        return self

    def remove(self, triple: Any) -> _ShapesGraph:
        """Remove triples and forget what was remembered."""
        self._said.clear()
        super().remove(triple)
        return self


@cache
def _be_brief() -> None:
    """Teach pyshacl, once in a process, to spend no time on what is not asked for."""
    # It looks up constraint parameters in a list, for each node it judges; a set makes it 2.4 times faster.
    vars(pyshacl_shape)["CONSTRAINT_PARAMS"] = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
    component: Any = ConstraintComponent
    component.make_v_result_description = _described(component.make_v_result_description)
    property_component: Any = PropertyConstraintComponent
    property_component._evaluate_property_shape = _in_one_go(property_component._evaluate_property_shape)


def _described(describe: Callable[..., str]) -> Callable[..., str]:
    return lambda *args, **named: "" if _wordless.get() else describe(*args, **named)


def _in_one_go(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """Return pyshacl's evaluation of a property shape on all values together, which it does one by one."""

    @wraps(evaluate)
    def evaluated(self: Any, executor: Any, rule: Any, graph: Any, nodes: Mapping[Any, Any], *others: Any) -> Any:
        together = tuple({value: None for values in nodes.values() for value in values})
        return evaluate(self, executor, rule, graph, {None: (together,)} if together else {}, *others)

    return evaluated


def _leave_out_repetition(shapes: rdflib.Graph) -> None:
    """Leave out that a shape demands its parent shape too, where the parent judges the same things by itself.

    It does when the shape demands the parent's class (`sh:class`). Nothing passes that would not have: what breaks a
    rule of the parent is reported as breaking that rule, once, and in a third of the time.
    """
    for parent, target in shapes.subject_objects(SH.targetClass):
        for shape in list(shapes.subjects(SH.node, parent)):
            if (shape, SH.targetClass, None) in shapes and (shape, SH["class"], target) in shapes:
                shapes.remove((shape, SH.node, parent))


def _only(shapes: rdflib.Graph, rules: frozenset[str]) -> rdflib.Graph:
    """Return the shapes with those property shapes of things only, and with all that judge values and codes."""
    chosen = _ShapesGraph()
    inner = {value for name in (SH.node, SH["not"], SH.qualifiedValueShape) for value in shapes.objects(None, name)}
    left_out = {
        (shape, SH.property, rule)
        for shape in {*shapes.subjects(SH.targetClass, None)} - inner
        for rule in shapes.objects(shape, SH.property)
        if str(rule) not in rules
    }
    kept = {rule for link in shapes.triples((None, SH.property, None)) if link not in left_out for rule in link[2:]}
    gone = {rule for _, _, rule in left_out} - kept
    for triple in shapes:
        if triple not in left_out and triple[0] not in gone:
            chosen.add(triple)
    return chosen


def _add(graph: rdflib.Graph, content: bytes) -> set[str]:
    """Add N-Triples to a graph and return their subjects; each term is made once."""
    terms: dict[object, Any] = {}

    def term(each: Any) -> Any:
        found = terms.get(each)
        if found is None:
            found = terms[each] = _term(each)
        return found

    for quad in ox.parse(content, format=ox.RdfFormat.N_TRIPLES):
        graph.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    return {str(subject) for subject in graph.subjects()}


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> rdflib.term.Identifier:
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if term.language is not None:
        return rdflib.Literal(term.value, lang=term.language)
    datatype = term.datatype.value
    return rdflib.Literal(term.value, datatype=None if datatype == _STRING else rdflib.URIRef(datatype))


def _violations(result: tuple[str, Any, Iterable[Any]]) -> Iterator[Violation]:
    """Return a result of pyshacl, and its details as far as they are about the same thing.

    That another thing does not fit where it is pointed to is no fault of that thing.
    """
    _, top, triples = result
    said: dict[Any, dict[Any, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for node, predicate, value in triples:
        # Nodes of a graph come with it.
        said[node][predicate].append(value[1] if isinstance(value, tuple) else value)
    waiting = [(top, "")]
    while waiting:
        node, thing = waiting.pop()
        found = _violation(said[node])
        about = found.focus.partition("#")[0]
        if about == thing or not thing:
            yield found
            waiting += [(detail, about) for detail in said[node].get(SH.detail, ())]


def _violation(said: Mapping[Any, list[Any]]) -> Violation:
    def text(predicate: rdflib.URIRef) -> str | None:
        return str(said[predicate][0]) if predicate in said else None

    messages = {
        (message.language or "", str(message))
        for message in said.get(SH.resultMessage, ())
        if isinstance(message, rdflib.Literal)
    }
    return Violation(
        focus=text(SH.focusNode) or "",
        path=text(SH.resultPath),
        value=text(SH.value),
        shape=text(SH.sourceShape) or "",
        component=(text(SH.sourceConstraintComponent) or "").rpartition("#")[2].removesuffix("ConstraintComponent"),
        severity=(text(SH.resultSeverity) or "").rpartition("#")[2],
        messages=tuple(sorted(messages)),
    )


def _about_judged(violation: Violation, judged: set[str], graph: rdflib.Graph) -> Iterator[Violation]:
    """Return a violation of a judged node as it is, and a warning about a code as one about each node that uses it."""
    if violation.focus in judged:
        yield violation
    elif not violation.blocks:
        code = rdflib.URIRef(violation.focus)
        users = {str(user) for user in graph.subjects(None, code)} & judged
        for user in sorted(users):
            yield dataclasses.replace(violation, focus=user, value=violation.focus)
