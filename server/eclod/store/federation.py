"""SERVICE (SPARQL 1.1 Federated Query): asked by us before the query runs, and put in its place as inline data.

The engine could send requests itself, to anybody and without limits; it never does. Each outermost SERVICE clause whose
endpoint is on the operator's list is sent there as a SELECT of its own, and its solutions stand in the query as VALUES
where the clause stood: the same multiset joined at the same place (section 2.1 there), and an executor without network
answers the rest.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

from eclod.core.endpoints import Endpoint
from eclod.core.errors import BadQuery, EndpointFailed, NotAllowed, OverBudget, TooBusy, TooLarge
from eclod.store import clauses, guard, inline_data, outgoing, restriction
from eclod.store.clauses import POLICY, Clause, Query
from eclod.store.outgoing import Rules
from eclod.store.readers import Readers

#: SERVICE clauses of one query, queries with SERVICE of one process at the same time, bytes of one answer.
_CLAUSES: Final = 5
_AT_ONCE: Final = 4
_SIZE: Final = 16 << 20
#: Texts that are remembered as read in the same way by both readers.
_AGREED: Final = 64
#: What one request may take of the time that is left, so that something is left for the query itself.
_SHARE: Final = 0.75
_SHARE_OF_KNOWN: Final = 0.2
_SHARE_OF_WAITING: Final = 0.1
#: Services of this kind are functions of the endpoint around them (labels at Wikidata), not addresses.
_BUILT_IN: Final = "http://wikiba.se/ontology#"

#: Answers a SELECT about the data here within so many seconds, as SPARQL JSON.
Ask = Callable[[str, float], bytes]


class Federation:
    """The endpoints that queries may ask, and the asking; safe to share among threads."""

    def __init__(
        self, endpoints: Iterable[Endpoint], *, private: bool = False, rows: int = 100_000, agent: str = "eclod"
    ) -> None:
        """Take the list; `private` allows addresses of private networks, `rows` is what one SERVICE may bring.

        `agent` is the User-Agent, which public endpoints want to name somebody who can be reached.
        """
        self.endpoints = tuple(endpoints)
        self._rules = Rules(self.endpoints, private, _SIZE, agent)
        self._rows = rows
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._readers = Readers()
        self._agreed: OrderedDict[str, list[tuple[str, ...]]] = OrderedDict()

    def close(self) -> None:
        """Let go of the processes that it keeps; a query asked later starts them again."""
        self._readers.close()

    def resolve(self, text: str, seconds: float, ask: Ask | None = None) -> str:
        """Return a query without SERVICE that has the same answer: the very same text when it had none.

        `ask` answers a SELECT about the data here within so many seconds, as SPARQL JSON; with it, an endpoint is asked
        for what can join and not for all it has.

        Raises NotAllowed for updates and for what the list does not allow, also with SILENT, BadQuery for a query with
        SERVICE that does not parse, EndpointFailed, TooLarge, OverBudget or TooBusy.
        """
        guard.check_reads(text)
        if not guard.may_call_out(text):
            return text
        query = clauses.read(text)
        if not query.clauses:
            return text
        endpoints = self._allowed(query)
        deadline = time.monotonic() + seconds
        if not self._places.acquire(timeout=seconds * _SHARE_OF_WAITING):
            raise TooBusy("Too many queries with SERVICE are asked at the moment; try again shortly.", retry_after=5)
        try:
            return self._resolve(query, endpoints, ask, deadline)
        finally:
            self._places.release()

    def _allowed(self, query: Query) -> list[Endpoint]:
        """Return the endpoints of the outermost clauses as the list has them; nested ones have to be there, too."""
        found = []
        for clause in query.clauses:
            if clause.nested and clause.target.startswith(_BUILT_IN):
                continue
            endpoint = self._on_list(clause.target)
            if not clause.nested:
                found.append(endpoint)
        if len(found) > _CLAUSES:
            raise TooLarge(f"The query has {len(found)} SERVICE parts; at most {_CLAUSES} are asked for one query.")
        return found

    def _on_list(self, target: str) -> Endpoint:
        try:
            named = Endpoint.parse(target)
            return next(endpoint for endpoint in self.endpoints if endpoint.same(named))
        except (ValueError, StopIteration):
            raise NotAllowed(
                f"{POLICY}; <{target}> is not on it.", endpoints=[endpoint.iri for endpoint in self.endpoints]
            ) from None

    def _resolve(self, query: Query, endpoints: Sequence[Endpoint], ask: Ask | None, deadline: float) -> str:
        parts: list[str] = []
        scopes = self._scopes(query, deadline)
        for clause, endpoint, variables in zip(query.outermost, endpoints, scopes, strict=True):
            known = _known(query, clause, parts, variables, ask, deadline) if ask else None
            if known == restriction.NOTHING:
                parts.append(inline_data.table(variables, []))
                continue
            text = query.select(query.text[clause.group : clause.end]) + f"\n{known or ''}"
            try:
                response = outgoing.post(endpoint, text, _left(deadline) * _SHARE, self._rules)
                parts.append(inline_data.of_response(response, variables, endpoint, len(parts), self._rows))
            except EndpointFailed:
                if not clause.silent:
                    raise
                parts.append(inline_data.nothing_bound(variables))
        return query.replace(parts)

    def _scopes(self, query: Query, deadline: float) -> list[tuple[str, ...]]:
        """Return the variables of the clauses once their reading is agreed to, which is remembered."""
        scopes = self._agreed.get(query.text)
        if scopes is None:
            scopes = self._agreed[query.text] = clauses.verify(query, self._readers, _left(deadline))
            while len(self._agreed) > _AGREED:
                with suppress(KeyError):  # another thread may have been quicker
                    self._agreed.popitem(last=False)
        return scopes


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise OverBudget("The endpoints that the query asks took all of its time; ask them for less.")
    return left


def _known(
    query: Query, clause: Clause, parts: Sequence[str], variables: Sequence[str], ask: Ask, deadline: float
) -> str | None:
    """Return what to send along with a clause; it is worth some of the time, but no failure."""
    text = restriction.question(query, clause, parts, variables)
    if text is None:
        return None
    try:
        return restriction.inline(ask(text, _left(deadline) * _SHARE_OF_KNOWN))
    except (BadQuery, OverBudget, TooLarge):
        return None
