"""The table of formats: names, media types and aliases that never point to two things at once."""

from __future__ import annotations

from collections import Counter

import pytest

from eclod.core import formats
from eclod.core.formats import DOCUMENT_FORMATS, GRAPH_FORMATS, NAME_ALIASES, RESULT_FORMATS, Format, by_name

OFFERS: dict[str, tuple[Format, ...]] = {"graph": GRAPH_FORMATS, "result": RESULT_FORMATS, "document": DOCUMENT_FORMATS}


@pytest.mark.parametrize("offer", OFFERS)
def test_in_one_offer_each_name_means_one_format(offer: str) -> None:
    offered = OFFERS[offer]
    names = Counter(name for form in offered for name in (form.name, form.media_type, *form.aliases))
    assert [name for name, count in names.items() if count > 1] == []


def test_media_types_are_unique_over_all_formats() -> None:
    everything: set[Format] = {form for offered in OFFERS.values() for form in offered}
    everything |= {formats.JSON, formats.PROBLEM_JSON}
    assert len({each.media_type for each in everything}) == len(everything)


@pytest.mark.parametrize("form", sorted({*GRAPH_FORMATS, *RESULT_FORMATS, *DOCUMENT_FORMATS}, key=str))
def test_a_format_is_found_by_each_of_its_names(form: Format) -> None:
    offered = next(offered for offered in OFFERS.values() if form in offered)
    for name in (form.name, form.name.upper(), f" {form.name} ", form.media_type, *form.aliases):
        assert by_name(name, offered) is form


@pytest.mark.parametrize(("alias", "name"), NAME_ALIASES.items())
def test_an_alias_leads_to_a_document_format(alias: str, name: str) -> None:
    found = by_name(alias, DOCUMENT_FORMATS)
    assert found is not None
    assert found.name == name


def test_json_and_xml_mean_what_is_offered() -> None:
    assert by_name("json", DOCUMENT_FORMATS) is formats.JSON_LD
    assert by_name("json", RESULT_FORMATS) is formats.RESULT_JSON
    assert by_name("xml", DOCUMENT_FORMATS) is formats.RDF_XML
    assert by_name("xml", RESULT_FORMATS) is formats.RESULT_XML
    assert by_name("application/json", GRAPH_FORMATS) is formats.JSON_LD


@pytest.mark.parametrize("name", ["", "pdf", "ttl2", "text/*", "*/*", "."])
def test_an_unknown_name_is_none(name: str) -> None:
    assert by_name(name, DOCUMENT_FORMATS) is None


def test_only_text_says_its_charset() -> None:
    for form in {*GRAPH_FORMATS, *RESULT_FORMATS, *DOCUMENT_FORMATS}:
        assert form.content_type in (form.media_type, f"{form.media_type}; charset=utf-8")
        if form.media_type.startswith("text/"):
            assert form.content_type.endswith("utf-8")


def test_what_a_sparql_endpoint_offers_has_a_name_at_the_w3c() -> None:
    named = [form.w3c for form in (*GRAPH_FORMATS, *RESULT_FORMATS)]
    assert all(name.startswith("http://www.w3.org/ns/formats/") for name in named)
    assert len(set(named)) == len(named)
