"""One file from the web: conditional (RFC 9110, section 13), bounded in size, time and redirects.

Where a registry's files are is for the operator to say, so addresses in private networks are fetched too.
"""

from __future__ import annotations

import http.client
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import eclod
from eclod.core.errors import BadInput
from eclod_loaders.fetching.patience import BUSY, Busy, patiently, retry_after

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_SECONDS: Final = 600.0
USER_AGENT: Final = f"eclod/{eclod.__version__} (+https://w3id.org/eclod)"
_SILENCE_SECONDS: Final = 60.0
_REDIRECTS: Final = 5
_CHUNK: Final = 1 << 16
_NOT_MODIFIED: Final = 304
_PAGE: Final = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html\b)", re.IGNORECASE | re.DOTALL)
_TITLE: Final = re.compile(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)
_SNIFFED: Final = 4096


@dataclass(frozen=True, slots=True)
class Known:
    """What a server said of the copy that is here: its validators, as it wrote them."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address gave. `changed` is False when the copy that is here still holds; then nothing was written.

    `url` is where redirects led, `media_type` in small letters without parameters, `immutable` what the server says of
    ever changing it (RFC 8246).
    """

    changed: bool
    url: str
    media_type: str
    known: Known
    immutable: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an address may give, in bytes, and how long it may take, in seconds."""

    size: int = MAX_BYTES
    seconds: float = MAX_SECONDS


class Web:
    """Fetches files; `sleep` waits for a busy server."""

    def __init__(self, bounds: Bounds | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._bounds = bounds or Bounds()
        self._sleep = sleep

    def fetch(self, url: str, target: Path, known: Known | None = None, accept: str = "*/*") -> Answer:
        """Write what an address gives into a file, unless the copy of which `known` was said still holds.

        The file is complete or not touched. Raises BadInput, naming the address and what to do, when there is no good
        answer within the bounds.
        """
        deadline = time.monotonic() + self._bounds.seconds
        return patiently(lambda: self._attempt(url, target, known, accept, deadline), url, deadline, self._sleep)

    def _attempt(self, url: str, target: Path, known: Known | None, accept: str, deadline: float) -> Answer:
        part = target.with_name(target.name + ".part")
        headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip"}
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.modified:
            headers["If-Modified-Since"] = known.modified
        try:
            request = Request(url, headers=headers)
            with _opener().open(request, timeout=min(_SILENCE_SECONDS, self._bounds.seconds)) as answer:
                with part.open("wb") as file:
                    for piece in self._content(url, answer, deadline):
                        file.write(piece)
                found = _answer(answer, True)
            part.replace(target)
            return found
        except HTTPError as error:
            error.close()
            if error.code == _NOT_MODIFIED and known:
                return _answer(error, False)
            if error.code in BUSY:
                raise Busy(
                    f"answers {error.code} ({error.reason})", retry_after(error.headers["Retry-After"])
                ) from None
            raise _failed(url, f"it answers {error.code} ({error.reason})") from None
        except TimeoutError:
            raise _failed(url, "it takes too long") from None
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise _failed(url, str(getattr(error, "reason", None) or error) or type(error).__name__) from None
        finally:
            part.unlink(missing_ok=True)

    def _content(self, url: str, answer: http.client.HTTPResponse, deadline: float) -> Iterator[bytes]:
        """Return the content in pieces, unpacked, with its size and the time watched while it comes."""
        packed = answer.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
        unpack = zlib.decompressobj(wbits=31) if packed else None
        size = 0
        while piece := answer.read1(_CHUNK):
            if time.monotonic() > deadline:
                raise TimeoutError
            waiting = piece
            while waiting:
                # A small piece may unpack to gigabytes, so it is unpacked in small pieces too.
                out = unpack.decompress(waiting, _CHUNK) if unpack else waiting
                waiting = unpack.unconsumed_tail if unpack else b""
                size += len(out)
                if size > self._bounds.size:
                    raise BadInput(
                        f"{url} gives more than {_size(self._bounds.size)}, which is more than is read; split the file."
                    )
                yield out
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        if unpack is not None and not unpack.eof:
            raise ValueError("it broke off in the middle")


class _Redirects(HTTPRedirectHandler):
    max_redirections = _REDIRECTS
    max_repeats = 2


def _opener() -> OpenerDirector:
    return build_opener(_Redirects)


def _answer(answer: http.client.HTTPResponse | HTTPError, changed: bool) -> Answer:
    headers = answer.headers
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    known = Known(headers.get("ETag", ""), headers.get("Last-Modified", ""))
    lasting = "immutable" in headers.get("Cache-Control", "").lower()
    return Answer(changed, str(answer.url), media_type, known, lasting)


def _failed(url: str, reason: str) -> BadInput:
    return BadInput(f"{url} cannot be fetched: {reason}. Check the address, or save the file and name its path.")


def _size(size: int) -> str:
    return f"{size >> 20} MiB" if size >> 20 else f"{size:,} bytes"


def refuse_page(url: str, path: Path) -> None:
    """Raise BadInput when a file that should hold data is a web page, such as one that asks for a password."""
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    if not _PAGE.match(start.removeprefix(b"\xef\xbb\xbf")):
        return
    title = _TITLE.search(start)
    named = f" called '{' '.join(title[1].decode('utf-8', 'replace').split())}'" if title else ""
    raise BadInput(
        f"{url} gives a web page{named} and not the file; it may ask for a login. Check the address in a browser."
    )


def is_web(url: str) -> bool:
    """Tell whether an address begins with http:// or https:// and has a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
