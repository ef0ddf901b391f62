"""Mistakes in `registry.toml` and `mapping.toml`: one sentence with file, setting and the nearest name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core import assets
from eclod.core.errors import BadInput
from eclod.rdf.fields import FieldCatalogue
from eclod_loaders.codes.codelists import CodeLists
from eclod_loaders.declarations import mapping_file
from eclod_loaders.declarations.registry import ADAPTER_NAMES, Registry, Source, registries
from eclod_loaders.declarations.toml_files import Declared
from eclod_loaders.fetching.locating import locate
from eclod_loaders.mapping.plan import make_plans
from eclod_loaders.reading.adapters import ADAPTERS

from .conftest import REGISTRY, Outcome

Make = Callable[..., Registry]
Run = Callable[..., Outcome]

FOLDER = assets.folder("registries")


def thing(*lines: str) -> str:
    return "\n".join(["[things.firm]", 'shape = "Organisation"', 'key = "id"', 'fields.name = "navn"', *lines]) + "\n"


MISTAKES = {
    "no TOML": ("[things", "dk-test/mapping.toml is not TOML: "),
    "nothing": ("", "The setting things is missing."),
    "no things": ("things = {}", "In things: dictionary should have at least 1 item"),
    "unknown table": ("[value]\n" + thing(), "There is no setting 'value'; did you mean 'values'?"),
    "unknown setting": (
        thing('fields.country = { column = "a", colunm = "b" }'),
        "'colunm' in things.firm.fields.country",
    ),
    "misspelt setting": (thing("fold = true"), "There is no setting 'fold' in things.firm"),
    "no encoding": ('[file]\nencoding = "cp85O"\n' + thing(), "In file.encoding: there is no encoding 'cp85O'"),
    "long delimiter": ('[file]\ndelimiter = "||"\n' + thing(), "In file.delimiter: one character is needed."),
    "no locale": ('[values]\nlocale = "dk_DA"\n' + thing(), "In values.locale: there is no locale 'dk_DA'."),
    "no pattern": (thing('fields.keyword = { column = "a", pattern = "(" }'), "valid regular expression"),
    "two groups": (thing('fields.keyword = { column = "a", pattern = "(a)(b)" }'), "more than one group"),
    "group in split": (thing('fields.keyword = { column = "a", split = "(,)" }'), "has no groups"),
    "two sources": (thing('fields.keyword = { column = "a", constant = "b" }'), "there is column, constant"),
    "no key": ('[things.firm]\nshape = "Organisation"\n', "either 'key' or 'iri' is needed"),
    "no such thing": (thing('fields.subject = { thing = "firn" }'), "refers to 'firn'; did you mean 'firm'?"),
    "no such list": (thing('for_each = "partner"'), "wants the list 'partner'"),
    "list outside": ('[lists.p]\ncolumn = "a"\n' + thing('fields.keyword = "p"'), 'it needs for_each = "p"'),
    "used and ignored": (thing() + '[ignored]\n"navn" = "x"\n', "'navn' is both ignored and used"),
    "column of no field": (
        thing() + '[columns.navne]\nempty = "-"\n',
        "uses the column 'navne' of [columns]; did you mean 'navn'?",
    ),
    "no crs": (thing('fields.location = { point = ["a", "b"], crs = "UTM32" }'), "'UTM32' is no coordinate reference"),
    "no language": (
        thing('fields.name = { column = "a", language = "dansk!" }').replace('fields.name = "navn"', ""),
        "In things.firm.fields.name.language",
    ),
}


@pytest.mark.parametrize(("mapping", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_of_form(make_registry: Make, mapping: str, message: str) -> None:
    with pytest.raises(BadInput) as mistake:
        make_registry(mapping)
    assert mistake.value.message.startswith("dk-test/mapping.toml")
    assert message in mistake.value.message


AGAINST_SHAPES = {
    "shape": (
        thing().replace("Organisation", "Organization"),
        "has the shape 'Organization'; did you mean 'Organisation'?",
    ),
    "field": (thing('fields.homepge = "a"'), "has no field 'homepge'; did you mean 'homepage'?"),
    "nested field": (thing('fields.address.town = "a"'), "the shape Address has no field 'town'"),
    "nested whole": (thing('fields.address = "a"'), "has fields of its own: address.city"),
    "not nested": (
        thing('fields.name.da = "a"').replace('fields.name = "navn"\n', ""),
        "'name' has no fields of its own",
    ),
    "required": (
        thing().replace('fields.name = "navn"', 'fields.country = { constant = "DK" }'),
        "lacks the field 'name'",
    ),
    "required inside": (
        '[things.p]\nshape = "Project"\nkey = "id"\nfields.name = "n"\nfields.totalCost.value = "b"\n',
        "lacks the field 'totalCost.currency', which every MonetaryAmount needs",
    ),
    "constant": (thing('fields.country = { constant = "DKK" }'), "'DKK' is not a code of"),
    "translation": (thing('fields.region = { column = "a", translate = { x = "DK9" } }'), "'DK9' is not a code of"),
    "date pattern": (
        '[things.p]\nshape = "Project"\nkey = "id"\nfields.name = "n"\n'
        'fields.start = { column = "s", dates = "dd.MM.yy" }\n',
        "'yy' in the date pattern",
    ),
    "reference to a value": (thing('fields.keyword = { thing = "firm" }'), "cannot refer to the thing 'firm'"),
    "reference of another class": (
        thing() + '[things.c]\nshape = "Participation"\nkey = "id"\n[things.c.fields]\nproject = { thing = "firm" }\n'
        'organisation = { thing = "firm" }\nrole = { constant = "partner" }\n',
        "wants a <http://data.europa.eu/s66#Project>, and 'firm' is a Organisation",
    ),
    "keys in a circle": (thing().replace('"id"', '[{ thing = "firm" }]'), "need each other"),
    "no identifier of ours": ('[things.c]\nshape = "Concept"\nkey = "id"\n', "needs 'iri' instead of 'key'"),
    "together": (thing('together = "adress"'), "has no field 'adress' to keep together"),
    "no place": (thing('fields.homepage = { point = ["a", "b"] }'), "is no place for a point"),
}


@pytest.mark.parametrize(("mapping", "message"), AGAINST_SHAPES.values(), ids=AGAINST_SHAPES)
def test_mistakes_against_the_shapes(
    make_registry: Make, catalogue: FieldCatalogue, codes: CodeLists, mapping: str, message: str
) -> None:
    registry = make_registry(mapping)
    with pytest.raises(BadInput) as mistake:
        make_plans(registry.sources[0].mapping, catalogue, codes, "da", "dk-test/mapping.toml")
    assert mistake.value.message.startswith("dk-test/mapping.toml: things.") or "need each other" in message
    assert message in mistake.value.message


IN_REGISTRY = {
    "no title": ('language = "da"\n[[sources]]\nfile = "a.csv"\n', "The setting title is missing."),
    "no language": ('title = "T"\n[[sources]]\nfile = "a.csv"\n', "The setting language is missing."),
    "no sources": ('title = "T"\nlanguage = "da"\n', "it names no file; add one"),
    "one table": ('title = "T"\nlanguage = "da"\n[sources]\nfile = "a.csv"\n', "under a heading [[sources]]"),
    "misspelt": ("licens = 'x'\n" + REGISTRY, "There is no setting 'licens'; did you mean 'licence'?"),
    "licence": ("licence = 'CC BY'\n" + REGISTRY, "In licence: 'CC BY' is not a web address"),
    "country": ("country = 'Danmark'\n" + REGISTRY, "In country: "),
    "name": ("name = 'x'\n" + REGISTRY, "a registry has the name of its folder"),
    "adapter": (REGISTRY + 'adapter = "geo-json"\n', "there is no adapter 'geo-json'; did you mean 'geojson'?"),
    "outside": (REGISTRY.replace("./rows.csv", "../rows.csv"), "In sources.file: a path below the registry's folder"),
    "absolute": (REGISTRY.replace("./rows.csv", "/etc/passwd"), "In sources.file: a path below the registry's folder"),
    "mapping elsewhere": (REGISTRY + 'mapping_file = "../x.toml"\n', "is the name of a file beside it"),
    "no mapping": (REGISTRY + 'mapping_file = "maping.toml"\n', "dk-test/maping.toml is missing"),
}


@pytest.mark.parametrize(("registry", "message"), IN_REGISTRY.values(), ids=IN_REGISTRY)
def test_mistakes_in_the_registry_file(make_registry: Make, registry: str, message: str) -> None:
    with pytest.raises(BadInput) as mistake:
        make_registry(thing(), registry=registry)
    assert message in mistake.value.message
    assert mistake.value.message.startswith("dk-test/")


def test_a_folder_needs_a_plain_name(tmp_path: Path) -> None:
    folder = tmp_path / "Dansk_Register"
    folder.mkdir()
    (folder / "registry.toml").write_text(REGISTRY, encoding="utf-8")
    with pytest.raises(BadInput, match="'Dansk_Register' needs a name of small letters"):
        Registry.load(folder)


def test_where_files_are(make_registry: Make, tmp_path: Path) -> None:
    def located(file: str, sources: Path | None) -> Path | None:
        registry = make_registry(thing(), "id,navn\n", REGISTRY.replace("./rows.csv", file))
        return locate(registry.sources[0], registry, sources)

    assert located("./rows.csv", None) == tmp_path / "dk-test" / "rows.csv"
    assert located("./other.csv", tmp_path) is None
    assert located("dk-test/rows.csv", tmp_path) == tmp_path / "dk-test" / "rows.csv"
    assert located("dk-test/rows.csv", None) is None
    assert located("https://127.0.0.1:1/rows.csv", tmp_path) is None


def test_an_address_that_does_not_answer_is_said(make_registry: Make, tmp_path: Path) -> None:
    registry = make_registry(thing(), registry=REGISTRY.replace("./rows.csv", "http://127.0.0.1:1/rows.csv"))
    with pytest.raises(BadInput, match=r"http://127\.0\.0\.1:1/rows\.csv cannot be fetched: .*refused"):
        locate(registry.sources[0], registry, None, tmp_path / "downloads")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_registries_are_found_by_name() -> None:
    names = [registry.name for registry in registries(FOLDER)]
    assert names == sorted(path.parent.name for path in FOLDER.glob("*/registry.toml"))
    assert len(names) >= 9


def test_adapters_are_those_that_a_registry_may_name() -> None:
    assert set(ADAPTERS) == set(ADAPTER_NAMES)


def test_the_readme_explains_every_setting() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    models: list[type[Declared]] = [
        mapping_file.FileOptions,
        mapping_file.ValueOptions,
        mapping_file.Repair,
        mapping_file.ColumnOptions,
        mapping_file.ListOptions,
        mapping_file.Skip,
        mapping_file.FieldSource,
        mapping_file.Thing,
        Source,
        Registry,
    ]
    settings = {name for model in models for name in model.model_fields} - {
        "name",
        "folder",
        "mapping",
        "mapping_label",
        "rml",
    }
    missing = [
        name
        for name in sorted(settings)
        if not any(way in text for way in (f"`{name}", f"\n{name} = ", f"\n[{name}]", f"[[{name}]]", f"\n[{name}]"))
    ]
    assert missing == []
