"""A registry of projects whose file has many different mistakes, and one that has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.settings import Settings, from_environment
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.reporting import dry_run
from eclod_loaders.reporting.dry_run import DryRun

REGISTRY = """title = {{ en = "Projects", fr = "Projets" }}
publisher = "Somebody"
language = "{language}"
country = "CZ"
retire_after = {retire}

[[sources]]
file = "./{file}"
"""

MAPPING = """[file]
delimiter = ";"

[values]
locale = "de"
dates = "dd.MM.yyyy"

[ignored]
Farbe = "to decide: texts"

[lists.partner]
column = "Partner"
split = ','

[things.project]
shape = "Project"
key = "Nr"

[things.project.fields]
name = "Name"
homepage = "Web"
start = "Von"
end = "Bis"
totalCost.value = "Kosten"
totalCost.currency = { constant = "EUR" }
region = "Region"
sector = "NACE"
location = { point = ["Ost", "Nord"], locale = "de" }
involvedParty = { thing = "participation" }

[things.organisation]
shape = "Organisation"
for_each = "partner"
key = "partner"
fields.name = "partner"

[things.participation]
shape = "Participation"
for_each = "partner"
key = [{ thing = "project" }, { thing = "organisation" }]

[things.participation.fields]
organisation = { thing = "organisation" }
project = { thing = "project" }
role = { constant = "partner" }

[things.leader]
shape = "Organisation"
when = "Träger"
key = "Träger"

[things.leader.fields]
name = "Träger"
registeredAs = [
    { identifier = "lei", column = "LEI" },
    { identifier = "company-number", issued_in = "CZ", column = "ICO" },
]
"""

HEADER = "Nr;Name;Web;Von;Bis;Kosten;Region;NACE;Ost;Nord;Partner;Träger;LEI;ICO;Farbe"
GOOD = (
    "1;Alpha;https://alpha.eu;01.02.2020;01.03.2021;1.250,50;CZ010;28.11;14,4;50,1;"
    "Uni, Firma;Masarykova univerzita;;00216224;rot"
)


def row(number: int, **changed: str) -> str:
    """Return the good row with other cells."""
    cells = dict(zip(HEADER.split(";"), GOOD.split(";"), strict=True))
    cells |= {"Nr": str(number), "Träger": f"Träger {number}", "ICO": ""} | changed
    return ";".join(cells[name] for name in HEADER.split(";"))


#: What is wrong in each row, the column it is in, its rule, and the suggestion.
MISTAKES: list[tuple[dict[str, str], str, str, str | None]] = [
    ({"Web": "htp://alpha.eu"}, "Web", "url", "https://alpha.eu"),
    ({"Web": "www,alpha.eu"}, "Web", "url", "https://www.alpha.eu"),
    ({"Web": "keine"}, "Web", "url", None),
    ({"Von": "2020/02/01"}, "Von", "date", "2020-02-01"),
    ({"Von": "43862"}, "Von", "date", "2020-02-01"),
    ({"Von": "04/05/2020"}, "Von", "date", None),
    ({"Von": "31.02.2020"}, "Von", "date", None),
    ({"Bis": "1. März 2021"}, "Bis", "date", "2021-03-01"),
    ({"Bis": "01.01.2019"}, "Von", "shape:Project-start/LessThanOrEquals", None),
    ({"Kosten": "1,250.50 EUR"}, "Kosten", "number", "1250,5"),
    ({"Kosten": "viel"}, "Kosten", "number", None),
    ({"Region": "CZ01O"}, "Region", "unknown-code", "CZ010"),
    ({"NACE": "99.99"}, "NACE", "unknown-code", "99"),
    ({"Ost": "144,0", "Nord": "500"}, "Ost", "coordinates", None),
    ({"Nord": ""}, "Ost", "coordinates", None),
    ({"Name": ""}, "Name", "missing", None),
    ({"Name": "â€™s"}, "Name", "encoding", "’s"),
    ({"LEI": "529900T8BM49AURSDO54"}, "LEI", "identifier", "529900T8BM49AURSDO55"),
    ({"ICO": "00216242"}, "ICO", "identifier", "00216224 / 00216241"),
    ({"ICO": "123"}, "ICO", "identifier", None),
]

Check = Callable[..., DryRun]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({}, data=tmp_path / "data")


@pytest.fixture
def check(settings: Settings, tmp_path: Path) -> Check:
    """Return a function that makes the registry with these rows and checks its file."""

    def run(rows: list[str], language: str = "de", retire: str = "1", encoding: str = "utf-8") -> DryRun:
        folder = tmp_path / "registries" / "cz-projects"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "registry.toml").write_text(REGISTRY.format(language=language, file="rows.csv", retire=retire))
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        (folder / "rows.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding=encoding)
        registry = Registry.load(folder)
        return dry_run.run(settings, registry, registry.sources[0], folder / "rows.csv")

    return run
