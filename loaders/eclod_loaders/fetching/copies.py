"""The copies of files from the web in `intake/downloads`, and what their servers said of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from eclod.core import formats
from eclod.core.errors import BadInput
from eclod_loaders.fetching.web import Known, Web, refuse_page
from eclod_loaders.reading.rdf_syntax import FORMATS

#: Longest part of a file's name that is kept of an address; file systems take 255 bytes.
_NAME_LENGTH: Final = 80
#: The formats of RDF that are asked for, best first; everything else will do too.
RDF: Final = (
    "application/n-quads, application/n-triples;q=0.9, text/turtle;q=0.9, application/trig;q=0.9, "
    "application/rdf+xml;q=0.7, application/ld+json;q=0.6, */*;q=0.1"
)
_SUFFIXES: Final = {form.media_type: f".{form.name}" for form in formats.GRAPH_FORMATS} | {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/json": ".json",
    "application/geo+json": ".geojson",
    "application/xml": ".xml",
    "text/xml": ".xml",
    "text/calendar": ".ics",
}


@dataclass(frozen=True, slots=True)
class _Copy:
    file: str
    known: Known


class Copies:
    """A folder of copies; each address has one, under a name made from it, so that two never meet."""

    def __init__(self, folder: Path, web: Web | None = None) -> None:
        self._folder = folder
        self._web = web or Web()

    def fetch(self, url: str, accept: str = "*/*") -> Path:
        """Return the copy of what an address gives, fetched when it changed since.

        Raises BadInput when it cannot be fetched or is a web page; an older copy then stays as it was.
        """
        self.make()
        stem = self._folder / digest(url)
        state = stem.with_suffix(".json")
        before = _read(state)
        if before is not None and not (self._folder / before.file).is_file():
            before = None
        fresh = stem.with_suffix(".new")
        try:
            answer = self._web.fetch(url, fresh, before.known if before else None, accept)
            if not answer.changed and before is not None:
                return self._folder / before.file
            refuse_page(url, fresh)
            name = f"{stem.name}-{_name(url, answer.media_type)}"
            # First what is said of it goes, so that a copy never stands beside validators of another.
            state.unlink(missing_ok=True)
            fresh.replace(self._folder / name)
        finally:
            fresh.unlink(missing_ok=True)
        if before is not None and before.file != name:
            (self._folder / before.file).unlink(missing_ok=True)
        state.write_text(json.dumps({"url": url, "file": name, **asdict(answer.known)}), encoding="utf-8")
        return self._folder / name

    def make(self) -> Path:
        """Return the folder, made when it is not there. Raises BadInput when it cannot be."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"The folder {self._folder} cannot be made: {error.strerror}.") from None
        return self._folder


def digest(text: str) -> str:
    """Return a short name for an address."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def suffix(url: str, media_type: str) -> str:
    """Return the ending of a file's name, by its address or else by its media type; nothing when neither says."""
    written = PurePosixPath(urlsplit(url).path).suffix.lower()
    known = {*FORMATS, *_SUFFIXES.values(), ".txt", ".gz"}
    return written if written in known else _SUFFIXES.get(media_type, "")


def _name(url: str, media_type: str) -> str:
    name = PurePosixPath(urlsplit(url).path).name[-_NAME_LENGTH:] or "file"
    ending = suffix(url, media_type)
    return name if name.lower().endswith(ending) else name + ending


def _read(state: Path) -> _Copy | None:
    """Return what is known of a copy; what cannot be read counts as nothing, and the file is fetched anew."""
    try:
        said = json.loads(state.read_text(encoding="utf-8"))
        return _Copy(str(said["file"]), Known(str(said["etag"]), str(said["modified"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None
