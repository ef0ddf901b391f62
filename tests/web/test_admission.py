"""The page of a cluster organisation says which admission criteria it meets, apart from what its sources say."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from eclod.core.namespaces import ECLOD, SCHEME, expand
from eclod.core.settings import Settings
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app

from .conftest import BASE, CLUSTER, MANAGER, RELEASE, FoundEverywhere, dataset

ORGANISATION = f"{BASE}/id/organisation/{MANAGER}"
RESULTS = {"management-team": "cannot-be-told", "committed-members": "met", "admission": "cannot-be-told"}


def assessed() -> InProcessEngine:
    """Return the data of the test release with three assessments of one organisation, and names of what they name."""
    store = dataset()
    for criterion, result in RESULTS.items():
        node = ox.NamedNode(f"{ORGANISATION}#assessment-{criterion}")
        test, found = f"{SCHEME}admission-criterion/{criterion}", f"{SCHEME}assessment-result/{result}"
        store.add(ox.Quad(ox.NamedNode(ORGANISATION), ox.NamedNode(ECLOD + "assessment"), node))
        store.add(ox.Quad(node, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("earl:Assertion"))))
        store.add(ox.Quad(node, ox.NamedNode(expand("earl:subject")), ox.NamedNode(ORGANISATION)))
        for name, value in (("test", test), ("result", found)):
            store.add(ox.Quad(node, ox.NamedNode(expand(f"earl:{name}")), ox.NamedNode(value)))
            words = ox.Literal(value.rpartition("/")[2].replace("-", " "), language="en")
            store.add(ox.Quad(ox.NamedNode(value), ox.NamedNode(expand("skos:prefLabel")), words))
    return InProcessEngine(store, RELEASE)


@pytest.fixture(scope="module")
def assessed_client(settings: Settings) -> FlaskClient:
    return create_app(settings, assessed(), Releases(settings.data), FoundEverywhere()).test_client()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_criteria_stand_in_their_order_with_what_the_data_say(assessed_client: FlaskClient) -> None:
    section = (
        page(assessed_client, f"/doc/organisation/{MANAGER}").partition('id="admission"')[2].partition("</section>")[0]
    )
    rows = re.findall(r'<th scope="row">.*?<a [^>]*>([^<]+)</a>.*?<td>.*?<a [^>]*>([^<]+)</a>', section, re.DOTALL)
    assert rows == [(name.replace("-", " "), result.replace("-", " ")) for name, result in RESULTS.items()]


def test_assessments_are_not_among_the_facts(assessed_client: FlaskClient) -> None:
    facts = page(assessed_client, f"/doc/organisation/{MANAGER}").partition('id="facts"')[2].partition("</section>")[0]
    assert facts and "assessment" not in facts


def test_other_things_have_no_such_section(assessed_client: FlaskClient) -> None:
    assert 'id="admission"' not in page(assessed_client, f"/doc/cluster/{CLUSTER}")
