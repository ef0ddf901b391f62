"""RDF in any format as statements: which format a file is in, what is wrong with it in one sentence, nothing fetched.

A JSON-LD context at another address, an entity and a document type definition are refused before anything is read
(https://www.w3.org/TR/json-ld11/#iana-security); `owl:imports` is a statement like any other and never followed. The
context of our own vocabulary is known here, so that documents of the service can be sent back as they are.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

import pyoxigraph as ox

from eclod.core.errors import BadInput
from eclod.core.iris import DEFAULT_BASE
from eclod.rdf.vocabulary import editions

FORMATS: Final = {
    ".nq": ox.RdfFormat.N_QUADS,
    ".trig": ox.RdfFormat.TRIG,
    ".ttl": ox.RdfFormat.TURTLE,
    ".turtle": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".n3": ox.RdfFormat.N3,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".xml": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".json": ox.RdfFormat.JSON_LD,
}
_RELATIVE: Final = "it has a relative IRI; write it in full, or say in the file what it is relative to"
_REMOTE: Final = "its @context is at another address, and nothing is fetched; put the context into it"
_PLACE: Final = re.compile(r"^Parser error [^:]*: ")
_DOCTYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OUR_CONTEXT: Final = re.compile(re.escape(DEFAULT_BASE) + r"/context(?:/([0-9.]+))?\.jsonld")
_GZIP: Final = b"\x1f\x8b"
_SNIFFED: Final = 4096
_MAX_DEPTH: Final = 100


def unpacked(content: bytes, name: str, limit: int) -> bytes:
    """Return what a file packed with gzip holds, or the content of any other file as it is.

    Raises BadInput when it holds more than `limit` bytes, or is broken off.
    """
    if not content.startswith(_GZIP):
        return content
    try:
        unpack = zlib.decompressobj(wbits=31)
        found = unpack.decompress(content, limit + 1)
    except zlib.error as error:
        raise BadInput(f"{name} cannot be unpacked ({error}); pack it anew.") from None
    if len(found) > limit:
        raise BadInput(f"{name} unpacks to more than {limit >> 20} MiB, which is more than is read; split it.")
    if not unpack.eof:
        raise BadInput(f"{name} breaks off; export it anew.")
    return found


def format_of(name: str, content: bytes) -> ox.RdfFormat:
    """Return the format of a file by the ending of its name or, when that says nothing, by how it begins."""
    form = FORMATS.get(PurePosixPath(name.removesuffix(".gz")).suffix.lower())
    if form is not None:
        return form
    start = content[:_SNIFFED].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"{", b"[")):
        return ox.RdfFormat.JSON_LD
    if re.match(rb"<\?xml|<!--|<!DOCTYPE|<[A-Za-z]+:RDF", start):
        return ox.RdfFormat.RDF_XML
    return ox.RdfFormat.TRIG  # which Turtle and N-Triples are parts of


def quads(content: bytes, name: str, form: ox.RdfFormat, base_iri: str | None = None) -> Iterator[ox.Quad]:
    """Return the statements of a file one after the other.

    Raises BadInput, naming the file (as `name`), line and column, where it does not parse or would need another file.
    """
    if form == ox.RdfFormat.RDF_XML and _DOCTYPE.search(content):
        raise BadInput(
            f"{name} has a document type definition (<!DOCTYPE), which is not read because it may name other files; "
            "export it without, or as Turtle."
        )
    if form == ox.RdfFormat.JSON_LD:
        content = _with_our_context(content, name)
    try:
        yield from ox.parse(content, form, base_iri=base_iri)
    except SyntaxError as error:
        where = f", line {error.lineno}, column {error.offset}" if error.lineno else ""
        raise BadInput(f"{name}{where}: not {form.name}: {reason(error.msg)}.") from None
    except MemoryError:
        raise BadInput(
            f"{name} has one term of more than 16 MiB, which cannot be read; shorten it or leave it out."
        ) from None


def reason(message: str, relative: str = _RELATIVE) -> str:
    """Return what the engine says without the place, which is said before it, and with what to do where that helps.

    `relative` is what to do about a relative IRI.
    """
    if "No scheme found in an absolute IRI" in message:
        return relative
    return _REMOTE if "No LoadDocumentCallback" in message else _PLACE.sub("", message).rstrip(".")


def _with_our_context(content: bytes, name: str) -> bytes:
    """Return JSON-LD with the context of our vocabulary in place of its address; other addresses stay, and fail."""
    if DEFAULT_BASE.encode() + b"/context" not in content:
        return content
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return content  # the engine says what is wrong, and where
    return json.dumps(_replaced(document, name), ensure_ascii=False).encode()


def _replaced(value: Any, name: str, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        raise BadInput(f"{name} is nested more than {_MAX_DEPTH} levels deep; check where it comes from.")
    if isinstance(value, list):
        return [_replaced(each, name, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    result = {key: _replaced(each, name, depth + 1) for key, each in value.items() if key != "@context"}
    if "@context" in value:
        said = value["@context"]
        known = [_context(each) for each in said] if isinstance(said, list) else _context(said)
        return {"@context": known, **result}
    return result


def _context(said: Any) -> Any:
    match = _OUR_CONTEXT.fullmatch(said) if isinstance(said, str) else None
    if match is None:
        return said
    editions_known = [editions.current(), *editions.frozen()]
    chosen = next((each for each in editions_known if match[1] in (None, str(each.version))), None)
    return json.loads(chosen.context.read_bytes())["@context"] if chosen else said
