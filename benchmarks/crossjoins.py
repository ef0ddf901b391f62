"""A client that asks for cross joins without pause, whatever it is told; run as a program, it prints each status."""

from __future__ import annotations

import http.client
import sys
import threading
from typing import Final
from urllib.parse import urlencode

from benchmarks.processes import HOST

_QUERY: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
_CONNECTIONS: Final = 4


def main(port: int) -> None:
    """Ask over several connections until the process is ended; every second one is content with 2 seconds a query."""
    for number in range(_CONNECTIONS):
        budget = {"timeout": "2"} if number % 2 else {}
        threading.Thread(target=_ask_for_ever, args=(port, "/sparql?" + urlencode({"query": _QUERY, **budget}))).start()


def _ask_for_ever(port: int, target: str) -> None:
    while True:
        connection = http.client.HTTPConnection(HOST, port)
        try:
            while True:
                connection.request("GET", target)
                response = connection.getresponse()
                response.read()
                print(response.status, flush=True)
        except (OSError, http.client.HTTPException):
            print("broken", flush=True)
        finally:
            connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
