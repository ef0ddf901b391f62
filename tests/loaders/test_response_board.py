"""A delivery of forum posts, as CSV and as JSON: what enters, and who may not post what."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.rdf.fields import FieldCatalogue
from eclod.rdf.gate import Gate
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.gating.judging import Judged, Judgement

from .conftest import Outcome, thing_iri

SAMPLE = Path(__file__).parents[1] / "sample-registries" / "sample-board"
SCHEME = "https://w3id.org/eclod/scheme/"

Deliver = Callable[[dict[str, str]], tuple[Outcome, Judged]]


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


@pytest.fixture
def deliver(
    tmp_path: Path, run: Callable[..., Outcome], gate: Gate, catalogue: FieldCatalogue, codes: CodeLists
) -> Deliver:
    """Return a function that delivers the sample with texts of posts.csv replaced, and has it judged."""

    def deliver(changes: dict[str, str]) -> tuple[Outcome, Judged]:
        folder = shutil.copytree(SAMPLE, tmp_path / "sample-board")
        posts = (folder / "posts.csv").read_text(encoding="utf-8")
        for old, new in changes.items():
            assert posts.count(old) == 1
            posts = posts.replace(old, new)
        (folder / "posts.csv").write_text(posts, encoding="utf-8")
        registry = Registry.load(folder)
        outcome = run(registry)
        return outcome, Judgement(registry, gate, catalogue, codes).judge(outcome.accepted, (), None)

    return deliver


def rejected(judged: Judged) -> list[tuple[int | None, str]]:
    return [(problem.row, problem.rule) for problem in judged.problems]


def test_a_delivery_enters_whole(deliver: Deliver) -> None:
    outcome, judged = deliver({})
    assert outcome.problems == [] and outcome.ignored == [] and rejected(judged) == []
    assert len(judged.accepted) == len(outcome.mapped) == 3 + 6 + 2
    counts = {kind: len(outcome.things(kind)) for kind in ("thread", "post", "account", "need", "offer")}
    assert counts == {"thread": 5, "post": 8, "account": 4, "need": 2, "offer": 1}
    assert outcome.values("ns#has_parent") == {thing_iri("platform", "covid19-response-forum", "eclod-europe")}
    assert outcome.values("ns#reply_of", thing_iri("post", "7")) == {thing_iri("post", "4")}
    assert outcome.values("ns#about", thing_iri("post", "1")) == {thing_iri("need", "1")}
    assert outcome.values("terms/type", thing_iri("post", "8")) == {SCHEME + "post-kind/question"}


def test_what_is_made_up_says_so(deliver: Deliver) -> None:
    outcome, _ = deliver({})
    for text in (*outcome.values("ns#content"), *outcome.values("terms/title")):
        assert text.startswith("Sample")


@pytest.mark.parametrize(
    "through",
    [
        pytest.param("", id="by-nobody"),
        pytest.param("sample-firm", id="by-a-company"),
    ],
)
def test_a_solution_needs_a_cluster_organisation_or_an_authority(deliver: Deliver, through: str) -> None:
    _, judged = deliver({"PT,sample-cluster,2020-04-22": f"PT,{through},2020-04-22"})
    # The answer to it, in the other file, falls with it.
    assert rejected(judged) == [(5, "shape:Post/Not"), (1, "shape:Post-replyTo/Class")]
    assert judged.problems[0].message.startswith("Name the cluster organisation or public authority")


def test_a_question_needs_nobody(deliver: Deliver) -> None:
    _, judged = deliver({"PT,sample-cluster,2020-04-21": "PT,,2020-04-21"})
    assert rejected(judged) == []


def test_an_account_says_nothing_about_a_person(deliver: Deliver) -> None:
    _, judged = deliver({"question,,member-2,sme": "question,,Jane Doe,sme"})
    assert rejected(judged) == [(7, "shape:UserAccount-name/Pattern")]


def test_a_reply_to_nothing_is_rejected(deliver: Deliver) -> None:
    _, judged = deliver({"question,1,": "question,99,"})
    assert rejected(judged)[0] == (3, "shape:Post-replyTo/Class")


def test_an_offer_ends_after_it_begins(deliver: Deliver) -> None:
    _, judged = deliver({"2020-04-22,2020-12-31": "2020-04-22,2020-04-21"})
    assert rejected(judged)[0] == (5, "shape:Offer-validFrom/LessThanOrEquals")
