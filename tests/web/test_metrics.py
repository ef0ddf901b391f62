"""What an operator watches, as Prometheus and OpenMetrics read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from eclod.store.turns import Turns
from eclod.web.context import EXTENSION
from eclod.web.serving.traffic import GONE, Traffic, part_of

from .conftest import RELEASE


class Somebody:
    name = "somebody"

    def gone(self) -> bool:
        return False


@pytest.fixture
def traffic(client: FlaskClient) -> Iterator[Traffic]:
    turns = Turns(places=1, aside=1, queue=5, of_one_client=3, seconds=1)
    turns.ask_for(Somebody(), lambda: None)
    traffic = Traffic(turns)
    traffic.count("/sparql", 200, 0.004)
    traffic.count("/sparql", 200, 0.0001, ready=True)
    traffic.count("/doc/cluster/x.ttl", 404, 7)
    traffic.count("/doc/cluster/x", GONE, 60)
    meters = client.application.extensions[EXTENSION].meters
    meters.append(traffic)
    yield traffic
    meters.clear()


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.usefixtures("traffic")
def test_requests_are_counted_by_part_and_status(client: FlaskClient) -> None:
    response = client.get("/metrics")
    assert response.content_type.startswith("text/plain; version=")
    assert response.headers["Cache-Control"] == "no-store"
    found = samples(response.text)
    assert found["eclod_requests_total", "sparql", "200"] == 2
    assert found["eclod_requests_total", "doc", "404"] == found["eclod_requests_total", "doc", "499"] == 1
    assert found["eclod_requests_ready_total", "sparql"] == 1
    buckets = {labels[1:]: value for labels, value in found.items() if labels[0] == "eclod_request_seconds_bucket"}
    assert [buckets[bound, "doc"] for bound in ("5.0", "10.0", "+Inf")] == [0, 1, 2]
    assert found["eclod_request_seconds_sum", "doc"] == 67
    assert found["eclod_queries", "running"] == 1
    assert found["eclod_queries", "waiting"] == found["eclod_queries", "long"] == 0


def test_what_the_data_folder_says(client: FlaskClient) -> None:
    found = samples(client.get("/metrics").text)
    (release,) = [labels for labels in found if labels[0] == "eclod_release_info"]
    assert RELEASE in release
    assert found["eclod_release_quads",] > 0
    assert found["eclod_release_created_seconds",] > 1_500_000_000
    assert found["eclod_linkbacks_waiting",] == 0
    assert found["process_resident_memory_bytes",] > 0


@pytest.mark.usefixtures("traffic")
def test_openmetrics_is_negotiated(client: FlaskClient) -> None:
    response = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert response.mimetype == "application/openmetrics-text"
    families = {family.name for family in openmetrics.text_string_to_metric_families(response.text)}
    assert {"eclod_requests", "eclod_request_seconds", "eclod_release"} <= families


@pytest.mark.parametrize(
    ("path", "part"),
    [("/", "other"), ("/sparql", "sparql"), ("/feed.atom", "feed"), ("/wp-admin/x", "other"), ("/id/cluster/x", "id")],
)
def test_parts_are_few(path: str, part: str) -> None:
    assert part_of(path) == part
