"""Citations of answers: BibTeX and CSL-JSON, whatever the query."""

from __future__ import annotations

import html
import json
import re

import pytest
from flask.testing import FlaskClient
from tests.web.conftest import BASE, EARLIER

from eclod.store.normal_form import lay_out
from eclod.web.queries import citations

from .conftest import ASK, BLANK, HOSTILE, LONG, PAGE, THINGS, receipt


def _read_back(latex: str) -> str:
    """Return the text that an escaped one stands for, as BibTeX and LaTeX read it."""
    names = {
        "textbackslash": "\\",
        "textbraceleft": "{",
        "textbraceright": "}",
        "textasciitilde": "~",
        "textasciicircum": "^",
    }
    names |= {"textless": "<", "textgreater": ">", "textbar": "|"}
    return re.sub(r"\\(?:(text[a-z]+)\{\}|([%$#&_]))", lambda match: names[match[1]] if match[1] else match[2], latex)


@pytest.mark.parametrize("query", [THINGS, HOSTILE, LONG, "SELECT ('\u0007 \u0085 \u200b }' AS ?é) { }"])
def test_bibtex_is_one_entry_whatever_the_query(client: FlaskClient, query: str) -> None:
    address = receipt(client, query)
    text = client.get(f"{address}.bib").text
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == (f"@misc{{eclod-{address.rpartition('/')[2]},", "}")
    fields = {}
    for line in lines[1:-1]:
        found = re.fullmatch(r"  (\w+) = \{(.*)\},", line)
        assert found is not None, line
        depth = 0
        for character in found[2]:  # BibTeX counts braces, also behind a backslash
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0
        assert depth == 0
        fields[found[1]] = found[2]
    facts = client.get(f"{address}.json").get_json()
    assert list(fields) == ["author", "title", "year", "version", "url", "urldate", "note", "abstract"]
    assert fields["title"] == f"{{Answer to a query of European Clusters Linked Open Data, release {EARLIER}}}"
    assert (fields["version"], fields["url"]) == (EARLIER, f"{BASE}{address}")
    assert fields["urldate"] == facts["created"][:10]
    assert facts["answer"]["sha256"] in fields["note"]
    printable = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    assert _read_back(fields["abstract"]) == (printable if len(printable) <= 1000 else printable[:999] + "…")


def test_csl_json_is_a_list_of_one_item(client: FlaskClient) -> None:
    address = receipt(client, HOSTILE)
    answer = client.get(f"{address}.csl")
    (item,) = json.loads(answer.text)
    facts = client.get(f"{address}.json").get_json()
    day = [int(part) for part in facts["created"][:10].split("-")]
    assert item["type"] == "dataset"
    assert item["URL"] == facts["iri"]
    assert item["accessed"] == item["issued"] == {"date-parts": [day]}
    assert (item["version"], item["author"]) == (EARLIER, [{"literal": "European Clusters Linked Open Data"}])
    assert facts["answer"]["sha256"] in item["note"]
    assert facts["citation"]["csl"] == [item]


def test_a_citation_says_how_much_there_was(client: FlaskClient) -> None:
    sizes = {THINGS: "3 rows", "SELECT (1 AS ?x) {}": "1 row", BLANK: "6 statements", ASK: "the answer is no"}
    for query, size in sizes.items():
        facts = client.get(receipt(client, query) + ".json").get_json()
        assert (
            f"of release {EARLIER}, {size}, SHA-256 {facts['answer']['sha256']}. {facts['iri']}"
            in facts["citation"]["text"]
        )


def test_hostile_text_stays_text_on_the_page(client: FlaskClient) -> None:
    page = client.get(receipt(client, HOSTILE), headers=PAGE).text
    assert "<script>alert" not in page
    assert html.escape(lay_out(HOSTILE), quote=False) in page.replace("&#34;", '"').replace("&#39;", "'")
    assert page.count("<h1>") == 1


def test_a_cut_abstract_ends_with_a_mark(client: FlaskClient) -> None:
    facts = client.get(receipt(client, LONG) + ".json").get_json()
    assert len(facts["citation"]["csl"][0]["abstract"]) == citations._LONGEST_QUERY
