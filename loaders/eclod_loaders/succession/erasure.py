"""Erasing: no word about a thing is left in the data folder, but that its identifier is erased.

The ledger is written anew without its local ids and reasons; the new release is made from nothing, since the engine
keeps strings that no statement has any more; older releases that name the thing are removed, with the files that its
registries sent, and receipts whose query has one of its texts. What is done twice does no harm, so that an erasure that
was cut off is completed by doing it again.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode

from eclod.core.errors import BadInput, Damaged
from eclod.core.iris import Names
from eclod.core.settings import Settings
from eclod.store import lines
from eclod.store.intake import Intake
from eclod.store.ledger import FILE, Ledger
from eclod.store.manifest import Manifest
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.declarations import registry as registry_files
from eclod_loaders.fetching import locating
from eclod_loaders.matching import index
from eclod_loaders.succession.naming import Name

#: A shorter text says nothing of anybody.
_SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure left and removed: the new release, removed releases, files and receipts.

    `outside` are source files that are not in the data folder, for whoever keeps them.
    """

    release: str
    releases: Sequence[str]
    files: Sequence[str]
    receipts: Sequence[str]
    outside: Sequence[str]


def erase(settings: Settings, name: Name, folders: Sequence[Path], sources: Path | None) -> Erased:
    """Erase what an identifier names, and return what was removed.

    Raises BadInput when it leads to another identifier, or when a registry that names it cannot be read again: then the
    ledger has it already, and doing the same again with the registry's files completes it.
    """
    moment = datetime.now(UTC)
    releases, names = Releases(settings.data), Names(settings.base)
    with releases.writing():
        ledger = Ledger(settings.data / FILE)
        kind, code = name
        if (end := ledger.lives.end(kind, code)) != code:
            raise BadInput(f"{kind} {code} leads to {kind} {end}; erase that one.")
        registries = {registry for registry, _ in ledger.rows_of(kind, code)}
        iris = {names.thing(kind, each) for each in (code, *ledger.leading_to(kind, code))}
        texts = _texts(releases, iris) | {local for _, local in ledger.rows_of(kind, code)}
        ledger.erase(kind, code, moment.isoformat(timespec="seconds"))
    outcome = pipeline.build(settings, sources, folders, afresh=True)
    if stale := sorted(registries & outcome.skipped.keys() & set(outcome.reused)):
        raise BadInput(
            f"The files of {', '.join(stale)} are not there, so what it says of the thing is as it was; do the same "
            "again with --sources and --registries that have them."
        )
    with releases.writing():
        removed = _remove_releases(releases, outcome.current, iris)
        index.remove(settings.data)
        files = _remove_files(settings.data, registries)
        receipts = _remove_receipts(settings.data / "receipts.sqlite", {t for t in texts if len(t) >= _SHORTEST})
    return Erased(outcome.current, removed, files, receipts, _outside(folders, sources, registries, settings.data))


def _texts(releases: Releases, iris: Set[str]) -> set[str]:
    """Return what the current release says about things in words, and nothing about others."""
    current = releases.current()
    if current is None:
        return set()
    mine: set[str] = set()
    others: set[str] = set()
    for graph in current.graphs:
        if "/graph/registry/" not in graph.iri:
            continue
        for quad in lines.quads(lines.read_dump(releases.folder(current.id) / "dumps" / f"{graph.dump}.nq.gz")):
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                known = mine if quad.subject.value.partition("#")[0] in iris else others
                known.add(quad.object.value)
    return mine - others


def _remove_releases(releases: Releases, keep: str, iris: Set[str]) -> list[str]:
    """Remove the releases that say something of the things, and those made on them, whose stores keep its strings."""
    removed: list[str] = []
    for name in releases.ids():
        if name == keep:
            continue
        previous = _previous(releases, name)
        if previous in removed or _names_any(releases.folder(name), iris):
            releases.remove(name)
            removed.append(name)
    return removed


def _previous(releases: Releases, name: str) -> str | None:
    try:
        return Manifest.read(releases.folder(name)).previous
    except Damaged:
        return None


def _names_any(folder: Path, iris: Set[str]) -> bool:
    """Tell whether a release names one of the things; one that cannot be read counts as if it did."""
    needles = [iri.encode() for iri in iris]
    try:
        for path in (folder / "dumps").glob("*.nq.gz"):
            content = lines.unpack(path)
            if any(needle in content for needle in needles):
                return True
    except Damaged:
        return True
    return False


def _remove_files(data: Path, registries: Set[str]) -> list[str]:
    """Remove what registries sent, with its reports, and what was fetched for them."""
    removed = []
    intake = Intake(data)
    for registry in sorted(registries & set(intake.registries())):
        for submission in intake.submissions(registry):
            for path in (submission.content, submission.merged, submission.report):
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.exists():
                    path.unlink()
                else:
                    continue
                removed.append(str(path.relative_to(data)))
    fetched = data / pipeline.DOWNLOADS  # of all registries; what is needed is fetched again
    if fetched.is_dir():
        shutil.rmtree(fetched)
        removed.append(str(fetched.relative_to(data)))
    return removed


def _remove_receipts(path: Path, texts: Set[str]) -> list[str]:
    """Remove receipts and expected requests whose question has one of the texts, and their bytes."""
    if not path.exists() or not texts:
        return []
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")
        found = [
            (table, name)
            for table in ("receipt", "expected")
            for name, request in database.execute(f"SELECT id, request FROM {table}")
            if any(text in request for text in _spellings(texts))
        ]
        if not found:
            return []
        (trigger,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'never_removed'").fetchone()
        database.execute("BEGIN IMMEDIATE")
        database.execute("DROP TRIGGER never_removed")
        for table, name in found:
            database.execute(f"DELETE FROM {table} WHERE id = ?", (name,))
        database.execute(trigger)
        database.execute("COMMIT")
        database.execute("VACUUM")
    return sorted({name for _, name in found})


def _spellings(texts: Iterable[str]) -> set[str]:
    """Return texts as they stand in a request: plain, and with their special signs escaped."""
    return {spelling for text in texts for spelling in (text, text.replace("\\", "\\\\").replace('"', '\\"'))}


def _outside(folders: Sequence[Path], sources: Path | None, registries: Set[str], data: Path) -> list[str]:
    """Return the registries' own files that lie elsewhere."""
    found = []
    for declared in registry_files.all_registries(folders):
        if declared.name not in registries:
            continue
        registry = registry_files.expanded(declared, sources)
        for source in registry.sources:
            try:
                path = locating.locate(source, registry, sources, None)
            except BadInput:
                path = None
            if path is not None and data not in path.parents:
                found.append(str(path))
    return sorted(found)
