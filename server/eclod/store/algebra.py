"""What rdflib and the engine's parser make of a query: second readers beside the text search, in their own processes.

rdflib takes seconds for a few kilobytes of some queries and needs 30 MB, and either may end its process over a query
that is nested deeply. So they run under limits that the kernel holds, and no process that serves people imports this.
`python -m eclod.store.algebra DESCRIPTOR` answers one query after another on a socket that it inherits, and ends when
nothing comes for a while; see readers.py.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import sys
import threading
from typing import Any, Final, cast

import pyoxigraph as ox
from rdflib.plugins.sparql.algebra import translateQuery, traverse
from rdflib.plugins.sparql.parser import parseQuery

from eclod.store import confinement, wire

_SECONDS: Final = 10.0
_IDLE_SECONDS: Final = 60.0
_MEMORY: Final = 1 << 30
_STACK: Final = 256 << 20
_RECURSION: Final = 100_000
_NICENESS: Final = 5
_POSITION: Final = re.compile(r"error at (\d+):(\d+)")


def read(query: str, selects: list[str]) -> dict[str, Any]:
    """Return what is in a query: `graphs`, the IRIs after GRAPH in no order, and `services`, how many there are.

    `variables` are those of each of the queries that begin with SELECT *. Instead of all that, `error` is a phrase that
    says what is wrong, with `line` and `column` where the engine knows them, and `beyond` that it takes more memory or
    recursion than there is.
    """
    graphs: list[str] = []
    services: list[str] = []

    def visit(node: Any) -> None:
        kind = getattr(node, "name", None)
        if kind == "GraphGraphPattern":
            graphs.append(str(node.term))
        elif kind == "ServiceGraphPattern":
            services.append(str(node.term))

    try:
        tree = parseQuery(query)
        traverse(tree, visitPre=visit)
        translateQuery(tree)  # knows of prefixes and of the scope of variables
        variables = [_variables(select) for select in selects]
    except (MemoryError, RecursionError):
        return {"beyond": True}
    except Exception as error:  # a grammar of hundreds of classes fails in as many ways; each means it is not read
        return _position(query) | {"error": " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__}
    return {"graphs": graphs, "services": len(services), "variables": variables}


def _variables(select: str) -> list[str]:
    """Return the variables in scope (SPARQL 1.1 Query Language, section 18.2.1), without running the query."""
    return [variable.value for variable in cast("ox.QuerySolutions", ox.Store().query(select)).variables]


def _position(query: str) -> dict[str, int]:
    """Return where the engine finds something wrong: rdflib names the beginning of what it could not read."""
    try:
        ox.Store().query(query)
    except SyntaxError as error:
        if found := _POSITION.search(str(error)):
            return {"line": int(found[1]), "column": int(found[2])}
    except (ValueError, RuntimeError, OSError):
        pass
    return {}


def _serve(channel: wire.Channel) -> None:
    try:
        while True:
            asked = channel.receive()
            signal.setitimer(signal.ITIMER_REAL, _SECONDS)  # unanswered by then, this process ends
            try:
                channel.send(read(asked["query"], asked["selects"]))
            except UnicodeEncodeError:
                channel.send({"error": wire.NO_TEXT})
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, OSError):
        channel.close()


def main(descriptor: str) -> int:
    """Answer on the socket that was inherited, under the limits of this process."""
    confinement.leave_the_network()
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this decides
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    connection = socket.socket(fileno=int(descriptor))
    connection.settimeout(_IDLE_SECONDS)
    server = threading.Thread(target=_serve, args=[wire.Channel(connection)])
    server.start()
    server.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
