"""Freezing an edition of the vocabulary, so that it never changes again.

Sets version and date where they stand, makes every term that was being tested a stable one, and copies all files to
`ontology/releases/{version}/` with their hashes. It refuses a version that does not say what changed.
"""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from eclod.core.errors import BadInput
from eclod.rdf.vocabulary import changes, editions, style
from eclod.rdf.vocabulary.editions import ALIGNMENTS, CONTEXT, RELEASES, SHAPES_FOLDER, SUMS, Edition, Version

_HEADING: Final = re.compile(r"^## (?P<version>\S+), (?P<date>\S+)$", re.MULTILINE)


def freeze(
    ontology: Path, shapes: Path, version: Version, date: datetime.date, write_pages: Callable[[Edition], None]
) -> Edition:
    """Make the files of a checkout the frozen edition of a version, with the pages about it, and return it.

    Raises BadInput when the ontology breaks its own rules, or the version is not above the last one frozen or does not
    say what changed since.
    """
    if broken := style.problems(Edition(version, ontology, shapes, False)):
        raise BadInput(f"The ontology breaks its own rules: {'; '.join(broken)}.")
    earlier = editions.frozen_in(ontology)
    last = earlier[-1] if earlier else None
    if last is not None:
        _check(last, Edition(version, ontology, shapes, False))
    stamp(ontology, shapes, version, date, last.version if last else None)
    target = ontology / RELEASES / str(version)
    shutil.copytree(ontology / "schemes", target / "schemes")
    shutil.copytree(shapes, target / SHAPES_FOLDER)
    for path in sorted(ontology.glob("*.ttl")):
        shutil.copyfile(path, target / path.name)
    shutil.copyfile(ontology / CONTEXT, target / CONTEXT)
    edition = Edition(version, target, target / SHAPES_FOLDER, True)
    write_pages(edition)
    (target / SUMS).write_text(editions.sums(target), encoding="utf-8")
    return edition


def _check(last: Edition, new: Edition) -> None:
    if new.version <= last.version:
        raise BadInput(f"Version {new.version} is not above {last.version}, the last one frozen; choose a higher one.")
    found = changes.between(last, new)
    least = changes.least_version(last.version, found)
    if not found:
        raise BadInput(f"Nothing changed since {last.version}; there is nothing to freeze.")
    if new.version < least:
        why = "; ".join(str(change).rstrip(".") for change in found[:3])
        raise BadInput(f"Since {last.version} more changed than {new.version} says ({why}); choose {least} or higher.")


def stamp(ontology: Path, shapes: Path, version: Version, date: datetime.date, last: Version | None) -> None:
    """Write a version and its date into the ontology, the alignments, the shapes and the list of changes."""
    for path in (ontology / "eclod.ttl", ontology / ALIGNMENTS, shapes / "shapes.ttl"):
        text = path.read_text(encoding="utf-8")
        text = _replaced(path, r'(owl:versionInfo ")[^"]+(")', rf"\g<1>{version}\g<2>", text)
        text = _replaced(path, r"(owl:versionIRI <[^>]+/)[^/>]+(>)", rf"\g<1>{version}\g<2>", text)
        text = _replaced(path, r'(dct:modified ")[^"]+("\^\^xsd:date)', rf"\g<1>{date}\g<2>", text)
        text = re.sub(r"    owl:priorVersion <[^>]+> ;\n", "", text)
        if last is not None:
            prior = rf"\g<0>    owl:priorVersion <\g<1>{last}> ;\n"
            text = _replaced(path, r"    owl:versionIRI <([^>]+/)[^/>]+> ;\n", prior, text)
        path.write_text(text, encoding="utf-8")
    for path in sorted(ontology.glob("*.ttl")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('vs:term_status "testing"', 'vs:term_status "stable"'), encoding="utf-8")
    path = ontology / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8")
    heading = _HEADING.search(text)
    if heading is None or heading["version"] == str(last):
        raise BadInput(f"Say in {path.name}, below a heading '## {version}, {date}', what changed.")
    path.write_text(text[: heading.start()] + f"## {version}, {date}" + text[heading.end() :], encoding="utf-8")


def _replaced(path: Path, pattern: str, by: str, text: str) -> str:
    result, count = re.subn(pattern, by, text)
    if count != 1:
        raise BadInput(f"{path.name} has {count} places like {pattern}; it must have one.")
    return result
