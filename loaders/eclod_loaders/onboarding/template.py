"""Blank tables made from the shapes: one column for each field, what it means, and the mapping that reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eclod.core.errors import BadInput
from eclod.core.namespaces import expand
from eclod.rdf.fields import ClassShape, Field, FieldCatalogue
from eclod_loaders.declarations.toml_files import column_name, did_you_mean
from eclod_loaders.onboarding.toml_text import inline, text
from eclod_loaders.reporting.language import Speech

#: What stands between several values in a cell of a template.
_SPLIT: Final = r"\s*;\s*"
#: Fields that a table has no use for: kept by the loaders, or of what is beside in another field.
_LEFT_OUT: Final = frozenset(
    {"identifier", "sourceLocation", "subject", "assessment", "startYear", "endYear", "derivedFrom", "moment", "year"}
)
_NUMBERS: Final = ("lei", "ror", "vat", "pic", "company-number")
_OF_COUNTRY: Final = frozenset({"vat", "company-number"})
_DATES: Final = frozenset({expand("xsd:date"), "date-or-year"})
_DEEPEST: Final = 2


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column: its name, whether each row needs it, what it means, what to write, from which code lists."""

    name: str
    required: bool
    meaning: str
    how: str
    code_lists: Sequence[str] = ()
    several: bool = False


@dataclass(slots=True)
class Template:
    """A blank table for one shape in one language: its columns, and the lines of fields and things of its mapping."""

    shape: str
    language: str
    columns: list[TemplateColumn] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The name of the column that identifies a row."""
        return self.columns[0].name

    def mapping(self, file: Mapping[str, Any]) -> Iterator[str]:
        """Return the lines of the mapping; `file` are options of `[file]`."""
        alias = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.shape).lower()
        yield f"# The columns of the template for {self.shape}; nothing needs to be decided."
        if file:
            yield from ("", "[file]", *(f"{name} = {text(str(value))}" for name, value in file.items()))
        yield from ("", "[values]", f"locale = {text(self.language)}")
        yield from ("", f"[things.{alias}]", f"shape = {text(self.shape)}", f"key = {text(self.key)}")
        yield from ("", f"[things.{alias}.fields]", *self.fields, *self.things)


class TemplateMaker:
    """Makes templates in one language."""

    def __init__(self, catalogue: FieldCatalogue, say: Speech, country: str = "") -> None:
        self._catalogue = catalogue
        self._say = say
        self._country = country

    def make(self, name: str) -> Template:
        """Return the template of a shape.

        Raises BadInput when there is no such shape, or one whose things need others that a row cannot name.
        """
        able = [shape.name for shape in self._catalogue if shape.kind and not self.needs(shape.name)]
        if name not in self._catalogue.shapes or self._catalogue[name].kind is None:
            raise BadInput(f"There is no template for '{name}'" + did_you_mean(name, able))
        if needs := self.needs(name):
            raise BadInput(
                f"There is no template for {name}: a row of a table cannot say its '{needs}'; write a mapping for it."
            )
        made = Template(name, self._say.language)
        made.columns.append(
            TemplateColumn(
                self._say("No."),
                True,
                self._say(
                    "Your own number or code of the entry. It stays the same for ever; the identifier is made from it."
                ),
                self._say("text"),
            )
        )
        if self._catalogue.field(name, "identifier"):
            made.fields.append(f"identifier = {text(made.key)}")
        for each in self._fields(name):
            self._add(made, each, "", "", 0)
        return made

    def _fields(self, shape: str) -> list[Field]:
        known = (each for each in self._catalogue.all_fields(shape) if each.name not in _LEFT_OUT)
        return sorted(known, key=lambda each: (not each.required, each.order, each.name))

    def needs(self, shape: str) -> str:
        """Return the first required field of a shape that no column can hold, or nothing."""
        for each in self._catalogue.all_fields(shape):
            if each.required and (each.nested or (each.target and not self._referred(each))) and not _is_interval(each):
                return each.name
            if each.required and each.is_iri and not each.code_lists and not each.is_web_page and not each.target:
                return each.name
        return ""

    def _referred(self, each: Field) -> ClassShape | None:
        """Return the shape of the things that a field refers to, when their name is all they need."""
        for shape in self._catalogue:
            needed = [field.name for field in self._catalogue.all_fields(shape.name) if field.required]
            if shape.target_class == each.target and shape.kind and needed == ["name"]:
                return shape
        return None

    def _add(self, made: Template, each: Field, path: str, label: str, depth: int) -> None:
        """Add the columns of a field, and of what it consists of."""
        name = column_name(f"{label}: {self._say.of(each.labels)}" if label else self._say.of(each.labels))
        full = f"{path}{each.name}"
        if each.nested == "Identifier":
            self._add_numbers(made, full)
        elif each.nested == "Geometry":
            self._add_point(made, full)
        elif each.nested and depth < _DEEPEST:
            for inner in self._fields(each.nested):
                if inner.nested or inner.name in ("topic", "call", "programme"):
                    if inner.nested:
                        self._add(made, inner, f"{full}.", name, depth + 1)
                    continue
                self._add(made, inner, f"{full}.", name, depth + 1)
        elif each.target and not each.code_lists:
            self._add_reference(made, each, name)
        elif not each.nested and not (each.is_iri and not each.code_lists and not each.is_web_page):
            several = not each.single and not each.one_per_language and each.name != "name"
            self._column(made, name, each, several)
            made.fields.append(f"{full} = {inline({'column': name, **({'split': _SPLIT} if several else {})})}")

    def _column(self, made: Template, name: str, each: Field, several: bool) -> None:
        how = self._how(each) + (", " + self._say("several with ; between them") if several else "")
        required = each.required and ":" not in name
        made.columns.append(
            TemplateColumn(name, required, self._say.of(each.descriptions), how, each.code_lists, several)
        )

    def _how(self, each: Field) -> str:
        kinds = set(each.datatypes)
        if each.code_lists:
            return self._say("a code of the list")
        if each.is_iri:
            return self._say("a web address such as https://www.example.org/")
        if kinds & _DATES:
            return self._say("a date such as 2026-05-04")
        if expand("xsd:gYear") in kinds:
            return self._say("a year such as 2026")
        if kinds & {expand("xsd:decimal"), expand("xsd:integer")}:
            return self._say("a number")
        return self._say("true or false") if expand("xsd:boolean") in kinds else self._say("text")

    def _add_numbers(self, made: Template, full: str) -> None:
        sources = []
        for scheme in _NUMBERS:
            if scheme in _OF_COUNTRY and not self._country:
                continue
            name = {"lei": "LEI", "ror": "ROR", "vat": self._say("VAT number"), "pic": "PIC"}.get(
                scheme, self._say("company number")
            )
            meaning = self._say("Identifier that others have given; its check digits are checked.")
            made.columns.append(TemplateColumn(name, False, meaning, self._say("text")))
            issued = {"issued_in": self._country} if scheme in _OF_COUNTRY else {}
            sources.append(inline({"identifier": scheme, **issued, "column": name}))
        made.fields.append(f"{full} = [{', '.join(sources)}]")

    def _add_point(self, made: Template, full: str) -> None:
        names = [self._say("longitude"), self._say("latitude")]
        for name in names:
            meaning = self._say("Coordinate in degrees (WGS 84); give both or none.")
            made.columns.append(TemplateColumn(name, False, meaning, self._say("a number such as 14.42")))
        made.fields.append(f"{full} = {inline({'point': names, 'locale': self._say.language})}")

    def _add_reference(self, made: Template, each: Field, name: str) -> None:
        shape = self._referred(each)
        if shape is None or shape.name == made.shape:
            return
        meaning = f"{self._say.of(each.descriptions)} {self._say('Write its name.')}"
        made.columns.append(TemplateColumn(name, each.required, meaning, self._say("text")))
        alias = f"other-{re.sub(r'(?<=[a-z])(?=[A-Z])', '-', each.name).lower()}"
        made.fields.append(f"{each.name} = {{ thing = {text(alias)} }}")
        made.things += ["", f"[things.{alias}]", f"shape = {text(shape.name)}", f"when = {text(name)}"]
        made.things += [f"key = {text(name)}", f"fields.name = {text(name)}"]


def _is_interval(each: Field) -> bool:
    return each.nested == "Interval"


def recognised(
    columns: Sequence[str], catalogue: FieldCatalogue, speeches: Sequence[Speech], country: str
) -> Template | None:
    """Return the template that a file was made from, by the names of its columns, or None.

    Columns may have been taken out, but for those that each row needs; one column more, and it is another table.
    """
    there = set(columns)
    for say in speeches:
        maker = TemplateMaker(catalogue, say, country)
        for shape in catalogue:
            if shape.kind is None or maker.needs(shape.name):
                continue
            made = maker.make(shape.name)
            names = {column.name for column in made.columns}
            if there == names:
                return made
    return None
