"""The first file of `docs/registries.md`, with the commands as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from eclod.cli import main

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs" / "registries.md"


def test_the_walk_through_does_what_it_says(
    tmp_path: Path, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = DOCS.read_text(encoding="utf-8").partition("## A first file")[2].partition("\n## ")[0]
    commands = re.findall(r"^    eclod (.+)$", section, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["registry", "validate", "registry", "registry"]
    shutil.copy(HERE / "clusters.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    for command in commands:
        said = CliRunner().invoke(main, shlex.split(command))
        assert said.exit_code == 0, f"{command}: {said.output}"
    named = re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)
    assert {*named} == {path.name for path in (tmp_path / "report").iterdir()}
    assert (tmp_path / "cluster.xlsx").is_file()
    assert (tmp_path / "registries" / "at-clusters" / "mapping.toml").is_file()
    assert "Farbe" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
