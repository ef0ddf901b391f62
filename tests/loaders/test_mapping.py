"""What becomes of a row: things, identifiers, nested nodes, lists, and problems that name what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.rows import Problem

from .conftest import Outcome, thing_iri

Make = Callable[..., Registry]
Run = Callable[..., Outcome]
Map = Callable[[str, str], Outcome]

ORGANISATION = '[things.organisation]\nshape = "Organisation"\nkey = "id"\nfields.name = "navn"\n'


@pytest.fixture
def map_text(make_registry: Make, run: Run) -> Map:
    return lambda mapping, content: run(make_registry(mapping, content))


def test_a_thing_has_classes_name_and_identifier(map_text: Map) -> None:
    outcome = map_text(
        ORGANISATION.replace('"Organisation"', '"PublicOrganisation"'), "id,navn\n 1  2 ,  Vejle\tKommune \n"
    )
    (iri,) = outcome.accepted[0].subjects
    assert iri == thing_iri("organisation", "1 2")
    assert sorted(map(str, outcome.statements)) == [
        f"<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://data.europa.eu/m8g/PublicOrganisation>",
        f"<{iri}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/org#Organization>",
        f'<{iri}> <http://www.w3.org/2004/02/skos/core#prefLabel> "Vejle Kommune"@da',
    ]


PROJECT = """
[values]
locale = "da_DK"
dates = ["dd.MM.yyyy", "'Q'Q yyyy"]
[things.project]
shape = "Project"
key = ["id", { constant = "x|y" }]
[things.project.fields]
name = "navn"
start = "start"
totalCost.value = { column = "budget", unit = ["kr.", "DKK"] }
totalCost.currency = { constant = "DKK" }
grant.amount.value = "tilskud"
grant.amount.currency = { constant = "DKK" }
grant.fund = { column = "fond", translate = { R = "ERDF", "-" = "" } }
"""
HEADER = "id,navn,start,budget,tilskud,fond\n"


def test_keys_of_several_parts_stay_apart(map_text: Map) -> None:
    outcome = map_text(PROJECT, HEADER + "a | b,A,2014,,,R\n")
    assert outcome.things("project") == {thing_iri("project", "a || b | x||y")}


def test_nested_nodes_hang_on_fragments(map_text: Map) -> None:
    outcome = map_text(PROJECT, HEADER + '1,A,24.04.2014,"kr. 1.234,50",7,R\n')
    project = thing_iri("project", "1 | x||y")
    assert outcome.values("#hasTotalCost") == {project + "#totalCost"}
    assert outcome.values("#hasFundingAmount", project + "#grant") == {project + "#grant-amount"}
    assert outcome.values("s66#value", project + "#totalCost") == {"1234.5"}
    assert outcome.values("#startDate") == {"2014-04-24"}
    assert outcome.values("#fund") == {"https://w3id.org/eclod/scheme/fund/erdf"}


def test_a_constant_alone_makes_no_node(map_text: Map) -> None:
    outcome = map_text(PROJECT, HEADER + "1,A,,,,R\n2,B,,,5,-\n3,C,,,,\n")
    grants = [thing_iri("project", f"{n} | x||y") + "#grant" for n in (1, 2, 3)]
    assert outcome.values("#currency") == {"DKK"}
    assert outcome.values("#hasTotalCost") == set()
    assert [outcome.values("#hasFundingAmount", grant) for grant in grants] == [set(), {grants[1] + "-amount"}, set()]
    assert [outcome.values("#fund", grant) != set() for grant in grants] == [True, False, False]


def test_a_year_goes_to_the_field_for_years(map_text: Map) -> None:
    outcome = map_text(PROJECT, HEADER + "1,A,2014,,,R\n2,B,Q3 2015,,,R\n")
    assert outcome.values("#startYear") == {"2014", "2015"}
    assert outcome.values("#startDate") == set()


@pytest.mark.parametrize(
    ("row", "rule", "column", "value", "message"),
    [
        ("1,A,x,,,R", "date", "start", "x", "add its pattern to the mapping"),
        ('1,A,,"1,234.5",,R', "number", "budget", "1,234.5", "1234,5 or 1.234,5"),
        ("1,A,,,,Q", "unknown-value", "fond", "Q", "not in the translations of grant.fund"),
        ("1,,,,,R", "missing", "navn", None, "There is no name for the project"),
        ("1,N/A,,,,R", "missing", "navn", None, "There is no name for the project"),
        (",A,,,,R", "missing", "id", None, "nothing to identify the project by: 'id'"),
        ("1,K\x8abenhavn,,,,R", "encoding", "navn", None, "wrong encoding"),
        ("1,A,,,R", "row", None, None, "5 cells and the header has 6"),
    ],
)
def test_problems_name_row_column_value_and_remedy(
    map_text: Map, row: str, rule: str, column: str | None, value: str | None, message: str
) -> None:
    outcome = map_text(PROJECT, HEADER + "0,ok,,,,R\n" + row + "\n")
    (problem,) = outcome.problems
    assert (problem.file, problem.row, problem.column, problem.value, problem.rule) == (
        "rows.csv",
        3,
        column,
        value,
        rule,
    )
    assert message in problem.message
    assert problem.message.endswith(".")
    assert len(outcome.accepted) == 1 and not outcome.mapped[1].statements


def test_every_problem_of_a_row_is_named(map_text: Map) -> None:
    outcome = map_text(PROJECT, HEADER + "1,A,x,y,z,Q\n")
    assert [problem.column for problem in outcome.problems] == ["start", "budget", "tilskud", "fond"]


def test_the_nearest_code_is_suggested(map_text: Map) -> None:
    mapping = ORGANISATION + 'fields.region = "nuts"\nfields.sector = "nace"\nfields.country = "land"\n'
    good = map_text(mapping, "id,navn,nuts,nace,land\n1,A,DK05,28.11,dk\n")
    assert good.values("terms/spatial") == {"http://data.europa.eu/nuts/code/DK05"}
    assert good.values("#sector") == {"http://data.europa.eu/ux2/nace2.1/2811"}
    assert good.values("#country") == {"http://publications.europa.eu/resource/authority/country/DNK"}
    bad = map_text(mapping, "id,navn,nuts,nace,land\n1,A,DK0S,99.99,DKK\n")
    assert [(p.rule, p.column, p.value) for p in bad.problems] == [
        ("unknown-code", "nuts", "DK0S"),
        ("unknown-code", "nace", "99.99"),
        ("unknown-code", "land", "DKK"),
    ]
    assert bad.problems[0].suggestion is not None and bad.problems[0].suggestion.startswith("DK0")
    assert f"did you mean {bad.problems[0].suggestion}?" in bad.problems[0].message


LISTS = """
[lists.partner]
column = "partnere"
split = '[.]\\n'
[things.project]
shape = "Project"
key = "id"
fields.name = "navn"
fields.involvedParty = { thing = "partnership" }
[things.member]
shape = "Organisation"
for_each = "partner"
key = { column = "partner", pattern = '^[^(]+' }
fields.name = { column = "partner", pattern = '^([^(]+)' }
fields.alternativeName = { column = "partner", pattern = '[(](.+)[)]', optional = true }
[things.partnership]
shape = "Participation"
for_each = "partner"
key = [{ thing = "project" }, { thing = "member" }]
[things.partnership.fields]
organisation = { thing = "member" }
project = { thing = "project" }
role = { constant = "partner" }
"""


def test_a_cell_can_hold_several_things(map_text: Map) -> None:
    outcome = map_text(
        LISTS.replace("key = { column", "key = [{ column").replace("'^[^(]+' }", "'^[^(]+' }]"),
        'id,navn,partnere\n1,A,"CLEAN (C).\nVejle Kommune.\nCLEAN (C).\n"\n2,B,\n',
    )
    assert outcome.things("organisation") == {thing_iri("organisation", name) for name in ("CLEAN", "Vejle Kommune")}
    assert outcome.values("#altLabel") == {"C"}
    parts = {thing_iri("participation", f"1 | {name}") for name in ("CLEAN", "Vejle Kommune")}
    assert outcome.things("participation") == parts
    assert outcome.values("#hasInvolvedParty", thing_iri("project", "1")) == parts
    assert outcome.values("#isRoleOf", thing_iri("participation", "1 | CLEAN")) == {thing_iri("organisation", "CLEAN")}
    assert len(outcome.accepted) == 2


def test_rows_that_are_no_records_are_ignored_with_the_reason(map_text: Map) -> None:
    mapping = 'duplicates = "ignore"\n[[skip]]\ncolumn = "navn"\npattern = "^Total"\nreason = "a sum"\n' + ORGANISATION
    outcome = map_text(mapping, "id,navn\n1,A\n1,A\n,\n,Total 2\n1,A\n1,B\n")
    assert outcome.ignored == ["duplicate of row 2", "empty row", "a sum", "duplicate of row 2"]
    assert len(outcome.accepted) == 2
    assert len(outcome.accepted) + len(outcome.ignored) == len(outcome.mapped)


def test_duplicates_are_accepted_unless_said(map_text: Map) -> None:
    assert len(map_text(ORGANISATION, "id,navn\n1,A\n1,A\n").accepted) == 2


COLUMNS = """
[values]
empty = "-"
[columns.navn]
correct = { "Vejle K" = "Vejle Kommune", "a b" = "A\\nB" }
[columns.web]
empty = "http://None"
leave_out = ['.+@.+']
"""


def test_columns_are_put_right_before_fields_see_them(map_text: Map) -> None:
    mapping = (
        COLUMNS + ORGANISATION.replace('"id"', '"navn"') + 'fields.homepage = { column = "web", split = "[,;]" }\n'
    )
    content = "navn,web\nVejle  K,http://None\na\u00a0b,x@y.dk\nC,-\nD,www.d.dk; http://e.dk\n"
    outcome = map_text(mapping, content)
    assert outcome.values("#prefLabel") == {"Vejle Kommune", "A B", "C", "D"}
    assert outcome.things("organisation") == {thing_iri("organisation", n) for n in ("Vejle Kommune", "A B", "C", "D")}
    assert outcome.values("/homepage") == {"http://www.d.dk", "http://e.dk"}
    (note,) = outcome.notes
    assert (note.row, note.column, note.value, note.rule) == (3, "web", None, "left-out")
    assert not outcome.problems


def test_an_invalid_value_can_be_dropped_and_is_counted(map_text: Map) -> None:
    field = 'fields.homepage = { column = "web", invalid = "drop" }\n'
    outcome = map_text(ORGANISATION + field, "id,navn,web\n1,A,not a page\n")
    assert not outcome.problems and len(outcome.accepted) == 1
    assert [(note.rule, note.value) for note in outcome.notes] == [("url", "not a page")]


def test_joined_columns_templates_and_first_of(map_text: Map) -> None:
    fields = (
        'fields.description = { columns = ["a", "b"], join = "\\n\\n", lines = "keep" }\n'
        'fields.identifier = { template = "{a:slug}/{b}" }\n'
        'fields.alternativeName = { first_of = ["b", "a"] }\n'
    )
    outcome = map_text(ORGANISATION + fields, 'id,navn,a,b\n1,A,"Æ x\n\n\ny",B b\n2,B,A,\n')
    first, second = (thing_iri("organisation", n) for n in ("1", "2"))
    assert outcome.values("/description", first) == {"Æ x\n\ny\n\nB b"}
    assert outcome.values("/identifier", first) == {"x-y/B b"}
    assert outcome.values("#altLabel", first) == {"B b"}
    assert outcome.values("/description", second) == {"A"}
    assert outcome.values("/identifier", second) == set()
    assert outcome.values("#altLabel", second) == {"A"}


@pytest.mark.parametrize(
    ("iri", "given", "named"),
    [
        ("https://example.org/{code}", "a b/c", "https://example.org/a%20b%2Fc"),
        ("https://example.org/{code:slug}", "Å b/C", "https://example.org/a-b-c"),
        ("https://example.org/{code:alphanumeric}", "01.1 a", "https://example.org/011a"),
        ("{code}/x", "https://example.org/a?b=c%20d", "https://example.org/a?b=c%20d/x"),
        ("{code}", "https://example.org/a b", "https://example.org/a%20b"),
    ],
)
def test_addresses_of_others_name_things(map_text: Map, iri: str, given: str, named: str) -> None:
    mapping = f'[things.other]\nshape = "Document"\niri = "{iri}"\nfields.name = "navn"\n'
    outcome = map_text(mapping, f'code,navn\n"{given}",A\n')
    assert [row.subjects for row in outcome.accepted] == [(named,)]


def test_what_is_no_address_names_nothing(map_text: Map) -> None:
    mapping = '[things.other]\nshape = "Document"\niri = "{code}"\nfields.name = "navn"\n'
    outcome = map_text(mapping, "code,navn\nx1,A\n")
    (problem,) = outcome.problems
    assert (problem.row, problem.rule) == (2, "iri")
    assert problem.message == "The other is named by 'x1', which is no web address; correct the cell."
    with pytest.raises(BadInput, match=r"'iri' is 'urn:x:.*'; it begins with http"):
        map_text(mapping.replace("{code}", "urn:x:{code}"), "code,navn\nx1,A\n")


def test_languages_of_fields_and_of_rows(map_text: Map) -> None:
    fields = (
        'fields.description = { column = "om", language_column = "sprog" }\n'
        'fields.alternativeName = { column = "om", language = "und" }\n'
    )
    outcome = map_text(ORGANISATION + fields, "id,navn,om,sprog\n1,A,Über,de\n2,B,x,no such language\n3,C,,\n")
    tags = {literal.value: literal.language for literal in outcome.literals() if literal.value in ("A", "Über")}
    assert tags["A"] == "da" and tags["Über"] in ("de", "und")
    assert [(p.row, p.rule, p.value) for p in outcome.problems] == [(3, "language", "x")]
    assert len(outcome.accepted) == 2


WHEN = """
[things.act]
shape = "LegalResource"
when = { kind = ["legal", "law"], celex = true }
iri = "http://publications.europa.eu/resource/celex/{celex}"
fields.name = "navn"
[things.other]
shape = "Document"
when = { celex = "" }
key = "navn"
fields.name = "navn"
fields.about = { thing = "programme" }
[things.programme]
shape = "Programme"
when = "programme"
key = "programme"
"""


def test_things_are_there_only_when(map_text: Map) -> None:
    outcome = map_text(WHEN, "navn,kind,celex,programme\nA,law,5 2/1,\nB,legal,,cosme\nC,other,9,\n")
    assert [row.subjects for row in outcome.mapped] == [
        ("http://publications.europa.eu/resource/celex/5%202%2F1",),
        (thing_iri("document", "B"),),
        (),
    ]
    assert outcome.ignored == ["nothing that the mapping describes"]
    assert outcome.values("terms/subject") == {thing_iri("programme", "cosme")}
    assert thing_iri("programme", "cosme") not in {t.subject.value for t in outcome.statements}  # type: ignore[union-attr]


def test_points_have_both_coordinates_or_none(map_text: Map) -> None:
    fields = 'fields.location = { point = ["x", "y"], crs = "EPSG:25832" }\n'
    outcome = map_text(ORGANISATION + fields, "id,navn,x,y\n1,A,560016.186,6319238.093\n2,B,,\n3,C,5,\n4,D,5,Ø\n")
    assert outcome.values("#asWKT") == {
        "POINT(9.9883129 57.0127384)",
        "<http://www.opengis.net/def/crs/EPSG/0/25832> POINT(560016.186 6319238.093)",
    }
    assert outcome.values("#hasDefaultGeometry") == {thing_iri("organisation", "1") + "#location"}
    assert outcome.values("#hasGeometry") == {thing_iri("organisation", "1") + "#sourceLocation"}
    assert [(p.row, p.rule) for p in outcome.problems] == [(4, "coordinates"), (5, "number")]


TOGETHER = (
    ORGANISATION
    + """
together = ["address", "location"]
fields.address.city = "by"
fields.location = { point = ["x", "y"] }
"""
)


def test_fields_that_belong_together_come_from_one_row(map_text: Map) -> None:
    mapping = TOGETHER.replace('fields.name = "navn"\n', "") + 'fields.name = "navn"\n'
    outcome = map_text(mapping, "id,navn,by,x,y\n1,A,,,\n1,A,Kolding,,\n1,A,Odense,10.4,55.4\n1,A,Kolding,,\n")
    assert outcome.values("#postName") == {"Kolding"}
    assert outcome.values("#asWKT") == set()
    assert [(note.row, note.rule) for note in outcome.notes] == [(4, "conflict")]
    assert "Row 3 says otherwise about the address, location" in outcome.notes[0].message


def test_a_rejected_row_lays_no_claim(map_text: Map) -> None:
    mapping = TOGETHER.replace('fields.name = "navn"\n', "") + 'fields.name = "navn"\n'
    outcome = map_text(mapping, "id,navn,by,x,y\n1,,Kolding,,\n1,A,Odense,,\n")
    assert len(outcome.problems) == 1
    assert outcome.values("#postName") == {"Odense"}


def test_no_stand_in_for_nothing_becomes_a_value(map_text: Map) -> None:
    fields = 'fields.keyword = { column = "ord", split = ";" }\n'
    outcome = map_text(ORGANISATION + fields, "id,navn,ord\n1,A,NaN\n2,B,None\n3,C,NULL\n4,D,x;;n/a; ;y\n")
    assert outcome.values("#keyword") == {"x", "y"}
    assert not outcome.problems


def test_the_same_rows_give_the_same_statements_in_the_same_order(map_text: Map) -> None:
    content = HEADER + '1,A,24.04.2014,"kr. 1.234,50",7,R\n2,B,2015,1,2,R\n'
    first, second = (map_text(PROJECT, content) for _ in range(2))
    assert [row.statements for row in first.mapped] == [row.statements for row in second.mapped]


def test_the_first_problem_of_a_mapping_comes_before_the_first_row(make_registry: Make, run: Run) -> None:
    with pytest.raises(BadInput, match="the shape Organisation has no field 'nam'; did you mean 'name'"):
        run(make_registry(ORGANISATION.replace("fields.name", "fields.nam"), "id,navn\n"))


def test_problem_is_plain_data() -> None:
    assert Problem("f.csv", 1, None, None, "row", "Why.").suggestion is None


def test_a_point_may_be_in_one_column(map_text: Map) -> None:
    fields = 'fields.location = { point = "at", north_first = true }\n'
    content = 'id,navn,at\n1,A,"51.048245,3.7272009"\n2,B,55.5 12.25\n3,C,\n4,D,51.0\n5,E,"1,2,3"\n'
    outcome = map_text(ORGANISATION + fields, content)
    assert outcome.values("#asWKT") == {"POINT(3.7272009 51.048245)", "POINT(12.25 55.5)"}
    assert [(problem.row, problem.rule) for problem in outcome.problems] == [(5, "coordinates"), (6, "coordinates")]


def test_a_point_has_one_column_or_two(map_text: Map) -> None:
    with pytest.raises(BadInput, match="two columns, east and north, or one that holds both"):
        map_text(ORGANISATION + 'fields.location = { point = ["a", "b", "c"] }\n', "id,navn,a,b,c\n")
