"""What is added to a graph is added to what it has now, whoever brought that, and blank nodes stay apart."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyoxigraph as ox
import pytest

from eclod.core.namespaces import PREFIXES
from eclod.store.releases import Releases
from eclod.store.submission import Submission

from .conftest import Firms

USED = ("country", "eclod", "locn", "org", "skos")
PROLOGUE = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in USED)


def firm(number: int, town: str, address: str = "_:b0") -> bytes:
    """Return the graph of a firm with an address, which exporters give the same label in each file."""
    node, then = (address, f". {address}") if address.startswith("_:") else ("[]", "")
    at = f'a locn:Address ; locn:postName "{town}"@de'
    place = f"locn:address {node} {then} {at} ." if then else f"locn:address [ {at} ] ."
    text = f'a org:Organization ; skos:prefLabel "Firm {number}"@en ; eclod:country country:AUT ; {place}'
    return f"{PROLOGUE}<https://firms.example/{number}> {text}".encode()


@pytest.fixture
def graphs(firms: Firms) -> Firms:
    """Return the registry with RDF in place of a table."""
    path = firms.folder / "registry.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('file = "./firms.csv"', 'file = "./firms.ttl"\nadapter = "rdf"'), encoding="utf-8")
    (firms.folder / "mapping.toml").unlink()
    return firms


def put(graphs: Firms, content: bytes, name: str = "graph.ttl") -> Submission:
    return graphs.deliver(content, name)


def post(graphs: Firms, content: bytes, name: str = "graph.ttl") -> Submission:
    return graphs.deliver(content, name, operation="merge")


def towns(graphs: Firms) -> set[tuple[str, str]]:
    """Return name and town of each firm of the current release."""
    releases = Releases(graphs.settings.data)
    store = ox.Store.read_only(str(releases.folder(releases.current_id()) / "store"))
    found = store.query(
        f"{PROLOGUE} SELECT ?name ?town {{ ?firm a org:Organization ; skos:prefLabel ?name "
        "OPTIONAL { ?firm locn:address/locn:postName ?town } }"
    )
    assert isinstance(found, ox.QuerySolutions)
    return {(row["name"].value, row["town"].value) for row in found}


@pytest.mark.parametrize("address", ["_:b0", "[]"])
def test_a_blank_node_of_one_delivery_is_none_of_another(graphs: Firms, address: str) -> None:
    """RDF 1.1 Semantics, section 4.1: the second firm keeps its own address."""
    put(graphs, firm(1, "Graz", address))
    assert post(graphs, firm(2, "Linz", address)).state == "published"
    assert post(graphs, firm(3, "Wels", address)).state == "published"
    assert towns(graphs) == {("Firm 1", "Graz"), ("Firm 2", "Linz"), ("Firm 3", "Wels")}


@pytest.mark.parametrize("address", ["_:b0", "[]"])
def test_what_is_added_once_more_adds_nothing(graphs: Firms, address: str) -> None:
    """Contract 38, whether it was put or added before."""
    put(graphs, firm(1, "Graz", address))
    post(graphs, firm(2, "Linz", address))
    for number, town in ((1, "Graz"), (2, "Linz")):
        again = post(graphs, firm(number, town, address))
        assert (again.state, "nothing changed" in again.progress.message) == ("published", True)
    assert towns(graphs) == {("Firm 1", "Graz"), ("Firm 2", "Linz")}


@pytest.mark.parametrize("packed", [False, True])
def test_the_first_addition_is_to_the_file_of_the_registry(graphs: Firms, packed: bool) -> None:
    """What the operator built from the registry's folder stays: it was withdrawn by the first addition."""
    content = firm(1, "Graz")
    (graphs.folder / "firms.ttl").write_bytes(gzip.compress(content) if packed else content)
    made = post(graphs, firm(2, "Linz"))
    assert (made.state, made.progress.counts.retired) == ("published", 0)
    assert towns(graphs) == {("Firm 1", "Graz"), ("Firm 2", "Linz")}
    assert put(graphs, firm(3, "Wels")).state == "published"
    assert towns(graphs) == {("Firm 3", "Wels")}


def test_nothing_is_added_to_what_comes_from_an_address(graphs: Firms) -> None:
    path: Path = graphs.folder / "registry.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("./firms.ttl", "https://firms.example/all.ttl"))
    made = post(graphs, firm(1, "Graz"))
    assert (made.state, "send all of it" in made.progress.message) == ("refused", True)
    assert put(graphs, firm(1, "Graz")).state == "published"
    assert post(graphs, firm(2, "Linz")).state == "published"
    assert towns(graphs) == {("Firm 1", "Graz"), ("Firm 2", "Linz")}
