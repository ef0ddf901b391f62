"""A merge, a split, a withdrawal and an erasure, each followed through every place where a release names a thing.

Contract lines 26 to 32: the URI, the statements of the release, its changes and the feed of them, search, tables,
reconciliation, `/resolve`. Two registries with memberships are built, one decision after the other is made, and what
each place says of the thing before and after is kept.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from tests.loaders.succession.conftest import REGISTRY, World, code, number
from tests.web.conftest import Client

from eclod.core.iris import Names
from eclod.rdf.feed.model import Kind
from eclod.store import changes
from eclod.store.feed import announcing
from eclod.store.finding.index import SearchIndexes
from eclod.store.inprocess import InProcessEngine
from eclod.store.releases import Releases
from eclod.web.app import create_app
from eclod_loaders.succession import erasure
from eclod_loaders.succession.deciding import Said

MAPPING: Final = """[things.membership]
shape = "Membership"
key = ["member", "cluster"]
fields.member = { thing = "member" }
fields.organisation = { thing = "manager" }

[things.member]
shape = "Organisation"
key = "member"
fields.name = "name"
fields.country = { constant = "SE" }
fields.registeredAs = [
    { identifier = "company-number", column = "number", issued_in = "SE", issued_by = "Made-up office" },
]

[things.manager]
shape = "ClusterOrganisation"
key = "cluster"
fields.name = "cluster_name"
fields.country = { constant = "SE" }
"""
#: Local id in the club, then name and stem of the company number.
MEMBERS: Final = {
    "stays": ("Alphaworks", 1),
    "withdrawn": ("Betaworks", 2),
    "split": ("Sharedworks", 5),
    "erased": ("Josefine Quixotte", 7),
}
NAMES: Final = Names()
REASON: Final = "Tried out by the tests."
SAID: Final = Said(REASON, "Ada")
CODES: Final = {what: code("club", what) for what in MEMBERS} | {"merged": code("two", "merged")}
NAMED: Final = {what: name for what, (name, _) in MEMBERS.items()} | {"merged": "Gammaworks"}
NUMBERS: Final = {what: number(stem) for what, (_, stem) in MEMBERS.items()} | {"merged": number(3)}
STAYS: Final = NAMES.thing("organisation", CODES["stays"])
DOC, ID = "/doc/organisation/", "/id/organisation/"


@dataclass(frozen=True)
class Seen:
    """What each place of a release says of one thing: by its code, its name, or its company number."""

    uri: dict[str, tuple[int, str]]
    document: bytes
    view: list[str]
    graphs: set[str]
    changed: dict[str, Kind]
    fed: Kind
    told: str
    searched: dict[str, list[str]]
    suggested: dict[str, list[str]]
    reconciled: dict[str, dict[str, bool]]
    resolved: dict[str, dict[str, Any]]
    identifiers: dict[str, dict[str, str]]
    tables: dict[str, set[str]]
    listed: set[str]
    mapped: bool


class Club(World):
    """A club of firms and a register of firms; one firm is in both."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        club = self.folder / "club"
        club.mkdir(parents=True)
        (club / "registry.toml").write_text(REGISTRY.format(name="club", precedence=100, retire_after="1"))
        (club / "mapping.toml").write_text(MAPPING)
        rows = [f"valley,Steel Valley,{key},{name},{number(stem)}\n" for key, (name, stem) in MEMBERS.items()]
        (club / "rows.csv").write_text("cluster,cluster_name,member,name,number\n" + "".join(rows))
        self.registry("two", f"merged,Gammaworks,{number(3)},\nother,Sharedtwo,{number(5)},\n")
        self.build()

    @property
    def client(self) -> FlaskClient:
        releases = Releases(self.settings.data)
        engine = InProcessEngine(ox.Store.read_only(str(self.release / "store")), self.release.name)
        app = create_app(self.settings, engine, releases, SearchIndexes(releases))
        return Client(app, app.response_class)

    def table(self, name: str) -> list[dict[str, str]]:
        with (self.release / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def see(self, what: str) -> Seen:
        """Look at one thing in every place of the current release."""
        client, own = self.client, CODES[what]
        iri, asked = NAMES.thing("organisation", own), {"code": own, "name": NAMED[what], "number": NUMBERS[what]}
        view = gzip.decompress((self.release / "dumps" / "default.nq.gz").read_bytes()).decode().splitlines()
        last = [m for m in announcing.feed(Releases(self.settings.data)).replay() if m.object == iri][-1]
        paths = [DOC + own, ID + own, f"{DOC}{own}.ttl", f"{DOC}{own}.html"]
        answers = {path: client.get(path, headers={"Accept": "text/turtle"}) for path in paths}
        return Seen(
            uri={path: (each.status_code, each.headers.get("Location", "")) for path, each in answers.items()},
            document=answers[paths[0]].data,
            view=[line for line in view if own in line],
            graphs={g for (g,) in self.ask(f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s ?p <{iri}> }} }}")}
            | {g for (g,) in self.ask(f"SELECT DISTINCT ?g {{ GRAPH ?g {{ <{iri}> ?p ?o }} }}")},
            changed={name.decode()[1:-1]: kind for name, kind in (changes.read(self.release) or {}).items()},
            fed=last.kind,
            told=last.payload.decode(),
            searched={key: hits(client, "/search", text, "hits") for key, text in asked.items()},
            suggested={key: hits(client, "/suggest", text, "suggestions") for key, text in asked.items()},
            reconciled={key: reconcile(client, text) for key, text in asked.items()},
            resolved={key: resolve(client, text) for key, text in asked.items()},
            identifiers={row["iri"]: row for row in self.table("identifiers")},
            tables={
                name: {row[column] for row in self.table(name)}
                for name, column in (("organisations", "iri"), ("memberships", "member"))
            },
            listed={each["thing"]["value"] for each in bindings(client, "/organisations?format=json")},
            mapped=any(f"{DOC}{own}<" in text for text in sitemaps(client)),
        )


def hits(client: FlaskClient, path: str, text: str, member: str) -> list[str]:
    """Return what a search finds of what registries have, not of the vocabulary."""
    found = client.get(path, query_string={"q": text, "format": "json"}).get_json()[member]
    return [each["iri"] for each in found if each["iri"].startswith(f"{NAMES.base}/id/")]


def reconcile(client: FlaskClient, text: str) -> dict[str, bool]:
    """Return the organisations that a name may mean, and whether it is sure."""
    query = {"query": text, "type": "http://www.w3.org/ns/org#Organization"}
    found = client.get("/reconcile", query_string={"queries": json.dumps({"q": query})}).get_json()["q"]["result"]
    return {each["id"]: each["match"] for each in found}


def resolve(client: FlaskClient, text: str) -> dict[str, Any]:
    (found,) = client.post("/resolve", json=[text]).get_json()["results"]
    return dict(found)


def bindings(client: FlaskClient, path: str) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = client.get(path).get_json()["results"]["bindings"]
    return found


def sitemaps(client: FlaskClient) -> list[str]:
    count = client.get("/sitemap.xml").text.count("<loc>")
    return [gzip.decompress(client.get(f"/sitemap-{page}.xml.gz").data).decode() for page in range(count)]


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Seen, Seen, Club]]:
    """Return what was seen before and after each decision, in the order they are made."""
    world = Club(tmp_path_factory.mktemp("lives"))

    def name(what: str) -> tuple[str, str]:
        return "organisation", CODES[what]

    steps: dict[str, Callable[[], object]] = {
        "merged": lambda: world.decide(lambda d: d.merge(name("merged"), name("stays"), SAID)),
        "split": lambda: world.decide(lambda d: d.split(name("split"), [("two", "other")], SAID)),
        "withdrawn": lambda: world.decide(lambda d: d.withdraw(name("withdrawn"), SAID)),
        "erased": lambda: erasure.erase(world.settings, name("erased"), [world.folder], None),
    }
    seen = {}
    for what, decide in steps.items():
        before = world.see(what)
        decide()
        world.build()
        seen[what] = before, world.see(what), world
    return seen


Followed = dict[str, tuple[Seen, Seen, Club]]


@pytest.mark.parametrize("what", ["merged", "split", "withdrawn", "erased"])
def test_before_it_a_thing_is_in_every_place(followed: Followed, what: str) -> None:
    """So that what is not there afterwards was taken away."""
    seen, _, _ = followed[what]
    iri, own = NAMES.thing("organisation", CODES[what]), CODES[what]
    assert seen.uri == {
        DOC + own: (200, ""),
        ID + own: (303, DOC + own),
        f"{DOC}{own}.ttl": (200, ""),
        f"{DOC}{own}.html": (200, ""),
    }
    assert NAMED[what].encode() in seen.document
    assert any(NAMED[what] in line for line in seen.view)
    assert NAMES.registry_graph("two" if what == "merged" else "club") in seen.graphs
    assert seen.fed is Kind.CREATE
    assert seen.searched == seen.suggested == {"code": [iri], "name": [iri], "number": [iri]}
    assert all(seen.reconciled[by][iri] for by in ("code", "number"))
    assert iri in seen.reconciled["name"]
    assert [(seen.resolved[by]["iri"], seen.resolved[by]["state"]) for by in ("code", "number")] == [(iri, "valid")] * 2
    row = seen.identifiers[iri]
    assert (row["state"], row["label"], row["identifier"]) == ("valid", NAMED[what], NUMBERS[what])
    assert iri in seen.tables["organisations"]
    assert (iri in seen.tables["memberships"]) == (what != "merged")
    assert iri in seen.listed
    assert seen.mapped


def test_what_is_merged_is_the_other_one_in_every_place(followed: Followed) -> None:
    """Contract 26, 29, 30: one redirect; every name and number of the old one finds the new one."""
    before, seen, _ = followed["merged"]
    iri, own, to = NAMES.thing("organisation", CODES["merged"]), CODES["merged"], CODES["stays"]
    assert seen.uri == {
        DOC + own: (301, DOC + to),
        ID + own: (301, ID + to),
        f"{DOC}{own}.ttl": (301, f"{DOC}{to}.ttl"),
        f"{DOC}{own}.html": (301, f"{DOC}{to}.html"),
    }
    assert (seen.view, seen.graphs) == ([], {NAMES.graph("identifiers/life")})
    assert seen.changed == {iri: Kind.DELETE, STAYS: Kind.UPDATE}
    assert seen.fed is Kind.DELETE
    assert (f"<{STAYS}>" in seen.told, REASON in seen.told) == (True, True)
    assert seen.searched == seen.suggested == {"code": [STAYS], "name": [STAYS], "number": [STAYS]}
    assert seen.reconciled["code"] == {STAYS: False}
    assert (seen.reconciled["name"][STAYS], seen.reconciled["number"][STAYS]) == (True, True)
    assert (seen.resolved["code"]["iri"], seen.resolved["code"]["chain"]) == (STAYS, [iri, STAYS])
    assert seen.resolved["number"]["iri"] == STAYS
    row, other = seen.identifiers[iri], seen.identifiers[STAYS]
    assert (row["state"], row["successor"], row["label"], row["identifier"]) == ("merged", STAYS, "", "")
    assert other["local_id"] == "stays | merged"
    assert set(other["identifier"].split(" | ")) == {NUMBERS["stays"], NUMBERS["merged"]}
    assert before.tables["organisations"] - seen.tables["organisations"] == {iri}
    assert before.listed - seen.listed == {iri}
    assert not seen.mapped


def test_what_is_split_leads_to_its_parts_in_every_place(followed: Followed) -> None:
    """Contract 26 and 29: the choices wherever it is asked for, each with what its registry says."""
    before, seen, _ = followed["split"]
    iri, own = NAMES.thing("organisation", CODES["split"]), CODES["split"]
    parts = set(seen.identifiers[iri]["successor"].split(" | "))
    (kept,) = parts & seen.tables["memberships"]
    (other,) = parts - {kept}
    assert {status for status, _ in seen.uri.values()} == {300}
    assert all(part.encode() in seen.document for part in parts)
    assert (seen.view, seen.graphs) == ([], {NAMES.graph("identifiers/life")})
    (membership,) = {name for name in seen.changed if "/membership/" in name}
    assert seen.changed == {
        iri: Kind.DELETE,
        kept: Kind.CREATE,
        other: Kind.CREATE,
        membership: Kind.UPDATE,
    }
    assert (seen.fed, all(f"<{part}>" in seen.told for part in parts)) == (Kind.DELETE, True)
    assert set(seen.searched["code"]) == set(seen.searched["number"]) == parts
    assert seen.searched["name"] == [kept]
    assert seen.reconciled["code"] == dict.fromkeys(parts, False)
    assert seen.reconciled["number"] == dict.fromkeys(parts, False)
    assert iri not in seen.reconciled["name"]
    assert (seen.resolved["code"]["state"], set(seen.resolved["code"]["choices"])) == ("split", parts)
    assert set(seen.resolved["number"]["choices"]) == parts
    rows = seen.identifiers
    assert (rows[iri]["state"], rows[iri]["label"]) == ("split", "")
    assert [(rows[part]["state"], rows[part]["local_id"]) for part in (kept, other)] == [
        ("valid", "split"),
        ("valid", "other"),
    ]
    assert seen.tables["organisations"] - before.tables["organisations"] == parts
    assert before.tables["organisations"] - seen.tables["organisations"] == {iri}
    assert (seen.listed - before.listed, before.listed - seen.listed) == (parts, {iri})
    assert not seen.mapped
    assert own not in json.dumps(sorted(seen.tables["memberships"]))


def test_what_is_withdrawn_is_found_nowhere_and_says_why(followed: Followed) -> None:
    """Contract 27: 410 with who, when and why; a delete; never a match; its membership goes with it, by the rule."""
    before, seen, world = followed["withdrawn"]
    iri = NAMES.thing("organisation", CODES["withdrawn"])
    assert {status for status, _ in seen.uri.values()} == {410}
    assert REASON.encode() in seen.document
    assert (seen.view, seen.graphs) == ([], {NAMES.graph("identifiers/life")})
    (membership,) = seen.changed.keys() - {iri}
    assert seen.changed == {iri: Kind.DELETE, membership: Kind.DELETE}
    assert world.client.get(membership.removeprefix(NAMES.base)).status_code == 410
    assert seen.identifiers[membership]["state"] == "withdrawn"
    assert (seen.fed, REASON in seen.told) == (Kind.DELETE, True)
    assert seen.searched == seen.suggested == {"code": [], "name": [], "number": []}
    assert seen.reconciled["code"] == {}
    assert iri not in seen.reconciled["name"].keys() | seen.reconciled["number"].keys()
    assert True not in {*seen.reconciled["name"].values(), *seen.reconciled["number"].values()}
    assert (seen.resolved["code"]["iri"], seen.resolved["code"]["state"]) == (iri, "withdrawn")
    assert seen.resolved["code"]["message"].endswith(f": {REASON}")
    assert seen.resolved["number"]["outcome"] == "unknown"
    row = seen.identifiers[iri]
    assert (row["state"], row["successor"], row["label"], row["identifier"]) == ("withdrawn", "", "", "")
    assert before.tables["organisations"] - seen.tables["organisations"] == {iri}
    assert before.tables["memberships"] - seen.tables["memberships"] == {iri}
    assert before.listed - seen.listed == {iri}
    assert not seen.mapped


def test_of_what_is_erased_no_place_says_anything_but_that_it_is(followed: Followed) -> None:
    """Contract 28: no name, number, reason or author; the releases that had it are gone."""
    before, seen, world = followed["erased"]
    iri, own = NAMES.thing("organisation", CODES["erased"]), CODES["erased"]
    assert ({status for status, _ in seen.uri.values()}, seen.document) == ({410}, b"")
    assert (seen.view, seen.graphs) == ([], {NAMES.graph("identifiers/life")})
    assert seen.changed.keys() <= {iri}
    assert (seen.fed, seen.told) == (Kind.DELETE, "")
    assert seen.searched == seen.suggested == {"code": [], "name": [], "number": []}
    assert seen.reconciled["code"] == {}
    assert iri not in seen.reconciled["name"].keys() | seen.reconciled["number"].keys()
    assert seen.resolved["number"]["outcome"] == "unknown"
    assert seen.resolved["code"]["choices"] == []
    row = seen.identifiers[iri]
    filled = {column for column, value in row.items() if value}
    assert (row["state"], filled) == ("erased", {"iri", "kind", "code", "state", "since"})
    assert before.tables["organisations"] - seen.tables["organisations"] == {iri}
    assert before.tables["memberships"] - seen.tables["memberships"] == {iri}
    assert before.listed - seen.listed == {iri}
    assert not seen.mapped
    client = world.client
    for path in ("/feed/pages/1.nq", "/feed.atom", "/releases?format=json", f"/search?q={own}"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b"Quixotte" not in answer.data, path
    everything = (path for path in world.settings.data.rglob("*") if path.is_file())
    assert not [path for path in everything if NUMBERS["erased"].encode() in path.read_bytes()]
