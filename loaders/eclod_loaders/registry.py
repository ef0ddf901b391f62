"""Registries: a folder with `registry.toml`, which says who publishes what, and a mapping for each of its files."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from pydantic import AfterValidator, BeforeValidator, Field

from eclod.core.errors import BadInput
from eclod_loaders.declared import Declared, did_you_mean, read_toml, validate
from eclod_loaders.mapping_file import RegistryMapping, load_mapping
from eclod_loaders.values import Unreadable, web_address

ADAPTER_NAMES: Final = ("tabular", "geojson")
REGISTRY_FILE: Final = "registry.toml"

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_URL = re.compile(r"https?://")
_TIMEOUT_SECONDS: Final = 60


def _texts_by_language(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _adapter(name: str) -> str:
    if name not in ADAPTER_NAMES:
        raise ValueError(f"there is no adapter '{name}'" + did_you_mean(name, ADAPTER_NAMES))
    return name


def _address(text: str) -> str:
    try:
        return web_address(text) if text else ""
    except Unreadable as error:
        raise ValueError(error.message) from None


def _place(file: str) -> str:
    if not _URL.match(file) and (PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts):
        raise ValueError("a path below the registry's folder (./…) or below --sources is needed, or an http(s) address")
    return file


ByLanguage = Annotated[Mapping[str, str], BeforeValidator(_texts_by_language)]
Address = Annotated[str, AfterValidator(_address)]


class Source(Declared):
    """One file of a registry: where it is, how it is read, how its rows are mapped.

    `file` is beside `registry.toml` when it begins with `./`, at an http(s) address, or below the folder of sources.
    """

    file: Annotated[str, AfterValidator(_place)]
    adapter: Annotated[str, AfterValidator(_adapter)] = "tabular"
    mapping_file: str = "mapping.toml"
    mapping_label: str
    mapping: RegistryMapping


class Registry(Declared):
    """Who publishes a registry, under which terms, and what it consists of.

    `precedence` orders registries in the merged view: the lowest is believed first.
    """

    name: Annotated[str, Field(pattern=_NAME.pattern)]
    folder: Path
    title: ByLanguage = Field(min_length=1)
    publisher: str = ""
    licence: Address = ""
    rights: str = ""
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    language: str = Field(pattern=r"^[a-z]{2}$")
    source: Address = ""
    description: ByLanguage = Field(default_factory=dict)
    precedence: int = 200
    sources: tuple[Source, ...] = Field(min_length=1)

    @classmethod
    def load(cls, folder: Path) -> Registry:
        """Return the registry in a folder, with its mappings.

        Raises BadInput, naming file and setting, when one of the files is missing or does not hold.
        """
        label = f"{folder.name}/{REGISTRY_FILE}"
        content = read_toml(folder / REGISTRY_FILE, label)
        if not _NAME.fullmatch(folder.name):
            raise BadInput(
                f"The registry folder '{folder.name}' needs a name of small letters, digits and single dashes."
            )
        for reserved in ("name", "folder"):
            if reserved in content:
                raise BadInput(f"{label}: '{reserved}' is not set here; a registry has the name of its folder.")
        sources = content.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(each, dict) for each in sources):
            raise BadInput(f"{label}: write each file under a heading [[sources]].")
        full = [_with_mapping(folder, each) for each in sources]
        known = [*Source.model_fields, *cls.model_fields]
        return validate(cls, {**content, "name": folder.name, "folder": folder, "sources": full}, label, known)


def _with_mapping(folder: Path, source: Mapping[str, Any]) -> dict[str, Any]:
    name = source.get("mapping_file", "mapping.toml")
    label = f"{folder.name}/{name}"
    if not isinstance(name, str) or PurePosixPath(name).name != name:
        raise BadInput(f"{folder.name}/{REGISTRY_FILE}: mapping_file is the name of a file beside it, not '{name}'.")
    for reserved in ("mapping", "mapping_label"):
        if reserved in source:
            raise BadInput(
                f"{folder.name}/{REGISTRY_FILE}: there is no setting '{reserved}'; did you mean 'mapping_file'?"
            )
    return {**source, "mapping": load_mapping(folder / name, label), "mapping_label": label}


def registries(folder: Path) -> list[Registry]:
    """Return the registries in the sub-folders of a folder that have a `registry.toml`, by name."""
    return [Registry.load(path.parent) for path in sorted(folder.glob(f"*/{REGISTRY_FILE}"))]


def locate(source: Source, registry: Registry, sources_dir: Path | None, downloads: Path | None = None) -> Path | None:
    """Return where a source's file is, or None when it is not there.

    A file at an http(s) address is fetched into the folder `downloads`; without one it counts as not there. Raises
    BadInput when it cannot be fetched.
    """
    if _URL.match(source.file):
        return _fetch(source.file, downloads) if downloads else None
    if source.file.startswith("./"):
        path = registry.folder / source.file
    elif sources_dir is not None:
        path = sources_dir / source.file
    else:
        return None
    return path if path.is_file() else None


def _fetch(url: str, downloads: Path) -> Path:
    """Save what an address gives, under a name made from the address, so that two files never meet."""
    downloads.mkdir(parents=True, exist_ok=True)
    target = downloads / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{PurePosixPath(url).name or 'file'}"
    part = target.with_name(target.name + ".part")
    request = Request(url, headers={"User-Agent": "eclod"})
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as answer, part.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except (URLError, TimeoutError, OSError) as error:
        part.unlink(missing_ok=True)
        reason = getattr(error, "reason", None) or error
        raise BadInput(
            f"{url} cannot be fetched: {reason}. Check the address, or save the file and name its path."
        ) from None
    return part.replace(target)
