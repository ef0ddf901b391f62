"""Every setting, declared once: name, default, what it means.

Read from the environment (`ECLOD_…`, and `PORT` and `HOST` for the address to listen on). A variable that begins with
`ECLOD_` and is not listed here is an error, so that a misspelt one is never silently without effect.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from eclod.core import assets, endpoints, hosts, iris
from eclod.core.errors import BadSetting


def _default_data() -> Path:
    root = assets.checkout()
    return root / "data" if root else Path.cwd() / "eclod-data"


#: An address with a host, and without a query, a fragment or what no IRI may hold: names are made by adding to it.
_BASE: Final = re.compile(r'https?://[^\s/?#<>"{}|\\^`]+(?:/[^\s?#<>"{}|\\^`]*)?')


def _without_slash(base: str) -> str:
    if not _BASE.fullmatch(base):
        raise ValueError("an address that begins with http:// or https://, without query or fragment, is needed")
    return base.rstrip("/")


def _endpoint_list(text: str) -> str:
    return " ".join(endpoint.iri for endpoint in endpoints.parse_list(text)) or "none"


def _host_list(text: str) -> str:
    hosts.parse(text)
    return " ".join(text.replace(",", " ").split())


class Settings(BaseModel):
    """What an operator may set; every field's description is shown in `docs/operators.md` and `eclod serve --help`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Field(default_factory=_default_data, description="folder with everything the service knows")
    base: Annotated[str, AfterValidator(_without_slash)] = Field(
        default=iris.DEFAULT_BASE, description="base of the identifiers; independent of where the service runs"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on")
    query_seconds: float = Field(default=30.0, gt=0, le=86400, description="time budget of one query, in seconds")
    query_memory_mb: int = Field(default=1024, ge=64, le=1 << 24, description="memory one query may take, in MiB")
    queue_seconds: float = Field(
        default=10.0, gt=0, le=86400, description="how long a query may wait for a free executor, in seconds"
    )
    queue: int = Field(default=64, ge=1, le=1 << 16, description="how many queries wait for a free executor at most")
    client_queries: int = Field(
        default=20, ge=1, le=1 << 16, description="queries of one client at the same time, waiting ones among them"
    )
    result_mb: int = Field(default=512, ge=1, le=1 << 24, description="largest answer to one query, in MiB")
    result_rows: int = Field(
        default=1_000_000, ge=1, description="rows after which a table is cut, which the answer then says"
    )
    query_kb: int = Field(default=1024, ge=1, le=1 << 20, description="longest query text, in KiB")
    executors: int = Field(default=4, ge=1, le=256, description="queries answered at the same time")
    memory_mb: int = Field(
        default=2048,
        ge=0,
        description="a release that needs less than this is kept in memory, in MiB; 0 = always from disk",
    )
    past_releases: int = Field(default=2, ge=1, le=64, description="past releases that are open at the same time")
    past_executors: int = Field(default=2, ge=1, le=64, description="queries to past releases at the same time")
    past_seconds: float = Field(
        default=300.0, gt=0, description="after how long without a query a past release is closed, in seconds"
    )
    cache_mb: int = Field(default=64, ge=0, description="memory for answers that may be asked again, in MiB; 0 = none")
    proxies: int = Field(
        default=0, ge=0, le=16, description="reverse proxies in front, each of which adds to X-Forwarded-For"
    )
    federation: Annotated[str, AfterValidator(_endpoint_list)] = Field(
        default="https://query.wikidata.org/sparql https://publications.europa.eu/webapi/rdf/sparql "
        "https://data.europa.eu/sparql https://lindas.admin.ch/query",
        description="endpoints that queries may ask with SERVICE, spaces or commas between; none = no SERVICE",
    )
    federation_private: bool = Field(
        default=False, description="whether these endpoints may be at addresses of this machine or a private network"
    )
    federation_rows: int = Field(
        default=100_000, ge=1, le=10_000_000, description="rows that one SERVICE may bring from another endpoint"
    )
    linkback_hosts: Annotated[str, AfterValidator(_host_list)] = Field(
        default="",
        description="hosts of portals whose pages are looked at when they announce links, and whose inboxes are told "
        "of changes, spaces between; *.example.eu for all below; without, the operator accepts each by hand",
    )
    linkback_private: bool = Field(
        default=False, description="whether these hosts may be at addresses of this machine or a private network"
    )
    linkback_day: int = Field(
        default=1000, ge=1, le=1_000_000, description="notifications of one client, and new ones about one host, a day"
    )
    receipts_mb: int = Field(
        default=256, ge=1, le=1 << 20, description="room for receipts of answers that are cited, in MiB"
    )
    registries: str = Field(
        default="", description="folders with registries beside the ones that come with eclod, with ':' between"
    )
    sources: str = Field(default="", description="folder below which registries' relative files are")
    upload_mb: int = Field(default=256, ge=1, le=1 << 16, description="largest file that a registry may send, in MiB")
    keep_submissions: int = Field(
        default=100, ge=0, description="settled submissions of a registry that are kept beside those that count"
    )
    publisher: bool = Field(default=True, description="whether `eclod serve` publishes what registries send")
    publisher_seconds: float = Field(
        default=900.0,
        gt=0,
        description="after how long without a delivery the publisher gives back its memory, in seconds",
    )
    publisher_memory_mb: int = Field(
        default=4096, ge=512, le=1 << 24, description="memory the publisher may take, in MiB"
    )
    rml_python: str = Field(
        default="", description="Python of an environment with morph-kgc, for registries that are mapped by RML"
    )
    web_threads: int = Field(default=64, ge=1, le=512, description="requests answered at the same time")
    keep_releases: int = Field(default=10, ge=2, description="releases that `eclod releases prune` keeps")


#: Settings that are also known by the short name that process managers use.
PLAIN_NAMES = {"PORT": "port", "HOST": "host"}


def folders(text: str) -> list[Path]:
    """Return the folders that a setting names."""
    return [Path(part) for part in text.split(os.pathsep) if part]


def from_environment(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Return the settings of an environment; an empty variable counts as not set.

    `overrides` (command-line options) win, None means not given.

    Raises BadSetting, naming the setting, its value and what is wrong with it.
    """
    values: dict[str, Any] = {}
    for variable, value in environment.items():
        if variable in PLAIN_NAMES and value:
            values.setdefault(PLAIN_NAMES[variable], value)
        elif variable.startswith("ECLOD_"):
            name = variable.removeprefix("ECLOD_").lower()
            if name not in Settings.model_fields:
                known = ", ".join(f"ECLOD_{field.upper()}" for field in Settings.model_fields)
                raise BadSetting(f"There is no setting {variable}; there are {known}. Correct or unset it.")
            if value:
                values[name] = value
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BadSetting(
            f"The setting ECLOD_{name.upper()} is '{first['input']}': {first['msg'].lower()}. Correct or unset it."
        ) from None
