"""The commands about identifiers, as somebody types them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from tests.loaders.succession.conftest import World, code, number

from eclod.core.errors import BadIdentifier, BadInput, EclodError, NotFound
from eclod.core.iris import Names
from eclod_loaders.commands import validate
from eclod_loaders.succession import commands

A, B, C = code("one", "a"), code("one", "b"), code("two", "c")


@pytest.fixture
def built(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(commands, "_folders_of", lambda _chosen, _options: [world.folder])
    world.registry("one", f"a,Alpha,{number(1)},\nb,Beta,{number(2)},\n", precedence=100)
    world.registry("two", f"c,Beta AB,,\nd,Delta,{number(4)},\n")
    world.build()
    return world


def run(world: World, *arguments: str, deciding: bool = True, **options: str) -> Result:
    asked = [*arguments, "--data", str(world.settings.data)]
    if deciding:
        asked += ["--reason", "Why.", "--author", "Ada", "--registries", str(world.folder)]
    return CliRunner().invoke(commands.identifiers, asked, **options)  # type: ignore[arg-type]


def said(result: Result) -> str:
    if result.exception is not None:
        raise result.exception
    return str(result.stdout)


@pytest.mark.parametrize(
    "spelling",
    [A, A.upper(), f"{A[:4]}-{A[4:]}", f"organisation/{A}", f"/id/organisation/{A}", f"doc/organisation/{A}.ttl"],
)
def test_any_spelling_is_understood(built: World, spelling: str) -> None:
    for text in (spelling, f"https://w3id.org/eclod/id/organisation/{A.upper()}", f"http://x:1/doc/Organisation/{A}"):
        assert said(run(built, "resolve", text, deciding=False)) == f"{Names().thing('organisation', A)} valid\n"


@pytest.mark.parametrize(
    ("spelling", "error"), [(A[:-1] + ("1" if A[-1] != "1" else "2"), BadIdentifier), (code("x", "y"), NotFound)]
)
def test_what_is_no_identifier_is_said(built: World, spelling: str, error: type[EclodError]) -> None:
    with pytest.raises(error):
        said(run(built, "resolve", spelling, deciding=False))


def test_decisions_are_published_at_once_or_together(built: World) -> None:
    told = said(run(built, "merge", C, B, "--no-build"))
    assert told.endswith("The next build makes it public.\n")
    assert built.state(C) == "valid"
    withdrawn = json.loads(said(run(built, "withdraw", A, "--json")))
    assert withdrawn["release"] == built.release.name
    assert (built.state(A), built.state(C)) == ("withdrawn", "merged")
    shown = json.loads(said(run(built, "show", B, "--json", deciding=False)))
    assert (shown["state"], shown["rows"]) == ("valid", ["one:b", "two:c"])
    assert [each["value"] for each in shown["outside"]] == [number(2)]
    split = said(run(built, "split", B, "--row", "two:c"))
    assert split.count("/id/organisation/") == 3
    assert built.state(B) == "split"
    shown = json.loads(said(run(built, "resolve", B, "--json", deciding=False)))
    assert (shown["state"], len(shown["successors"])) == ("split", 2)
    said(run(built, "restore", A))
    assert (built.state(A), built.names()) == ("valid", ["Alpha", "Beta", "Beta AB", "Delta"])


def test_a_registry_whose_files_are_not_named_is_said(built: World) -> None:
    arguments = ["withdraw", A, "--reason", "Why.", "--author", "Ada", "--data", str(built.settings.data)]
    (built.folder / "one" / "rows.csv").unlink()
    with pytest.raises(BadInput, match="the files of one are not there"):
        said(CliRunner().invoke(commands.identifiers, [*arguments, "--registries", str(built.folder)]))


def test_pairs_are_listed_and_decided(built: World) -> None:
    pairs = json.loads(said(run(built, "review", "--json", deciding=False)))
    assert [{pair["iri"], pair["other"]} for pair in pairs] == [
        {Names().thing("organisation", each) for each in (B, C)}
    ]
    assert "1 pairs." in run(built, "review", deciding=False).stderr
    assert "two things" in said(run(built, "review", "--refuse", B, C))
    assert json.loads(said(run(built, "review", "--json", deciding=False))) == []
    assert said(run(built, "review", "--accept", C, B)).startswith(f"Both are {Names().thing('organisation', B)}.")
    assert built.state(C) == "merged"


def test_erasing_is_asked_about(built: World) -> None:
    result = run(built, "erase", A, input="n\n")
    assert (result.exit_code, built.state(A)) == (1, "valid")
    told = said(run(built, "erase", A, "--yes"))
    assert f"{Names().thing('organisation', A)} is erased" in told
    assert "rows.csv, which is not ours to change" in told
    assert (built.state(A), built.names()) == ("erased", ["Beta", "Beta AB", "Delta"])
    assert json.loads(said(run(built, "show", A, "--json", deciding=False)))["rows"] == []


def test_a_plain_check_says_how_many_values_lose_against_others(world: World) -> None:
    """So that an officer hears of disagreements without asking for the whole report."""
    world.registry("one", f"a,Alpha,{number(1)},\n", precedence=100)
    world.registry("two", f"c,Alpha AB,{number(1)},\n")
    world.build()
    for name, lost in (("one", False), ("two", True)):
        asked = [str(world.folder / name / "rows.csv"), "--registry", name, "--registries", str(world.folder)]
        told = said(CliRunner().invoke(validate, [*asked, "--data", str(world.settings.data)]))
        assert "1 rows read: 1 accepted" in told
        assert ("another registry says otherwise: 1 (/merging/conflicts?registry=two)" in told) == lost
        assert ("Values of" in told) == lost
