"""The made-up platform as one registry: the same triples as tables, as a registry would deliver them.

`benchmarks/platform` says which column is what. Codes stand in the cells as people write them (`DE403`, `1107`, `sme`),
so that looking them up is part of what is measured; a thing's key is its code among the identifiers of the platform.
"""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from benchmarks.generator import Platform, Scale
from eclod.core.namespaces import expand
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry

NAME: Final = "platform"
SMALL: Final = "small"
ORGANISATIONS: Final = "organisations"
#: What a name ends with once it is changed.
_RENAMED: Final = " (renamed)"

_COLUMNS: Final = {
    expand(name): column
    for name, column in {
        "eclod:country": "country",
        "dct:spatial": "region",
        "eclod:sector": "sector",
        "eclod:ecosystem": "ecosystem",
        "eclod:managedBy": "manager",
        "foaf:homepage": "homepage",
        "org:classification": "type",
        "org:organization": "organisation",
        "org:member": "member",
        "org:role": "role",
        "eurio:isRoleOf": "organisation",
        "eurio:isInvolvedIn": "project",
        "eurio:startDate": "start",
        "eurio:endDate": "end",
        "eurio:value": "cost",
        "eurio:currency": "currency",
        "cv:role": "role",
        "dct:identifier": "number",
        "dct:description": "description",
        "skos:altLabel": "short_name",
        "locn:postName": "city",
    }.items()
}
_HOMEPAGE: Final = expand("foaf:homepage")
_LABEL: Final = expand("skos:prefLabel")
_CLUSTER_ORGANISATION: Final = NamedNode(expand("eclod:ClusterOrganisation"))


def write(folder: Path, factor: float = 1.0) -> int:
    """Write the registry as a folder inside `folder`, the same bytes every time, and return its rows."""
    home = folder / NAME
    shutil.copytree(Path(__file__).parent / NAME, home)
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for triple in Platform(Scale().times(factor), CodeLists.load()).triples():
        kind, code = _thing(triple)
        row = tables.setdefault(kind, {}).setdefault(code, {"id": code})
        row |= _cell(triple, row)
    organisations = tables["organisation"]
    leading = {code: row for code, row in organisations.items() if "leads" in row}
    for code in leading:
        del organisations[code]
    tables["cluster-organisation"] = leading
    for source in Registry.load(home).sources:
        path = home / source.file
        columns = sorted(source.mapping.used_columns)
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, columns, extrasaction="ignore")
            rows.writeheader()
            rows.writerows(tables[path.stem.removesuffix("s")].values())
    return sum(map(len, tables.values()))


def write_small(folder: Path, rows: int) -> None:
    """Write another registry of so many organisations into `folder`."""
    home = folder / SMALL
    home.mkdir()
    for name in ("registry.toml", f"{ORGANISATIONS}.toml"):
        shutil.copy(Path(__file__).parent / NAME / name, home)
    text = (home / "registry.toml").read_text(encoding="utf-8")
    (home / "registry.toml").write_text("[[sources]]".join(text.split("[[sources]]")[:2]), encoding="utf-8")
    [source] = Registry.load(home).sources
    (home / source.file).write_text(small_table(rows), encoding="utf-8")


def let_publish(folder: Path) -> None:
    """Let what the small registry sends be published without anybody looking, however much it changes."""
    with (folder / SMALL / "registry.toml").open("a", encoding="utf-8") as file:
        file.write("\n[publishing]\nlargest_change = 1000000\n")


def small_table(rows: int, delivery: str = "") -> str:
    """Return the file of the small registry, whose names say in which delivery they came."""
    [source] = [s for s in Registry.load(Path(__file__).parent / NAME).sources if Path(s.file).stem == ORGANISATIONS]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, sorted(source.mapping.used_columns), restval="")
    table.writeheader()
    for number in range(rows):
        name = small_name(number, delivery)
        table.writerow({"id": number, "name_en": name, "country": "DNK", "region": "DK050", "type": "sme"})
    return text.getvalue()


def small_name(number: int, delivery: str = "") -> str:
    """Return the name of an organisation of the small registry."""
    return f"Small {number} {delivery}".strip()


def write_faulty(folder: Path, violations: int) -> None:
    """Write a registry whose every row breaks a rule of the shapes: its project ends before it begins."""
    folder.mkdir()
    head, _, _ = (Path(__file__).parent / NAME / "registry.toml").read_text(encoding="utf-8").partition("[[sources]]")
    (folder / "registry.toml").write_text(f'{head}[[sources]]\nfile = "./rows.csv"\n', encoding="utf-8")
    (folder / "mapping.toml").write_text(
        '[things.project]\nshape = "Project"\nkey = "id"\nfields = { name = "name", start = "start", end = "end" }\n',
        encoding="utf-8",
    )
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "name", "start", "end"))
        table.writerows((number, f"Project {number}", "2020-01-01", "2019-01-01") for number in range(violations))


def rename(folder: Path, organisations: int) -> int:
    """Give so many organisations, spread over the table, another name, and return how many were renamed."""
    path = folder / NAME / f"{ORGANISATIONS}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    name, english = header.index("name"), header.index("name_en")
    chosen = rows[:: max(1, len(rows) // organisations)][:organisations]
    for row in chosen:
        row[name if row[name] else english] += _RENAMED
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return len(chosen)


def _thing(triple: Triple) -> tuple[str, str]:
    """Return (kind, code) of the thing that a statement is about, or about a node of."""
    assert isinstance(triple.subject, NamedNode)
    kind, code = triple.subject.value.partition("#")[0].rsplit("/", 2)[1:]
    return kind, code


def _cell(triple: Triple, row: dict[str, str]) -> dict[str, str]:
    """Return the cells that a statement changes in its row."""
    predicate, value = triple.predicate.value, triple.object
    if value == _CLUSTER_ORGANISATION:
        return {"leads": "yes"}
    if predicate == _LABEL and isinstance(value, Literal):
        tag = str(value.language)
        return {"name_en": value.value} if tag == "en" else {"name": value.value, "language": tag}
    column = _COLUMNS.get(predicate)
    if column is None or not isinstance(value, NamedNode | Literal):
        return {}
    text = value.value.rpartition("/")[2] if isinstance(value, NamedNode) and predicate != _HOMEPAGE else value.value
    return {column: f"{row[column]};{text}" if column == "sector" and column in row else text}
