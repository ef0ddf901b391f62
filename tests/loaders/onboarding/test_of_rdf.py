"""A registry from a first file that is RDF: no mapping, and the reasons for what is not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from eclod.cli import main
from eclod.core.errors import BadInput
from eclod_loaders.onboarding import newcomer, of_rdf
from eclod_loaders.onboarding.newcomer import Who

THINGS = """@prefix eclod: <https://w3id.org/eclod/ontology#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix r: <https://register.example/id/> .
r:a a eclod:Cluster ; skos:prefLabel "A" ; r:colour "red" .
r:b a eclod:Cluster ; skos:prefLabel "B" ; eclod:sector "XX" .
r:c a r:Thing .
"""


def test_the_command_makes_a_registry_without_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "things.ttl"
    file.write_text(THINGS, encoding="utf-8")
    said = CliRunner().invoke(main, ["registry", "new", "at-c", str(file), "--into", str(tmp_path / "r")])
    assert said.exit_code == 0, said.output
    assert "The file is RDF" in said.output
    assert "1 of 3 rows can be read with it." in said.output
    assert "1 statements are left out: https://register.example/id/colour" in said.output
    assert sorted(path.name for path in (tmp_path / "r" / "at-c").iterdir()) == ["registry.toml", "things.ttl"]
    assert 'adapter = "rdf"' in (tmp_path / "r" / "at-c" / "registry.toml").read_text(encoding="utf-8")


def test_a_file_that_does_not_parse_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "things.ttl"
    file.write_text("no turtle", encoding="utf-8")
    with pytest.raises(BadInput, match=r"things\.ttl, line 1"):
        newcomer.make("at-c", file, tmp_path / "r", Who("T", "P"))
    assert not (tmp_path / "r" / "at-c").exists()


@pytest.mark.parametrize(
    ("name", "content", "rdf"),
    [
        ("a.ttl", "", True),
        ("a.nt.gz", "", True),
        ("a.json", '{"@context": {}}', True),
        ("a.json", '{"clusters": []}', False),
        ("a.xml", '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', True),
        ("a.xml", "<clusters/>", False),
        ("a.csv", "", False),
    ],
)
def test_rdf_is_known_by_its_name_or_content(tmp_path: Path, name: str, content: str, rdf: bool) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert of_rdf.is_rdf(tmp_path / name) is rdf
