"""A DCAT catalogue: the file that is read best of the dataset that is meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.fetching.catalogue import Catalogue
from eclod_loaders.fetching.copies import Copies
from eclod_loaders.fetching.locating import locate

from .conftest import Server

HEAD = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix type: <http://publications.europa.eu/resource/authority/file-type/> .
"""
ONE = """<http://d/1> a dcat:Dataset ; dcat:distribution
  [ dcat:downloadURL </rows.xlsx> ; dct:format type:XLSX ] ,
  [ dcat:downloadURL </rows> ; dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ] ,
  [ dcat:accessURL </page.html> ; dct:format type:HTML ] ,
  [ dcat:downloadURL </things> ; dcat:mediaType "text/turtle" ] .
"""
TWO = "<http://d/2> a dcat:Dataset ; dcat:distribution [ dcat:downloadURL </two.csv> ] .\n"


@pytest.fixture
def fetch(server: Server, tmp_path: Path) -> Callable[..., Path]:
    server.say("/rows", "id\n1\n", Content_Type="text/csv")
    server.say("/two.csv", "id\n2\n")
    server.say("/things", "<http://a> <http://b> <http://c> .", Content_Type="text/turtle")

    def fetch(text: str, adapter: str, dataset: str = "") -> Path:
        server.say("/catalogue", HEAD + text, Content_Type="text/turtle")
        return Catalogue(server.url("/catalogue"), Copies(tmp_path)).fetch(adapter, dataset)

    return fetch


Fetch = Callable[..., Path]


def test_the_best_file_for_the_adapter_is_fetched(fetch: Fetch) -> None:
    assert fetch(ONE, "tabular").read_text() == "id\n1\n"
    assert fetch(ONE, "rdf").suffix == ".ttl"


def test_a_dataset_of_several_is_named(fetch: Fetch) -> None:
    with pytest.raises(BadInput, match=r"has several datasets; say which with 'dataset': <http://d/1>, <http://d/2>"):
        fetch(ONE + TWO, "tabular")
    assert fetch(ONE + TWO, "tabular", "http://d/2").read_text() == "id\n2\n"
    assert fetch(ONE + TWO, "rdf").suffix == ".ttl"
    with pytest.raises(BadInput, match=r"no dataset <http://d/9>"):
        fetch(ONE, "tabular", "http://d/9")
    with pytest.raises(BadInput, match="names no file that the adapter 'geojson' reads"):
        fetch(ONE, "geojson")


def test_all_pages_of_a_catalogue_are_read(server: Server, fetch: Fetch) -> None:
    server.say("/catalogue/2", HEAD + TWO, Content_Type="text/turtle")
    text = "<> <http://www.w3.org/ns/hydra/core#next> </catalogue/2> ."
    assert fetch(text, "tabular").read_text() == "id\n2\n"


def test_a_catalogue_without_end_is_left(server: Server, fetch: Fetch) -> None:
    for number in range(60):
        text = f"<> <http://www.w3.org/ns/hydra/core#next> </catalogue/{number + 1}> ."
        server.say(f"/catalogue/{number}", text, Content_Type="text/turtle")
    with pytest.raises(BadInput, match="more than 50 pages"):
        fetch("<> <http://www.w3.org/ns/hydra/core#next> </catalogue/0> .", "tabular")


def test_a_registry_says_what_lies_at_its_address(server: Server, tmp_path: Path) -> None:
    server.say("/catalogue", HEAD + TWO.replace("two.csv", "t.ttl"), Content_Type="text/turtle")
    server.say("/t.ttl", "<http://a> <http://b> <http://c> .")
    folder = tmp_path / "xx-test"
    folder.mkdir()
    head = 'title = { en = "Test" }\npublisher = "P"\nlanguage = "en"\n[[sources]]\nadapter = "rdf"\n'

    def registry(more: str) -> Registry:
        (folder / "registry.toml").write_text(head + more, encoding="utf-8")
        return Registry.load(folder)

    whole = registry(f'file = "{server.url("/catalogue")}"\nvia = "dcat"\n')
    path = locate(whole.sources[0], whole, None, tmp_path / "downloads")
    assert path is not None and path.name.endswith("-t.ttl")
    assert locate(whole.sources[0], whole, None, None) is None
    for more, sentence in [
        ('file = "./x.ttl"\nvia = "ldes"\n', "'via' says what lies at an address"),
        ('file = "http://a/x"\nvia = "sparql"\n', "'query' is the file"),
        ('file = "http://a/x"\nvia = "sparql"\nquery = "../q.rq"\n', "is not the name of a file beside"),
        ('file = "http://a/x"\ndataset = "http://d/1"\n', "'dataset' is one of a catalogue"),
        ('file = "http://a/x"\nvia = "ftp"\n', "via"),
    ]:
        with pytest.raises(BadInput) as raised:
            registry(more)
        assert sentence in raised.value.message
    missing = registry('file = "http://127.0.0.1:9/x"\nvia = "sparql"\nquery = "q.rq"\n')
    with pytest.raises(BadInput, match=r"xx-test/q\.rq cannot be read"):
        locate(missing.sources[0], missing, None, tmp_path / "downloads")
