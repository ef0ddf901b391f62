"""The update suites: this endpoint only reads, so each request of theirs is refused, however it is sent."""

from __future__ import annotations

from urllib.parse import urlencode

from .service import Service
from .suite import Suite
from .test_protocol import content


def test_updates_are_refused(service: Service, w3c_suite: Suite) -> None:
    cases = {case.iri for case in w3c_suite.cases if case.is_update and case.kind != "ProtocolTest"}
    assert len(cases) == 156
    updates = {iri: content for iri, content in w3c_suite.files.items() if iri.endswith(".ru")}
    assert len(updates) == 148
    before = content(service)
    for iri, update in updates.items():
        # Some of the files are wrong on purpose, as text too.
        ways = [("application/sparql-update", update), ("application/sparql-query", update)]
        ways.append(("application/x-www-form-urlencoded", urlencode({"update": update}).encode()))
        for media_type, body in ways:
            response = service.request("POST", body=body, headers={"Content-Type": media_type})
            assert 400 <= response.status < 500, (iri, media_type)
    assert content(service) == before
