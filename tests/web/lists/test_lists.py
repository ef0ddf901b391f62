"""The lists: facets, counts, pages and addresses, and that a page and its data say the same."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from flask.testing import FlaskClient

from eclod.web.pages.lists import rows, table

from .conftest import CLUSTERS, HOST, PROGRAMME, SPANS, code, facet, names, page, total


def test_a_list_says_how_many_there_are_and_shows_them_by_name(lists: FlaskClient) -> None:
    text = page(lists, "/clusters")
    assert total(text) == len(CLUSTERS)
    assert names(text) == [
        "Attica Software",
        "københavn robotics",
        "Medicon Valley",
        "No place at all",
        'Ökosystem "Nord"',
        "Old region",
    ]
    assert "<h1>Clusters</h1>" in text
    assert '<link rel="canonical" href="/clusters">' in text
    assert 'name="robots"' not in text
    assert facet(text, "Country") == {"Denmark": (4, "/clusters?country=DK"), "Greece": (1, "/clusters?country=GR")}
    assert facet(text, "Ecosystem")["Digital"] == (3, "/clusters?ecosystem=digital")
    assert '<a href="https://www.mva.example/" class="external" rel="external noopener">mva.example</a>' in text


def test_labels_are_in_the_language_of_the_visitor(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=DK", "de")
    assert "Medicon Tal" in names(text)
    assert "Gesundheit" in facet(text, "Ecosystem")
    assert 'Country:</span> <span lang="de" dir="auto">Dänemark</span>' in text


def test_facets_combine_and_count_what_they_lead_to(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=DK&ecosystem=digital")
    assert names(text) == ["københavn robotics", "Medicon Valley"]
    assert "<strong>2</strong> of 6\u00a0clusters" in text or "<strong>2</strong> of 6 clusters" in text
    # Its own choices do not narrow a facet: another country would be added.
    assert facet(text, "Country")["Greece"] == (1, "/clusters?country=DK&country=GR&ecosystem=digital")
    assert facet(text, "Ecosystem") == {
        "Digital": (2, "/clusters?country=DK"),
        "Health": (2, "/clusters?country=DK&ecosystem=digital&ecosystem=health"),
    }
    assert 'content="noindex"' in text
    assert all('rel="nofollow"' in tag for tag in re.findall(r"<a [^>]*country=DK&amp;country=GR[^>]*>", text))


def test_every_count_is_the_length_of_the_list_it_leads_to(lists: FlaskClient) -> None:
    checked = 0
    for start in ("/clusters", "/clusters?country=DK", "/clusters?sector=C", "/clusters?q=o"):
        text = page(lists, start)
        before = parse_qsl(urlsplit(start).query)
        for title in ("Country", "Region", "Ecosystem", "Sector"):
            for label, (number, href) in facet(text, title).items():
                chosen = parse_qsl(urlsplit(href).query)
                # A second choice in one facet adds to the list; its count is that of the choice.
                if len(chosen) > len(before) and len({name for name, _ in chosen}) == len(chosen):
                    assert total(page(lists, href)) == number, (start, label)
                    checked += 1
    assert checked == 21


def test_a_region_includes_its_parts_and_what_it_was_called_before(lists: FlaskClient) -> None:
    assert names(page(lists, "/clusters?region=DK01")) == ["københavn robotics", "Medicon Valley"]
    assert total(page(lists, "/clusters?region=dk")) == 4
    assert names(page(lists, "/clusters?region=DK04")) == ['Ökosystem "Nord"', "Old region"]
    # The tree of regions begins at what is inside the chosen country and goes down from what is chosen.
    assert facet(page(lists, "/clusters"), "Region") == {}
    assert facet(page(lists, "/clusters?country=DK"), "Region") == {
        "Hovedstaden": (2, "/clusters?country=DK&region=DK01"),
        "Midtjylland": (2, "/clusters?country=DK&region=DK04"),
    }
    below = facet(page(lists, "/clusters?country=DK&region=DK0"), "Region")
    assert {"Hovedstaden": 2, "Midtjylland": 2}.items() <= {
        label: number for label, (number, _) in below.items()
    }.items()


def test_a_sector_includes_narrower_codes_of_both_editions(lists: FlaskClient) -> None:
    assert facet(page(lists, "/clusters"), "Sector") == {
        "MANUFACTURING": (4, "/clusters?sector=C"),
        "INFORMATION": (1, "/clusters?sector=J"),
    }
    assert total(page(lists, "/clusters?sector=2811")) == 3
    # Of NACE 2 only what means the same belongs to a code of NACE 2.1: division 28 of 2008 does not.
    assert "No place at all" not in names(page(lists, "/clusters?sector=28"))
    assert "No place at all" in names(page(lists, "/clusters?sector=nace2:28"))
    assert "Machinery" in facet(page(lists, "/clusters?sector=C"), "Sector")


def test_a_code_that_was_divided_says_where_its_things_may_be(lists: FlaskClient) -> None:
    """What may or may not belong to a former code is not counted, and is one click away."""

    def said(address: str) -> dict[str, tuple[str, str]]:
        part = page(lists, address).partition('<p class="note">')[2].partition("</p>")[0]
        found = re.findall(r'<a href="([^"]*)"[^>]*><span[^>]*>(.*?)</span></a> <span class="soft">(.*?)</span>', part)
        return {label: (number, html.unescape(href)) for href, label, number in found}

    assert total(page(lists, "/clusters?region=DK8")) == 0
    assert said("/clusters?region=DK8&country=DK") == {
        "Hovedstaden": ("2", "/clusters?country=DK&region=DK01"),
        "Midtjylland": ("2", "/clusters?country=DK&region=DK04"),
    }
    # Things that the chosen code leads to already are not named again.
    assert said("/clusters?sector=nace2:28") == {"Machinery": ("1", "/clusters?sector=28")}
    assert said("/clusters?region=DK04") == {} == said("/clusters")


def test_words_in_the_name_narrow_in_any_language(lists: FlaskClient) -> None:
    assert names(page(lists, "/clusters?q=ÖKO")) == ['Ökosystem "Nord"']
    assert names(page(lists, "/clusters?q=tal")) == ["Medicon Valley"]
    assert names(page(lists, "/clusters?q=valley+medicon")) == ["Medicon Valley"]
    assert total(page(lists, "/clusters?q=valley+tal")) == 0  # both words in one name
    assert names(page(lists, "/clusters?q=%22nord%22")) == ['Ökosystem "Nord"']
    text = page(lists, "/clusters?q=%3Cb%3E&country=DK")
    assert "<b>" not in text and "&lt;b&gt;" in text
    assert '<input type="hidden" name="country" value="DK">' in text


def test_an_empty_list_says_what_to_take_away(lists: FlaskClient) -> None:
    text = page(lists, "/clusters?country=GR&ecosystem=health")
    assert total(text) == 0 and names(text) == []
    assert '<a href="/clusters?ecosystem=health" rel="nofollow">without country “Greece”</a>: 2' in text
    assert '<a href="/clusters?country=GR" rel="nofollow">without ecosystem “Health”</a>: 1' in text
    hopeless = page(lists, "/clusters?country=SE&q=nobody")
    assert "without country" not in hopeless and '<a href="/clusters">take all away</a>' in hopeless
    assert "This release has no offers and needs yet" in page(lists, "/matchmaking")


def test_pages_lead_to_the_next_and_back(lists: FlaskClient) -> None:
    first = page(lists, "/organisations")
    assert total(first) == 121 and len(names(first)) == rows.SHOWN
    assert '<link rel="next" href="/organisations?page=2">' in first and 'rel="prev"' not in first
    shown = [name for number in (1, 2, 3) for name in names(page(lists, f"/organisations?page={number}"))]
    assert shown == [f"Firm {number:03}" for number in range(120)] + ["Host"]
    last = page(lists, "/organisations?page=3")
    assert '<link rel="prev" href="/organisations?page=2">' in last and 'rel="next"' not in last
    assert "<title>Organisations, page 3" in last
    assert lists.get("/organisations?page=4", headers={"Accept": "text/html"}).status_code == 404
    # A choice begins at the first page again.
    assert facet(last, "Type")["sme"] == (80, "/organisations?type=sme")


@pytest.mark.parametrize(
    "address",
    [
        "/clusters?colour=red",
        "/clusters?country=ZZ",
        "/clusters?country=%3E",
        "/clusters?page=0",
        "/clusters?page=x",
        "/clusters?region=DK%2001",
        "/projects?programme=abc",
        "/projects?programme=http://x%3E",
        "/projects?year=next",
        f"/clusters?q={'x' * 201}",
    ],
)
def test_what_a_list_does_not_take_is_said(lists: FlaskClient, address: str) -> None:
    response = lists.get(address)
    assert response.status_code == 400
    assert response.json is not None and response.json["detail"].endswith((".", ". "))


def test_a_timeline_has_the_newest_first(lists: FlaskClient) -> None:
    text = page(lists, "/documents")
    assert names(text) == ["Act 1", "Act 0", "Act 2"]
    assert '<ol class="timeline">' in text
    assert re.findall(r'<p class="when">(.*?)</p>', text) == [
        '<time datetime="2021-05-05">5 May 2021</time>',
        '<time datetime="2020-03-10">10 March 2020</time>',
        "no date known",
    ]
    programmes = page(lists, "/programmes")
    assert '<p class="when">2014 – 2020</p>' in programmes
    assert "For &lt;small&gt; firms." in programmes


def test_charts_have_the_numbers_of_the_list(lists: FlaskClient) -> None:
    text = page(lists, "/projects")
    chart = text.partition('data-chart="lines"')[2].partition("</table>")[0]
    assert re.findall(r"(\d{4})</span>", chart) == ["2016", "2017", "2018", "2019"]
    assert re.findall(r'<data value="(\d+)">', chart) == ["2", "0", "0", "1"]
    bars = page(lists, "/clusters").partition('data-chart="bars"')[2].partition("</table>")[0]
    assert re.findall(r'<data value="(\d+)">', bars) == ["3", "2"]
    shown = re.search(r'href="/sparql\?edit=([^"]*)"[^>]*>Show as a query</a></p>\s*</section>', text)
    assert shown is not None
    answer = lists.get(
        "/sparql", query_string={"query": html.unescape(unquote(shown[1]))}, headers={"Accept": "text/csv"}
    )
    assert answer.status_code == 200, answer.text


def test_a_map_has_countries_and_places(lists: FlaskClient) -> None:
    text = page(lists, "/clusters")
    assert '<li data-country="DNK" data-count="4"><a href="/clusters?country=DK"' in text
    assert 'data-longitude="12.5" data-latitude="55.6"' in text, "at its own place, not at that of its region"
    assert 'data-longitude="12.6" data-latitude="55.7"' in text and "stands where its region is" in text
    assert text.count("data-longitude") == 2 and "As points: 2 clusters" in text
    assert "data-map" not in page(lists, "/documents")


def test_days_of_one_event_stand_together(lists: FlaskClient) -> None:
    """One day is said once, days of one month as one span, others in full."""
    whens = [re.sub(r"<[^>]*>", "", each) for each in re.findall(r'<p class="when">(.*?)</p>', page(lists, "/events"))]
    assert whens == ["7 May 2024", "11 – 12 December 2023", "29 November 2023 – 1 December 2023"]


def test_regions_of_the_only_country_need_no_choice_before(lists: FlaskClient) -> None:
    """Where all things of a list are in one country its regions are offered; with two, the countries are."""
    narrowed = page(lists, "/clusters?ecosystem=health")
    assert "<h2>Region</h2>" in narrowed and "region=DK01" in narrowed
    assert "<h2>Region</h2>" not in page(lists, "/clusters")


def test_what_is_of_no_narrower_kind_has_a_choice_too(lists: FlaskClient) -> None:
    assert total(page(lists, "/projects?kind=eurio:Project")) == 3
    assert total(page(lists, "/events?kind=cv:PublicEvent")) == len(SPANS)


def test_charts_are_called_by_what_can_stand_after_by(lists: FlaskClient) -> None:
    titles = [
        f"{each.title} by {facet.charted_by}"
        for each in table.load().values()
        for facet in (*each.bars, *([each.years] if each.years else []))
    ]
    assert "Recommendations by addressee" in titles and "Clusters by ecosystem" in titles
    assert not [title for title in titles if re.search(r" by .*\b(to|it)\b", title)]


def test_links_lead_to_what_belongs_to_a_thing(lists: FlaskClient) -> None:
    assert total(page(lists, f"/organisations?member-of={HOST}")) == 120
    assert total(page(lists, f"/clusters?managed-by={HOST}")) == 2
    assert "Member of:</span> <span>Host</span>" in page(lists, f"/organisations?member-of={HOST}")
    host = page(lists, f"/doc/organisation/{HOST}")
    assert f'href="/organisations?member-of={HOST}"' in host and f'href="/clusters?managed-by={HOST}"' in host
    assert f'href="/projects?programme={PROGRAMME}"' in page(lists, f"/doc/programme/{PROGRAMME}")
    firm = page(lists, f"/doc/organisation/{code('organisation', 1)}")
    assert "Its members" not in firm
