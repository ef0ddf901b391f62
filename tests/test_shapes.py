"""Every shape against its examples: `tests/shapes/<Shape>/valid.<why>.ttl` and `invalid.<field>-<parameter>.ttl`.

An invalid example breaks exactly the constraint in its name. A name without a field (`invalid.class.ttl`) means a
constraint of the node shape itself. Shapes without a target, such as `NutsCode`, are applied to the codes in the file,
or to `ex:example` when it has none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib.namespace import RDF, RDFS, SH, SKOS, XSD

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "tests" / "shapes").glob("*/*.ttl"))
EXPECTED_EXAMPLES = 1457

SHAPES = rdflib.Namespace("https://w3id.org/eclod/shapes#")
ECLOD = rdflib.Namespace("https://w3id.org/eclod/ontology#")
EX = rdflib.Namespace("https://example.org/id/")
LANGUAGES = {"en", "fr", "de"}

#: The parameters of SHACL Core that our shapes use; sh:qualifiedValueShape counts with sh:qualifiedMinCount.
PARAMETERS = {
    "class", "datatype", "hasValue", "languageIn", "lessThanOrEquals", "maxCount", "maxInclusive", "minCount",
    "minInclusive", "node", "nodeKind", "not", "pattern", "qualifiedMinCount", "uniqueLang",
}  # fmt: skip
NO_CONSTRAINT = {
    "description", "message", "name", "order", "path", "property", "qualifiedValueShape", "severity", "targetClass",
    "targetSubjectsOf",
}  # fmt: skip

Result = tuple[str, str]


@cache
def shapes() -> rdflib.Graph:
    # rdflib has no order for years, and pyshacl stops with a TypeError when it compares two of them.
    rdflib.term.bind(XSD.gYear, int, constructor=int, datatype_specific=True)
    graph = rdflib.Graph()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(path)
    return graph


def local(node: object) -> str:
    return str(node).removeprefix(str(SHAPES)).removeprefix(str(SH))


def parameters(shape: rdflib.term.Node) -> Iterator[str]:
    return (local(p) for p in set(shapes().predicates(shape)) if local(p) in PARAMETERS)


def has_target(shape: rdflib.term.Node) -> bool:
    return (shape, SH.targetClass, None) in shapes() or (shape, SH.targetSubjectsOf, None) in shapes()


def constraints() -> set[Result]:
    """Return (property or node shape, parameter) of everything that an example has to break."""
    found = {(local(s), p) for s in shapes().subjects(RDF.type, SH.PropertyShape) for p in parameters(s)}
    nodes = (s for s in shapes().subjects(RDF.type, SH.NodeShape) if has_target(s))
    return found | {(local(s), p) for s in nodes for p in parameters(s)}


def expected(path: Path) -> Result | None:
    """Return the constraint that an example breaks, from its name, or None for a valid one."""
    verdict, _, why = path.stem.partition(".")
    assert verdict in ("valid", "invalid")
    if verdict == "valid":
        return None
    field, _, parameter = why.rpartition("-")
    return (f"{path.parent.name}-{field}" if field else path.parent.name, parameter)


def results(path: Path) -> Counter[tuple[str, str, str]]:
    """Return how often each (source shape, parameter, severity) is reported for an example."""
    data = rdflib.Graph().parse(path)
    shape, graph = SHAPES[path.parent.name], shapes()
    if not has_target(shape):
        graph = rdflib.Graph()
        graph += shapes()
        for focus in set(data.subjects(RDF.type, SKOS.Concept)) or {EX.example}:
            graph.add((shape, SH.targetNode, focus))
    _, report, _ = pyshacl.validate(
        data, shacl_graph=graph, advanced=False, inference="none", do_owl_imports=False, meta_shacl=False
    )
    assert isinstance(report, rdflib.Graph)
    found: Counter[tuple[str, str, str]] = Counter()
    for result in report.objects(None, SH.result):  # not sh:detail, which repeats what lies beneath
        component = local(report.value(result, SH.sourceConstraintComponent)).removesuffix("ConstraintComponent")
        severity = local(report.value(result, SH.resultSeverity))
        found[local(report.value(result, SH.sourceShape)), component[0].lower() + component[1:], severity] += 1
    return found


def test_examples_are_all_found() -> None:
    assert len(EXAMPLES) == EXPECTED_EXAMPLES
    assert all(local(SHAPES[path.parent.name]) for path in EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_example(path: Path) -> None:
    wanted = expected(path)
    found = results(path)
    if wanted is None:
        assert not found
        return
    shape = path.parent.name
    own = {(source, p): severity for source, p, severity in found if source == shape or source.startswith(f"{shape}-")}
    severity = shapes().value(SHAPES[wanted[0]], SH.severity)
    assert own == {wanted: local(severity)}
    # Only sh:node brings the results of another shape with it: those of the entry that is pointed to.
    assert wanted[1] == "node" or len(found) == 1


def test_every_constraint_has_its_invalid_example() -> None:
    broken = {wanted for path in EXAMPLES if (wanted := expected(path))}
    assert sorted(constraints() - broken) == []
    assert sorted(broken - constraints()) == []


def test_every_node_shape_has_a_valid_example() -> None:
    with_valid = {path.parent.name for path in EXAMPLES if expected(path) is None}
    judged = {local(s) for s in shapes().subjects(RDF.type, SH.NodeShape) if (s, SH.property, None) in shapes()}
    inheriting = {local(s) for s in shapes().subjects(SH["class"]) if (s, RDF.type, SH.NodeShape) in shapes()}
    assert with_valid == judged | inheriting


def test_no_constraint_goes_unnoticed() -> None:
    used = {local(p) for _, p, _ in shapes() if str(p).startswith(str(SH))}
    assert sorted(used - PARAMETERS - NO_CONSTRAINT) == []


def test_each_class_has_one_node_shape() -> None:
    counts = Counter(str(target) for target in shapes().objects(None, SH.targetClass))
    assert {target: n for target, n in counts.items() if n != 1} == {}
    for shape in shapes().subjects(SH.targetClass):
        assert len(set(shapes().objects(shape, SH.targetClass))) == 1


def test_each_file_holds_one_class() -> None:
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph = rdflib.Graph().parse(path)
        targets = [local(shape) for shape in graph.subjects(SH.targetClass)]
        if targets:
            assert [re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in targets] == [path.stem]


def spoken(subject: rdflib.term.Node, predicate: rdflib.URIRef) -> list[str]:
    texts = [o for o in shapes().objects(subject, predicate) if isinstance(o, rdflib.Literal)]
    assert all(str(text).strip() for text in texts)
    return sorted(text.language or "" for text in texts)


def test_every_shape_speaks_three_languages() -> None:
    wanted = sorted(LANGUAGES)
    for shape in shapes().subjects(RDF.type, SH.NodeShape):
        for predicate in (RDFS.label, RDFS.comment, SH.message):
            assert spoken(shape, predicate) == wanted, (local(shape), predicate)
    for shape in shapes().subjects(RDF.type, SH.PropertyShape):
        for predicate in (SH.name, SH.description, SH.message):
            assert spoken(shape, predicate) == wanted, (local(shape), predicate)


def test_every_shape_states_its_severity() -> None:
    for kind in (SH.NodeShape, SH.PropertyShape):
        for shape in shapes().subjects(RDF.type, kind):
            assert shapes().value(shape, SH.severity) in (SH.Violation, SH.Warning), local(shape)


def test_property_shapes_are_named_after_their_node_shape() -> None:
    for shape, field in shapes().subject_objects(SH.property):
        assert re.fullmatch(re.escape(local(shape)) + r"-[a-zA-Z]+", local(field))
    owners = Counter(field for _, field in shapes().subject_objects(SH.property))
    assert set(owners) == set(shapes().subjects(RDF.type, SH.PropertyShape))
    assert set(owners.values()) == {1}


def test_a_field_that_takes_codes_names_the_lists_its_shape_accepts() -> None:
    coded = 0
    for field, scheme in shapes().subject_objects(ECLOD.codeList):
        rule = SHAPES[f"{local(shapes().value(field, SH.node))}-inScheme"]
        value_shape = shapes().value(rule, SH.qualifiedValueShape)
        if value_shape is None:
            assert shapes().value(rule, SH.hasValue) == scheme
        else:
            assert re.search(str(shapes().value(value_shape, SH.pattern)), str(scheme))
        coded += 1
    assert coded > 0


def test_a_year_field_belongs_to_the_same_shape_and_takes_years() -> None:
    for field, year in shapes().subject_objects(ECLOD.yearField):
        assert local(field).partition("-")[0] == local(year).partition("-")[0]
        assert shapes().value(field, SH.datatype) == XSD.date
        assert shapes().value(year, SH.datatype) == XSD.gYear


def test_shapes_hold_no_blank_node() -> None:
    assert not [triple for triple in shapes() if any(isinstance(term, rdflib.BNode) for term in triple)]
