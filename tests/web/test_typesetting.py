"""Terms, numbers, dates and facts as HTML."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from eclod.core.namespaces import PREFIXES
from eclod.web.resources import typesetting
from eclod.web.resources.facts import Facts
from eclod.web.resources.views import Group, Said, Source, Term, ThingView, Value

XSD = PREFIXES["xsd"]
HOSTILE = "<b onclick='x'>\"&"
ESCAPED = "&lt;b onclick=&#39;x&#39;&gt;&#34;&amp;"


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Term("A & B", "/doc/x?a=1&b=2", "https://a.example/"), '<a href="/doc/x?a=1&amp;b=2">A &amp; B</a>'),
        (
            Term("Ville", "https://b.example/", language="fr", external=True),
            '<a href="https://b.example/" lang="fr" dir="auto" class="external" rel="external noopener">Ville</a>',
        ),
        (Term("city", language="en"), "<span>city</span>"),
        (
            Term("ville", language="fr"),
            '<span lang="fr" dir="auto">ville</span><abbr class="tongue" title="language: fr">fr</abbr>',
        ),
        (Term("-41500.50", datatype=f"{XSD}decimal"), '<data value="-41500.50">\u221241\u00a0500.50</data>'),
        (Term("2024", datatype=f"{XSD}integer"), '<data value="2024">2024</data>'),
        (Term("\u00b2\u00b2\u00b2\u00b2\u00b2", datatype=f"{XSD}integer"), f'<data value="{"²" * 5}">{"²" * 5}</data>'),
        (Term("2024-04-05", datatype=f"{XSD}date"), '<time datetime="2024-04-05">5 April 2024</time>'),
        (Term("-0044-03-15", datatype=f"{XSD}date"), "-0044-03-15"),
        (Term(HOSTILE, datatype=f"{XSD}date"), ESCAPED),
        (
            Term("2027-03-01T10:00:00+02:00", datatype=f"{XSD}dateTime"),
            '<time datetime="2027-03-01T10:00:00+02:00">1 March 2027</time>, 10:00 (UTC+02:00)',
        ),
        (
            Term("2027-03-01T10:00:00Z", datatype=f"{XSD}dateTime"),
            '<time datetime="2027-03-01T10:00:00Z">1 March 2027</time>, 10:00 UTC',
        ),
        (Term("1", datatype=f"{XSD}boolean"), "yes"),
        (Term(HOSTILE), f"<span>{ESCAPED}</span>"),
    ],
)
def test_a_term_is_written_for_people_and_escaped(item: Term, expected: str) -> None:
    """A term of each kind gives its HTML, whatever its text holds."""
    assert typesetting.term(item) == expected
    assert typesetting.FOR_TEMPLATES.term(item) == Markup(expected)


def test_what_templates_get_is_html_and_numbers_are_text() -> None:
    """Templates escape no HTML again, and plain text always."""
    for name in ("term", "iri_of"):
        assert isinstance(getattr(typesetting.FOR_TEMPLATES, name)(Term("a", "/a", "https://a.example/")), Markup)
    assert typesetting.FOR_TEMPLATES.whole(41500) == "41\u00a0500"
    assert not isinstance(typesetting.FOR_TEMPLATES.decimal("<1>"), Markup)
    assert typesetting.FOR_TEMPLATES.breakable("https://a.example/b/<c>") == "https://a.example/<wbr>b/<wbr>&lt;c&gt;"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        *(
            ("en", "en_GB"),
            ("de", "de_DE"),
            ("DA", "da_DK"),
            ("el", "el_GR"),
            ("pt-br", "pt_BR"),
            ("sr-Latn-RS", "sr_RS"),
        ),
        *(("", ""), ("ca", ""), ("no", ""), ("und", ""), ("zh-Hant", ""), ("x-en", "")),
    ],
)
def test_a_locale_has_a_region_or_is_left_out(language: str, expected: str) -> None:
    """Open Graph wants language_TERRITORY (ogp.me); where the territory is not certain nothing is said."""
    assert typesetting.locale(language) == expected


def view(*groups: Group, description: Term | None = None, sources: tuple[Source, ...] = ()) -> ThingView:
    """Return a page with some facts."""
    iri = "https://w3id.org/eclod/id/cluster/x"
    return ThingView(
        iri=iri,
        label="X",
        language="en",
        types=(),
        description=description,
        groups=groups,
        incoming=(),
        places=(),
        outline="",
        sources=sources,
        alternates=(),
        canonical=iri,
        document="/doc/cluster/x",
        release="r",
    )


def test_nothing_of_what_others_say_gets_into_a_page_as_html() -> None:
    """Labels, titles, IRIs, sources, verdicts and warnings are escaped wherever they stand among the facts."""
    source = Source(HOSTILE, "/registries/x", HOSTILE)
    said = Said(HOSTILE, HOSTILE, HOSTILE, "lost", (HOSTILE,), HOSTILE, HOSTILE, (HOSTILE,))
    values = tuple(
        Value(Term(f"{HOSTILE}{n}", HOSTILE, HOSTILE, HOSTILE), (source,), merged=False, said=(said,))
        for n in range(20)
    )
    nested = Value(Term(HOSTILE), (source,), (Group(f"{PREFIXES['locn']}a", HOSTILE, values),))
    page = Facts(view(Group(HOSTILE, HOSTILE, (*values, nested), HOSTILE, HOSTILE)))
    table = page.table()
    assert "<b " not in table
    assert "onclick='" not in table
    assert table.count(ESCAPED) > 100
    assert page.book == [source]


def test_sources_are_numbered_by_their_first_mention_and_the_description_is_not_repeated() -> None:
    """Marks count up from the sources of the page; a text under the title does not stand among the facts again."""
    first, second = Source("One", "/registries/one"), Source("Two", "/registries/two", "b.csv, row 2")
    told = Group("https://a.example/description", "description", (Value(Term("Told"), (second,)),))
    name = Group("https://a.example/name", "name", (Value(Term("Name"), (second, first)),))
    page = Facts(view(told, name, description=Term("Told"), sources=(first,)))
    assert 'title="Two: b.csv, row 2"' in page.marks_of_description()
    assert page.shown == [name]
    assert page.table().count("<dt>") == 1
    assert page.table().index("#source-2") < page.table().index("#source-1")
    assert page.book == [first, second]


def test_values_in_other_languages_and_long_lists_are_folded() -> None:
    """The language of the first value stands at once, the others, however their tags are spelt, on demand."""
    tongues = ("en", "fr", "FR", "de")
    texts = Group("https://a.example/p", "p", tuple(Value(Term(t, language=t)) for t in tongues))
    assert "<summary>also in fr, de</summary>" in Facts(view(texts)).table()
    many = Group("https://a.example/p", "p", tuple(Value(Term(str(n))) for n in range(15)))
    assert "<summary>3 more</summary>" in Facts(view(many)).table()


def test_a_linked_thing_is_never_folded_away_as_a_translation_of_another() -> None:
    """Two regions whose names have no language in common are two values; texts beside them are folded as ever."""
    things = [Value(Term(t, f"/{t}", f"https://a.example/{t}", language=t)) for t in ("en", "hu")]
    assert "<details" not in Facts(view(Group("https://a.example/p", "p", tuple(things)))).table()
    texts = [Value(Term(f"text {t}", language=t)) for t in ("en", "fr")]
    mixed = Facts(view(Group("https://a.example/p", "p", (*things, *texts)))).table()
    assert "<summary>also in fr</summary>" in mixed
