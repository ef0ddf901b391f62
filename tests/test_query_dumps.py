"""The answers written down for the saved queries, worked out again from the lines of the dumps.

For facts that come from code lists, shapes and the vocabulary. The dumps are read line by line; the SPARQL engine has
no part in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pycountry
import pyoxigraph as ox
import pytest
from tests.written_answers import ANSWERS, answer, columns

from eclod.core.namespaces import PREFIXES, expand
from eclod.core.settings import Settings
from eclod.store import lines
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

NUTS = PREFIXES["nuts"]
#: Properties by which codes and lists refer to each other.
AMONG_CODES = {
    expand(name)
    for name in (
        *("skos:broader", "skos:hasTopConcept", "skos:exactMatch", "skos:closeMatch", "skos:relatedMatch"),
        *("dct:replaces", "dct:isReplacedBy", "xkos:sourceConcept", "xkos:targetConcept"),
    )
}


class Dump:
    """The statements of one graph by subject and property, read line by line."""

    def __init__(self, content: Iterable[bytes]) -> None:
        self.triples = [quad.triple for quad in lines.quads(list(content))]
        self.about: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
        for triple in self.triples:
            assert isinstance(triple.subject, ox.NamedNode)
            assert isinstance(triple.object, ox.NamedNode | ox.Literal)
            self.about[triple.subject.value][triple.predicate.value].append(triple.object)

        self._uses: dict[str, set[str]] = defaultdict(set)
        for triple in self.triples:
            if isinstance(triple.object, ox.NamedNode):
                self._uses[triple.object.value].add(triple.predicate.value)

    def uses(self, value: str) -> set[str]:
        """Return the properties that have an IRI for a value."""
        return self._uses[value]

    def values(self, subject: str, name: str) -> list[str]:
        return [term.value for term in self.about[subject][expand(name)]]

    def label(self, subject: str, language: str, name: str = "skos:prefLabel") -> str:
        texts = [term for term in self.about[subject][expand(name)] if isinstance(term, ox.Literal)]
        by_language = {text.language or "": text.value for text in texts}
        return by_language.get(language) or by_language.get("en") or min(by_language.values(), default="")

    def having(self, name: str, value: str) -> Iterator[str]:
        return (subject for subject in self.about if value in self.values(subject, name))

    def with_all_above(self, code: str) -> set[str]:
        """Return a code and all those above it."""
        return {code, *(each for above in self.values(code, "skos:broader") for each in self.with_all_above(above))}


@pytest.fixture(scope="module")
def dumps(starting_settings: Settings, starting_release: Manifest) -> dict[str, Dump]:
    folder = Releases(starting_settings.data).folder(starting_release.id) / "dumps"
    return {name: Dump(lines.read_dump(folder / f"{name}.nq.gz")) for name in ("default", "shapes")}


def test_code_lists_have_the_codes_of_the_dump(dumps: dict[str, Dump]) -> None:
    view = dumps["default"]
    for row in answer("code-lists"):
        assert int(row["codes"]) == len(list(view.having("skos:inScheme", row["list"])))
        dropped = [code for code in view.having("skos:inScheme", row["list"]) if view.values(code, "adms:status")]
        assert int(row["deprecated"]) == len(dropped)
        used = {code for code in view.having("skos:inScheme", row["list"]) if view.uses(code) - AMONG_CODES}
        assert int(row["inUse"]) == len(used)
    for case, language in (("expected", "de"), ("with-fallback", "bg")):
        rows = answer("codes-of-a-list", case)
        assert {row["code"] for row in rows} == set(view.having("skos:inScheme", rows[0]["list"]))
        assert all(row["name"] == view.label(row["code"], language) for row in rows)


def test_regions_and_codes_follow_the_dump(dumps: dict[str, Dump]) -> None:
    view = dumps["default"]
    nuts = {iri for iri in view.about if iri.startswith(NUTS)}
    slovenia = {iri for iri in nuts if iri.removeprefix(NUTS).startswith("SI")}
    assert {row["place"] for row in answer("regions-inside")} == slovenia
    for case, within in (("expected", "DE"), ("portugal", "PT")):
        places = [p for c in view.having("rdf:type", expand("eclod:Cluster")) for p in view.values(c, "dct:spatial")]
        taken = {place.removeprefix(NUTS)[:4] for place in places}
        empty = {
            iri
            for iri in nuts
            if iri.removeprefix(NUTS).startswith(within)
            and len(iri) == len(NUTS) + 4
            and "http://data.europa.eu/nuts/scheme/2024" in view.values(iri, "skos:inScheme")
            and iri.removeprefix(NUTS) not in taken | {f"{within}ZZ"}
        }
        assert {row["region"] for row in answer("regions-without-clusters", case)} == empty
    assert sorted(columns(answer("nuts-successors"), "dropped", "successor")) == sorted(
        (old, new) for old in nuts if old.startswith(NUTS + "NL") for new in view.values(old, "dct:isReplacedBy")
    )
    for case, code in (("expected", "62"), ("one-to-many", "4791")):
        below = {iri for iri in view.about if expand(f"nace2:{code}") in view.with_all_above(iri)}
        pairs = {
            (iri, target, str(kind == "skos:exactMatch").lower())
            for iri in below
            for kind in ("skos:exactMatch", "skos:relatedMatch")
            for target in view.values(iri, kind)
            if target.startswith(PREFIXES["nace21"])
        }
        assert set(columns(answer("nace-concordance", case), "from", "to", "same")) == pairs
    for row in answer("country-codes"):
        known = pycountry.countries.get(alpha_3=row["alpha3"]) if row["alpha3"] != "XKX" else None
        assert known is None or known.alpha_2 == row["alpha2"]
        assert row["euCode"] == {"GR": "EL", "GB": "UK"}.get(row["alpha2"], row["alpha2"])
        assert row["nuts"] == NUTS + row["euCode"]


def test_classes_terms_and_fields_follow_the_dump(dumps: dict[str, Dump]) -> None:
    view, shapes = dumps["default"], dumps["shapes"]
    kinds = Counter(kind for subject in view.about for kind in view.values(subject, "rdf:type"))
    assert {row["class"]: int(row["things"]) for row in answer("classes")} == kinds
    own = set(view.having("rdfs:isDefinedBy", "https://w3id.org/eclod/ontology"))
    assert {row["term"] for row in answer("vocabulary")} == own
    assert all(row["definition"] == view.label(row["term"], "en", "skos:definition") for row in answer("vocabulary"))
    for case, shape, language in (("expected", "Cluster", "en"), ("in-german", "Membership", "de")):
        rules = [rule for rule in shapes.about if rule.startswith(f"{PREFIXES['shapes']}{shape}-")]
        said = {
            (
                rule.partition("-")[2],
                shapes.values(rule, "sh:path")[0],
                str(bool(shapes.values(rule, "sh:minCount"))).lower(),
                str(shapes.values(rule, "sh:maxCount") == ["1"]).lower(),
                shapes.label(rule, language, "sh:description"),
            )
            for rule in rules
            if shapes.values(rule, "sh:path")
        }
        rows = answer("fields-of-a-class", case)
        assert set(columns(rows, "field", "property", "required", "single", "meaning")) == said


def test_relations_and_outside_identifiers_follow_the_dump(dumps: dict[str, Dump]) -> None:
    view = dumps["default"]
    relations = [expand(name) for name in ("eli:repeals", "eclod:updates", "eli:related_to", "eli:is_about")]
    titled = {subject for subject in view.about if view.values(subject, "dct:title")}
    assert sorted(
        (row["document"], row["relation"], row["other"])
        for row in answer("document-relations")
        if row["relation"] in relations
    ) == sorted(
        (subject, relation, term.value)
        for subject in titled
        for relation in relations
        for term in view.about[subject][relation]
    )
    outside = [expand(name) for name in ("owl:sameAs", "eclod:celex", "eli:id_local", "dct:identifier")]
    said = {(s, name, term.value) for s in list(view.about) for name in outside for term in view.about[s][name]}
    assert set(columns(answer("outside-identifiers"), "thing", "property", "identifier")) == said
    same = set(columns(answer("outside-identifiers", "same-as"), "thing", "property", "identifier"))
    assert same == {each for each in said if each[1] == expand("owl:sameAs")}


def test_a_cluster_in_full_is_what_its_lines_say(dumps: dict[str, Dump]) -> None:
    text = (ANSWERS / "cluster-in-full" / "expected.nt").read_text(encoding="utf-8")
    written = {quad.triple for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)}
    view = dumps["default"]
    cluster = next(view.having("skos:altLabel", "AFBW"))
    manager = view.values(cluster, "eclod:managedBy")[0]
    about = {cluster, manager, f"{manager}#address"}
    assert written == {t for t in view.triples if isinstance(t.subject, ox.NamedNode) and t.subject.value in about}
