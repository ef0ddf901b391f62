"""Settings: each one declared once, misspelt or impossible ones refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.errors import BadSetting
from eclod.core.settings import PLAIN_NAMES, Settings, from_environment


def test_nothing_set_gives_the_defaults() -> None:
    settings = from_environment({})
    assert (settings.base, settings.host, settings.port) == ("https://w3id.org/eclod", "127.0.0.1", 8000)
    root = assets.checkout()
    assert root is not None
    assert settings.data == root / "data"


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_every_setting_is_read_from_its_variable() -> None:
    given = {
        "data": "/tmp/x",
        "base": "https://data.example.org/clusters",
        "host": "0.0.0.0",
        "port": "81",
        "query_seconds": "1.5",
        "query_memory_mb": "65",
        "queue_seconds": "2.5",
        "queue": "9",
        "client_queries": "10",
        "result_mb": "3",
        "result_rows": "11",
        "query_kb": "4",
        "executors": "5",
        "memory_mb": "6",
        "past_releases": "12",
        "past_executors": "13",
        "past_seconds": "14.5",
        "cache_mb": "15",
        "proxies": "16",
        "federation": "https://example.org/sparql",
        "federation_private": "True",
        "federation_rows": "17",
        "receipts_mb": "18",
        "rml_python": "/opt/rml/bin/python",
        "linkback_hosts": "portal.example.org",
        "linkback_private": "True",
        "linkback_day": "21",
        "registries": "/srv/registries",
        "sources": "/srv/files",
        "upload_mb": "19",
        "keep_submissions": "22",
        "publisher": "False",
        "publisher_seconds": "20.5",
        "publisher_memory_mb": "2048",
        "web_threads": "7",
        "keep_releases": "8",
    }
    assert given.keys() == Settings.model_fields.keys()
    settings = from_environment({f"ECLOD_{name.upper()}": value for name, value in given.items()})
    assert {name: str(value) for name, value in settings.model_dump().items()} == given


def test_variables_of_others_are_left_alone() -> None:
    assert from_environment({"ECLO_PORT": "x", "eclod_port": "x", "PATH": "x"}) == from_environment({})


@pytest.mark.parametrize("variable", ["ECLOD_PROT", "ECLOD_", "ECLOD_PORT_", "ECLOD_MODEL_CONFIG"])
@pytest.mark.parametrize("value", ["1", ""])
def test_an_unknown_variable_is_refused_with_the_names_there_are(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"no setting {variable}; there are ECLOD_DATA") as caught:
        from_environment({variable: value})
    assert all(f"ECLOD_{name.upper()}" in caught.value.message for name in Settings.model_fields)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ECLOD_PORT", "eighty"),
        ("ECLOD_PORT", "80.5"),
        ("ECLOD_PORT", "65536"),
        ("ECLOD_PORT", "-1"),
        ("ECLOD_QUERY_SECONDS", "0"),
        ("ECLOD_QUERY_SECONDS", "nan"),
        ("ECLOD_QUERY_SECONDS", "inf"),
        ("ECLOD_QUERY_SECONDS", "1e300"),
        ("ECLOD_QUERY_MEMORY_MB", "1"),
        ("ECLOD_QUERY_MEMORY_MB", "99999999999999999999"),
        ("ECLOD_EXECUTORS", "0"),
        ("ECLOD_KEEP_RELEASES", "1"),
        ("ECLOD_BASE", "w3id.org/eclod"),
        ("ECLOD_BASE", "ftp://w3id.org/eclod"),
        ("ECLOD_BASE", "https://"),
        ("ECLOD_BASE", "https:///eclod"),
        ("ECLOD_BASE", "https://w3id.org/a b"),
        ("ECLOD_BASE", "https://w3id.org/<a>"),
        ("ECLOD_BASE", "https://w3id.org/?base=a"),
        ("ECLOD_BASE", "https://w3id.org/#a"),
        ("ECLOD_BASE", "https://w3id.org/eclod\n"),
    ],
)
def test_an_impossible_value_is_refused_by_name_and_value(variable: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        from_environment({variable: value})
    assert f"The setting {variable} is '{value}'" in caught.value.message
    assert "Traceback" not in caught.value.message


def test_a_bad_port_is_named_as_the_setting_also_when_port_gave_it() -> None:
    with pytest.raises(BadSetting, match="ECLOD_PORT is '99999'"):
        from_environment({"PORT": "99999"})


@pytest.mark.parametrize("order", [1, -1])
def test_our_own_variable_wins_over_the_plain_one(order: int) -> None:
    pairs = [("ECLOD_PORT", "81"), ("PORT", "82"), ("ECLOD_HOST", "::1"), ("HOST", "0.0.0.0")][::order]
    settings = from_environment(dict(pairs))
    assert (settings.port, settings.host) == (81, "::1")
    assert PLAIN_NAMES == {"PORT": "port", "HOST": "host"}


def test_an_empty_variable_counts_as_not_set() -> None:
    environment = {f"ECLOD_{name.upper()}": "" for name in Settings.model_fields} | {"PORT": "", "HOST": ""}
    assert from_environment(environment) == from_environment({})


def test_options_win_and_none_is_no_option() -> None:
    settings = from_environment({"ECLOD_PORT": "81", "PORT": "82"}, port="83", host=None, data=Path("/tmp/x"))
    assert (settings.port, settings.host, settings.data) == (83, "127.0.0.1", Path("/tmp/x"))
    with pytest.raises(BadSetting, match="ECLOD_COLOUR"):
        from_environment({}, colour="red")


@pytest.mark.parametrize("spelling", ["https://w3id.org/eclod/", "https://w3id.org/eclod//", "https://w3id.org/eclod"])
def test_a_slash_at_the_end_of_the_base_is_no_difference(spelling: str) -> None:
    assert from_environment({"ECLOD_BASE": spelling}).base == "https://w3id.org/eclod"
