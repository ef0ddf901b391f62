"""One run: every promise tried once, each by itself, whatever became of the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import httpx

import eclod
from eclod.core.errors import BadInput
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, Report, Result, promises
from eclod.probing import data, identifiers, queries, responses
from eclod.probing.target import PATIENCE, SPARQL_JSON, NotKept, NotThere, Target, media_type

Check = Callable[[Target], str]

#: How each promise is tried; a check returns what was seen.
CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "head": responses.head,
        "default": responses.default,
        "accept": responses.accept,
        "not-acceptable": responses.not_acceptable,
        "rdf-first": responses.rdf_first,
        "suffix": responses.suffix,
        "see-other": responses.see_other,
        "validators": responses.validators,
        "authorised": responses.authorised,
        "cors": responses.cors,
        "problems": responses.problems,
        "sparql-forms": queries.sparql_forms,
        "sparql-formats": queries.sparql_formats,
        "sparql-decoding": queries.sparql_decoding,
        "sparql-dataset": queries.sparql_dataset,
        "sparql-read-only": queries.sparql_read_only,
        "sparql-errors": queries.sparql_errors,
        "sparql-budget": queries.sparql_budget,
        "sparql-service": queries.sparql_service,
        "service-description": queries.service_description,
        "release-named": queries.release_named,
        "example-queries": data.example_queries,
        "void": data.void,
        "dumps": data.dumps,
        "dump-is-store": data.dump_is_store,
        "catalogue": data.catalogue,
        "misspelt": identifiers.misspelt,
        "resolve": identifiers.resolve,
        "lives": identifiers.lives,
        "reconcile": identifiers.reconcile,
        "feed": identifiers.feed,
    }
)
_USER_AGENT: Final = f"eclod-probe/{eclod.__version__}"


def probe(url: str, at: datetime, progress: Callable[[str], None] = lambda _: None) -> Report:
    """Try every promise at an address (a root, or a SPARQL endpoint) and return what was seen; raises BadInput."""
    with httpx.Client(timeout=PATIENCE, headers={"User-Agent": _USER_AGENT}) as client:
        target = _target(url, client)
        results = tuple(_results(target, progress))
        return Report(
            subject=target.root,
            at=at.isoformat(timespec="seconds"),
            version=eclod.__version__,
            release=_release(target),
            results=results,
        )


def _target(url: str, client: httpx.Client) -> Target:
    """Return what an address is: an installation with `/sparql` below it, or an endpoint itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput(f"'{url}' is no address to probe; give one such as https://data.example.org.")
    trimmed = url.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    for candidate, endpoint in ((trimmed, f"{trimmed}/sparql"), (root, trimmed), (root, f"{trimmed}/query")):
        try:
            answer = client.get(endpoint, params={"query": "ASK {}"}, headers={"Accept": SPARQL_JSON})
        except httpx.HTTPError as error:
            raise BadInput(f"Nothing answers at {url} ({error}); check the address.") from None
        if answer.status_code == 200 and "json" in media_type(answer):
            return Target(candidate, endpoint, client)
    raise BadInput(f"There is no SPARQL endpoint at {url}; give the address of an endpoint, or of what has /sparql.")


def _results(target: Target, progress: Callable[[str], None]) -> Iterator[Result]:
    for name in promises():
        progress(name)
        started = time.monotonic()
        try:
            outcome, seen = PASSED, CHECKS[name](target)
        except NotThere as error:
            outcome, seen = INAPPLICABLE, str(error)
        except NotKept as error:
            outcome, seen = FAILED, str(error)
        except httpx.HTTPError as error:
            outcome, seen = FAILED, f"no answer: {type(error).__name__} {error}".strip()
        except (ValueError, KeyError, TypeError, LookupError, StopIteration) as error:
            # What a foreign service sends can be anything; it is not what was promised.
            outcome, seen = FAILED, f"an answer that cannot be read: {type(error).__name__} {error}".strip()
        yield Result(name=name, outcome=outcome, seen=seen, seconds=round(time.monotonic() - started, 3))


def _release(target: Target) -> str:
    try:
        return target.release
    except httpx.HTTPError:
        return ""
