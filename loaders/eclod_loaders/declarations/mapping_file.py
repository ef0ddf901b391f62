"""What `mapping.toml` may say: how to read the file, and which columns become which fields of which things.

`loaders/registries/README.md` explains it to the people who write one; every name in a file is a name in this module.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from eclod_loaders.declarations.derivation import Derivation
from eclod_loaders.declarations.toml_files import (
    Column,
    Columns,
    Declared,
    Texts,
    column_name,
    did_you_mean,
    parse_toml,
    read_text,
    validate,
)
from eclod_loaders.values import coordinates, texts

Locales = Annotated[Texts, AfterValidator(lambda names: tuple(map(texts.check_locale, names)))]
#: Exactly one of these says where a field's values come from.
SOURCES: Final = ("column", "columns", "first_of", "template", "constant", "thing", "point")

#: How the reason begins for a column under [ignored] that is only there until somebody decides.
UNDECIDED: Final = "to decide"
#: How addresses on the web begin.
WEB: Final = ("http://", "https://")
_HOLE = re.compile(r"\{([^{}]+?)(?::(slug|alphanumeric))?\}")


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"there is no encoding '{name}'; common ones are utf-8, cp1252, cp1250, cp850") from None


def _without_groups(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if pattern.groups:
        raise ValueError("what stands between values has no groups; use (?:…)")
    return pattern


Between = Annotated[re.Pattern[str], AfterValidator(_without_groups)]


def _one_character(text: str) -> str:
    if len(text) != 1:
        raise ValueError("one character is needed")
    return text


class FileOptions(Declared):
    """How the file is written.

    `records` and `namespaces` are for JSON and XML: the paths of what becomes a row, and the prefixes of XML names (the
    empty one for names without). `optional` names the columns or paths that need not occur in the file.
    """

    encoding: Annotated[str, AfterValidator(_codec)] = "utf-8"
    delimiter: Annotated[str, AfterValidator(_one_character)] = ","
    quote: Annotated[str, AfterValidator(_one_character)] = '"'
    header_row: int = Field(default=1, ge=1)
    sheet: str | None = None
    records: Columns = ()
    namespaces: Mapping[str, str] = {}
    optional: Columns = ()


class ValueOptions(Declared):
    """How values are written, unless a field says otherwise. `empty` lists cells that mean no value."""

    locale: Locales = ("en",)
    dates: Texts = ()
    empty: Texts = ()


class Repair(Declared):
    """How damage done to the text before it came here is undone, in the header and in all columns but `not_in`.

    `signs` says what each damaged sign stands for. `utf8_read_as` names the code page that UTF-8 text was taken for.
    """

    reason: str
    signs: Mapping[str, str] = {}
    utf8_read_as: Annotated[str, AfterValidator(_codec)] | None = None
    not_in: Columns = ()

    def apply(self, text: str) -> str:
        """Return the text as it was before the damage; what is not damaged stays."""
        if text.isascii() and not self._ascii_signs:
            return text
        if self.utf8_read_as:
            text = self._sequences.sub(self._decode, text)
        return text.translate(self._table) if self.signs else text

    @cached_property
    def _ascii_signs(self) -> bool:
        return any(sign.isascii() for sign in self.signs)

    @cached_property
    def _table(self) -> dict[int, str]:
        return str.maketrans(dict(self.signs))

    @cached_property
    def _bytes(self) -> dict[str, int]:
        assert self.utf8_read_as is not None
        # Bytes that the code page leaves undefined come through as the control character of the same number.
        return {bytes([b]).decode(self.utf8_read_as, "ignore") or chr(b): b for b in range(0x80, 0x100)}

    @cached_property
    def _sequences(self) -> re.Pattern[str]:
        def among(first: int, last: int) -> str:
            return "[" + "".join(re.escape(sign) for sign, b in self._bytes.items() if first <= b <= last) + "]"

        more = among(0x80, 0xBF)
        return re.compile(f"{among(0xC2, 0xDF)}{more}|{among(0xE0, 0xEF)}{more}{{2}}|{among(0xF0, 0xF4)}{more}{{3}}")

    def _decode(self, match: re.Match[str]) -> str:
        try:
            return bytes(self._bytes[sign] for sign in match[0]).decode("utf-8")
        except UnicodeDecodeError:
            return match[0]


class ColumnOptions(Declared):
    """What is done to the cells of one column before any field sees them.

    `empty`: cells that mean no value. `correct`: what a cell should have said. `leave_out`: patterns of cells that are
    not used although they hold something, because it is doubtful or private; each is counted.
    """

    empty: Texts = ()
    correct: Mapping[str, str] = {}
    leave_out: tuple[re.Pattern[str], ...] = ()


class ListOptions(Declared):
    """A cell that holds several things: `split` is the pattern of what stands between them."""

    column: Column
    split: Between | None = None


class Skip(Declared):
    """Rows that are no records, such as totals: their cell in `column` matches `pattern`; an empty one counts as ""."""

    column: Column
    pattern: re.Pattern[str]
    reason: str


def _one_or_two(columns: object) -> object:
    names = [columns] if isinstance(columns, str) else columns
    if isinstance(names, list) and len(names) not in (1, 2):
        raise ValueError("a point has two columns, east and north, or one that holds both")
    return names


class FieldSource(Declared):
    """Where the values of a field come from, and how they are read."""

    column: Column | None = None
    columns: Columns = ()
    first_of: Columns = ()
    template: str | None = None
    constant: str | None = None
    thing: str | None = None
    point: Annotated[tuple[Column, ...], BeforeValidator(_one_or_two)] | None = None

    join: str = " "
    split: Between | None = None
    pattern: re.Pattern[str] | None = None
    optional: bool = False
    translate: Mapping[str, Texts] | None = None
    lines: Literal["fold", "keep"] = "fold"
    language_column: Column | None = None
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")
    locale: Locales | None = None
    dates: Texts | None = None
    unit: Texts = ()
    code_list: str | None = None
    crs: Annotated[str, AfterValidator(coordinates.check_crs)] = coordinates.CRS84
    north_first: bool = False
    identifier: str | None = None
    issued_in: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    issued_by: str | None = None
    invalid: Literal["reject", "drop"] = "reject"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) not in (None, ())]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(SOURCES)} is needed, there is {', '.join(given) or 'none'}")
        if self.pattern and self.pattern.groups > 1:
            raise ValueError("the pattern has more than one group; use (?:…) for the others")
        if self.identifier is None and (self.issued_in or self.issued_by):
            raise ValueError("'issued_in' and 'issued_by' stand beside 'identifier', which names the scheme")
        return self

    def used_columns(self) -> Iterator[str]:
        """Return the columns this source reads."""
        if self.column:
            yield self.column
        yield from (*self.columns, *self.first_of, *(self.point or ()))
        if self.template:
            yield from holes(self.template)
        if self.language_column:
            yield self.language_column


def _source(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


KeyPart = Annotated[FieldSource, BeforeValidator(_source)]


def _flat(fields: object, prefix: str = "") -> object:
    """Bring `address.city = …` and `[…address] city = …` into one form: full field name to a list of sources."""
    if not isinstance(fields, dict):
        return fields
    flat: dict[str, object] = {}
    for name, value in fields.items():
        # What does not say where its values come from is a group of fields.
        nested = isinstance(value, dict) and not any(key in SOURCES for key in value)
        if nested:
            inner_fields = _flat(value, f"{prefix}{name}.")
            assert isinstance(inner_fields, dict)
            flat |= inner_fields
        else:
            flat[prefix + name] = [_source(item) for item in (value if isinstance(value, list) else [value])]
    return flat


def _conditions(value: object) -> object:
    columns = [value] if isinstance(value, str) else value
    if isinstance(columns, list):
        return dict.fromkeys(columns)
    if isinstance(columns, dict):
        return {column: None if values is True else values for column, values in columns.items()}
    return columns


class Thing(Declared):
    """Something that rows describe: its shape, what identifies it, and its fields.

    It is there `when` the named columns have a value, or one of the values named with them: `true` for any, "" for
    none. A thing without fields is only named, so that others can refer to it. When several rows describe the same
    thing, the fields in `together` are all taken from the first row that has one of them, so that no point stands
    beside the address of another row. A thing `inside` another is a nested node of it, one for each key, when another
    field of that thing refers to it. A thing that this file only `adds` to is described by other rows, which give the
    fields that its shape needs. What another registry has named is `named_by` it: its key is made into the identifier
    that it has there.
    """

    shape: str
    key: Annotated[tuple[KeyPart, ...], BeforeValidator(lambda key: [key] if isinstance(key, str) else key)] = ()
    iri: str | None = None
    when: Annotated[Mapping[Column, Texts | None], BeforeValidator(_conditions)] = {}
    for_each: str | None = None
    inside: str | None = None
    named_by: str | None = None
    adds: bool = False
    together: Texts = ()
    fields: Annotated[Mapping[str, tuple[FieldSource, ...]], BeforeValidator(_flat)] = {}

    @model_validator(mode="after")
    def _named(self) -> Self:
        if bool(self.key) == bool(self.iri):
            raise ValueError("either 'key' or 'iri' is needed, to tell one thing from another")
        if self.iri and not self.iri.startswith((*WEB, "{")):
            raise ValueError(f"'iri' is '{self.iri}'; it begins with http://, https:// or a column that does")
        return self

    def sources(self) -> Iterator[FieldSource]:
        """Return every source of the key and of the fields."""
        yield from self.key
        for found in self.fields.values():
            yield from found


class RegistryMapping(Declared):
    """A whole mapping file."""

    file: FileOptions = FileOptions()
    values: ValueOptions = ValueOptions()
    repair: Repair | None = None
    duplicates: Literal["accept", "ignore"] = "accept"
    ignored: Mapping[Column, str] = {}
    columns: Mapping[Column, ColumnOptions] = {}
    lists: Mapping[Column, ListOptions] = {}
    skip: tuple[Skip, ...] = ()
    derive: Derivation | None = None
    things: Mapping[str, Thing] = Field(min_length=1)

    @cached_property
    def used_columns(self) -> frozenset[str]:
        """The columns that the mapping reads from the file: neither names of lists nor columns that are made."""
        used = {column for thing in self.things.values() for column in _columns_of(thing)} - set(self.lists)
        used |= {item.column for item in self.lists.values()} | {rule.column for rule in self.skip}
        return frozenset(used - set(self.derive.made) | set(self.derive.used_columns()) if self.derive else used)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The columns of which nobody has said yet what becomes of them."""
        return tuple(column for column, reason in self.ignored.items() if reason.startswith(UNDECIDED))

    def ignores(self, column: str) -> bool:
        """Tell whether a column is ignored, by its name or by a name such as `Contact*` that says how it begins."""
        begins = (name[:-1] for name in self.ignored if name.endswith("*"))
        return column in self.ignored or any(column.startswith(start) for start in begins)

    def repaired(self, column: str, text: str) -> str:
        """Return the text of a cell as it was before it was damaged."""
        return text if self.repair is None or column in self.repair.not_in else self.repair.apply(text)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for column in self.columns:
            if column not in self.used_columns:
                raise ValueError(
                    f"no field uses the column '{column}' of [columns]" + did_you_mean(column, self.used_columns)
                )
        for column in self.file.optional:
            if column not in self.used_columns:
                raise ValueError(
                    f"no field uses the column '{column}' of 'optional'" + did_you_mean(column, self.used_columns)
                )
        for column in self.ignored:
            if column in self.used_columns:
                raise ValueError(f"the column '{column}' is both ignored and used; take it out of [ignored]")
        for alias, thing in self.things.items():
            for source in thing.sources():
                if source.thing and source.thing not in self.things:
                    raise ValueError(
                        f"things.{alias} refers to '{source.thing}'" + did_you_mean(source.thing, self.things)
                    )
            if thing.for_each and thing.for_each not in self.lists:
                raise ValueError(
                    f"things.{alias} wants the list '{thing.for_each}'" + did_you_mean(thing.for_each, self.lists)
                )
            if thing.inside and (thing.inside not in self.things or self.things[thing.inside].inside):
                raise ValueError(
                    f"things.{alias} is inside '{thing.inside}', which is no thing of its own"
                    + did_you_mean(thing.inside, self.things)
                )
            for column in _columns_of(thing):
                if column in self.lists and column != thing.for_each:
                    raise ValueError(
                        f"things.{alias} uses '{column}', which is a list; it needs for_each = \"{column}\""
                    )
        return self


#: Of a source that needs none.
NO_MAPPING: Final = RegistryMapping.model_construct(things={})


def _columns_of(thing: Thing) -> Iterator[str]:
    for source in thing.sources():
        yield from source.used_columns()
    yield from thing.when
    if thing.iri:
        yield from holes(thing.iri)


def holes(template: str) -> list[str]:
    """Return the columns named in a template such as `http://example.org/{code}`."""
    return [column_name(match[1]) for match in _HOLE.finditer(template)]


_NAMES: Final = {"slug": texts.slug, "alphanumeric": texts.alphanumeric}


def fill(template: str, quoted: Mapping[str, str], cells: Mapping[str, str]) -> str:
    """Return the template with each `{column}` replaced by its quoted value, or by a name that `values` makes of it."""

    def replacement(match: re.Match[str]) -> str:
        name = column_name(match[1])
        return _NAMES[match[2]](cells[name]) if match[2] else quoted[name]

    return _HOLE.sub(replacement, template)


_KNOWN: Final = tuple(
    name
    for model in (FileOptions, ValueOptions, Repair, ColumnOptions, ListOptions, Skip, FieldSource, Thing)
    for name in model.model_fields
)


def load_mapping(path: Path, label: str) -> RegistryMapping:
    """Return the mapping in a file. Raises BadInput with file (as `label`), field and what to do."""
    return _mapping(read_text(path, label), label)


@lru_cache(maxsize=256)  # registries are read for each delivery, and hardly ever change
def _mapping(text: str, label: str) -> RegistryMapping:
    return validate(RegistryMapping, parse_toml(text, label), label, _KNOWN)
