"""pandas reads answers, saved queries and tables from their addresses."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from urllib.parse import urlencode

import pandas as pd
import pytest
from tests.test_service import Service
from tests.written_answers import answer

from eclod.core import assets
from eclod.store.manifest import Manifest

from .conftest import CLUSTERS, COUNT, ROWS

NAMES = (
    *("clusters", "organisations", "memberships", "projects", "participations", "programmes", "calls", "strategies"),
    *("priorities", "events", "slots", "offers", "needs", "hubs", "seats", "recommendations", "passages", "actions"),
    *("threads", "posts", "accounts", "documents", "platforms", "figures", "observations", "registries", "places"),
    "identifiers",
)


def address(service: Service, query: str, form: str = "csv", **parameters: str) -> str:
    return f"{service.base}/sparql?{urlencode({'query': query, 'format': form} | parameters)}"


def test_an_answer_as_csv(service: Service) -> None:
    query = (assets.folder("queries") / "clusters-by-country.rq").read_text(encoding="utf-8")
    frame = pd.read_csv(address(service, query))
    assert list(frame.columns) == ["country", "name", "clusters"]
    assert frame.astype(str).to_dict("records") == answer("clusters-by-country")


def test_numbers_are_numbers_and_what_is_missing_is_missing(service: Service) -> None:
    frame = pd.read_csv(address(service, 'SELECT * { VALUES (?a ?b ?c) { (1 "x" 0.5) (2 UNDEF 1e3) } }'))
    assert frame["a"].sum() == 3
    assert frame["b"].isna().tolist() == [False, True]
    assert frame["c"].tolist() == [0.5, 1000]


def test_the_csv_for_spreadsheets_has_no_formulas(service: Service) -> None:
    query = 'SELECT ?text { VALUES ?text { "=1+1" "Zürich" } }'
    assert pd.read_csv(address(service, query, "spreadsheet"))["text"].tolist() == ["'=1+1", "Zürich"]
    assert pd.read_csv(address(service, query))["text"].tolist() == ["=1+1", "Zürich"]


def test_an_answer_as_tsv(service: Service, clusters: list[str]) -> None:
    frame = pd.read_csv(address(service, COUNT, "tsv"), sep="\t")
    assert frame.to_dict("records") == [{"?clusters": len(clusters)}]


def test_a_saved_query_with_a_parameter(service: Service) -> None:
    frame = pd.read_csv(f"{service.base}/queries/clusters-of-a-region.csv?region=FR")
    assert len(frame) > 20
    assert frame["place"].str.startswith("http://data.europa.eu/nuts/code/FR").all()
    assert frame["cluster"].is_unique


def test_a_misspelt_parameter_is_an_error_and_never_another_answer(service: Service) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        pd.read_csv(f"{service.base}/queries/clusters-of-a-region.csv?regoin=FR")
    with refused.value as error:
        assert error.code == 400


def test_a_cut_table_shows_in_the_header_and_at_its_end(service: Service) -> None:
    with urllib.request.urlopen(address(service, "SELECT ?s ?p ?o { ?s ?p ?o }")) as response:
        assert response.headers["Eclod-Truncated"] == f"rows={ROWS}; limit={ROWS}"
        frame = pd.read_csv(io.BytesIO(response.read()))
    assert len(frame) == ROWS + 1
    assert str(frame["s"].iloc[-1]).startswith(f"# cut after {ROWS} rows")
    with urllib.request.urlopen(address(service, CLUSTERS)) as response:
        assert response.headers["Eclod-Truncated"] is None


def test_an_error_is_never_a_table(service: Service) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        pd.read_csv(address(service, "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f }", timeout="0.2"))
    with refused.value as error:
        assert error.code == 503


@pytest.mark.parametrize("name", NAMES)
def test_a_table_as_csv_and_as_parquet(service: Service, name: str) -> None:
    text = pd.read_csv(f"{service.base}/tables/{name}.csv", dtype=str, keep_default_na=False)
    typed = pd.read_parquet(f"{service.base}/tables/{name}.parquet")
    assert list(text.columns) == list(typed.columns)
    assert text["iri"].tolist() == typed["iri"].tolist()
    assert text["iri"].is_unique


def test_these_are_all_the_tables(starting_release: Manifest) -> None:
    files = {entry.name for table in starting_release.tables for entry in table.files}
    assert {name.removesuffix(".parquet") for name in files if name.endswith(".parquet")} == set(NAMES)


def test_tables_agree_with_the_endpoint(service: Service, clusters: list[str]) -> None:
    frame = pd.read_parquet(f"{service.base}/tables/clusters.parquet")
    assert sorted(frame["iri"]) == clusters
    french = frame["country_code"].map(lambda codes: codes is not None and "FR" in codes)
    by_country = {row["name"]: int(row["clusters"]) for row in answer("clusters-by-country")}
    assert french.sum() == by_country["France"]


def test_the_dictionary_explains_every_column(service: Service) -> None:
    dictionary = pd.read_csv(f"{service.base}/tables/dictionary.csv")
    for name in NAMES:
        columns = pd.read_csv(f"{service.base}/tables/{name}.csv", nrows=0).columns
        assert dictionary.loc[dictionary["table"] == name, "column"].tolist() == list(columns), name


def test_a_table_of_a_release_never_changes_its_address(service: Service, starting_release: Manifest) -> None:
    here = f"{service.base}/releases/{starting_release.id}/tables/clusters.csv"
    with urllib.request.urlopen(f"{service.base}/tables/clusters.csv") as response:
        assert response.geturl() == here
        assert response.headers["Eclod-Release"] == starting_release.id
    assert pd.read_csv(here).equals(pd.read_csv(f"{service.base}/tables/clusters.csv"))
