"""What of a release is indexed: each thing once, under all its names, numbers, places and sectors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import cast

import pytest

from eclod.core.namespaces import expand
from eclod.store.finding import entries as search_entries
from eclod.store.finding import index
from eclod.store.finding.index import Entry, SearchIndex
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases

BASE = "https://w3id.org/eclod"
PREFIXES = f"""
@prefix skos: <{expand("skos:")}> . @prefix eclod: <{expand("eclod:")}> . @prefix dct: <{expand("dct:")}> .
@prefix id: <{BASE}/id/> .
"""


@pytest.fixture
def entries(must: Callable[..., Manifest], releases: Releases) -> Iterator[Callable[[str], dict[str, Entry]]]:
    """Return a function that publishes Turtle and returns the entries of the index by IRI."""

    def publish(text: str) -> dict[str, Entry]:
        manifest = must(a__ttl=PREFIXES + text)
        return {entry.iri: entry for entry in SearchIndex(releases.folder(manifest.id) / index.FOLDER).all()}

    yield publish


def test_a_thing_is_found_under_all_its_names(entries: Callable[[str], dict[str, Entry]]) -> None:
    found = entries("""
        <https://w3id.org/eclod/id/cluster/a> skos:prefLabel "Tr\\u00f8ndelag \\"X\\" \\\\ \\n"@nb, "Trondelag"@en ;
            skos:altLabel "TX"@en ; dct:identifier "NO-12" ;
            eclod:country <http://publications.europa.eu/resource/authority/country/NOR> .
        <http://publications.europa.eu/resource/authority/country/NOR> skos:prefLabel "Norway"@en, "Norwegen"@de ;
            skos:altLabel "Kingdom of Norway"@en ;
            skos:inScheme <http://publications.europa.eu/resource/authority/country> .
        <https://w3id.org/eclod/id/membership/m> skos:prefLabel "joins" .
        <https://w3id.org/eclod/id/cluster/a#address> skos:prefLabel "inside" .
        <https://w3id.org/eclod/id/cluster/nameless> dct:identifier "NO-13" .
        _:b skos:prefLabel "blank" .
        eclod:Cluster skos:prefLabel "cluster"@en .
    """)
    cluster = found[f"{BASE}/id/cluster/a"]
    assert (cluster.kind, cluster.label, cluster.language, cluster.detail) == ("cluster", "Trondelag", "en", "Norway")
    assert set(cluster.names) == {'Trøndelag "X" \\ \n', "TX"}
    assert set(cluster.codes) == {"NO-12", "a"}
    assert cluster.countries == ("http://publications.europa.eu/resource/authority/country/NOR",)
    assert found.keys() == {
        f"{BASE}/id/cluster/a",
        "http://publications.europa.eu/resource/authority/country/NOR",
        expand("eclod:Cluster"),
    }


def test_labels_of_the_merged_view_are_kept_with_their_languages() -> None:
    graph = (
        f'<{THING}> <{LABEL}> "Greece"@en .',
        f'<{THING}> <{LABEL}> "Griechenland"@de .',
        f'<{THING}> <{LABEL}> "Grecia"@es .',
        f'<{THING}> <{LABEL}> "Grecia"@it .',
        f'<{THING}> <{LABEL}> "Not shown"@fr <{BASE}/graph/registry/gr> .',
    )
    entry = read(*graph)[0]
    assert entry.labels == (("Grecia", "es"), ("Grecia", "it"), ("Greece", "en"), ("Griechenland", "de"))
    assert (entry.label, entry.language) == ("Greece", "en")
    german = entry.in_language(["de-at", "de"])
    assert (german.label, german.language) == ("Griechenland", "de")
    assert set(german.all_names) == set(entry.all_names)
    assert entry.in_language(["it"]).language == "it"
    for languages in (["fr"], ["en"], []):
        assert entry.in_language(languages) is entry
    alone = Entry(THING, "country", "Greece", "en", names=("Griechenland",))
    assert alone.in_language(["de"]) is alone  # as in an index made before labels were kept


def test_a_country_that_changes_its_name_changes_what_is_in_it(entries: Callable[[str], dict[str, Entry]]) -> None:
    text = """
        <https://w3id.org/eclod/id/cluster/a> skos:prefLabel "A"@en ;
            eclod:country <http://publications.europa.eu/resource/authority/country/TUR> .
        <http://publications.europa.eu/resource/authority/country/TUR> skos:prefLabel "Turkey"@en ;
            skos:inScheme <http://publications.europa.eu/resource/authority/country> .
    """
    assert entries(text)[f"{BASE}/id/cluster/a"].detail == "Turkey"
    assert entries(text.replace("Turkey", "Türkiye"))[f"{BASE}/id/cluster/a"].detail == "Türkiye"


def test_published_rdf_is_found_anew_after_each_change(entries: Callable[[str], dict[str, Entry]]) -> None:
    assert list(entries('<urn:a> skos:prefLabel "Alpha" .')) == ["urn:a"]
    assert list(entries('<urn:b> skos:prefLabel "Beta" .')) == ["urn:b"]
    assert entries('<urn:b> skos:prefLabel "Gamma" .')["urn:b"].label == "Gamma"


@pytest.mark.parametrize(
    ("iri", "kind"),
    [
        (f"{BASE}/id/cluster/a", "cluster"),
        (f"{BASE}/id/spaceship/a", "other"),
        (f"{BASE}/registries/dk", "registry"),
        (expand("nuts:DK01"), "region"),
        (expand("nace21:28"), "sector"),
        (expand("nace2:28"), "sector"),
        (expand("country:DNK"), "country"),
        (expand("scheme:fund/ERDF"), "concept"),
        (expand("eclod:Cluster"), "term"),
        ("http://publications.europa.eu/resource/celex/32021R1060", "document"),
        ("https://example.org/", "other"),
    ],
)
def test_the_kind_of_a_thing_is_in_its_name(iri: str, kind: str) -> None:
    assert search_entries.kind_of(iri, BASE) == kind


class Nameless:
    """A dataset in which no place or sector has a name."""

    def names(self, iri: str) -> tuple[str, ...]:
        return ()

    def name(self, iri: str) -> str:
        return ""


def read(*graph: str, retired: Collection[str] = ()) -> list[Entry]:
    nameless = cast("search_entries.Context", Nameless())
    return list(search_entries.of_lines(sorted(map(str.encode, graph)), BASE, nameless, retired))


THING = f"{BASE}/id/organisation/abc"
LABEL, NOTATION, TOWN = expand("skos:prefLabel"), expand("skos:notation"), expand("locn:postName")


def test_a_thing_is_found_by_the_numbers_that_others_gave_it_and_by_its_town() -> None:
    graph = (
        f'<{THING}> <{LABEL}> "Firm"@en .',
        f"<{THING}> <{expand('rdf:type')}> <{expand('org:Organization')}> .",
        f"<{THING}> <{expand('foaf:homepage')}> <https://www.firm.example/en/> .",
        f'<{THING}#registeredAs-lei-1> <{NOTATION}> "097900BJCP0000187502" .',
        f"<{THING}#registeredAs-lei-1> <{expand('eclod:country')}> <{expand('country:')}CZE> .",
        f'<{THING}#address> <{LABEL}> "No name of the firm"@en .',
        f'<{THING}#address> <{TOWN}> "Brno"@und .',
        f'<http://www.w3.org/ns/adms#Identifier> <{LABEL}> "identifier"@en .',
    )
    assert read(*graph) == [
        Entry(
            THING,
            "organisation",
            "Firm",
            "en",
            "Brno",
            weight=30,
            codes=("097900BJCP0000187502", "abc"),
            about=("Brno",),
            types=(expand("org:Organization"),),
            towns=("Brno",),
            homepage="firm.example/en",
        )
    ]
    assert {search_entries.thing_of(line.encode().split(b" ")[0]) for line in graph} == {
        f"<{THING}>".encode(),
        b"<http://www.w3.org/ns/adms>",
    }


def test_a_name_that_only_a_registry_gives_leads_to_the_thing_and_is_not_shown() -> None:
    merged = f'<{THING}> <{LABEL}> "Zebra"@en .'
    of_registry = f'<{THING}> <{LABEL}> "Antelope"@en <{BASE}/graph/registry/dk> .'
    assert [(entry.label, entry.names) for entry in read(merged, of_registry)] == [("Zebra", ("Antelope",))]
    assert read(of_registry) == []
    assert search_entries.names_things(of_registry.encode())


def test_what_is_no_longer_valid_is_not_found() -> None:
    assert read(f'<{THING}> <{LABEL}> "Firm"@en .', retired={THING}) == []


def test_a_thing_is_found_by_the_names_of_its_region_and_sector(
    entries: Callable[[str], dict[str, Entry]], releases: Releases
) -> None:
    text = f"""
        <{BASE}/id/cluster/a> skos:prefLabel "A"@en ; dct:spatial <{expand("nuts:")}DK01> ;
            eclod:sector <{expand("nace21:")}2811> .
        <{expand("nuts:")}DK01> skos:prefLabel "Hovedstaden"@da .
        <{expand("nace21:")}2811> skos:prefLabel "Engines"@en .
    """
    for name in ("Hovedstaden", "Hauptstadt"):  # the whole index is made anew when a region is renamed
        cluster = entries(text.replace("Hovedstaden", name))[f"{BASE}/id/cluster/a"]
        assert (cluster.places, cluster.sectors) == ((expand("nuts:DK01"),), (expand("nace21:2811"),))
        found = SearchIndex(releases.folder(releases.current_id() or "") / index.FOLDER)
        assert [hit.iri for hit in found.search(f"{name} engines")] == [f"{BASE}/id/cluster/a"]


def test_of_what_is_erased_no_file_is_taken_over(must: Callable[..., Manifest], releases: Releases) -> None:
    """Contract 28: what is only taken out leaves its words in the files that a later release takes over."""
    person, rest = f'<{THING}> <{LABEL}> "Zaphod Beeblebrox" .\n', f'<{THING}d> <{LABEL}> "Others" .\n'
    life = (
        f"<{THING}> <{expand('eclod:')}lifecycleStatus> <{expand('scheme:')}lifecycle/erased> "
        f"<{BASE}/graph/identifiers/life> .\n"
    )

    def files(text: str) -> set[str]:
        folder = releases.folder(must(a__nq=text).id) / index.FOLDER
        labels = {entry.label for entry in SearchIndex(folder).all()}
        assert ("Zaphod Beeblebrox" in labels, "Ford Beeblebrox" in labels) == ("Zaphod" in text, "Ford" in text)
        return {path.name for path in folder.iterdir() if path.suffix == ".store"}

    first = files(person + rest)
    assert files(rest) & first
    assert files(person + rest)
    last = files(rest + person.replace("Zaphod", "Ford"))
    assert not files(rest + life) & (first | last)
