"""The body of a request as a file on disk, never in memory: a form with a file, or the file itself."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

from flask import request
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from eclod.core.errors import BadInput, LengthNeeded, TooLarge, UnsupportedMedia
from eclod.core.formats import GRAPH_FORMATS, ICALENDAR, Format
from eclod.web.context import Service

FORM: Final = "multipart/form-data"
#: The ending of a file that comes without a name, by its media type.
ENDINGS: Final[Mapping[str, str]] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/json": "json",
    "application/geo+json": "geojson",
    "application/xml": "xml",
    "text/xml": "xml",
    ICALENDAR.media_type: ICALENDAR.name,
    **{form.media_type: form.name for form in GRAPH_FORMATS},
}
_FIELDS: Final = ("token", "source", "filename")
_LONGEST_FIELD: Final = 1 << 12
#: What the parser may hold at once. Files go to disk, but in chunks of 64 KiB that count as well.
_IN_MEMORY: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Body:
    """A file that was sent: where it can be read, its name and type, and the fields that were sent with it."""

    stream: IO[bytes] | None
    name: str
    media_type: str
    fields: Mapping[str, str]


@contextmanager
def body(found: Service) -> Iterator[Body]:
    """Return what this request sends; raises BadInput, LengthNeeded, TooLarge, UnsupportedMedia."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedMedia(f"A body in the encoding '{encoding}' is not read here; send it as it is.")
    check_length(found)
    asked = {name: request.args.get(name, "") for name in _FIELDS if name != "token"}
    if request.mimetype == FORM:
        with _form(found, asked) as sent:
            yield sent
        return
    name = asked["filename"] or _name_in_header()
    if not name:
        ending = ENDINGS.get(request.mimetype)
        if ending is None:
            raise UnsupportedMedia(
                f"A body of the type '{request.mimetype or 'none'}' is not read here; there are {', '.join(ENDINGS)}, "
                "or any with '?filename=' in the address.",
                available=list(ENDINGS),
            )
        name = f"delivery.{ending}"
    yield Body(request.stream, name, request.mimetype, asked)


def check_length(found: Service) -> None:
    """Raise TooLarge when this request says that it is longer than is read, LengthNeeded when it says nothing.

    Chunks that break off look like chunks that end, and half a file is none.
    """
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthNeeded(
            "Say how long the file is (Content-Length), so that half of it is never taken for the whole."
        )
    limit = found.settings.upload_mb << 20
    if (request.content_length or 0) > limit:
        raise TooLarge(
            f"The file is longer than the {found.settings.upload_mb} MiB that this service takes; split it, or ask "
            "the operator (ECLOD_UPLOAD_MB).",
            limit=limit,
        )


def rdf_name(offered: tuple[Format, ...]) -> str:
    """Return a name for the RDF that this request sends; raises UnsupportedMedia for any other type."""
    form = next((f for f in offered if request.mimetype == f.media_type), None)
    if form is None:
        names = ", ".join(f.media_type for f in offered)
        raise UnsupportedMedia(f"A graph is written as one of {names}; say which as Content-Type.", available=names)
    return f"graph.{form.name}"


def _name_in_header() -> str:
    _, options = parse_options_header(request.headers.get("Content-Disposition", ""))
    return options.get("filename", "")


@contextmanager
def _form(found: Service, asked: Mapping[str, str]) -> Iterator[Body]:
    folder = found.intake.incoming()

    def stream(*_args: Any, **_options: Any) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=folder)

    parser = FormDataParser(stream_factory=stream, max_form_memory_size=_IN_MEMORY, max_form_parts=20)
    _, options = parse_options_header(request.headers.get("Content-Type", ""))
    _, fields, files = parser.parse(request.stream, FORM, request.content_length, options)
    try:
        sent = [each for each in files.values() if each.filename]
        if len(sent) > 1:
            raise BadInput("The form has several files; send one at a time.")
        said = {**asked, **{name: fields[name] for name in _FIELDS if name in fields}}
        if any(len(value) > _LONGEST_FIELD for value in said.values()):
            raise TooLarge("A field of the form is too long; the table is sent as its file.", limit=_LONGEST_FIELD)
        if sent:
            yield Body(sent[0].stream, said["filename"] or sent[0].filename or "", sent[0].mimetype, said)
        else:
            yield Body(None, "", "", said)
    finally:
        for each in files.values():
            each.close()
