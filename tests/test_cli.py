"""The command line: what it prints, what it returns, and that what is wrong is one sentence."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from eclod.cli import main

TURTLE = '@prefix : <http://example.org/> . :a :b "c"@en , 1.50 . _:x :y _:x .'


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="eclod")


def fails(*arguments: str, code: int = 1) -> str:
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    lines = [line for line in result.output.strip().splitlines() if line.startswith("eclod: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.fixture
def turtle(tmp_path: Path) -> Path:
    path = tmp_path / "some.ttl"
    path.write_text(TURTLE)
    return path


def test_every_command_has_help() -> None:
    listed = run("--help")
    assert listed.exit_code == 0
    for command in ("build", "query", "registry", "releases", "serve", "validate"):
        assert command in listed.output
        assert run(command, "--help").exit_code == 0


def test_each_request_of_a_client_of_ours_is_no_news_unless_asked_for() -> None:
    """What `eclod follow` prints is what the documents show."""
    log = logging.getLogger("httpx")
    for words, level in ((["-v"], logging.DEBUG), ([], logging.WARNING)):
        assert CliRunner().invoke(main, [*words, "releases", "--help"]).exit_code == 0
        assert log.level == level


def test_a_life_of_releases(clean_environment: Path, turtle: Path) -> None:
    first = json.loads(run("build", "--from-rdf", str(turtle), "--json").stdout)
    assert first["changed"]
    assert not json.loads(run("build", "--from-rdf", str(turtle), "--json").stdout)["changed"]
    turtle.write_text(TURTLE + " :new :b :c .")
    second = json.loads(run("build", "--from-rdf", str(turtle), "--json").stdout)
    listed = json.loads(run("releases", "list", "--json").stdout)
    assert [(row["id"], row["current"]) for row in listed] == [(first["release"], False), (second["release"], True)]
    shown = json.loads(run("releases", "show", "--json").stdout)
    assert (shown["id"], shown["quads"], shown["origin"]) == (second["release"], 4, "rdf")
    diff = run("releases", "diff", first["release"])
    assert diff.stdout == "+ <http://example.org/new> <http://example.org/b> <http://example.org/c> .\n"
    assert "There was nothing to remove" in run("releases", "prune", "--keep", "2").stdout
    assert first["release"] in run("releases", "rollback").stdout
    assert "No difference" in run("releases", "diff", first["release"], first["release"]).stdout
    assert second["release"] not in run("query", "SELECT * WHERE { ?s ?p <http://example.org/c> }").stdout
    assert second["release"] in run("releases", "rollback", second["release"]).stdout
    assert first["release"] in run("releases", "prune", "--keep", "1").stdout
    assert "new" in run("query", "CONSTRUCT WHERE { ?s ?p <http://example.org/c> }", "--format", "nt").stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ttl", TURTLE),
        ("a.nt", '<http://example.org/a> <http://example.org/b> "c"@en .'),
        ("a.nq", '<http://example.org/a> <http://example.org/b> "c"@en <http://example.org/g> .'),
        ("a.trig", '<http://example.org/g> { <http://example.org/a> <http://example.org/b> "c"@en }'),
        ("a.jsonld", '{"@id": "http://example.org/a", "http://example.org/b": {"@value": "c", "@language": "en"}}'),
        (
            "a.rdf",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">'
            '<rdf:Description rdf:about="http://example.org/a"><e:b xml:lang="en">c</e:b></rdf:Description></rdf:RDF>',
        ),
    ],
)
def test_any_rdf_is_published_as_it_is(clean_environment: Path, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert run("build", "--from-rdf", str(tmp_path / name)).exit_code == 0
    query = 'SELECT ?s WHERE { { ?s ?p "c"@en } UNION { GRAPH ?g { ?s ?p "c"@en } } }'
    assert run("query", query).stdout.split() == ["s", "http://example.org/a"]


def test_what_is_wrong_is_one_sentence(clean_environment: Path, tmp_path: Path, turtle: Path) -> None:
    broken = tmp_path / "broken.ttl"
    broken.write_text("<http://example.org/a> <http://example.org/b> .")
    assert "broken.ttl, line 1" in fails("build", "--from-rdf", str(broken))
    assert "cannot be read" in fails("build", "--from-rdf", str(tmp_path / "nowhere.ttl"))
    assert "no RDF suffix" in fails("build", "--from-rdf", str(tmp_path / "table.csv"))
    assert "There is no folder" in fails("build", "--sources", str(tmp_path / "nowhere"))
    assert "There is no release" in fails("query", "ASK {}")
    assert "There is no release" in fails("releases", "show")
    assert "There is no registry 'x'" in fails("registry", "show", "x")
    run("build", "--from-rdf", str(turtle))
    assert "line 1, column" in fails("query", "SELECT * WHERE { ?s ?p }")
    assert "only reads" in fails("query", "DROP ALL")
    assert "There is no format" in fails("query", "ASK {}", "--format", "xls")
    assert "There is no release" in fails("releases", "show", "../../etc")


def test_an_unknown_setting_is_named(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECLOD_DATTA", "x")
    assert "There is no setting ECLOD_DATTA" in fails("releases", "list", code=2)


def test_a_file_is_checked_without_building(clean_environment: Path, tmp_path: Path) -> None:
    registry = tmp_path / "registries" / "test"
    registry.mkdir(parents=True)
    (registry / "registry.toml").write_text(
        'title = { en = "T" }\npublisher = "P"\nlanguage = "en"\n[[sources]]\nfile = "./rows.csv"\n'
    )
    (registry / "mapping.toml").write_text(
        '[things.o]\nshape = "Organisation"\nkey = "id"\nfields.name = "name"\nfields.region = "region"\n'
    )
    file = tmp_path / "delivery.csv"
    file.write_text("id,name,region\n1,Alpha,DK01\n2,Beta,DK0X\n")
    arguments = ("validate", str(file), "--registry", "test", "--registries", str(registry.parent))
    result = run(*arguments)
    assert result.exit_code == 1
    assert "delivery.csv, row 3, column region" in result.stdout
    assert "2 rows read: 1 accepted, 1 rejected, 0 ignored." in result.stdout
    report = json.loads(run(*arguments, "--json").stdout)
    assert [problem["row"] for problem in report["problems"]] == [3]
    file.write_text("id,name,region\n1,Alpha,DK01\n")
    assert run(*arguments).exit_code == 0
    assert not clean_environment.exists()


def test_registries_are_listed_and_shown(clean_environment: Path) -> None:
    names = {row["name"] for row in json.loads(run("registry", "list", "--json").stdout)}
    assert {"dk-eu-funds", "eclod-europe", "eclod-starter", "us-clusters"} <= names
    assert json.loads(run("registry", "show", "dk-eu-funds", "--json").stdout)["country"] == "DK"


def test_a_damaged_release_is_said_and_can_be_rolled_back_from(clean_environment: Path, turtle: Path) -> None:
    first = json.loads(run("build", "--from-rdf", str(turtle), "--json").stdout)["release"]
    turtle.write_text(TURTLE + " :new :b :c .")
    second = json.loads(run("build", "--from-rdf", str(turtle), "--json").stdout)["release"]
    folder = clean_environment / "releases" / second
    (folder / "store" / "CURRENT").write_text("nothing of the sort")
    assert "cannot be read" in fails("query", "ASK {}")
    (folder / "manifest.json").unlink()
    assert first in run("releases", "rollback").stdout
    assert run("query", "ASK {}", "--format", "csv").stdout.strip() == "true"


def test_an_address_that_is_none_is_said(clean_environment: Path, turtle: Path) -> None:
    run("build", "--from-rdf", str(turtle))
    assert "set HOST" in fails("serve", "--host", "no.such.address.invalid", code=2)
