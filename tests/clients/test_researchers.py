"""The examples of docs/researchers.md, and of the other documents with curl, do what the documents say."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.test_service import Service

from eclod.core.settings import Settings

from . import nodejs
from .conftest import NEEDS_CHROMIUM, Elsewhere
from .examples import ADDRESS, ROOT, Example, check, examples, here, of, python, shell

DOCUMENT = ROOT / "docs" / "researchers.md"
_CURL = re.compile(r"^    (curl .*)$", re.MULTILINE)

NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
EXAMPLES = examples(DOCUMENT)


def test_there_is_an_example_for_each_client() -> None:
    assert [example.language for example in EXAMPLES] == [
        *("sh", "sh", "sh", "python", "python", "python", "python", "python", "python", "python", "js", "html", "sh")
    ]
    assert all(example.printed for example in EXAMPLES if example.language != "html")
    clients = (
        "SPARQLWrapper",
        "SPARQLStore",
        "pandas",
        "pyoxigraph",
        "duckdb",
        "@comunica/query-sparql",
        "curl",
        "fetch",
    )
    for client in clients:
        assert any(client in example.code for example in EXAMPLES), client


@of(EXAMPLES, "python")
def test_python(example: Example, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(example, python(example, service))


@NEEDS_CURL
@of(EXAMPLES, "sh")
def test_shell(example: Example, service: Service, tmp_path: Path) -> None:
    check(example, shell(here(example.code, service), tmp_path))


@nodejs.NEEDS_COMUNICA
@of(EXAMPLES, "js")
def test_node(example: Example, service: Service) -> None:
    check(example, nodejs.run("--input-type=module", "-", given=here(example.code, service)))


@NEEDS_CHROMIUM
@of(EXAMPLES, "html")
def test_page(example: Example, service: Service, elsewhere: Elsewhere, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(elsewhere.put(f"/{example.language}", "text/html; charset=utf-8", here(example.code, service)))
    page.locator("li").nth(2).wait_for()
    names = page.locator("li").all_inner_texts()
    assert len(names) == 3
    assert names == sorted(names)
    page.close()


def commands() -> list[tuple[str, str]]:
    """Return the commands with curl of all documents, each with the name of the document."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [(path.name, command) for path in documents for command in _CURL.findall(path.read_text(encoding="utf-8"))]


@NEEDS_CURL
@pytest.mark.parametrize(("document", "command"), commands())
def test_commands_of_the_other_documents(document: str, command: str, service: Service, tmp_path: Path) -> None:
    assert ADDRESS in command
    assert shell(here(command, service), tmp_path).count("\n") > 1


def test_there_are_commands_in_the_other_documents() -> None:
    assert {document for document, _ in commands()} >= {"README.md", "users.md"}


def test_the_limits_are_those_of_the_settings() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    fields = Settings.model_fields
    assert f"{fields['result_rows'].default:,} by default" in text
    assert f"{fields['client_queries'].default} by default" in text
    assert f"{fields['query_seconds'].default:g} seconds by default" in text
