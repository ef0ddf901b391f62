"""How specialised regions are: worked out by hand from the published table, on small tables, and from SDMX-CSV."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.errors import Damaged
from eclod_loaders.declarations.derivation import MADE, Specialisation
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping import specialisation
from eclod_loaders.mapping.specialisation import Method
from eclod_loaders.rows import Row

from .conftest import Outcome, thing_iri

PUBLISHED = "statistics/sbs_r_nuts06_r2_2015_employment.csv"
DERIVATION = Specialisation(method="specialisation", region="geo", sector="nace", value="n")
METHOD = Method(Fraction(2), Fraction(1, 10), Fraction(1, 10), frozenset({"B"}))


def small(*rows: tuple[str, str, str]) -> list[Row]:
    return [
        Row("t.csv", number, {"geo": (geo,), "nace": (nace,), "n": (n,) if n else ()})
        for number, (geo, nace, n) in enumerate(rows, start=2)
    ]


def computed(rows: list[Row], method: Method = METHOD) -> dict[tuple[str, str], dict[str, str]]:
    """Return what was computed, by region and sector."""
    found = {}
    for row in specialisation.derive(rows, DERIVATION, method):
        if row.cells["quotient"]:
            made = {name: row.cells[name][0] for name in MADE}
            found[row.cells["geo"][0], row.cells["nace"][0]] = made
    return found


#: One country of two regions: 1,000 people, 100 of them in C28, half of these in the small region.
COUNTRY = [("AA", "C", "400"), ("AA", "G", "600"), ("AA", "C28", "100")]
SMALL_REGION = [("AA01", "C", "80"), ("AA01", "G", "120"), ("AA01", "C28", "50")]
LARGE_REGION = [("AA02", "C", "320"), ("AA02", "G", "480"), ("AA02", "C28", "50")]


@pytest.mark.parametrize(
    ("region", "sector", "quotient", "share", "stars"),
    [
        ("DK05", "C28", None, None, None),
        ("FR62", "C30", "12.367", "0.066924", "3"),
        ("BE31", "C21", "20.4438", "0.097214", "3"),
    ],
)
def test_three_regions_by_hand_from_the_published_table(
    shared: Path, run: Callable[..., Outcome], region: str, sector: str, quotient: str | None, share: str | None,
    stars: str | None,
) -> None:  # fmt: skip
    with (shared / PUBLISHED).open(encoding="utf-8", newline="") as file:
        cells = {(r["geo"], r["nace_r2"]): int(r["n2015"]) for r in csv.DictReader(file, delimiter=";")
                 if r["n2015"].isdigit()}  # fmt: skip
    sections = [*"BCDEFGHIJLMN", "S95"]
    small_ones = {"B", "D", "E", "S95"}

    def total(area: str) -> int | None:
        if any((area, section) not in cells for section in sections if section not in small_ones):
            return None
        return sum(cells.get((area, section), 0) for section in sections)

    countries = [area for area, code in cells if code == sector and len(area) == 2 and total(area)]
    assert len(countries) > 10
    mine, here = cells[region, sector], total(region)
    everywhere = sum(cells[area, sector] for area in countries)
    all_in_all = sum(total(area) or 0 for area in countries)
    assert here
    by_hand = (mine / here) / (everywhere / all_in_all)

    outcome = _published(shared, run)
    employment = f"2015 | {region} | {sector}"
    observation = thing_iri("observation", f"specialisation | {employment.replace('|', '||')}")
    [found] = outcome.values("#locationQuotient", observation)
    assert float(found) == pytest.approx(by_hand, abs=0.00005)
    [part] = outcome.values("#employmentShare", observation)
    assert float(part) == pytest.approx(mine / here, abs=0.0000005)
    assert outcome.values("#regionEmployment", observation) == {str(here)}
    assert outcome.values("#sectorEmployment", observation) == {str(everywhere)}
    assert outcome.values("#referenceEmployment", observation) == {str(all_in_all)}
    assert outcome.values("prov#wasDerivedFrom", observation) == {thing_iri("observation", employment)}
    if quotient is not None:
        assert (found, part) == (quotient, share)
        assert outcome.values("#stars", observation) == {stars}


_OUTCOMES: dict[Path, Outcome] = {}


def _published(shared: Path, run: Callable[..., Outcome]) -> Outcome:
    if shared not in _OUTCOMES:
        _OUTCOMES[shared] = run(Registry.load(assets.folder("registries") / "eurostat-sbs"), shared)
    return _OUTCOMES[shared]


def test_a_quotient_is_the_share_here_by_the_share_everywhere() -> None:
    found = computed(small(*COUNTRY, *SMALL_REGION, *LARGE_REGION))
    assert found["AA01", "C28"] == {
        "quotient": "2.5000",  # (50 / 200) / (100 / 1000)
        "share": "0.250000",
        "stars": "1",  # specialised; of two regions, a tenth is none
        "region_total": "200",
        "sector_total": "100",
        "reference_total": "1000",
        "sureness": "normal",
    }
    assert found["AA02", "C28"]["quotient"] == "0.6250"
    assert set(found) == {("AA01", "C28"), ("AA02", "C28")}, "neither countries nor sections"


def test_the_threshold_itself_is_enough() -> None:
    rows = small(*COUNTRY, *SMALL_REGION)
    assert computed(rows, dataclasses.replace(METHOD, threshold=Fraction("2.5")))["AA01", "C28"]["stars"] == "1"
    assert computed(rows, dataclasses.replace(METHOD, threshold=Fraction("2.51")))["AA01", "C28"]["stars"] == "0"


def test_a_country_counts_for_the_sectors_that_it_publishes() -> None:
    other = [("BB", "C", "900"), ("BB", "G", "100"), ("BB", "C28", "")]
    found = computed(small(*COUNTRY, *SMALL_REGION, *other))
    assert found["AA01", "C28"]["reference_total"] == "1000", "without the thousand of BB"
    other[2] = ("BB", "C28", "0")
    assert computed(small(*COUNTRY, *SMALL_REGION, *other))["AA01", "C28"]["reference_total"] == "2000"


def test_a_total_may_lack_small_sections_and_says_so() -> None:
    mining = [("AA", "B", "10"), ("AA01", "B", "")]
    found = computed(small(*COUNTRY, *SMALL_REGION, *mining))
    assert (found["AA01", "C28"]["sureness"], found["AA01", "C28"]["region_total"]) == ("estimated", "200")
    without_trade = [("AA01", "G", "") if row[:2] == ("AA01", "G") else row for row in SMALL_REGION]
    assert computed(small(*COUNTRY, *without_trade)) == {}


def test_a_division_whose_section_is_not_there_is_part_of_the_total() -> None:
    repair = [("AA", "S95", "20"), ("AA01", "S95", "5")]
    assert computed(small(*COUNTRY, *SMALL_REGION, *repair))["AA01", "C28"]["region_total"] == "205"


@pytest.mark.parametrize("region", ["AAZZ", "AA0", "AA011", "EU28"])
def test_what_is_no_region_of_the_second_level_is_left_out(region: str) -> None:
    rows = [(region, nace, n) for _, nace, n in SMALL_REGION]
    found = computed(small(*COUNTRY, *rows))
    assert (found == {}) == (region != "EU28"), "an aggregate looks like a region; its rows are to be skipped"


def test_where_nobody_works_there_is_nothing_to_say() -> None:
    nobody = [("AA01", "C28", "0") if row[1] == "C28" else row for row in SMALL_REGION]
    assert computed(small(*COUNTRY, *nobody)) == {}
    no_sector = [("AA", "C28", "0") if row[1] == "C28" else row for row in COUNTRY]
    assert computed(small(*no_sector, *SMALL_REGION)) == {}


def test_the_largest_tenth_has_a_star_for_size_and_one_for_focus() -> None:
    regions = []
    for n in range(20):
        # All regions have 1,000 people; the two largest in C28 are also the two where it weighs most.
        regions += [
            (f"AA{n:02}", "C", str(500 + n)),
            (f"AA{n:02}", "G", str(500 - n)),
            (f"AA{n:02}", "C28", str(n + 1)),
        ]
    country = [("AA", "C", "10190"), ("AA", "G", "9810"), ("AA", "C28", "210")]
    found = computed(small(*country, *regions))
    assert {key[0]: each["stars"] for key, each in found.items() if each["stars"] != "0"} == {"AA18": "2", "AA19": "2"}
    tied = [(geo, nace, "20" if nace == "C28" and geo in ("AA17", "AA18") else n) for geo, nace, n in regions]
    stars = {key[0]: each["stars"] for key, each in computed(small(*country, *tied)).items()}
    assert (stars["AA17"], stars["AA18"], stars["AA19"]) == ("0", "0", "0"), "three share two places: nobody has them"


def test_cells_that_are_no_numbers_are_no_figures() -> None:
    damaged = [("AA01", "C28", "12:00 AM") if row[1] == "C28" else row for row in SMALL_REGION]
    assert computed(small(*COUNTRY, *damaged)) == {}
    broken = [dataclasses.replace(row, defect="one cell too many") for row in small(*SMALL_REGION)]
    assert computed([*small(*COUNTRY), *broken]) == {}


def test_the_parameters_are_those_of_the_described_method() -> None:
    method = specialisation.read_method()
    assert method == Method(Fraction(2), Fraction(1, 10), Fraction(1, 10), frozenset({"B", "D", "E", "95"}))


def test_a_method_without_a_parameter_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (assets.folder("ontology") / "cubes.ttl").read_text(encoding="utf-8")
    (tmp_path / "cubes.ttl").write_text(text.replace("    eclod:sizeShare 0.1 ;\n", ""), encoding="utf-8")
    monkeypatch.setattr(assets, "folder", lambda _: tmp_path)
    with pytest.raises(Damaged, match="needs one value of eclod:sizeShare, and has 0"):
        specialisation.read_method()


SDMX = """DATAFLOW,LAST UPDATE,freq,indic_sb,nace_r2,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C,AT,2015,400,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,G,AT,2015,600,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,AT,2015,100,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C,AT11,2015,80,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,G,AT11,2015,120,be
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,AT11,2015,50,p
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,AT12,2015,,c
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V11210,C28,AT11,2015,7,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,B-N_S95_X_K,AT11,2015,200,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,EU28,2015,9000,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,AT11,2016,51,
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,AT13,2015,5,x
ESTAT:SBS_R_NUTS06_R2(1.0),21/10/23 23:00:00,A,V16110,C28,XX11,2015,5,
"""


def test_the_same_figures_as_sdmx_csv(make_registry: Callable[..., Registry], run: Callable[..., Outcome]) -> None:
    """A made-up file in the form in which Eurostat's service answers."""
    mapping = (assets.folder("registries") / "eurostat-sbs" / "sdmx-csv.toml").read_text(encoding="utf-8")
    outcome = run(make_registry(mapping, SDMX))
    assert outcome.ignored == [
        "no value published",
        "another indicator than persons employed",
        "an aggregate of sections, no code of NACE",
        "an aggregate of countries, no code of NUTS",
    ]
    assert [(problem.row, problem.rule, problem.value) for problem in outcome.problems] == [
        (13, "unknown-value", "x"),
        (14, "unknown-code", "XX11"),
    ]
    machines = thing_iri("observation", "2015 | AT11 | C28")
    assert outcome.values("#personsEmployed", machines) == {"50"}
    status = "https://w3id.org/eclod/scheme/observation-status/"
    assert outcome.values("#obsStatus", machines) == {status + "provisional"}
    trade = thing_iri("observation", "2015 | AT11 | G")
    assert outcome.values("#obsStatus", trade) == {status + "break", status + "estimated"}
    computed = thing_iri("observation", "specialisation | 2015 || AT11 || C28")
    assert outcome.values("#locationQuotient", computed) == {"2.5"}
    assert len(outcome.things("observation")) == 8, "seven figures, of 2016 too, and one computed"


def test_sdmx_csv_with_what_the_service_writes_where_there_is_no_number(
    make_registry: Callable[..., Registry], run: Callable[..., Outcome]
) -> None:
    """A colon, a value that is not applicable, a total of all activities; numbers with a decimal point; CONF_STATUS."""
    mapping = (assets.folder("registries") / "eurostat-sbs" / "sdmx-csv.toml").read_text(encoding="utf-8")
    header = "DATAFLOW,LAST UPDATE,freq,indic_sb,nace_r2,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\n"
    begin = "ESTAT:SBS_R_NUTS06_R2(1.0),22/05/26 11:00:00,A,V16110,"
    cells = ("C28,AT12,2015,:,,", "C28,AT13,2015,: ,c,C", "C28,AT21,2015,0,z,", "TOTAL,AT11,2015,200,,")
    whole = SDMX.replace(",50,p", ",50.0,p").splitlines()[1:]
    rows = [f"{begin}{each}\n" for each in cells] + [f"{line},\n" for line in whole]
    outcome = run(make_registry(mapping, header + "".join(rows)))
    assert outcome.ignored[:4] == [
        "no value published",
        "no value published",
        "flagged as confidential, missing or not applicable",
        "an aggregate of sections, no code of NACE",
    ]
    assert {problem.row for problem in outcome.problems} == {17, 18}, "those of the other file, four rows further down"
    computed = thing_iri("observation", "specialisation | 2015 || AT11 || C28")
    assert outcome.values("#locationQuotient", computed) == {"2.5"}


def test_both_formats_give_a_figure_the_same_identifier(
    make_registry: Callable[..., Registry], run: Callable[..., Outcome]
) -> None:
    folder = assets.folder("registries") / "eurostat-sbs"
    table = "nace_r2;geo;n2015\nC28;AT11;50\n"
    one = run(make_registry((folder / "table-2015.toml").read_text(encoding="utf-8"), table))
    two = run(make_registry((folder / "sdmx-csv.toml").read_text(encoding="utf-8"), SDMX))
    assert one.things("observation") == {thing_iri("observation", "2015 | AT11 | C28")}
    assert one.things("observation") < two.things("observation")
