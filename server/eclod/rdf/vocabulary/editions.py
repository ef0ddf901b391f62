"""Editions of the vocabulary: the one that is worked on, and those that are frozen in `ontology/releases/`.

One version number stands for the whole: ontology, shapes, code lists, JSON-LD context. A frozen edition is a copy of
the files as they were, with a list of their hashes; nothing in it ever changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from pyoxigraph import Literal, RdfFormat, Triple
from pyoxigraph import parse as parse_rdf

from eclod.core import assets
from eclod.core.errors import Damaged, NotFound
from eclod.core.namespaces import ECLOD, expand

RELEASES: Final = "releases"
SHAPES_FOLDER: Final = "shapes"
CONTEXT: Final = "context.jsonld"
ALIGNMENTS: Final = "alignments.ttl"
SUMS: Final = "SHA256SUMS"
#: The page about the ontology in each language, made by `eclod.rdf.vocabulary.page`.
PAGES: Final = "pages"
LANGUAGES: Final = ("en", "fr", "de")

_SPELLING: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)


class Version(NamedTuple):
    """A semantic version (semver.org 2.0.0, section 2), without pre-releases."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version | None:
    """Return the version that a text spells, or None when it spells none."""
    match = _SPELLING.fullmatch(text)
    return Version(*map(int, match.groups())) if match else None


@dataclass(frozen=True, slots=True)
class Edition:
    """The files of one version; `frozen` says that they never change."""

    version: Version
    ontology: Path
    shapes: Path
    frozen: bool

    @property
    def ontology_files(self) -> list[Path]:
        """Return the Turtle files of the ontology itself, code lists left out."""
        return sorted(self.ontology.glob("*.ttl"))

    @property
    def scheme_files(self) -> list[Path]:
        return sorted((self.ontology / "schemes").glob("*.ttl"))

    @property
    def shape_files(self) -> list[Path]:
        """Return the Turtle files of the shapes that data has to keep."""
        return sorted(self.shapes.glob("*.ttl"))

    @property
    def profile_files(self) -> list[Path]:
        """Return the Turtle files of profiles: what data is judged by and need not keep."""
        return sorted((self.shapes / "profiles").glob("*.ttl"))

    @property
    def context(self) -> Path:
        return self.ontology / CONTEXT

    @property
    def alignments(self) -> Path:
        return self.ontology / ALIGNMENTS

    def page(self, language: str) -> Path:
        """Return where the page about the ontology in a language is; it need not be made yet."""
        return self.ontology / PAGES / f"{language}.html"


def current() -> Edition:
    """Return the edition that this installation works with."""
    ontology = assets.folder("ontology")
    return Edition(stated_version(ontology / "eclod.ttl"), ontology, assets.folder("shapes"), False)


def frozen() -> list[Edition]:
    """Return the frozen editions, oldest first; none before the first freeze."""
    return frozen_in(assets.folder("ontology"))


def frozen_in(ontology: Path) -> list[Edition]:
    """Return the frozen editions below a folder, oldest first."""
    found = []
    for folder in (ontology / RELEASES).glob("*"):
        if (version := parse_version(folder.name)) is not None:
            found.append(Edition(version, folder, folder / SHAPES_FOLDER, True))
    return sorted(found, key=lambda edition: edition.version)


def frozen_edition(version: str) -> Edition:
    """Return a frozen edition by its version; raises NotFound."""
    known = frozen()
    for edition in known:
        if str(edition.version) == version:
            return edition
    there_are = f"there are {', '.join(str(e.version) for e in known)}" if known else "none is frozen yet"
    raise NotFound(f"There is no frozen version '{version}' of the vocabulary; {there_are}.")


def stated_version(path: Path) -> Version:
    """Return the version that an ontology file states about itself; raises Damaged when it states none."""
    for triple in triples([path]):
        if triple.predicate.value == expand("owl:versionInfo") and isinstance(triple.object, Literal):
            if (version := parse_version(triple.object.value)) is not None:
                return version
            break
    raise Damaged(f"{path.name} has no owl:versionInfo of the form 1.2.3; give it one.")


def modified(found: Iterable[Triple]) -> date | None:
    """Return the newest day on which statements about ontologies say that one was changed, None when they say none."""
    days = [
        t.object.value for t in found if t.predicate.value == expand("dct:modified") and isinstance(t.object, Literal)
    ]
    return date.fromisoformat(max(days)) if days else None


def triples(files: Iterable[Path]) -> Iterator[Triple]:
    """Return what Turtle files say, in their order; raises Damaged for what is not Turtle."""
    for path in files:
        try:
            for quad in parse_rdf(path=path, format=RdfFormat.TURTLE):
                yield quad.triple
        except SyntaxError as error:
            raise Damaged(f"{path.name} is not Turtle: {error}") from error


def sums(folder: Path) -> str:
    """Return the hashes of all files of a folder, in the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    )


def is_own(iri: str) -> bool:
    """Return whether an IRI is a term of the ontology."""
    return iri.startswith(ECLOD) and len(iri) > len(ECLOD)
