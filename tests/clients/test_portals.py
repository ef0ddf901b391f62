"""The examples of docs/portals.md do what the document says."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.test_service import Service

from eclod.rdf import profiles

from . import nodejs
from .conftest import NEEDS_CHROMIUM, Elsewhere
from .examples import ROOT, Example, check, examples, here, of, python, shell
from .test_researchers import NEEDS_CURL

DOCUMENT = ROOT / "docs" / "portals.md"
EXAMPLES = examples(DOCUMENT)


def test_there_are_examples_for_the_command_line_python_and_javascript() -> None:
    assert {example.language for example in EXAMPLES} == {"sh", "python", "js", "html"}
    assert all(example.printed for example in EXAMPLES if example.language != "html")


def test_every_profile_is_in_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for profile in profiles.shipped().every:
        assert f"| `{profile.token}` | `{profile.iri}` |" in text


@NEEDS_CURL
@of(EXAMPLES, "sh")
def test_shell(example: Example, service: Service, tmp_path: Path) -> None:
    printed = shell(here(example.code, service), tmp_path)
    check(example, printed.replace(service.base, "http://localhost:8000"))


@of(EXAMPLES, "python")
def test_python(example: Example, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(example, python(example, service))


@nodejs.NEEDS_NODE
@of(EXAMPLES, "js")
def test_node(example: Example, service: Service) -> None:
    check(example, nodejs.run("--input-type=module", "-", given=here(example.code, service)))


@NEEDS_CHROMIUM
@of(EXAMPLES, "html")
def test_page(example: Example, service: Service, elsewhere: Elsewhere, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(elsewhere.put("/portal", "text/html; charset=utf-8", here(example.code, service)))
    expect(page.locator("eclod-cluster")).to_contain_text("Corallia")
    page.get_by_role("combobox").press_sequentially("corall")
    expect(page.get_by_role("option").first).to_contain_text("Corallia")
    page.close()
