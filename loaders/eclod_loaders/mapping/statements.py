"""RDF in terms of our vocabulary, brought into the form that releases have.

A thing keeps what its shapes have. It gets an identifier of ours, made from the IRI that the registry itself gives it,
and so does everything that refers to it. Blank nodes and entries that only exist as a part of it, such as its address,
become fragments of its identifier. What the shapes do not have is left out and noted, statement by statement.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from eclod.core.iris import KINDS
from eclod.core.namespaces import PREFIXES, SCHEME, expand, shorten
from eclod.rdf.fields import ClassShape, Field, FieldCatalogue
from eclod_loaders.codes import countries
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.mapping.cells import Findings
from eclod_loaders.mapping.conversion import Codes
from eclod_loaders.mapping.terms import Terms
from eclod_loaders.rows import MappedRow, Row
from eclod_loaders.values import identifiers
from eclod_loaders.values.texts import Unreadable

_TYPE: Final = NamedNode(expand("rdf:type"))
_NOTATION: Final = expand("skos:notation")
_IDENTIFIER: Final = "Identifier"
#: Where names begin that the owners of code lists and law have given, and that stay.
_NAMED_BY_OTHERS: Final = ("http://data.europa.eu/", "http://publications.europa.eu/resource/")
#: What the service says itself.
_NOT_TAKEN: Final = {
    "Assessment": "the service works it out itself",
    "Registry": "registry.toml says what is to be said of a registry",
}
_FRAGMENT: Final = re.compile(r"[A-Za-z0-9._~%-]+")
#: Nested nodes inside each other; no shape needs more than four.
_MAX_DEPTH: Final = 10

#: A nested node on its way: what is said of it but for its name, which depends on that.
_Said = list[tuple[NamedNode, NamedNode | Literal]]


class Naming(Protocol):
    """Knows which identifiers things have."""

    def thing(self, kind: str, local_id: str, named_by: str = "") -> str:
        """Return the IRI of a thing by the identifier that the registry has for it."""

    def given(self, iri: str) -> bool | None:
        """Tell whether an IRI of ours was ever given to something; None when it is not one of ours."""


class KnownCodes(Codes, Protocol):
    """The code lists, as far as RDF needs them."""

    def contains(self, iri: str) -> bool:
        """Tell whether an IRI is a code of any list."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A nested node: what is said of it, and the parts of itself by the property they hang on."""

    own_iri: str
    said: tuple[tuple[NamedNode, NamedNode | Literal], ...]
    parts: tuple[tuple[Field, _Part], ...]

    def digest(self) -> str:
        """Return a short name that is the same whenever the same is said."""
        text = "\n".join(
            sorted(
                [f"{predicate} {value}" for predicate, value in self.said]
                + [f"{field.path} {part.digest()}" for field, part in self.parts]
            )
        )
        return hashlib.sha256(text.encode()).hexdigest()[:10]


def map_statements(
    registry: Registry, rows: Iterable[Row], catalogue: FieldCatalogue, codes: KnownCodes, naming: Naming
) -> Iterator[MappedRow]:
    """Return what becomes of each thing of a source, in their order; entries that are part of another go with it."""
    return _Mapper(registry, list(rows), catalogue, codes, naming).map()


class _Mapper:
    """All things of one file, since they refer to each other."""

    def __init__(
        self, registry: Registry, rows: Sequence[Row], catalogue: FieldCatalogue, codes: KnownCodes, naming: Naming
    ) -> None:
        self._rows = rows
        self._catalogue = catalogue
        self._codes = codes
        self._naming = naming
        self._terms = Terms(registry.language, codes)
        #: Whether all that the registry has is in this file, so that nothing may refer to what is not.
        self._complete = len(registry.sources) == 1
        self._by_class = {shape.target_class: shape for shape in catalogue}
        self._fields: dict[tuple[str, ...], Mapping[str, Field]] = {}
        self._nested = {f.nested for shape in catalogue for f in shape.fields.values() if f.nested}
        self._about: dict[object, dict[Triple, None]] = {}
        for row in rows:
            for triple in row.statements:
                self._about.setdefault(triple.subject, {})[triple] = None
        self._shapes_of = {subject: self._shapes(subject) for subject in self._about}

    def map(self) -> Iterator[MappedRow]:
        hanging = {f.path for shape in self._catalogue for f in shape.fields.values() if f.nested}
        targets = {t.object for found in self._about.values() for t in found if t.predicate.value in hanging}
        for row in self._rows:
            subject = row.statements[0].subject
            if subject not in targets or not self._may_be_part(subject):
                yield self._mapped(row)

    def _shapes(self, subject: object) -> tuple[ClassShape, ...]:
        """Return the shapes of a subject by its classes, without those that another of them goes into."""
        given = self._classes(subject)
        found = {self._by_class[name].name for name in given if name in self._by_class}
        general = {above.name for name in found for above in self._catalogue.lineage(name)[1:]}
        return tuple(self._catalogue[name] for name in sorted(found - general))

    def _classes(self, subject: object) -> list[str]:
        types = (triple.object for triple in self._about[subject] if triple.predicate == _TYPE)
        return sorted({each.value for each in types if isinstance(each, NamedNode)})

    def _may_be_part(self, subject: object) -> bool:
        return all(shape.kind is None and shape.name in self._nested for shape in self._shapes_of[subject])

    def _mapped(self, row: Row) -> MappedRow:
        subject = row.statements[0].subject
        if ignored := self._ignored(subject):
            return MappedRow(row, ignored=ignored)
        findings = Findings(row)
        if row.defect:
            findings.add(None, None, Unreadable("row", row.defect))
        own = subject.value if isinstance(subject, NamedNode) else ""
        iri = self._checked_iri(subject, findings)
        statements = list(dict.fromkeys(self._thing(subject, iri, findings))) if iri else []
        if findings.problems:
            return MappedRow(row, problems=tuple(findings.problems), notes=tuple(findings.notes))
        own_iri = own if own != iri else ""
        return MappedRow(row, tuple(statements), (iri,), notes=tuple(findings.notes), own_iri=own_iri)

    def _ignored(self, subject: object) -> str | None:
        shapes = self._shapes_of[subject]
        if isinstance(subject, NamedNode) and self._codes.contains(subject.value):
            return "a code of a list that the service has"
        if not shapes:
            given = ", ".join(map(shorten, self._classes(subject)))
            return f"of no class that has a shape ({given})" if given else "of no class: it has no rdf:type"
        for shape in shapes:
            if shape.name in _NOT_TAKEN:
                return _NOT_TAKEN[shape.name]
        if self._may_be_part(subject):
            return "only a part of something, and nothing has it"
        return None

    def _kind(self, subject: object) -> str | None:
        shapes = self._shapes_of.get(subject, ())
        return next((shape.kind for shape in shapes if shape.kind in KINDS), None)

    def _checked_iri(self, subject: object, findings: Findings) -> str:
        """Return the IRI that a thing has in the release, or nothing when it can have none."""
        if not isinstance(subject, NamedNode):
            return ""
        kinds = sorted({str(shape.kind) for shape in self._shapes_of[subject]})
        if len(kinds) > 1:
            names = ", ".join(kinds)
            message = f"It is several kinds of thing at once ({names}); give each its own IRI."
            findings.add(shorten(_TYPE.value), subject.value, Unreadable("kind", message))
            return ""
        try:
            return self._iri(subject.value, self._kind(subject))
        except Unreadable as error:
            findings.add(None, subject.value, error)
            return ""

    def _iri(self, own: str, kind: str | None) -> str:
        given = self._naming.given(own)
        if given is not None:
            if not given:
                message = f"<{own}> is like an identifier of ours but was never given; use an IRI of your own."
                raise Unreadable("given", message)
            if kind and f"/id/{kind}/" not in own:
                raise Unreadable("given", f"<{own}> is an identifier of ours, but not one of a {kind}; correct it.")
            return own
        if kind is None or own.startswith(_NAMED_BY_OTHERS):
            return own
        return self._naming.thing(kind, own)

    def _thing(self, subject: object, iri: str, findings: Findings) -> Iterator[Triple]:
        shapes = self._shapes_of[subject]
        part = self._described(subject, shapes, findings, 0)
        yield from self._written(iri, part)

    def _described(self, subject: object, shapes: Sequence[ClassShape], findings: Findings, depth: int) -> _Part:
        """Return what is said of a node in the terms of its shapes."""
        fields = self._fields_of(shapes)
        classes = list(dict.fromkeys(name for shape in shapes for name in self._catalogue.classes(shape.name)))
        said: _Said = [(_TYPE, NamedNode(name)) for name in classes]
        parts: list[tuple[Field, _Part]] = []
        for triple in self._about.get(subject, ()):
            field = fields.get(triple.predicate.value)
            value = triple.object
            if triple.predicate == _TYPE:
                said += self._class(value, classes, findings)
            elif field is None or field.nested in _NOT_TAKEN:
                _leave_out(triple, shapes, findings)
            else:
                self._add(field, value, said, parts, findings, depth)
        own = subject.value if isinstance(subject, NamedNode) else ""
        return _Part(own, tuple(said), tuple(_once(parts)))

    def _class(self, value: object, classes: Sequence[str], findings: Findings) -> _Said:
        """Return a class beside those of the shapes: of geometries only, of which there are many sorts."""
        if not isinstance(value, NamedNode) or value.value in classes:
            return []
        if value.value.startswith(PREFIXES["sf"]):
            return [(_TYPE, value)]
        name = shorten(value.value)
        message = f"There is no shape for the class {name}; it is left out."
        findings.add(shorten(_TYPE.value), value.value, Unreadable("not-in-shapes", message), note=True)
        return []

    def _add(
        self,
        field: Field,
        value: object,
        said: _Said,
        parts: list[tuple[Field, _Part]],
        findings: Findings,
        depth: int,
    ) -> None:
        """Add one value of a field, or note what is wrong with it."""
        column = shorten(field.path)
        try:
            if isinstance(value, BlankNode) and value not in self._about:
                return  # nothing is said of it: what a CONSTRUCT makes of a value that is not there
            if field.nested and not field.code_lists:
                parts.append((field, self._part(field, value, findings, depth)))
            elif isinstance(value, NamedNode) and field.is_iri and not field.code_lists and not field.is_web_page:
                said.append((NamedNode(field.path), NamedNode(self._reference(field, value))))
            else:
                said.append((NamedNode(field.path), self._terms.value(field, value)))
        except Unreadable as error:
            findings.add(column, getattr(value, "value", None), error)

    def _part(self, field: Field, value: object, findings: Findings, depth: int) -> _Part:
        column = shorten(field.path)
        if isinstance(value, Literal) or value not in self._about:
            raise Unreadable("part", f"{column} has fields of its own, which the file does not give; describe it.")
        shape = self._catalogue[str(field.nested)]
        if depth == _MAX_DEPTH:
            raise Unreadable("part", f"{column} is a part of itself; correct it.")
        part = self._described(value, [shape], findings, depth + 1)
        return _spelt(part) if shape.name == _IDENTIFIER else part

    def _reference(self, field: Field, value: NamedNode) -> str:
        """Return what the release calls a thing that a field refers to."""
        if value in self._about and not self._codes.contains(value.value):
            return self._iri(value.value, self._kind(value))
        target = self._by_class.get(field.target or "")
        kind = target.kind if target and target.kind in KINDS else None
        ours = self._naming.given(value.value) is not None
        if kind and self._complete and not ours and not value.value.startswith(_NAMED_BY_OTHERS):
            column, iri = shorten(field.path), value.value
            message = f"{column} refers to <{iri}>, which is not described; describe it too."
            raise Unreadable("undescribed", message)
        return self._iri(value.value, kind)

    def _fields_of(self, shapes: Sequence[ClassShape]) -> Mapping[str, Field]:
        names = tuple(shape.name for shape in shapes)
        if names not in self._fields:
            self._fields[names] = {f.path: f for name in names for f in self._catalogue.all_fields(name)}
        return self._fields[names]

    def _written(self, iri: str, part: _Part) -> Iterator[Triple]:
        """Return a thing with its parts, which are named by what they are, so that the same is named the same."""
        node = NamedNode(iri)
        yield from (Triple(node, predicate, value) for predicate, value in part.said)
        counts: dict[str, int] = {}
        for field, _ in part.parts:
            counts[field.path] = counts.get(field.path, 0) + 1
        for field, inner in part.parts:
            owner, hash_sign, above = iri.partition("#")
            fragment = _fragment(field, inner, counts[field.path] == 1, part.own_iri if not hash_sign else "")
            name = f"{owner}#{above}-{fragment}" if hash_sign else f"{owner}#{fragment}"
            yield Triple(node, NamedNode(field.path), NamedNode(name))
            yield from self._written(name, inner)


def _once(parts: Iterable[tuple[Field, _Part]]) -> Iterator[tuple[Field, _Part]]:
    """Return each part that says something of its own: a query makes a blank node anew for each of its solutions."""
    seen: set[tuple[str, str, str]] = set()
    for field, part in parts:
        key = (field.path, part.own_iri, part.digest())
        if key not in seen:
            seen.add(key)
            yield field, part


def _fragment(field: Field, part: _Part, alone: bool, owner: str) -> str:
    """Return the name of a part inside its thing: the registry's own when it is one, else made from what it is."""
    own, hash_sign, fragment = part.own_iri.partition("#")
    if hash_sign and own == owner and _FRAGMENT.fullmatch(fragment):
        return fragment
    if field.nested == _IDENTIFIER and (scheme := _scheme(part)):
        value = next((v.value for predicate, v in part.said if predicate.value == _NOTATION), "")
        return f"{field.name}-{scheme}-{quote(value, safe='')}"
    return field.name if alone else f"{field.name}-{part.digest()}"


def _scheme(part: _Part) -> str:
    start = SCHEME + "identifier-scheme/"
    found = (value.value for _, value in part.said if isinstance(value, NamedNode))
    return next((iri.removeprefix(start) for iri in found if iri.startswith(start)), "")


def _spelt(part: _Part) -> _Part:
    """Return an identifier of others as its scheme spells it. Raises Unreadable when its check digits are wrong."""
    scheme = _scheme(part)
    found = (countries.alpha_2_of(v.value) for _, v in part.said if isinstance(v, NamedNode))
    country = next((code for code in found if code), None)
    try:
        spell = identifiers.speller(scheme, country)
    except ValueError:
        return part  # of no scheme, or of a country that is not said: the gate says so
    said = tuple(
        (predicate, Literal(spell(value.value)) if predicate.value == _NOTATION else value)
        for predicate, value in part.said
    )
    return _Part(part.own_iri, said, part.parts)


def _leave_out(triple: Triple, shapes: Sequence[ClassShape], findings: Findings) -> None:
    names = " and ".join(shape.name for shape in shapes)
    column = shorten(triple.predicate.value)
    value = triple.object.value if isinstance(triple.object, NamedNode | Literal | BlankNode) else str(triple.object)
    message = f"The shape {names} has no {column}; the statement is left out."
    findings.add(column, value, Unreadable("not-in-shapes", message), note=True)
