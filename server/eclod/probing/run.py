"""One run: every promise tried once, each by itself, whatever became of the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import httpx

import eclod
from eclod.core.errors import BadInput
from eclod.core.promises import FAILED, INAPPLICABLE, PASSED, UNTESTED, Report, Result, promises
from eclod.probing import data, identifiers, queries, responses
from eclod.probing.deadline import Deadline, TookTooLong, connections
from eclod.probing.target import SPARQL_JSON, NotKept, NotThere, Target, media_type

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
#: What may leave a service busy for long, tried when all else has been.
_AT_LAST: Final = ("sparql-budget",)
#: What the whole run may take, in seconds; each check has a limit of its own (promises.toml).
LONGEST: Final = 1800.0
#: What it may take to find out where the endpoint is, and which release it serves.
_HELLO: Final = 20.0
_USER_AGENT: Final = f"eclod-probe/{eclod.__version__}"


def probe(url: str, at: datetime, told: Callable[[Result], None] = lambda _: None, longest: float = LONGEST) -> Report:
    """Try every promise at an address (a root, or a SPARQL endpoint) and return what was seen, in their order.

    Each result is `told` as soon as it is there; `longest` is what all may take, in seconds. Raises BadInput.
    """
    end = time.monotonic() + longest
    with connections(url) as pool:
        deadline = Deadline(pool)
        client = httpx.Client(transport=deadline, headers={"User-Agent": _USER_AGENT})
        deadline.begin(_HELLO)
        target = _target(url, client, deadline)
        release = _release(target)
        results = {}
        for name in sorted(promises(), key=_AT_LAST.__contains__):
            results[name] = _result(name, target, min(promises()[name].seconds, end - time.monotonic()))
            told(results[name])
    return Report(
        subject=target.root,
        at=at.isoformat(timespec="seconds"),
        version=eclod.__version__,
        release=release,
        results=tuple(results[name] for name in promises()),
    )


def _target(url: str, client: httpx.Client, deadline: Deadline) -> Target:
    """Return what an address is: an installation with `/sparql` below it, or an endpoint itself."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadInput(f"'{url}' is no address to probe; give one such as https://data.example.org.")
    trimmed = url.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    for candidate, endpoint in ((trimmed, f"{trimmed}/sparql"), (root, trimmed), (root, f"{trimmed}/query")):
        try:
            answer = client.get(endpoint, params={"query": "ASK {}"}, headers={"Accept": SPARQL_JSON})
        except (httpx.HTTPError, TookTooLong) as error:
            why = str(error) or f"not within {_HELLO:.0f} s"
            raise BadInput(f"Nothing answers at {url} ({why}); check the address.") from None
        if answer.status_code == 200 and "json" in media_type(answer):
            return Target(candidate, endpoint, client, deadline)
    raise BadInput(f"There is no SPARQL endpoint at {url}; give the address of an endpoint, or of what has /sparql.")


def _result(name: str, target: Target, limit: float) -> Result:
    """Try one promise for so many seconds."""
    if limit <= 0:
        return Result(name=name, outcome=UNTESTED, seen="the time for the whole run was over", seconds=0)
    target.deadline.begin(limit)
    started = time.monotonic()
    try:
        outcome, seen = PASSED, CHECKS[name](target)
    except NotThere as error:
        outcome, seen = INAPPLICABLE, str(error)
    except NotKept as error:
        outcome, seen = FAILED, str(error)
    except TookTooLong:
        outcome, seen = FAILED, f"no answer within {limit:.0f} s"
    except httpx.HTTPError as error:
        outcome, seen = FAILED, f"no answer: {type(error).__name__} {error}".strip()
    except (ValueError, KeyError, TypeError, LookupError, StopIteration) as error:
        # What a foreign service sends can be anything; it is not what was promised.
        outcome, seen = FAILED, f"an answer that cannot be read: {type(error).__name__} {error}".strip()
    return Result(name=name, outcome=outcome, seen=seen, seconds=round(time.monotonic() - started, 3))


def _release(target: Target) -> str:
    try:
        return target.release
    except (httpx.HTTPError, TookTooLong):
        return ""
