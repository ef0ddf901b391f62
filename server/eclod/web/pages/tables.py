"""Tables for people who do not ask SPARQL: what there is, what the columns mean, and the files.

`/tables` is about the release that is served; the address of a file below it always leads to the newest, so that a
spreadsheet can keep it. The files themselves never change and lie below their release.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response

from eclod.core import labels
from eclod.core.errors import NotFound
from eclod.core.formats import HTML, JSON
from eclod.core.namespaces import shorten
from eclod.store.manifest import Manifest, TableEntry
from eclod.web.context import Service, service
from eclod.web.messages import here, negotiate, responses
from eclod.web.messages.responses import Link, Sender
from eclod.web.messages.views import Alternate
from eclod.web.pages import releases, rows
from eclod.web.pages.views import Download
from eclod.web.resources import documents, manifests
from eclod.web.resources.links import Links
from eclod.web.resources.views import Term

log = logging.getLogger(__name__)

blueprint: Final = Blueprint("tables", __name__)

#: What explains the others, and what programs read beside a CSV file (CSVW, Model for Tabular Data, section 5.3).
DICTIONARY: Final = "dictionary"
METADATA_FILE: Final = "csv-metadata.json"
_METADATA_TYPE: Final = "application/csvm+json"
_FOLDER: Final = "tables"


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column: what it is called and means, in the visitor's language where there are words in it."""

    name: str
    label: str
    description: str
    language: str
    datatype: str
    several: bool
    cardinality: str
    unit: str
    code_lists: tuple[Term, ...]
    properties: tuple[Term, ...]
    filled: float | None


@dataclass(frozen=True, slots=True)
class TableView:
    """One table with its files; `rows` counts the things in it."""

    name: str
    title: str
    description: str
    language: str
    rows: int
    downloads: tuple[Download, ...]
    columns: tuple[ColumnView, ...] = ()


@dataclass(frozen=True, slots=True)
class TablesView:
    """Template `tables.html`, as variable `page`; `newest` is the address below which the newest files are."""

    tables: tuple[TableView, ...]
    release: str
    newest: str
    metadata_file: str
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the files of a release say about its tables: titles by language, and the dictionary by table."""

    titles: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]
    columns: Mapping[str, Sequence[Mapping[str, str]]]


@blueprint.get("/tables")
def index() -> Response:
    """Show the tables of the current release."""
    found = service()
    return _show(found, found.release(), "/tables")


@blueprint.get("/releases/<release>/tables")
def of_release(release: str) -> Response:
    """Show the tables of one release."""
    found = service()
    return _show(found, manifests.manifest_of(found, release).id, f"/releases/{quote(release)}/tables")


@blueprint.get("/tables/<name>")
def newest(name: str) -> Response:
    """Send on to a file of the current release, from an address that a spreadsheet can keep."""
    found = service()
    release = found.release()
    manifest = found.manifest(release)
    _listed(manifest, name, "/tables")
    return documents.redirect(f"/releases/{quote(release)}/tables/{quote(name)}", 302)


@blueprint.get("/identifiers.<form>")
def identifiers(form: str) -> Response:
    """Send on to the table of all identifiers that there are or were, with state and outside identifiers."""
    return newest(f"identifiers.{form}")


@blueprint.get("/releases/<release>/identifiers.<form>")
def identifiers_of_release(release: str, form: str) -> Response:
    """Send on to the table of all identifiers of one release."""
    manifest = manifests.manifest_of(service(), release)
    name = f"identifiers.{form}"
    _listed(manifest, name, f"/releases/{release}")
    return documents.redirect(f"/releases/{quote(manifest.id)}/tables/{quote(name)}", 302)


@blueprint.get("/releases/<release>/tables/<name>")
def file(release: str, name: str) -> Response:
    """Send one file: whole, in ranges, or not at all when it is there already."""
    found = service()
    manifest = manifests.manifest_of(found, release)
    entry = _listed(manifest, name, f"/releases/{release}")
    response = releases.send(found, manifest, f"{_FOLDER}/{name}", entry)
    folder = f"/releases/{quote(release)}/{_FOLDER}"
    response.headers["Content-Type"] = _content_type(response)
    links = [Link(folder, "collection")]
    if name != METADATA_FILE:
        links.append(Link(f"{folder}/{METADATA_FILE}", "describedby", _METADATA_TYPE))
    responses.add_links(response, links)
    return response


def _content_type(response: Response) -> str:
    """Return the type of a file; of CSV with all that RFC 4180, section 3 lets it say."""
    plain = str(response.mimetype)
    return f"{plain}; charset=utf-8; header=present" if plain == "text/csv" else plain


def _listed(manifest: Manifest | None, name: str, where: str) -> Any:
    entries = (entry for table in (manifest.tables if manifest else ()) for entry in table.files)
    entry = next((entry for entry in entries if entry.name == name), None)
    if entry is None:
        raise NotFound(f"There is no table file '{name}'; {where} lists those there are.")
    return entry


def _show(found: Service, release: str, address: str) -> Response:
    choice = negotiate.choose((HTML, JSON), HTML, lambda form: f"{address}?format={form.name}")
    at = here.address(found.names.base)
    # The page says where it is.
    sender = Sender(found, choice, release=release, about=at)
    if (unchanged := sender.unchanged()) is not None:
        return unchanged
    manifest = found.manifest(release)
    views = _views(found, manifest, negotiate.languages()) if manifest is not None else ()
    if choice.is_html:
        page = TablesView(views, release, f"{at}/tables", METADATA_FILE, choice.alternates)
        return sender.page("tables.html", page=page)
    tables = [asdict(view) | {"columns": list(map(_plain, view.columns))} for view in views]
    content = {"release": release, "tables": tables}
    return sender.send(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _views(found: Service, manifest: Manifest, languages: Sequence[str]) -> tuple[TableView, ...]:
    if not manifest.tables:
        return ()
    known = found.remember("tables", manifest.id, lambda: (_read(found.releases.folder(manifest.id)), manifest.id))
    links = Links(found.names)
    return tuple(_view(manifest, table, known, links, languages) for table in manifest.tables)


def _view(manifest: Manifest, table: TableEntry, known: _Known, links: Links, languages: Sequence[str]) -> TableView:
    titles, descriptions = known.titles.get(table.name, ({}, {}))
    title, language = _spoken(titles, languages, table.name)
    return TableView(
        name=table.name,
        title=title,
        description=_spoken(descriptions, languages)[0],
        language=language,
        rows=table.rows,
        downloads=tuple(rows.download(manifest, entry, _FOLDER) for entry in table.files),
        columns=tuple(_column(column, links, languages) for column in known.columns.get(table.name, ())),
    )


def _plain(column: ColumnView) -> dict[str, object]:
    links = {"code_lists": column.code_lists, "properties": column.properties}
    return asdict(column) | {name: [term._asdict() for term in terms] for name, terms in links.items()}


def _column(row: Mapping[str, str], links: Links, languages: Sequence[str]) -> ColumnView:
    label, language = _spoken(_by_language(row, "label"), languages, row["column"])
    return ColumnView(
        name=row["column"],
        label=label,
        description=_spoken(_by_language(row, "description"), languages)[0],
        language=language,
        datatype=row["datatype"],
        several=row["several"] == "true",
        cardinality=row["cardinality"],
        unit=row["unit"],
        code_lists=_terms(row["code_list"], links),
        properties=_terms(row["property"], links),
        filled=float(row["filled"]) if row["filled"] else None,
    )


def _terms(cell: str, links: Links) -> tuple[Term, ...]:
    iris = cell.split(" | ") if cell else ()
    return tuple(Term(_short(iri), links.to(iri, known=True)[0], iri) for iri in iris)


def _short(iri: str) -> str:
    """Return the prefixed name of an IRI, or its end."""
    short = shorten(iri)
    return short if short != iri else "/".join(iri.rstrip("/").split("/")[-2:])


def _by_language(row: Mapping[str, str], part: str) -> dict[str, str]:
    prefix = f"{part}_"
    return {name.removeprefix(prefix): text for name, text in row.items() if name.startswith(prefix) and text}


def _spoken(texts: Mapping[str, str], languages: Sequence[str], otherwise: str = "") -> tuple[str, str]:
    return labels.choose(((text, language) for language, text in texts.items()), languages) or (otherwise, "")


def _read(release: Path) -> _Known:
    """Return what the files of a release say about its tables; nothing when they are damaged."""
    folder = release / _FOLDER
    try:
        dictionary = (folder / f"{DICTIONARY}.csv").read_text(encoding="utf-8-sig")
        metadata: Any = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
        columns: dict[str, list[Mapping[str, str]]] = {}
        for row in csv.DictReader(io.StringIO(dictionary, newline="")):
            columns.setdefault(row["table"], []).append(row)
        titles = {
            table["url"].removesuffix(".csv"): (_texts(table["dc:title"]), _texts(table["dc:description"]))
            for table in metadata["tables"]
        }
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        log.error("What describes the tables of release %s cannot be read: %s", release.name, error)
        return _Known({}, {})
    return _Known(titles, columns)


def _texts(spoken: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {text["@language"]: text["@value"] for text in spoken}
