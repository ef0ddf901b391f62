"""The catalogue of European Digital Innovation Hubs, on a small file in exactly the columns that it exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core import assets
from eclod_loaders.declarations.registry import Registry

from .conftest import Outcome, thing_iri

Run = Callable[..., Outcome]

HEADER = (
    "EDIH Name,EDIH Title,Description,Country,Contact Name,Contact Email,EDIH/SoE,Website,"
    "Formatted sectors,Formatted services,Formatted technologies"
)
ROWS = """\
Made-up Fjord Hub,Fjord Digital,Helps small firms,Denmark,A. Person,person@hub.example,EDIH,https://hub.example,\
"Manufacturing and processing - 4, Agriculture and food - 2",\
"Test before invest - 4, Training, coaching - advanced - 3",\
"Artificial intelligence - AI - 5"
Made-up Alpine Hub,,,Slovenia,,,SoE,no address,Tourism,"Networking - 12,Access to finance - 1",
Made-up Lost Hub,,,Atlantis,,,EDIH,,,,
"""
HUBS = "https://w3id.org/eclod/scheme/"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Outcome:
    sources = tmp_path_factory.mktemp("sources")
    (sources / "hubs").mkdir()
    (sources / "hubs" / "edih-catalogue.csv").write_text(f"{HEADER}\n{ROWS}", encoding="utf-8")
    return run(Registry.load(assets.folder("registries") / "eu-digital-innovation-hubs"), sources)


def capabilities(outcome: Outcome, hub: str, field: str) -> dict[str, set[str]]:
    """Return what a hub is capable of, with the levels."""
    nodes = outcome.values(f"ontology#{field}", hub)
    return {next(iter(outcome.values("#prefLabel", node))): outcome.values("#maturity", node) for node in nodes}


def test_each_row_is_a_hub_and_an_unknown_country_is_none(outcome: Outcome) -> None:
    assert outcome.things("hub") == {thing_iri("hub", f"Made-up {name} Hub") for name in ("Fjord", "Alpine")}
    assert [(problem.row, problem.column, problem.rule) for problem in outcome.problems] == [
        (4, "Country", "unknown-code")
    ]


def test_names_keep_their_commas_and_dashes(outcome: Outcome) -> None:
    fjord = thing_iri("hub", "Made-up Fjord Hub")
    assert capabilities(outcome, fjord, "servedSector") == {
        "Manufacturing and processing": {"4"},
        "Agriculture and food": {"2"},
    }
    assert capabilities(outcome, fjord, "service") == {
        "Test before invest": {"4"},
        "Training, coaching - advanced": {"3"},
    }
    assert capabilities(outcome, fjord, "technology") == {"Artificial intelligence - AI": {"5"}}


def test_levels_may_have_two_digits_or_be_missing(outcome: Outcome) -> None:
    alpine = thing_iri("hub", "Made-up Alpine Hub")
    assert capabilities(outcome, alpine, "service") == {"Networking": {"12"}, "Access to finance": {"1"}}
    assert capabilities(outcome, alpine, "servedSector") == {"Tourism": set()}
    assert capabilities(outcome, alpine, "technology") == {}


def test_statuses_and_ecosystems_are_codes(outcome: Outcome) -> None:
    fjord, alpine = (thing_iri("hub", f"Made-up {name} Hub") for name in ("Fjord", "Alpine"))
    assert outcome.values("#hubStatus", fjord) == {f"{HUBS}hub-status/edih"}
    assert outcome.values("#hubStatus", alpine) == {f"{HUBS}hub-status/seal-of-excellence"}
    assert outcome.values("#ecosystem", fjord) == {f"{HUBS}ecosystem/agri-food"}
    assert outcome.values("#ecosystem", alpine) == {f"{HUBS}ecosystem/tourism"}
    noted = sorted((note.row or 0, note.column or "") for note in outcome.notes)
    assert noted == [(2, "Formatted sectors"), (3, "Website")]


def test_persons_are_left_out(outcome: Outcome) -> None:
    assert not [text for text in map(str, outcome.literals()) if "erson" in text or "@hub" in text]


PUBLISHED = """\
EDIH Name,EDIH Title,Description (indexed field),Country,Contact name,Contact phone,Contact email,Contact Location,\
EDIH/SoE,Website,Formatted sectors,Formatted services,Formatted technologies
Made-up Lake Hub,Lake,Helps,Kosovo*,A. Person,1,person@hub.example,"12, 34",Seal of Excellence,https://lake.example,\
"Agriculture and food – 4, Education -3,","Test before invest - 4; Networking - 2, ","Cloud - 2,\nRobotics,"
"""


def test_the_export_under_its_own_name_with_its_other_columns(tmp_path: Path, run: Run) -> None:
    """Exports seen elsewhere call the description otherwise, end lists with a comma and write the status in words."""
    (tmp_path / "hubs").mkdir()
    (tmp_path / "hubs" / "export-edihs.csv").write_text(PUBLISHED, encoding="utf-8-sig")
    found = run(Registry.load(assets.folder("registries") / "eu-digital-innovation-hubs"), tmp_path)
    assert not found.problems
    lake = thing_iri("hub", "Made-up Lake Hub")
    assert found.values("dc/terms/description", lake) == {"Helps"}
    assert {each.rpartition("/")[2] for each in found.values("#country", lake)} == {"XKX"}
    assert found.values("#hubStatus", lake) == {f"{HUBS}hub-status/seal-of-excellence"}
    assert capabilities(found, lake, "servedSector") == {"Agriculture and food": {"4"}, "Education": {"3"}}
    assert capabilities(found, lake, "service") == {"Test before invest": {"4"}, "Networking": {"2"}}
    assert capabilities(found, lake, "technology") == {"Cloud": {"2"}, "Robotics": set()}
