"""Registries: a folder with `registry.toml`, which says who publishes what, and a mapping for each of its files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pyoxigraph import Literal as RdfLiteral

from eclod.core.errors import BadInput
from eclod.store.identities import LIFE
from eclod_loaders.declarations import nodes
from eclod_loaders.declarations.mapping_file import NO_MAPPING, RegistryMapping, load_mapping
from eclod_loaders.declarations.publishing import Publishing
from eclod_loaders.declarations.toml_files import Declared, did_you_mean, read_toml, validate
from eclod_loaders.values.texts import Unreadable, web_address

ADAPTER_NAMES: Final = ("tabular", "geojson", "topojson", "json", "xml", "icalendar", "rdf", "rml")
#: The adapters whose columns are paths.
BY_PATH: Final = frozenset({"json", "xml"})
#: The adapter that needs the name of one of the objects in a file.
BY_OBJECT: Final = "topojson"
#: The adapters that need no mapping, since what they read is in terms of our vocabulary.
UNMAPPED: Final = frozenset({"rdf", "rml"})
#: The adapter whose mapping is a file of RML.
RML: Final = "rml"
REGISTRY_FILE: Final = "registry.toml"
#: What `retire_after` says of things that stay although the registry no longer has them.
NEVER: Final = "never"

NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: Names under which the service has graphs of its own (`…/graph/identifiers/life`).
RESERVED: Final = frozenset({LIFE.rpartition("/")[2]})
URL: Final = re.compile(r"https?://")
_PATTERN = re.compile(r"[*?]")
_COUNTRY = re.compile(r"([A-Z]{2})?")
_LANGUAGE = re.compile(r"[a-z]{2}")


def _texts_by_language(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


def _tagged(texts: Mapping[str, str]) -> Mapping[str, str]:
    for language, text in texts.items():
        try:
            RdfLiteral(text, language=language)
        except ValueError:
            raise ValueError(f"'{language}' is not a language tag; write one such as en or pt-BR") from None
        if not text.strip():
            raise ValueError(f"the text in '{language}' is empty; write it or leave the language out")
    return texts


def _country(code: str) -> str:
    if not _COUNTRY.fullmatch(code):
        raise ValueError(f"'{code}' is not a country code; write two capital letters such as DE, or leave it out")
    return code


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"'{code}' is not a language code; write two small letters such as en")
    return code


def _publisher(name: str) -> str:
    if not name.strip():
        raise ValueError("the name of whoever publishes the registry is needed")
    return name


def _adapter(name: str) -> str:
    if name not in ADAPTER_NAMES:
        raise ValueError(f"there is no adapter '{name}'" + did_you_mean(name, ADAPTER_NAMES))
    return name


def _retire_after(value: object) -> object:
    if value != NEVER and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"'{value}' is neither a number of deliveries, such as 1, nor \"{NEVER}\"")
    return value


def _address(text: str) -> str:
    try:
        return web_address(text) if text else ""
    except Unreadable as error:
        raise ValueError(error.message) from None


def _place(file: str) -> str:
    if URL.match(file):
        return _fetchable(file)
    if PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts:
        raise ValueError("a path below the registry's folder (./…) or below --sources is needed, or an http(s) address")
    return file


def _beside(name: str) -> str:
    if name and PurePosixPath(name).name != name:
        raise ValueError(f"'{name}' is not the name of a file beside {REGISTRY_FILE}")
    return name


def _fetchable(url: str) -> str:
    with suppress(ValueError):  # brackets that do not match, a port that is no number
        parts = urlsplit(url)
        if parts.hostname and parts.port != 0 and url.isascii() and not re.search(r"\s", url):
            return url
    raise ValueError(f"'{url}' is not an address that can be fetched; correct it")


ByLanguage = Annotated[Mapping[str, str], BeforeValidator(_texts_by_language), AfterValidator(_tagged)]
Address = Annotated[str, AfterValidator(_address)]


class Source(Declared):
    """One file of a registry: where it is, how it is read, how its rows are mapped.

    `file` is beside `registry.toml` when it begins with `./`, at an http(s) address, or below the folder of sources;
    with `*` or `?` in it, it stands for all files whose names match. `via` says what lies at an address that is not the
    file itself: an endpoint (`sparql`, asked the `query` beside `registry.toml`, `page` solutions at a time), an event
    stream (`ldes`), or a catalogue (`dcat`), of which the file of a `dataset` is read.
    """

    file: Annotated[str, AfterValidator(_place)]
    adapter: Annotated[str, AfterValidator(_adapter)] = "tabular"
    via: Literal["", "sparql", "ldes", "dcat"] = ""
    query: Annotated[str, AfterValidator(_beside)] = ""
    page: int = Field(default=1000, ge=1, le=1_000_000)
    dataset: str = ""
    mapping_file: str = "mapping.toml"
    mapping_label: str
    mapping: RegistryMapping
    rml: Path | None = None

    @property
    def is_pattern(self) -> bool:
        """Return whether it stands for all files of some name."""
        return bool(_PATTERN.search(self.file)) and not URL.match(self.file)

    def called(self, name: str) -> Source:
        """Return one of the files that it stands for; raises BadInput where they are in several folders."""
        folder, slash, _ = self.file.rpartition("/")
        if _PATTERN.search(folder):
            raise BadInput(f"The files {self.file} are in several folders and cannot be sent one by one.")
        return self.model_copy(update={"file": folder + slash + name})

    @model_validator(mode="after")
    def _way(self) -> Self:
        if self.via and not URL.match(self.file):
            raise ValueError(f"'via' says what lies at an address, and '{self.file}' is a file; take it out")
        if self.via in ("sparql", "ldes") and self.adapter not in UNMAPPED:
            raise ValueError(f'what comes via {self.via} is RDF; write adapter = "rdf"')
        if bool(self.query) != (self.via == "sparql"):
            raise ValueError("'query' is the file with the query for an endpoint (via = \"sparql\"), which needs one")
        if self.dataset and self.via != "dcat":
            raise ValueError("'dataset' is one of a catalogue; it needs via = \"dcat\"")
        return self

    @model_validator(mode="after")
    def _paths(self) -> Self:
        records = self.mapping.file.records
        if self.adapter == BY_OBJECT:
            if len(records) != 1:
                raise ValueError(f"{self.mapping_label} names under [file] one object of the topology as 'records'")
            return self
        if self.adapter not in BY_PATH:
            if records:
                raise ValueError(f"'records' of {self.mapping_label} is for the adapters json, xml and topojson")
            return self
        if not records:
            raise ValueError(f"the adapter {self.adapter} needs 'records' under [file] of {self.mapping_label}")
        for text in (*records, *self.mapping.used_columns, *self.mapping.ignored):
            try:
                nodes.parse(text)
            except ValueError as error:
                raise ValueError(f"{self.mapping_label}: {error}") from None
        return self


class Registry(Declared):
    """Who publishes a registry, under which terms, and what it consists of.

    `precedence` orders registries in the merged view: the lowest is believed first; `issued` is the day that its data
    is from. A thing that is no longer in the registry's files is retired after `retire_after` deliveries without it, or
    never. What a `sandbox` delivers is checked and reported, and never enters a release.
    """

    name: Annotated[str, Field(pattern=NAME.pattern)]
    folder: Path
    title: ByLanguage = Field(min_length=1)
    publisher: Annotated[str, AfterValidator(_publisher)]
    licence: Address = ""
    rights: str = ""
    country: Annotated[str, AfterValidator(_country)] = ""
    language: Annotated[str, AfterValidator(_language)]
    source: Address = ""
    description: ByLanguage = Field(default_factory=dict)
    precedence: int = 200
    issued: date | None = None
    retire_after: Annotated[int | str, BeforeValidator(_retire_after)] = 1
    sandbox: bool = False
    publishing: Publishing = Publishing()
    sources: tuple[Source, ...]

    @classmethod
    def load(cls, folder: Path) -> Registry:
        """Return the registry in a folder, with its mappings.

        Raises BadInput, naming file and setting, when one of the files is missing or does not hold.
        """
        label = f"{folder.name}/{REGISTRY_FILE}"
        content = read_toml(folder / REGISTRY_FILE, label)
        if not NAME.fullmatch(folder.name):
            raise BadInput(
                f"The registry folder '{folder.name}' needs a name of small letters, digits and single dashes."
            )
        if folder.name in RESERVED:
            raise BadInput(f"The registry folder '{folder.name}' needs another name: this service uses it for itself.")
        for reserved in ("name", "folder"):
            if reserved in content:
                raise BadInput(f"{label}: '{reserved}' is not set here; a registry has the name of its folder.")
        sources = content.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(each, dict) for each in sources):
            raise BadInput(f"{label}: write each file under a heading [[sources]].")
        if not sources:
            raise BadInput(f"{label}: it names no file; add one under a heading [[sources]].")
        twice = [file for file, count in Counter(str(each.get("file")) for each in sources).items() if count > 1]
        if twice:
            raise BadInput(f"{label}: the file '{twice[0]}' stands there twice; one mapping may make several things.")
        full = [_with_mapping(folder, each) for each in sources]
        known = [*Source.model_fields, *cls.model_fields]
        return validate(cls, {**content, "name": folder.name, "folder": folder, "sources": full}, label, known)

    def file_name(self, source: Source) -> str:
        """Return what a source's file is called in messages and provenance: the shortest name no other file has."""
        name = PurePosixPath(source.file).name
        others = [each.file for each in self.sources if each.file != source.file]
        return source.file if any(PurePosixPath(file).name == name for file in others) else name


def _with_mapping(folder: Path, source: Mapping[str, Any]) -> dict[str, Any]:
    if source.get("adapter") in UNMAPPED:
        if source["adapter"] == RML:
            name = _file_beside(folder, source.get("mapping_file", "mapping.rml.ttl"))
            if not (folder / name).is_file():
                raise BadInput(f"{folder.name}/{name} is missing; it is the RML mapping of '{source.get('file')}'.")
            return {**source, "mapping": NO_MAPPING, "mapping_label": f"{folder.name}/{name}", "rml": folder / name}
        if "mapping_file" in source:
            raise BadInput(f"{folder.name}/{REGISTRY_FILE}: RDF needs no mapping; take out 'mapping_file'.")
        return {**source, "mapping": NO_MAPPING, "mapping_label": f"{folder.name}/{REGISTRY_FILE}"}
    name = _file_beside(folder, source.get("mapping_file", "mapping.toml"))
    label = f"{folder.name}/{name}"
    for reserved in ("mapping", "mapping_label", "rml"):
        if reserved in source:
            raise BadInput(
                f"{folder.name}/{REGISTRY_FILE}: there is no setting '{reserved}'; did you mean 'mapping_file'?"
            )
    return {**source, "mapping": load_mapping(folder / name, label), "mapping_label": label}


def _file_beside(folder: Path, name: object) -> str:
    if not isinstance(name, str) or PurePosixPath(name).name != name:
        raise BadInput(f"{folder.name}/{REGISTRY_FILE}: mapping_file is the name of a file beside it, not '{name}'.")
    return name


def registries(folder: Path) -> list[Registry]:
    """Return the registries in the sub-folders of a folder that have a `registry.toml`, by name.

    Raises BadInput when there is none, such as in the folder of one registry.
    """
    found = sorted(folder.glob(f"*/{REGISTRY_FILE}"))
    if not found:
        if (folder / REGISTRY_FILE).exists():
            raise BadInput(f"The folder {folder} is itself a registry; name the folder in which it is.")
        raise BadInput(f"There is no registry in {folder}; a registry is a folder there with a {REGISTRY_FILE}.")
    return [Registry.load(path.parent) for path in found]


def all_registries(folders: Iterable[Path]) -> list[Registry]:
    """Return the registries of several folders. Raises BadInput when two of them have the same name."""
    known: dict[str, Registry] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        for each in registries(folder):
            other = known.setdefault(each.name, each)
            if other is not each:
                raise BadInput(
                    f"There are two registries called '{each.name}', in {other.folder} and in {each.folder}; "
                    "rename one folder."
                )
    return list(known.values())


def expanded(registry: Registry, sources_dir: Path | None, sent: Iterable[str] = ()) -> Registry:
    """Return the registry with the files that there are in place of names with `*` or `?`, in their order.

    `sent` are the names of files that the registry sent.

    A name that no file matches stays as it is, and counts as a file that is not there.
    """
    sources: list[Source] = []
    for source in registry.sources:
        names: set[str] = set()
        if source.is_pattern:
            beside = source.file.startswith("./")
            pattern = source.file.removeprefix("./")
            if (folder := registry.folder if beside else sources_dir) is not None:
                paths = [path for path in folder.glob(pattern) if path.is_file()]
                names = {("./" if beside else "") + path.relative_to(folder).as_posix() for path in paths}
            start = source.file.rpartition("/")[0]
            names |= {each for each in sent if each.rpartition("/")[0] == start and PurePosixPath(each).match(pattern)}
            sources += [source.model_copy(update={"file": name}) for name in sorted(names)]
        if not names:
            sources.append(source)
    return registry.model_copy(update={"sources": tuple(sources)})
