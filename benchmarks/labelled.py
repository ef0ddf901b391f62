"""Organisations known by a number: Czech recipients of research support, holders of an LEI, partners in CORDIS.

They are real and public, read from a folder beside the project and never part of it. No two sources here share a
number for more than a handful, so what is right is decided by each source's own number.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class Labelled:
    """A name and the number that says whose it is."""

    number: str
    name: str
    country: str


def read(sources: Path) -> list[Labelled]:
    """Return all organisations of the folder, each number once; none when the folder is not there."""
    found = {each.number: each for each in (*_czech(sources), *_lei(sources), *_cordis(sources))}
    return [found[number] for number in sorted(found)]


def _czech(sources: Path) -> Iterator[Labelled]:
    path = sources / "national/cz/ris3/subjekty_vav.json"
    if path.exists():
        for each in json.loads(path.read_text(encoding="utf-8"))["subjekty"]:
            if each.get("ico"):
                yield Labelled(f"CZ {each['ico']}", each["nazev"], "CZE")


def _lei(sources: Path) -> Iterator[Labelled]:
    path = sources / "organisations/gleif_entities_sample.csv"
    if path.exists():
        alpha3 = {
            "CZ": "CZE",
            "DK": "DNK",
            "AT": "AUT",
            "BE": "BEL",
            "LU": "LUX",
            "FR": "FRA",
            "ES": "ESP",
            "MT": "MLT",
        }
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                country = row["Entity.LegalAddress.Country"]
                yield Labelled(row["LEI"], row["Entity.LegalName"], alpha3.get(country, country))


def _cordis(sources: Path) -> Iterator[Labelled]:
    for path in sorted((sources / "cordis").glob("project-*.xml")):
        for each in ElementTree.parse(path).iter():  # a file of a source that is trusted, and that has no entities
            if each.tag.rpartition("}")[2] == "organization":
                said = {part.tag.rpartition("}")[2]: part.text or "" for part in each}
                if said.get("id") and said.get("legalName"):
                    yield Labelled(f"PIC {said['id']}", said["legalName"], "")
