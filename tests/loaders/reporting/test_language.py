"""Whatever the loaders say about a cell can be said in each language of the reports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import eclod_loaders
from eclod_loaders.reporting import rules
from eclod_loaders.reporting.language import LANGUAGES, PHRASE, PROBLEM, Speech, speech

PACKAGE = Path(eclod_loaders.__file__).parent
LOCALE = PACKAGE / "reporting" / "locale"
#: The modules that say something about a cell or a row.
SPEAKERS = (
    "mapping/cells",
    "gating/consolidate",
    "mapping/conversion",
    "values/coordinates",
    "values/dates",
    "reading/geojson",
    "values/identifiers",
    "mapping/mapper",
    "mapping/plausibility",
    "values/prose",
    "reading/records",
    "reading/rdf_file",
    "mapping/statements",
    "mapping/terms",
)
#: Names under which a sentence waits until it is said.
WAITING = {"defect", "message", "reason", "hint"}


def sentence(node: ast.AST) -> str | None:
    """Return a text with `{}` for each hole, or None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def said(module: str) -> Iterator[str]:
    """Return the sentences in the code of a module."""
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        texts: list[ast.AST] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Unreadable", "Row"):
            texts = list(node.args[1:])
        elif isinstance(node, ast.Call):
            texts = [keyword.value for keyword in node.keywords if keyword.arg == "message"]
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in WAITING for t in node.targets):
            texts = [node.value]
        yield from (text for each in texts if (text := sentence(each)) and " " in text and text.endswith("."))


def entries(language: str) -> dict[tuple[str | None, str], str]:
    with (LOCALE / f"{language}.po").open("rb") as file:
        return {(e.context, str(e.id)): str(e.string) for e in read_po(file, locale=language) if e.id}


def test_every_sentence_of_the_loaders_is_in_the_catalogues() -> None:
    known = {re.sub(r"\{\w+\}", "{}", text) for context, text in entries("fr") if context == PROBLEM}
    found = {text for module in (*SPEAKERS, "reading/tabular", "values/texts") for text in said(module)}
    assert len(found) >= 25
    assert sorted(text for text in found if re.sub(r"\{[^{}]*\}", "{}", text) not in known) == []


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_a_catalogue_has_every_text_with_the_same_holes(language: str) -> None:
    texts = entries(language)
    assert texts.keys() == entries("fr").keys()
    for (_, text), translated in texts.items():
        assert translated.strip(), text
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", translated)), text


def test_every_text_of_the_page_is_in_the_catalogues() -> None:
    template = (PACKAGE / "reporting" / "report.html").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("reporting/*.py")))
    code += "\n".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGE.glob("onboarding/template*.py")))
    used = {*re.findall(r"""say\(\s*["'](.+?)["'][,)]""", template), *re.findall(r"""say\(\s*"([^"]+)\"""", code)}
    assert len(used) > 60
    assert sorted(used - {text for context, text in entries("de") if not context}) == []


def test_every_rule_has_a_title_in_every_language() -> None:
    for language in LANGUAGES:
        titles = {rules.title(rule, speech(language)) for rule in rules.known_rules()}
        assert len(titles) == len(rules.known_rules())
    title = rules.title("shape:Cluster-name/MinCount", speech("fr"))
    assert title == "Manque : nom"


@pytest.mark.parametrize(
    ("message", "german"),
    [
        (
            "'DK99' is not a code of <http://a/nuts> or <http://b/nuts>; did you mean DK09 or x?",
            "„DK99“ ist kein Code aus <http://a/nuts> oder <http://b/nuts>; meinten Sie DK09 or x?",
        ),
        (
            "'1' is not an LEI: it has too many or too few characters; correct the cell or leave it empty.",
            "„1“ ist nicht als LEI gültig: zu viele oder zu wenige Zeichen; "
            "berichtigen Sie die Zelle oder lassen Sie sie leer.",
        ),
        ("Somebody's own sentence.", "Somebody's own sentence."),
    ],
)
def test_words_of_the_loaders_are_translated_and_words_of_the_file_are_not(message: str, german: str) -> None:
    assert Speech("de").sentence(message) == german


def test_phrases_are_no_sentences() -> None:
    assert all(not text.endswith(".") for context, text in entries("de") if context == PHRASE and "mapping" not in text)
