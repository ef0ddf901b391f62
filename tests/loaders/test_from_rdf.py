"""RDF that is published as it is: what cannot be read is said in words, and many graphs cost no more than one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod.core.settings import Settings, from_environment
from eclod_loaders.from_rdf import build_from_rdf

MANY = 2000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.ttl",
            "<a> <b> <c> .",
            r"a\.ttl, line 1, column 1 is not Turtle: it has a relative IRI; say with --base-iri",
        ),
        ("a.jsonld", '{"@context": "http://example.org/", "@id": "x"}', "put the context into it"),
        ("a.nt", '<urn:a> <urn:b> "' + "x" * (17 << 20) + '" .', "more than 16 MiB"),
        ("a.nq", "<urn:a> <urn:b> .", r"column \d+ is not N-Quads: The object"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(
    settings: Settings, tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(BadInput, match=said):
        build_from_rdf(settings, [path])


def test_a_base_is_an_iri(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text("<a> <b> <c> .")
    with pytest.raises(BadInput, match="--base-iri is 'here', which is not an IRI"):
        build_from_rdf(settings, [path], "here")
    assert build_from_rdf(settings, [path], "https://example.org/") is not None


def test_many_small_graphs_are_published_together(settings: Settings, tmp_path: Path) -> None:
    def quads(value: str) -> str:
        return "".join(f'<urn:a> <urn:b> "{value}" <urn:g:{number}> .\n' for number in range(MANY))

    path = tmp_path / "many.nq"
    started = time.monotonic()
    for value in ("first", "second"):
        path.write_text(quads(value))
        manifest = build_from_rdf(settings, [path])
        assert manifest is not None
        assert (len(manifest.graphs), manifest.quads) == (MANY + 1, MANY)
    # 15 ms for each graph, as loading each in bulk would take, are a minute.
    assert time.monotonic() - started < 30
