"""`/metrics`: what an operator watches, as Prometheus reads it.

The web worker adds what it counts itself (`serving.traffic`); here stands what the data folder says.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

import eclod
from eclod.store.linkbacks.box import WAITING
from eclod.web.context import Service, service

blueprint: Final = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return the numbers that an operator watches, in the text format of Prometheus or as OpenMetrics."""
    found = service()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    for collector in (_Data(found), *found.meters):
        registry.register(collector)
    response = Response(encode(registry), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


class _Data(Collector):
    """What the data folder says: the release, what was sent and waits, what portals announced and waits."""

    def __init__(self, found: Service) -> None:
        self._found = found

    def describe(self) -> Iterator[Metric]:
        """Return nothing: what there is is found out when it is asked for."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        found = self._found
        name = found.release()
        manifest = found.manifest(name) if name else None
        yield InfoMetricFamily(
            "eclod_release",
            "The release that is served, and the code that serves it.",
            {"release": name, "ontology": manifest.ontology_version if manifest else "", "version": eclod.__version__},
        )
        if manifest is not None and (created := found.created(name)) is not None:
            yield GaugeMetricFamily("eclod_release_created_seconds", "When it was made.", created.timestamp())
            yield GaugeMetricFamily("eclod_release_quads", "Statements in it.", manifest.quads)
            rows = GaugeMetricFamily("eclod_release_rows", "Rows of its registries.", labels=["registry", "verdict"])
            for entry in manifest.registries:
                rows.add_metric([entry.name, "accepted"], entry.accepted)
                rows.add_metric([entry.name, "rejected"], entry.rejected)
            yield rows
        yield GaugeMetricFamily("eclod_releases", "Releases that are kept.", len(found.releases.ids()))
        states = Counter(each.state for name in found.intake.registries() for each in found.intake.submissions(name))
        sent = GaugeMetricFamily("eclod_submissions", "Submissions that are kept, by state.", labels=["state"])
        for state, number in sorted(states.items()):
            sent.add_metric([state], number)
        yield sent
        yield GaugeMetricFamily(
            "eclod_linkbacks_waiting",
            "Announcements of portals that nobody has looked at.",
            found.linkbacks.count(WAITING),
        )
