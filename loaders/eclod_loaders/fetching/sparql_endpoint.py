"""What a SPARQL endpoint says, as a file of N-Quads: one CONSTRUCT asked page by page, in an order that stays."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

import pyoxigraph as ox
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parser import parseQuery
from SPARQLWrapper import TURTLE, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import EndPointInternalError, SPARQLWrapperException

from eclod.core.errors import BadInput
from eclod_loaders.fetching import statements
from eclod_loaders.fetching.patience import BUSY, Busy, patiently, retry_after
from eclod_loaders.fetching.web import USER_AGENT, Bounds
from eclod_loaders.reading import rdf_syntax

MAX_PAGES: Final = 10_000
_SILENCE_SECONDS: Final = 120
_CHUNK: Final = 1 << 16
_SHOWN: Final = 200


class Endpoint:
    """An endpoint that is asked one query, `page` solutions at a time."""

    def __init__(
        self, url: str, page: int, bounds: Bounds | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._url = url
        self._page = page
        self._bounds = bounds or Bounds()
        self._sleep = sleep

    def fetch(self, query: str, label: str, target: Path) -> Path:
        """Write all that a CONSTRUCT query gives into a file and return it; the file is complete or not touched.

        `label` names the query's file in messages. Raises BadInput for a query that cannot be asked in pages, and when
        the endpoint does not answer well within the bounds.
        """
        asked = paged(query, label)
        deadline = time.monotonic() + self._bounds.seconds
        triples: list[ox.Triple] = []
        size = 0
        for number in range(MAX_PAGES + 1):
            if number == MAX_PAGES:
                raise BadInput(f"{self._url} has more than {MAX_PAGES:,} pages for {label}; ask for larger ones.")
            page = f"{asked}\nLIMIT {self._page} OFFSET {number * self._page}"
            content = patiently(partial(self._ask, page, deadline), self._url, deadline, self._sleep)
            size += len(content)
            if size > self._bounds.size:
                raise BadInput(f"{self._url} gives more than {self._bounds.size:,} bytes for {label}; ask it for less.")
            found = list(rdf_syntax.quads(content, f"{self._url}, page {number + 1}", ox.RdfFormat.TURTLE, self._url))
            if not found:
                break
            # Labels of blank nodes hold for one answer only.
            triples += statements.named_by_content([quad.triple for quad in found])
        return statements.write(triples, target)

    def _ask(self, query: str, deadline: float) -> bytes:
        client = SPARQLWrapper(self._url, returnFormat=TURTLE, agent=USER_AGENT)
        client.setQuery(query)
        client.setTimeout(_SILENCE_SECONDS)
        client.setMethod("POST" if len(query) > 1500 else "GET")
        try:
            answer = client.query().response
            content = bytearray()
            while piece := answer.read(_CHUNK):
                content += piece
                if time.monotonic() > deadline:
                    raise TimeoutError
                if len(content) > self._bounds.size:
                    break  # the caller says so
        except EndPointInternalError as error:
            raise Busy(f"answers 500 ({_said(error)})") from None
        except SPARQLWrapperException as error:
            raise BadInput(f"{self._url} does not answer the query: {_said(error)}.") from None
        except HTTPError as error:
            error.close()
            if error.code in BUSY:
                raise Busy(
                    f"answers {error.code} ({error.reason})", retry_after(error.headers["Retry-After"])
                ) from None
            raise BadInput(f"{self._url} does not answer the query: {error.code} ({error.reason}).") from None
        except TimeoutError:
            raise BadInput(f"{self._url} takes too long to answer; ask for smaller pages.") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise BadInput(f"{self._url} cannot be reached: {reason}. Check the address.") from None
        if bytes(content[:200]).lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise BadInput(f"{self._url} gives a web page and not an answer; check that it is a SPARQL endpoint.")
        return bytes(content)


def paged(query: str, label: str) -> str:
    """Return a CONSTRUCT query that can be asked in pages: with an order, by all that it gives, if it has none.

    Raises BadInput when it is no CONSTRUCT query, or has a LIMIT or OFFSET of its own.
    """
    try:
        parsed = parseQuery(query)[1]
        algebra = prepareQuery(query).algebra
    except Exception as error:  # rdflib raises what its parser and its own bugs raise
        raise BadInput(f"{label} is not a SPARQL query: {error}.") from None
    if algebra.name != "ConstructQuery":
        raise BadInput(f"{label} is no CONSTRUCT query; write one, which gives statements in our terms.")
    if "limitoffset" in parsed:
        raise BadInput(f"{label} has a LIMIT or OFFSET; take it out, the pages are cut here.")
    if "orderby" in parsed:
        return query
    names = sorted({str(term) for triple in algebra.template for term in triple if type(term).__name__ == "Variable"})
    return f"{query}\nORDER BY {' '.join(f'?{name}' for name in names)}" if names else query


def _said(error: SPARQLWrapperException) -> str:
    """Return what an endpoint says of why it refuses, on one line."""
    return " ".join(str(error).split())[:_SHOWN].rstrip(".")
