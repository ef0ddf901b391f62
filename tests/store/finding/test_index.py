"""Finding things by name, number and place, whatever is typed."""

from __future__ import annotations

import threading
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclod.core import codes
from eclod.core.errors import NotFound
from eclod.store.finding import index as search
from eclod.store.finding.index import Entry, SearchIndex, SearchIndexes
from eclod.store.releases import Releases

BASE = "https://w3id.org/eclod"
CODE = codes.derive("cluster", "dk", "1")
OWN = f"{BASE}/id/cluster/{CODE}"
ENTRIES = [
    Entry("urn:1", "cluster", "Café de l'Être", "fr", "France", 40, names=("Coffee shop",), about=("France",)),
    Entry("urn:2", "organisation", "Malmö Högskola", "sv", "Sweden", 30, names=("Malmö University",)),
    Entry("urn:3", "organisation", "R&D_Center foo-bar", "en", weight=30),
    Entry("urn:4", "region", "Клъстер Αθήνα 日本語"),
    Entry("urn:5", "sector", "AND OR NOT NEAR", "en", names=("28.11", "C"), codes=("28.11",)),
    Entry("urn:6", "cluster", "Coffee valley", "en", weight=40, about=("Brno", "Roasting of beans")),
    Entry("urn:7", "organisation", "Coffee", "en", weight=30, codes=("CZ 250-43.412", "0123456789abc")),
    Entry("urn:8", "organisation", "Škoda Auto, a.s.", "cs", weight=30, types=("urn:Firm",)),
    Entry("urn:9", "organisation", "Skoda Power s.r.o.", "cs", weight=30, types=("urn:Firm", "urn:Maker")),
    Entry(OWN, "cluster", "Mechatronics", "en", weight=40, codes=(CODE,)),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    # A data folder may have any name, also one that would mean something in a URI.
    folder = tmp_path_factory.mktemp("data") / "100% a#b?mode=rwc&x é"
    folder.mkdir()
    search.write(folder / search.FOLDER, ENTRIES)
    return SearchIndex(folder / search.FOLDER)


def found(index: SearchIndex, text: str) -> list[str]:
    return ["own" if hit.iri == OWN else hit.iri.removeprefix("urn:") for hit in index.search(text)]


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
        ("клъстep", ["4"]),  # the last two letters are Latin look-alikes
        ("Klaster", ["4"]),
        ("athina", ["4"]),
        ("ΑΘΗΝΑ", ["4"]),
        ("日本", ["4"]),
        ("28.11", ["5"]),
        ("28.1", ["5"]),
        ("28 11", ["5"]),
        ("AND", ["5"]),
        ("not near", ["5"]),
        ("coffee", ["7", "6", "1"]),  # the very name first, then names that begin so, clusters before others
        ("brno coffee", ["6"]),
        ("roasting", ["6"]),
        ("CZ25043412", ["7"]),
        ("cz 25 04 34 12", ["7"]),
        ("0123-4567-89abc", ["7"]),
        ("skoda auto", ["8"]),
        ("SKODA AUTO AS", ["8"]),
        ("Škoda Auto akciová společnost", ["8"]),
        ("scoda auto", ["8"]),
        ("skdoa atuo", ["8"]),
        ("skoda", ["8", "9"]),
        ("mechatrnoics", ["own"]),
        ("mechatronisc", ["own"]),
        ("nothing of the kind", []),
    ],
)
def test_names_are_found_without_accents_by_their_beginnings(
    index: SearchIndex, text: str, expected: list[str]
) -> None:
    assert found(index, text) == expected


JOINED = [
    Entry("urn:aqua", "cluster", "Aqua-Valley", "fr", weight=40),
    Entry("urn:aquaparc", "cluster", "Aqua Valley Parc", "fr", weight=40, names=("Parc",)),
    Entry("urn:owl", "cluster", "it's OWL – Intelligente Technische Systeme", "de", weight=40, names=("it's OWL",)),
    Entry("urn:rn", "cluster", "BioRN", "de", weight=40),
    Entry("urn:alsace", "cluster", "Alsace BioValley", "fr", weight=40),
    Entry("urn:alpha", "organisation", "ALPHA-RLH", "fr", weight=30),
    Entry("urn:chemie", "organisation", "Chemie-Cluster Bayern GmbH", "de", weight=30),
    Entry("urn:er", "cluster", "Clust-ER Edilizia e Costruzioni", "it", weight=40),
    Entry("urn:lyon", "cluster", "Lyonbiopôle", "fr", weight=40),
    Entry("urn:seventh", "sector", "22 33 44", "en"),
]


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    folder = tmp_path_factory.mktemp("joined") / search.FOLDER
    search.write(folder, JOINED)
    return SearchIndex(folder)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AquaValley", ["aqua", "aquaparc"]),  # the whole name first
        ("aquaval", ["aqua", "aquaparc"]),
        ("Aqua-Val ley Pa", ["aquaparc"]),
        ("its OWL", ["owl"]),
        ("its ow", ["owl"]),
        ("Bio RN", ["rn"]),
        ("bio valley", ["alsace"]),  # within the name
        ("Alsace bio val", ["alsace"]),
        ("ALPHARLH", ["alpha"]),
        ("ChemieCluster Bayern", ["chemie"]),
        ("ChemieCluster Bayern GmbH", ["chemie"]),
        ("ChemieCluster Bayern e.V.", ["chemie"]),
        ("Cluster Edilizia e Costruzioni", ["er"]),
        ("Cluster Edilizia Costruzioni", ["er"]),
        ("Lyon biopole", ["lyon"]),
        ("lyon bio", ["lyon"]),
        ("aquavaley", ["aqua", "aquaparc"]),
        ("Lyon bioploe", ["lyon"]),
        ("b io", []),  # too short to tell
        ("2233", ["seventh"]),
        ("223345", []),  # another number is no typing error
        ("r n", []),
    ],
)
def test_a_blank_too_many_or_too_few_does_not_matter(joined: SearchIndex, text: str, expected: list[str]) -> None:
    assert [hit.iri.removeprefix("urn:") for hit in joined.search(text)] == expected
    kinds = sorted({entry.kind for entry in JOINED if entry.iri.removeprefix("urn:") in expected})
    assert [hit.iri.removeprefix("urn:") for hit in joined.search(text, kinds=kinds)] == expected
    assert joined.search(text, kinds=["event"]) == []


def test_what_the_words_find_comes_first(joined: SearchIndex) -> None:
    assert [hit.iri for hit in joined.search("valley")] == ["urn:aqua", "urn:aquaparc"]
    assert [hit.iri for hit in joined.search("aqua valley", limit=1)] == ["urn:aqua"]


def test_no_name_is_the_same_as_one_without_blanks(joined: SearchIndex) -> None:
    """Matching weighs them: `alike` gives names of the same parts beside."""
    assert joined.alike("=aquavalley", 1)[0].iri == "urn:aqua"
    assert {hit.iri for hit in joined.alike("AquaValley", 5)} >= {"urn:aqua", "urn:aquaparc", "urn:alsace"}


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


@pytest.mark.parametrize("text", ["label:cafe", "label : cafe", "NEAR(cafe etre)", "cafe OR zzz", "cafe NOT etre"])
def test_operators_are_words(index: SearchIndex, text: str) -> None:
    assert found(index, text) == []


@pytest.mark.parametrize(
    "spelling",
    [
        CODE,
        CODE.upper(),
        f"{CODE[:3]}-{CODE[3:7]}-{CODE[7:]}",
        OWN,
        f"{BASE}/doc/cluster/{CODE}.ttl",
        f"http://localhost:8000/doc/cluster/{CODE.upper()}",
        f" {OWN} ",
    ],
)
def test_our_codes_are_found_in_any_spelling(index: SearchIndex, spelling: str) -> None:
    assert found(index, spelling)[0] == "own"


def test_a_misspelt_code_finds_nothing(index: SearchIndex) -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    assert index.identified(wrong) == []


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=40))
def test_no_text_breaks_the_search(index: SearchIndex, text: str) -> None:
    assert len(found(index, text)) <= len(ENTRIES)
    assert len(index.alike(text, 5)) <= 5


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "cafe " * 20_000,
        '"' * 200_000,
        "a" + "\u0301" * 50_000,
        "(a+)+" * 5_000,
        "a.s." * 50_000,
        "ж" * 9999,
    ],
)
def test_no_length_breaks_the_search(index: SearchIndex, text: str) -> None:
    found(index, text)
    index.alike(text, 20)
    index.identified(text)


def test_what_is_found_can_be_limited(index: SearchIndex) -> None:
    assert [hit.iri for hit in index.search("coffee", limit=2)] == ["urn:7", "urn:6"]
    assert [hit.iri for hit in index.search("coffee", kinds=["organisation"])] == ["urn:7"]
    assert {hit.iri for hit in index.search("coffee", kinds=["organisation", "cluster"])} == {"urn:6", "urn:1", "urn:7"}
    assert index.search("coffee", kinds=["' OR 1=1 --"]) == []
    assert index.search("cafe")[0].entry == Entry(
        "urn:1", "cluster", "Café de l'Être", "fr", "France", 40, names=("Coffee shop",)
    )


def test_labels_are_kept_with_their_languages(tmp_path: Path) -> None:
    entry = Entry(
        "urn:gr", "country", "Greece", "en", names=("Griechenland",), labels=(("Greece", "en"), ("Griechenland", "de"))
    )
    search.write(tmp_path / search.FOLDER, [entry])
    assert SearchIndex(tmp_path / search.FOLDER).get("urn:gr") == entry


def test_names_alike_are_candidates(index: SearchIndex) -> None:
    assert [hit.iri for hit in index.alike("SKODA AUTO akciova spolecnost", 5)] == ["urn:8"]
    assert [hit.iri for hit in index.alike("Power Skoda", 1)] == ["urn:9"]
    assert [hit.iri for hit in index.alike("Scoda Awto", 1)] == ["urn:8"]
    assert {hit.iri for hit in index.alike("Skoda", 5, types=["urn:Firm"])} == {"urn:8", "urn:9"}
    assert {hit.iri for hit in index.alike("Skoda", 5, types=["urn:Maker"])} == {"urn:9"}
    assert index.alike("Skoda", 5, kinds=["cluster"]) == []


def test_many_threads_may_ask_at_once(index: SearchIndex) -> None:
    answers: list[list[str]] = []

    def ask() -> None:
        for _ in range(20):
            answers.append(found(index, "coffee"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [["7", "6", "1"]] * 160


def test_without_an_index_nothing_is_found(tmp_path: Path) -> None:
    nothing = SearchIndex(tmp_path / search.FOLDER)
    assert nothing.search("coffee") == nothing.alike("coffee", 5) == nothing.identified("x1") == []
    assert nothing.get("urn:1") is None


changes = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["gone", "same", "renamed"])), max_size=6)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(changes)
def test_an_update_gives_what_writing_anew_gives(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("update")
    search.write(folder / "old", ENTRIES)
    files = {path.name: path.read_bytes() for path in (folder / "old").iterdir()}
    wanted = {entry.iri: entry for entry in ENTRIES}
    for number, change in changes:
        entry = ENTRIES[number]
        wanted.pop(entry.iri, None)
        if change != "gone":
            label = entry.label if change == "same" else f"Renamed café {number}"
            wanted[entry.iri] = Entry(entry.iri, entry.kind, label, names=entry.names)
    touched = {ENTRIES[number].iri for number, _ in changes}
    search.update(folder / "new", folder / "old", touched, (e for e in wanted.values() if e.iri in touched))
    search.write(folder / "anew", wanted.values())
    new, anew = SearchIndex(folder / "new"), SearchIndex(folder / "anew")
    assert sorted(map(repr, new.all())) == sorted(map(repr, anew.all()))
    for text in ("cafe", "coffee", "renamed", "c", "28"):
        assert {hit.iri for hit in new.search(text)} == {hit.iri for hit in anew.search(text)}
    assert {path.name: path.read_bytes() for path in (folder / "old").iterdir() if path.name in files} == files


def test_each_release_has_its_own_index(releases: Releases, three: list[str]) -> None:
    indexes = SearchIndexes(releases)
    assert indexes.for_release(three[0]) is indexes.for_release(three[0])
    assert indexes.for_release(three[0]) is not indexes.for_release(three[1])
    with pytest.raises(NotFound):
        indexes.for_release("../x")
