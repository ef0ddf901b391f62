"""Finding things by name, whatever is typed."""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core.errors import NotFound
from eclod.core.namespaces import expand
from eclod.store import search, search_entries
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod.store.search import Entry, Hit, SearchIndex, SearchIndexes

ENTRIES = [
    Entry("urn:1", "cluster", "Café de l'Être", "fr", "France", "Coffee shop", 40),
    Entry("urn:2", "organisation", "Malmö Högskola", "sv", "Sweden", "Malmö University", 30),
    Entry("urn:3", "organisation", "R&D_Center foo-bar", "en", "", "", 30),
    Entry("urn:4", "region", "Клъстер Αθήνα 日本語", "", "", "", 0),
    Entry("urn:5", "sector", "AND OR NOT NEAR", "en", "", "28.11 C", 0),
    Entry("urn:6", "cluster", "Coffee valley", "en", "", "", 40),
    Entry("urn:7", "organisation", "Coffee", "en", "", "", 30),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    # A data folder may have any name, also one that would mean something in a URI.
    folder = tmp_path_factory.mktemp("data") / "100% a#b?mode=rwc&x é"
    folder.mkdir()
    search.write(folder / search.FILE, ENTRIES)
    return SearchIndex(folder / search.FILE)


def found(index: SearchIndex, text: str) -> list[str]:
    return [hit.iri.removeprefix("urn:") for hit in index.search(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café", ["1"]),
        ("cafe", ["1"]),
        ("CAFÉ", ["1"]),
        (unicodedata.normalize("NFD", "Café de l'Être"), ["1"]),
        (unicodedata.normalize("NFD", "Être"), ["1"]),
        ("etre cafe", ["1"]),
        ("caf", ["1"]),
        ("malmo hog", ["2"]),
        ("malmo hog university", []),  # only the last word may be a beginning
        ("högskola malmö", ["2"]),
        ("r&d", ["3"]),
        ("R&D_Center", ["3"]),
        ("foo-bar", ["3"]),
        ("foo bar", ["3"]),
        ("клъс", ["4"]),
        ("日本", ["4"]),
        ("28.11", ["5"]),
        ("28.1", ["5"]),
        ("AND", ["5"]),
        ("not near", ["5"]),
        ("coffee", ["6", "1", "7"]),
        ("nothing of the kind", []),
    ],
)
def test_names_are_found_without_accents_by_their_beginnings(
    index: SearchIndex, text: str, expected: list[str]
) -> None:
    assert found(index, text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "*", '"', "''", "()", "-", ".", "…", "\x00", "!", "_", "__", "½", "\ud800"]
)
def test_what_has_no_word_finds_nothing(index: SearchIndex, text: str) -> None:
    assert found(index, text) == []


@pytest.mark.parametrize(
    "text",
    [
        '"cafe',
        'cafe"',
        "cafe*",
        "^cafe",
        "-cafe",
        "+cafe",
        "(cafe",
        "cafe)",
        "{cafe}",
        "cafe;",
        "cafe --",
        "cafe/*",
        "cafe\x00",
        "cafe\ud800",
        "'cafe'",
        'cafe" etre',
    ],
)
def test_syntax_of_the_index_means_nothing(index: SearchIndex, text: str) -> None:
    assert found(index, text) == ["1"]


@pytest.mark.parametrize(
    "text", ["label:cafe", "label : cafe", "NEAR(cafe etre)", "cafe AND", "cafe OR zzz", "cafe NOT etre"]
)
def test_operators_are_words(index: SearchIndex, text: str) -> None:
    assert found(index, text) == []


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=40))
def test_no_text_breaks_the_search(index: SearchIndex, text: str) -> None:
    assert len(found(index, text)) <= len(ENTRIES)


@pytest.mark.parametrize("text", ["x" * 200_000, "cafe " * 20_000, '"' * 200_000, "a" + "\u0301" * 50_000])
def test_no_length_breaks_the_search(index: SearchIndex, text: str) -> None:
    found(index, text)


def test_what_is_found_can_be_limited(index: SearchIndex) -> None:
    assert [hit.iri for hit in index.search("coffee", limit=2)] == ["urn:6", "urn:1"]
    assert [hit.iri for hit in index.search("coffee", kinds=["organisation"])] == ["urn:7"]
    assert [hit.iri for hit in index.search("coffee", kinds=["organisation", "cluster"])] == ["urn:6", "urn:1", "urn:7"]
    assert index.search("coffee", kinds=["' OR 1=1 --"]) == []
    assert index.search("cafe") == [Hit("urn:1", "Café de l'Être", "fr", "cluster", "France")]


def test_reading_never_changes_the_index(index: SearchIndex) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._connection().execute("DELETE FROM entry")


def test_many_threads_may_ask_at_once(index: SearchIndex) -> None:
    answers: list[list[str]] = []

    def ask() -> None:
        for _ in range(20):
            answers.append(found(index, "coffee"))
        index._connection().close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [["6", "1", "7"]] * 160


def test_without_an_index_nothing_is_found(tmp_path: Path) -> None:
    assert SearchIndex(tmp_path / search.FILE).search("coffee") == []


def content(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        return sorted(
            connection.execute("SELECT iri, kind, label, language, detail, other, weight FROM entry").fetchall()
        )


changes = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["gone", "same", "renamed"])), max_size=6)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(changes)
def test_an_update_gives_what_writing_anew_gives(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("update")
    search.write(folder / "old", ENTRIES)
    wanted = {entry.iri: entry for entry in ENTRIES}
    for number, change in changes:
        entry = ENTRIES[number]
        wanted.pop(entry.iri, None)
        if change != "gone":
            label = entry.label if change == "same" else f"Renamed café {number}"
            wanted[entry.iri] = Entry(entry.iri, entry.kind, label, other=entry.other)
    touched = {ENTRIES[number].iri for number, _ in changes}
    search.update(folder / "new", folder / "old", touched, (e for e in wanted.values() if e.iri in touched))
    search.write(folder / "anew", wanted.values())
    assert content(folder / "new") == content(folder / "anew")
    for text in ("cafe", "coffee", "renamed", "c", "28"):
        hits = [SearchIndex(folder / name).search(text) for name in ("new", "anew")]
        assert hits[0] == hits[1]
    assert content(folder / "old") == content_of(ENTRIES)


def content_of(entries: list[Entry]) -> list[tuple[object, ...]]:
    return sorted((e.iri, e.kind, e.label, e.language, e.detail, e.other, e.weight) for e in entries)


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
        path = releases.folder(manifest.id) / search.FILE
        return {str(row[0]): Entry(*row) for row in content(path)}  # type: ignore[arg-type]

    yield publish


def test_a_thing_is_found_under_all_its_names(entries: Callable[[str], dict[str, Entry]]) -> None:
    found = entries("""
        <https://w3id.org/eclod/id/cluster/a> skos:prefLabel "Tr\\u00f8ndelag \\"X\\" \\\\ \\n"@nb, "Trondelag"@en ;
            skos:altLabel "TX"@en ; dct:identifier "NO-12" ;
            eclod:country <http://publications.europa.eu/resource/authority/country/NOR> .
        <http://publications.europa.eu/resource/authority/country/NOR> skos:prefLabel "Norway"@en, "Norwegen"@de ;
            skos:inScheme <http://publications.europa.eu/resource/authority/country> .
        <https://w3id.org/eclod/id/membership/m> skos:prefLabel "joins" .
        <https://w3id.org/eclod/id/cluster/a#address> skos:prefLabel "inside" .
        <https://w3id.org/eclod/id/cluster/nameless> dct:identifier "NO-13" .
        _:b skos:prefLabel "blank" .
        eclod:Cluster skos:prefLabel "cluster"@en .
    """)
    cluster = found[f"{BASE}/id/cluster/a"]
    assert (cluster.kind, cluster.label, cluster.language, cluster.detail) == ("cluster", "Trondelag", "en", "Norway")
    assert set(cluster.other.split("\n")) >= {'Trøndelag "X" \\ ', "TX", "NO-12"}
    assert found.keys() == {
        f"{BASE}/id/cluster/a",
        "http://publications.europa.eu/resource/authority/country/NOR",
        expand("eclod:Cluster"),
    }


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


def test_each_release_has_its_own_index(releases: Releases, three: list[str]) -> None:
    indexes = SearchIndexes(releases)
    assert indexes.for_release(three[0]) is indexes.for_release(three[0])
    assert indexes.for_release(three[0]) is not indexes.for_release(three[1])
    with pytest.raises(NotFound):
        indexes.for_release("../x")


def test_a_thing_is_found_by_the_numbers_that_others_gave_it() -> None:
    thing = f"{BASE}/id/organisation/abc"
    notation, label = expand("skos:notation"), expand("skos:prefLabel")
    graph = sorted(
        line.encode()
        for line in (
            f'<{thing}> <{label}> "Firm"@en .',
            f'<{thing}#registeredAs-lei-1> <{notation}> "097900BJCP0000187502" .',
            f"<{thing}#registeredAs-lei-1> <{expand('eclod:country')}> <{expand('country:')}CZE> .",
            f'<{thing}#address> <{label}> "No name of the firm"@en .',
            f'<http://www.w3.org/ns/adms#Identifier> <{label}> "identifier"@en .',
        )
    )
    assert list(search_entries.of_lines(graph, BASE, {expand("country:") + "CZE": "Czechia"})) == [
        Entry(thing, "organisation", "Firm", "en", "", "097900BJCP0000187502", 30)
    ]
    assert {search_entries.thing_of(line.split(b" ")[0]) for line in graph} == {
        f"<{thing}>".encode(),
        b"<http://www.w3.org/ns/adms>",
    }
