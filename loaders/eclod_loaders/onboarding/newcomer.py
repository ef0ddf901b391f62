"""A new registry from a sample file: its folder with `registry.toml`, a mapping to review, and the file itself."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.languages import get_official_languages

from eclod.core.errors import BadInput
from eclod.rdf import fields
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders import installed
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations.registry import NAME, REGISTRY_FILE, RESERVED, Registry
from eclod_loaders.mapping.mapper import map_rows
from eclod_loaders.onboarding import of_rdf, template
from eclod_loaders.onboarding import sample as samples
from eclod_loaders.onboarding.content import Recogniser
from eclod_loaders.onboarding.mapping_text import MappingText
from eclod_loaders.onboarding.proposal import Proposal, Proposer
from eclod_loaders.onboarding.sample import Sample
from eclod_loaders.onboarding.template import Template
from eclod_loaders.onboarding.toml_text import text
from eclod_loaders.reading.adapters import ADAPTERS
from eclod_loaders.reading.tabular import SPREADSHEETS
from eclod_loaders.reporting.language import LANGUAGES, speech

MAPPING: Final = "mapping.toml"
#: A column that spoils more rows than this is not placed but left to decide.
_SPOILS: Final = 0.1
_ROUNDS: Final = 6
_COUNTRY: Final = re.compile(r"([a-z]{2})-")


@dataclass(frozen=True, slots=True)
class Who:
    """Who publishes the registry, and what else only they know; what is empty is asked for in `registry.toml`."""

    title: str
    publisher: str
    country: str = ""
    language: str = "en"
    licence: str = ""
    rights: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The registry that was made, what the columns were taken for, and how many rows of the sample that maps."""

    registry: Registry
    sample: Sample
    proposal: Proposal
    read: int
    mapped: int


def country_of(name: str) -> str:
    """Return the country that a registry's name begins with (`pl-clusters`), or nothing."""
    match = _COUNTRY.match(name)
    code = match[1].upper() if match else ""
    return code if code and get_official_languages(code) else ""


def language_of(country: str) -> str:
    """Return the first official language of a country, English without one."""
    languages = get_official_languages(country) if country else ()
    return languages[0] if languages and len(languages[0]) == 2 else "en"


def make(name: str, path: Path, into: Path, who: Who, shape: str | None = None, encoding: str | None = None) -> Made:
    """Make the folder of a registry from a sample file and return what was made.

    What is written loads, and maps the sample: a column that would spoil many rows is left to decide. Raises BadInput
    when the name will not do, the folder is there already or the file cannot be read.
    """
    folder = into / name
    if not NAME.fullmatch(name):
        raise BadInput(f"'{name}' is no name for a registry; use small letters, digits and single dashes.")
    if name in RESERVED:
        raise BadInput(f"'{name}' is no name for a registry, since the service itself uses it; choose another one.")
    if folder.exists():
        raise BadInput(f"The folder {folder} is there already; choose another name, or remove it.")
    catalogue, codes = fields.load(), installed.code_lists()
    if of_rdf.is_rdf(path):
        return _make_of_rdf(folder, path, who, catalogue, codes)
    sample, filled = _read(path, encoding, catalogue, who.country)
    recogniser = Recogniser(catalogue, codes, who.country, who.language)
    proposer = Proposer(catalogue, recogniser)
    try:
        folder.mkdir(parents=True)
        file = _file_name(path)
        shutil.copyfile(path, folder / file)
        (folder / REGISTRY_FILE).write_text(
            "\n".join(_registry_lines(who, file, sample.adapter)) + "\n", encoding="utf-8"
        )
        if filled is not None:
            return _write_of_template(folder, sample, filled, catalogue, codes)
        return _write_mapping(folder, sample, proposer, recogniser, who, shape, catalogue, codes)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BadInput(f"The folder {folder} cannot be written: {error.strerror}. Name another with --into.") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _make_of_rdf(folder: Path, path: Path, who: Who, catalogue: FieldCatalogue, codes: CodeLists) -> Made:
    """Make the folder of a registry whose file is RDF, which needs no mapping."""
    try:
        folder.mkdir(parents=True)
        file = _file_name(path)
        shutil.copyfile(path, folder / file)
        (folder / REGISTRY_FILE).write_text("\n".join(_registry_lines(who, file, "rdf")) + "\n", encoding="utf-8")
        registry = Registry.load(folder)
        found = of_rdf.read(registry, folder / file, catalogue, codes)
        sample = Sample(path, "rdf", (), (), remarks=list(found.remarks))
        return Made(registry, sample, Proposal(""), found.read, found.mapped)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BadInput(f"The folder {folder} cannot be written: {error.strerror}. Name another with --into.") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _read(path: Path, encoding: str | None, catalogue: FieldCatalogue, country: str) -> tuple[Sample, Template | None]:
    """Return the sample, and the template that it was made from when it is one; its table is in the first sheet."""
    speeches = [speech(each) for each in LANGUAGES]
    if path.suffix.lower() in SPREADSHEETS:
        with suppress(BadInput):
            first = samples.read(path, sheet=samples.sheet_names(path)[0])
            if filled := template.recognised([c.name for c in first.columns], catalogue, speeches, country):
                return first, filled
    sample = samples.read(path, encoding)
    return sample, template.recognised([c.name for c in sample.columns], catalogue, speeches, country)


def _write_of_template(
    folder: Path, sample: Sample, filled: Template, catalogue: FieldCatalogue, codes: CodeLists
) -> Made:
    """Write the mapping of a template that somebody filled in."""
    (folder / MAPPING).write_text("\n".join(filled.mapping(sample.options)) + "\n", encoding="utf-8")
    registry = Registry.load(folder)
    read, mapped, _ = _try(registry, catalogue, codes)
    return Made(registry, sample, Proposal(filled.shape, key=[filled.key]), read, mapped)


def _write_mapping(
    folder: Path,
    sample: Sample,
    proposer: Proposer,
    recogniser: Recogniser,
    who: Who,
    shape: str | None,
    catalogue: FieldCatalogue,
    codes: CodeLists,
) -> Made:
    """Write the mapping, try it, and leave out what spoils rows, until nothing does."""
    without: dict[str, str] = {}
    for attempt in range(_ROUNDS):
        proposal = proposer.propose(sample, shape, without)
        shape = proposal.shape  # a column less does not make it something else
        lines = MappingText(sample, proposal, recogniser, who.country, who.language).lines()
        (folder / MAPPING).write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            registry = Registry.load(folder)
            read, mapped, spoilt = _try(registry, catalogue, codes)
        except BadInput as error:
            said = error.message.partition(f"{MAPPING}: ")[2] or error.message
            raise BadInput(
                f"{sample.path.name} has no columns for a {shape}: {said} Try another --shape or none, and write what "
                "the columns do not say into the mapping."
            ) from None
        name = proposal.of("name")
        worst = {c: said for c, (n, said) in spoilt.items() if n > _SPOILS * read and name and c != name.column.name}
        if not worst or attempt == _ROUNDS - 1:
            break
        without |= {column: f"to decide: {said}" for column, said in worst.items()}
    return Made(registry, sample, proposal, read, mapped)


def _try(
    registry: Registry, catalogue: FieldCatalogue, codes: CodeLists
) -> tuple[int, int, dict[str, tuple[int, str]]]:
    """Return how many rows are read and mapped, and for each column with problems how many and the first of them."""
    source = registry.sources[0]
    path = registry.folder / source.file
    rows = ADAPTERS[source.adapter](path, registry.file_name(source), source)
    read = mapped = 0
    counts: Counter[str] = Counter()
    said: dict[str, str] = {}
    lists = {name: each.column for name, each in source.mapping.lists.items()}
    for found in map_rows(
        registry, source, rows, catalogue, codes, lambda kind, key, *_: f"urn:x:{kind}:{key.encode().hex()}"
    ):
        read += 1
        mapped += bool(found.subjects) and not found.problems
        for column in {lists.get(each.column or "", each.column or "") for each in found.problems} - {""}:
            counts[column] += 1
            said.setdefault(column, next(each.message for each in found.problems if each.column))
    return read, mapped, {column: (count, said[column]) for column, count in counts.items()}


def _file_name(path: Path) -> str:
    """Return the name of the copy: without signs that stand for others in a name of a source."""
    return re.sub(r"[*?\[\]\s]+", "-", path.name).lstrip(".-") or f"sample{path.suffix}"


def _registry_lines(who: Who, file: str, adapter: str) -> list[str]:
    title = f"en = {text(who.title)}" + (f", {who.language} = {text(who.title)}" if who.language != "en" else "")
    return [
        "# Who publishes this registry and under which terms. What each word means: loaders/registries/README.md.",
        f"title = {{ {title} }}" + ("        # ? the title in each language" if who.language != "en" else ""),
        'description = {}          # { en = "One or two sentences on what is in it." }',
        f"publisher = {text(who.publisher)}",
        f"licence = {text(who.licence)}" + ("" if who.licence else "              # ? the address of the licence"),
        f"rights = {text(who.rights)}"
        + ("" if who.rights else "               # ? the terms in words, or that none are stated"),
        f"country = {text(who.country)}",
        f"language = {text(who.language)}            # of its texts",
        f"source = {text(who.source)}"
        + ("" if who.source else "               # ? the page where the register is published"),
        'retire_after = 1           # deliveries without a thing until it is retired, or "never"',
        "",
        "[[sources]]",
        f"file = {text('./' + file)}",
        f"adapter = {text(adapter)}",
    ]
