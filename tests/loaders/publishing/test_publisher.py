"""From a delivery to a release: states, order, policy, sandbox, and going on after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from eclod.core.errors import Locked, NotFound
from eclod.core.iris import Names
from eclod.store.releases import Releases
from eclod_loaders import pipeline
from eclod_loaders.publishing.commands import submit
from eclod_loaders.publishing.publisher import PREVIEW, Publisher
from eclod_loaders.reporting import dry_run

from .conftest import HEADER, TEN, Firms, table

NamesOf = Callable[[], set[str]]


def test_a_delivery_is_checked_and_published_with_its_report(firms: Firms, names_of: NamesOf) -> None:
    made = firms.deliver(table(*TEN))
    assert (made.state, made.progress.source) == ("published", "./firms.csv")
    assert made.progress.release == Releases(firms.settings.data).current_id()
    assert names_of() == set(TEN)
    counts = made.progress.counts
    assert (counts.read, counts.accepted, counts.rejected, counts.added) == (10, 10, 0, 10)
    files = {path.name for path in made.report.iterdir()}
    assert files == {"report.html", "report.json", "report.ttl", "problems.csv", "firms.checked.csv"}


def test_a_large_change_waits_until_somebody_promotes_it(firms: Firms, names_of: NamesOf) -> None:
    firms.deliver(table(*TEN))
    firms.declare("largest_change = 0.2")
    made = firms.deliver(table("Firm X", "Firm Y", "Firm Z", *TEN[3:]))
    assert made.state == "waiting"
    assert "3 of 10" in made.progress.message
    assert names_of() == set(TEN)
    firms.publisher.intake.approve(made)
    firms.settle()
    assert firms.now(made).state == "published"
    assert {"Firm X", "Firm Y", "Firm Z"} <= names_of()


def test_rejected_rows_wait_and_the_rest_can_be_promoted(firms: Firms, names_of: NamesOf) -> None:
    made = firms.deliver(HEADER.encode() + b"1,Firm 1,,\n2,,not an address,\n")
    assert made.state == "waiting"
    assert "1 of 2 rows" in made.progress.message
    assert not Releases(firms.settings.data).ids()
    firms.publisher.intake.approve(made)
    firms.settle()
    assert names_of() == {"Firm 1"}


def test_what_cannot_be_read_is_refused_and_the_next_goes_on(firms: Firms, names_of: NamesOf) -> None:
    bad, good = firms.send(b"\0\1\2"), firms.send(table(*TEN))
    firms.settle()
    assert (firms.now(bad).state, firms.now(good).state) == ("refused", "published")
    assert "not a text file" in firms.now(bad).progress.message
    assert names_of() == set(TEN)


def test_the_same_data_in_another_spelling_changes_nothing(firms: Firms) -> None:
    first = firms.deliver(table(*TEN))
    again = firms.deliver(table(*TEN).replace(b"\n", b"\r\n"))
    assert (first.state, again.state) == ("published", "published")
    counts = again.progress.counts
    assert (counts.added, counts.changed, counts.retired) == (0, 0, 0)


def test_two_in_a_row_keep_their_order(firms: Firms, names_of: NamesOf) -> None:
    first, second = firms.send(table("Firm old")), firms.send(table("Firm new"))
    firms.settle()
    releases = [firms.now(each).progress.release for each in (first, second)]
    assert names_of() == {"Firm new"}
    assert Releases(firms.settings.data).ids() == releases


def test_what_was_overtaken_is_not_published_any_more(firms: Firms, names_of: NamesOf) -> None:
    firms.declare("automatic = false")
    old = firms.deliver(table("Firm old"))
    firms.declare()
    firms.deliver(table("Firm new"))
    firms.publisher.intake.approve(old)
    firms.settle()
    assert firms.now(old).state == "refused"
    assert "later delivery" in firms.now(old).progress.message
    assert names_of() == {"Firm new"}


def test_an_ordinary_build_keeps_what_was_published(firms: Firms, names_of: NamesOf) -> None:
    firms.deliver(table(*TEN))
    (firms.folder / "firms.csv").write_bytes(table("Firm of the folder"))
    pipeline.build(firms.settings, None, [firms.folder.parent])
    assert names_of() == set(TEN)


def test_a_file_of_no_registry_or_of_no_source_is_refused(firms: Firms) -> None:
    assert "has no file that 'other.csv' stands for" in firms.deliver(table(*TEN), source="other.csv").progress.message
    made = firms.deliver(table(*TEN), name="whatever.csv")  # there is only one it can stand for
    assert made.state == "published"
    firms.folder.rename(firms.folder.with_name("others"))
    gone = firms.deliver(table("Firm"))
    assert gone.state == "refused"
    assert "ECLOD_REGISTRIES" in gone.progress.message


def test_a_sandbox_never_reaches_a_release(firms: Firms) -> None:
    """Contract, line 30: a sandbox graph never reaches merged view, dump, feed or search."""
    firms.declare(more="sandbox = true")
    made = firms.deliver(table(*TEN))
    assert made.settled
    assert (made.state, made.progress.sandbox) == ("checked", True)
    preview = (made.report / PREVIEW).read_text(encoding="utf-8")
    assert preview.count("Firm ") == 10
    (firms.folder / "firms.csv").write_bytes(table(*TEN))
    manifest = pipeline.build(firms.settings, None, [firms.folder.parent]).manifest
    assert manifest is not None
    graph = Names(firms.settings.base).registry_graph("firms")
    assert graph in preview
    assert manifest.graph(graph) is None
    assert manifest.registry("firms") is None
    folder = Releases(firms.settings.data).folder(manifest.id)
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".csv", ".sqlite", ".json", ".geojson"):
            assert b"Firm 3" not in path.read_bytes(), path


def test_a_build_of_the_operator_is_waited_for(firms: Firms) -> None:
    sent = firms.send(table(*TEN))
    with Releases(firms.settings.data).writing():
        assert not firms.publisher.step()
        assert firms.now(sent).state == "checked"
        assert firms.now(sent).progress.attempts == 0
    firms.settle()
    assert firms.now(sent).state == "published"


def test_only_one_publisher_works(firms: Firms) -> None:
    other = Publisher(firms.settings, standard=False)
    with firms.publisher.only_one(), pytest.raises(Locked), other.only_one():
        pass


def test_what_ends_the_publisher_twice_is_refused(firms: Firms) -> None:
    sent = firms.send(table(*TEN))
    firms.publisher.intake.advance(sent, attempts=2)
    assert firms.deliver(table("Firm")).state == "published"
    assert "twice" in firms.now(sent).progress.message


def test_an_error_of_ours_refuses_one_and_stops_nobody(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret path /etc")

    with monkeypatch.context() as patch:
        patch.setattr(dry_run, "run", broken)
        made = firms.deliver(table(*TEN))
    assert made.state == "refused"
    assert "/etc" not in made.progress.message
    assert firms.deliver(table(*TEN)).state == "published"


@pytest.mark.parametrize("point", ["dry_run.write", "intake.advance", "pipeline.build", "writer.publish", "switched"])
def test_killed_anywhere_it_goes_on_from_there(firms: Firms, names_of: NamesOf, point: str) -> None:
    """Contract, line 40: `kill -9` at any moment of a push, then start: nothing is lost or half-done."""
    sent = firms.send(table(*TEN))
    script = Path(__file__).with_name("killed.py")
    arguments = [str(firms.settings.data), firms.settings.registries, point]
    ended = subprocess.run([sys.executable, str(script), *arguments], check=False, timeout=120)
    assert ended.returncode == -9
    assert firms.now(sent).state in ("received", "checked")
    firms.settle()
    assert firms.now(sent).state == "published"
    assert names_of() == set(TEN)
    assert len(Releases(firms.settings.data).ids()) == 1
    assert not list(Releases(firms.settings.data).root.glob(".staging*"))


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_refused(firms: Firms, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/s.xml", "w") as sheet:
        for _ in range(1100):
            sheet.write(b" " * (1 << 20))
    made = firms.deliver(bomb.read_bytes(), "firms.xlsx")
    assert made.state == "refused"
    assert "unpacks to more than" in made.progress.message


def test_formulas_in_cells_wait_and_stay_out_of_spreadsheets(firms: Firms) -> None:
    made = firms.deliver(table("=HYPERLINK('http://example.org')", "@SUM(A1)", "Firm"))
    assert made.state == "waiting"
    assert "2 of 3 rows" in made.progress.message
    copy = (made.report / "firms.checked.csv").read_text(encoding="utf-8-sig")
    assert not any(cell.startswith(("=", "@")) for line in copy.splitlines() for cell in line.split(","))


@pytest.mark.skipif(os.name != "posix", reason="limits of processes")
def test_what_needs_too_much_memory_is_refused(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(dry_run, "run", greedy)
    assert "memory" in firms.deliver(table(*TEN)).progress.message


def test_old_submissions_go_but_what_counts_stays(firms: Firms, names_of: NamesOf) -> None:
    """Kept are the newest, what builds take, and what may still be promoted; a page that is gone is not found."""
    firms.publisher.settings = firms.settings.model_copy(update={"keep_submissions": 2})
    first = firms.deliver(table("Firm 1"))
    assert first.state == "published"
    refused = [firms.deliver(b"\0\1\2%d" % number) for number in range(4)]
    firms.declare("automatic = false")
    waiting = firms.deliver(table("Firm 1", "Firm 2"))
    assert waiting.state == "waiting"
    refused += [firms.deliver(b"\0\2\2%d" % number) for number in range(4)]
    intake = firms.publisher.intake
    assert intake.ids("firms") == [first.id, waiting.id, *(each.id for each in refused[-2:])]
    with pytest.raises(NotFound):
        intake.get("firms", refused[0].id)
    intake.approve(waiting)
    firms.settle()
    assert names_of() == {"Firm 1", "Firm 2"}
    assert intake.ids("firms") == [waiting.id, *(each.id for each in refused[-2:])]
    assert not list((intake.root / ".incoming").iterdir())
    firms.declare()
    assert firms.deliver(table("Firm 3")).state == "published"
    assert names_of() == {"Firm 3"}


def test_files_of_one_pattern_are_sent_one_by_one(firms: Firms, names_of: NamesOf) -> None:
    """Each replaces the file of its own name, of those that there are and of those that were sent."""
    text = (firms.folder / "registry.toml").read_text(encoding="utf-8").replace("./firms.csv", "./part-*.csv")
    (firms.folder / "registry.toml").write_text(text, encoding="utf-8")
    (firms.folder / "part-1.csv").write_bytes(table("Firm 1"))
    made = firms.deliver(HEADER.encode() + b"2,Firm 2,,\n", "part-2.csv")
    assert (made.state, made.progress.source) == ("published", "./part-2.csv")
    assert names_of() == {"Firm 1", "Firm 2"}
    assert firms.deliver(table("Firm A"), "other.csv", source="part-1.csv").progress.source == "./part-1.csv"
    assert names_of() == {"Firm A", "Firm 2"}
    wrong = firms.deliver(table("Firm B"), "other.csv")
    assert wrong.state == "refused"
    assert "files called part-*.csv" in wrong.progress.message


@pytest.mark.parametrize(("language", "words"), [("de", "Sie ist veröffentlicht."), ("fr", "Elle est publiée.")])
def test_the_publisher_speaks_the_language_of_the_registry(firms: Firms, language: str, words: str) -> None:
    path = firms.folder / "registry.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"en"\ncou', f'"{language}"\ncou'), encoding="utf-8")
    assert firms.deliver(table("Firm 1")).progress.message == words
    refused = firms.deliver(table("Firm 1"), source="other.csv").progress.message
    assert "other.csv" in refused
    assert refused.startswith({"de": "Das Register firms hat keine Datei", "fr": "Le registre firms n’a pas"}[language])


def test_a_delivery_sent_here_prepares_what_the_next_check_needs(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a build and the publisher that runs do, after it is told what became of it; not when nothing is published."""
    prepared: list[Path] = []
    monkeypatch.setattr(Publisher, "prepare", lambda self: prepared.append(self.settings.data))
    for content, count in ((table(*TEN), 1), (b"\0\1\2", 1)):
        (firms.folder / "firms.csv").write_bytes(content)
        asked = ["firms", str(firms.folder / "firms.csv"), "--registries", str(firms.folder.parent)]
        CliRunner().invoke(submit, [*asked, "--data", str(firms.settings.data)])
        assert prepared == [firms.settings.data] * count
