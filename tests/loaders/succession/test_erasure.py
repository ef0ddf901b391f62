"""Erasing: afterwards no file of the data folder has a byte of what was erased."""

from __future__ import annotations

import gzip
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.loaders.succession.conftest import World, code, number

from eclod.core.errors import BadInput
from eclod.core.iris import Names
from eclod.store import receipts
from eclod.store.intake import Intake
from eclod.store.releases import Releases
from eclod_loaders.succession import erasure
from eclod_loaders.succession.deciding import Said

NAME, OTHER_NAME, LOCAL, REASON = "Josefine Quixotte", "Jo Quixotte Sandviken", "se-4711-quix", "Moved to Xanadu"
NEEDLES = ("Quixotte", "4711-quix", number(7), "Xanadu")
PERSON = ("organisation", code("one", LOCAL))


def found_in(data: Path) -> list[str]:
    """Return the files that have one of the needles, also inside what is compressed or kept by the engine."""
    found = []
    for path in sorted(path for path in data.rglob("*") if path.is_file()):
        content = path.read_bytes()
        texts = [content, gzip.decompress(content) if path.suffix == ".gz" else b""]
        if any(needle.encode() in text for text in texts for needle in NEEDLES):
            found.append(str(path.relative_to(data)))
    for store in data.glob("releases/*/store"):
        dumped = io.BytesIO()
        ox.Store.read_only(str(store)).dump(dumped, ox.RdfFormat.N_QUADS)
        if any(needle.encode() in dumped.getvalue() for needle in NEEDLES):
            found.append(str(store.relative_to(data)))
    return found


@pytest.fixture
def erased(world: World) -> World:
    world.registry("one", "a,Alpha,,\n")
    world.build()
    world.registry("one", f"a,Alpha,,\n{LOCAL},{NAME},{number(7)},\n")
    world.registry("two", f"c,{OTHER_NAME},{number(7)},\nd,Delta,,\n", precedence=300)
    world.build()
    return world


def test_nothing_is_left_of_what_is_erased_but_that_it_is(erased: World) -> None:
    """Contract 28: no personal literal left in any graph, dump, feed page, table, log, receipt or older release."""
    data = erased.settings.data
    first = Releases(data).ids()[0]
    said = Said(f"{REASON}, said {NAME}", NAME)
    erased.decide(lambda d: d.withdraw(PERSON, said))
    erased.build()
    erased.decide(lambda d: d.restore(PERSON, said))
    erased.build()
    assert erased.names() == ["Alpha", "Delta", NAME]
    _receipt(data / "receipts.sqlite", f'{{"query": "SELECT * {{ ?s ?p \\"{NAME}\\" }}"}}')
    _receipt(data / "receipts.sqlite", '{"query": "SELECT * { ?s ?p ?o }"}')
    assert len(found_in(data)) > 20
    done = erasure.erase(erased.settings, PERSON, [erased.folder], None)
    assert found_in(data) == []
    assert Releases(data).ids() == [first, done.release]
    assert (len(done.releases), done.receipts) == (3, ["receipt-0"])
    assert sorted(Path(path).parent.name for path in done.outside) == ["one", "two"]
    assert erased.names() == ["Alpha", "Delta"]
    (known,) = erased.identities().changed()
    assert (known.iri, known.state, known.reason, known.author) == (Names().thing(*PERSON), "erased", "", "")
    assert known.since
    # Its rows are still in the files of the registries, and stay out.
    erased.registry("one", f"a,Alpha,,\n{LOCAL},{NAME},{number(7)},\nb,Beta,,\n")
    outcome = erased.build()
    (entry,) = [each for each in outcome.registries if each.name == "one"]
    assert (entry.read, entry.accepted, entry.ignored, entry.rejected) == (3, 2, 1, 0)
    assert (erased.names(), erased.state(PERSON[1])) == (["Alpha", "Beta", "Delta"], "erased")
    assert [path for path in found_in(data) if not path.startswith("intake")] == []


def test_what_a_registry_sent_is_removed_and_what_it_said_stays(erased: World) -> None:
    """Contract 28: no intake file."""
    data = erased.settings.data
    intake = Intake(data)
    with intake.upload() as upload:
        upload.save(io.BytesIO((erased.folder / "one" / "rows.csv").read_bytes()), "rows.csv", 1 << 20)
        submission, _ = intake.receive(upload, "one", source="./rows.csv")
    intake.advance(submission, state="published", source="./rows.csv")
    (erased.folder / "one" / "rows.csv").write_text("id,name,number,lei\n")
    erased.build()
    assert (erased.names(), submission.content.exists()) == (["Alpha", "Delta", NAME], True)
    done = erasure.erase(erased.settings, PERSON, [erased.folder], None)
    assert (found_in(data), submission.content.exists()) == ([], False)
    assert done.files == [str(submission.content.relative_to(data))]
    assert erased.names() == ["Alpha", "Delta"]
    # Without the file it sent the registry keeps what it said, and its older file does not come back.
    assert erased.build().manifest is None


def test_what_leads_elsewhere_is_not_erased_but_where_it_leads(erased: World) -> None:
    said = Said("Same.", "Ada")
    erased.decide(lambda d: d.merge(PERSON, ("organisation", code("one", "a")), said))
    with pytest.raises(BadInput, match=f"leads to organisation {code('one', 'a')}; erase that one"):
        erasure.erase(erased.settings, PERSON, [erased.folder], None)


def _receipt(path: Path, request: str) -> None:
    """Put down a receipt as the service does."""
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(receipts._SCHEMA)
        count = database.execute("SELECT count(*) FROM receipt").fetchone()[0]
        row = (f"receipt-{count}", "r", "d", "b", "bindings", "[]", 0, None, "s", "now", "e", request)
        database.execute(f"INSERT INTO receipt VALUES ({', '.join('?' * len(row))})", row)


def test_a_value_with_a_day_of_its_own_is_erased_with_it(world: World) -> None:
    """Contract 28: what says since when a value is stated has the value in it."""
    data = world.settings.data
    world.registry("one", f"a,Alpha,,\n{LOCAL},Somebody,,\n")
    world.build()
    world.registry("one", f"a,Alpha,,\n{LOCAL},{NAME},{number(7)},\n")
    world.build()
    own = "SELECT ?value { GRAPH ?g { ?entry <http://www.w3.org/1999/02/22-rdf-syntax-ns#object> ?value } }"
    assert (NAME,) in world.ask(own)
    erasure.erase(world.settings, PERSON, [world.folder], None)
    assert found_in(data) == []
