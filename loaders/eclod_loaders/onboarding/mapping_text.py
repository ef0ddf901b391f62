"""A proposal as the text of `mapping.toml`, with comments for whoever reviews it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from eclod_loaders.declarations.mapping_file import UNDECIDED
from eclod_loaders.onboarding.content import Recogniser
from eclod_loaders.onboarding.proposal import Placement, Proposal
from eclod_loaders.onboarding.sample import Sample
from eclod_loaders.onboarding.toml_text import inline, name, one_or_more, text, written
from eclod_loaders.onboarding.ways import MONEY, NUMBERS, Ways
from eclod_loaders.values import texts
from eclod_loaders.values.coordinates import CRS84

#: Below this sureness a comment asks to check.
_SURE: Final = 0.85
#: Texts of a code field that get a line each in a translation.
_MOST_WORDS: Final = 60
_CODED: Final = {
    "country": "country",
    "region": "nuts",
    "fund": "fund",
    "type": "type",
    "sector": "nace",
    "ecosystem": "ecosystem",
}
_IN_ADDRESS: Final = ("street", "postcode", "city", "fullAddress")
_POSTCODE: Final = r"(?:[A-Z]{1,2}-)?(?:\d{3} \d{2}|\d{2}-\d{3}|\d{4,5})"
#: How an address in one cell is cut when all are written so: street, postcode and city.
_CUT: Final = {
    "address.street": rf"^(.+?),? {_POSTCODE} (?:- )?\D",
    "address.postcode": rf" ({_POSTCODE}) (?:- )?\D[^,]*$",
    "address.city": rf" {_POSTCODE} (?:- )?(\D[^,]*)$",
}
_ORDER: Final = ("name", "alternativeName", "legalName", "identifier", "description", "homepage", "source", "type")


class MappingText:
    """Writes the mapping for one proposal."""

    def __init__(self, sample: Sample, proposal: Proposal, recogniser: Recogniser, country: str, language: str) -> None:
        self._sample = sample
        self._proposal = proposal
        self._recogniser = recogniser
        self._country = country
        self._language = language
        self._alias = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", proposal.shape).lower()
        self._remarks = [*sample.remarks, *proposal.remarks]
        self._ways = Ways(proposal, country, language)

    def lines(self) -> Iterator[str]:
        """Return the lines of the file."""
        things = list(self._things())
        yield f"# How {self._sample.path.name} is read. Written by 'eclod registry new' from a sample: check each line,"
        yield "# above all those with a question mark. What each word means: loaders/registries/README.md."
        for remark in self._remarks:
            yield f"# ? {remark}"
        yield from self._head()
        yield from things

    def _head(self) -> Iterator[str]:
        if self._sample.options:
            yield from ("", "[file]")
            yield from (f"{key} = {written(each)}" for key, each in self._sample.options.items())
        dates, locale = self._ways.dates(), self._ways.locale
        if self._sample.damage:
            yield from (
                "",
                "[repair]",
                'reason = "Texts were in UTF-8 and taken for another encoding before they came here."',
            )
            yield f"utf8_read_as = {text(self._sample.damage)}"
        if dates or locale:
            yield from ("", "[values]")
            if locale:
                yield f"locale = {text(locale)}"
            if dates:
                yield f"dates = {written(dates)}"
        undecided = [column for column, why in self._proposal.ignored.items() if why.startswith(UNDECIDED)]
        if self._proposal.ignored:
            yield from ("", "[ignored]")
            if undecided:
                yield f"# ? {len(undecided)} to decide: use the column in a field below, or write why it is left out."
            yield from (f"{name(column)} = {text(why)}" for column, why in self._proposal.ignored.items())
        split = self._splits()
        for alias in ("beneficiary", "partner"):
            if alias in split:
                yield from ("", f"[lists.{alias}]", f"column = {text(split[alias].column.name)}")
                yield f"split = '{split[alias].content.separator}'"

    def _splits(self) -> dict[str, Placement]:
        """Return the columns that name several things in a cell."""
        found = {alias: self._proposal.of(alias) for alias in ("beneficiary", "partner")}
        return {
            alias: each
            for alias, each in found.items()
            if each and each.content.separator and not (alias == "beneficiary" and self._has_address())
        }

    def _has_address(self) -> bool:
        return any(self._proposal.of(part) for part in (*_IN_ADDRESS, "longitude"))

    # Things

    def _things(self) -> Iterator[str]:
        for_beneficiary = self._proposal.of("beneficiary") is not None and self._has_address()
        yield from ("", f"[things.{self._alias}]", f"shape = {text(self._proposal.shape)}")
        key = list(self._proposal.key)
        yield f"key = {written(key[0] if len(key) == 1 else key)}"
        yield from ("", f"[things.{self._alias}.fields]")
        for each in self._in_order():
            if for_beneficiary and each.concept.name in (*_IN_ADDRESS, "longitude", "latitude"):
                continue
            yield from self._field(each)
        if self._country and self._proposal.has_country and self._proposal.of("country") is None:
            yield f"country = {{ constant = {text(self._country)} }}"
        if not for_beneficiary:
            yield from self._point()
            yield from self._address_country()
        parties = [alias for alias in ("beneficiary", "partner", "ministry") if self._proposal.of(alias)]
        links = [f"{{ thing = {text(alias + '-participation')} }}" for alias in parties]
        if links:
            yield f"involvedParty = {links[0] if len(links) == 1 else '[' + ', '.join(links) + ']'}"
        for alias in parties:
            yield from self._party(alias)
        yield from self._programme()
        yield from self._manager()

    def _in_order(self) -> list[Placement]:
        """Return the placements in the order in which people look for them."""
        known = list(_ORDER)
        return sorted(
            self._proposal.placements,
            key=lambda each: known.index(each.concept.name) if each.concept.name in known else len(known),
        )

    def _field(self, each: Placement) -> Iterator[str]:
        concept = each.concept.name
        if concept in ("longitude", "latitude", "beneficiary", "partner", "ministry"):
            return
        mark = "" if each.sureness >= _SURE else "        # ?"
        if concept == "keyword":
            found = [self._source(other) for other in self._proposal.placements if other.concept.name == "keyword"]
            if each is next(other for other in self._proposal.placements if other.concept.name == "keyword"):
                yield f"keyword = {one_or_more(found)}{mark}"
            return
        if concept in ("programme", "manager"):
            yield f"{'programme' if concept == 'programme' else 'managedBy'} = {{ thing = {text(concept)} }}{mark}"
            return
        if each.concept.path.startswith("registeredAs."):
            if each is self._numbers()[0]:
                found = [self._identifier(other) for other in self._numbers()]
                yield f"registeredAs = {one_or_more(found)}{mark}"
            return
        if concept == "description":
            if each is self._proposal.of("description"):
                yield f"description = {inline(self._description(each))}{mark}"
            return
        if concept == "fullAddress" and self._is_cut(each):
            for path, pattern in _CUT.items():
                yield f"{path} = {inline({'column': each.column.name, 'pattern': pattern})}{mark}"
            return
        yield f"{each.concept.path} = {inline(self._source(each))}{mark}"
        if concept in MONEY:
            currency, sure = self._ways.currency(each)
            above = each.concept.path.rpartition(".")[0]
            yield f"{above}.currency = {{ constant = {text(currency)} }}" + ("" if sure else "        # ?")

    def _description(self, each: Placement) -> dict[str, Any]:
        """Return the settings of a description, which may stand in several columns."""
        found = [other.column.name for other in self._proposal.placements if other.concept.name == "description"]
        return {"columns": found, "join": "\n\n", "lines": "keep"} if found[1:] else self._source(each)

    def _is_cut(self, each: Placement) -> bool:
        """Tell whether street, postcode and city can be taken from one cell: there are no columns of their own."""
        if any(self._proposal.of(part) for part in ("street", "postcode", "city")) or not each.column.cells:
            return False
        return all(re.search(pattern, texts.fold(cell)) for cell in each.column.texts for pattern in _CUT.values())

    def _numbers(self) -> list[Placement]:
        return [each for each in self._proposal.placements if each.concept.path.startswith("registeredAs.")]

    def _identifier(self, each: Placement) -> dict[str, Any]:
        found: dict[str, Any] = {"identifier": each.concept.name}
        if each.concept.name in ("company-number", "vat") and self._country:
            found["issued_in"] = self._country
        return {**found, "column": each.column.name}

    def _source(self, each: Placement) -> dict[str, Any]:
        """Return the settings of a field."""
        found: dict[str, Any] = (
            {"first_of": [each.column.name, *each.also]} if each.also else {"column": each.column.name}
        )
        concept, content = each.concept.name, each.content
        if concept in ("keyword", "homepage", "country", "region", "sector", "type") and content.separator:
            found["split"] = content.separator
        if concept == "homepage" and content.is_a("urls"):
            found["split"] = r"[\s,;]+"
        if concept == "description":
            found["lines"] = "keep"
        if concept in NUMBERS and content.units:
            found["unit"] = content.units[0] if len(content.units) == 1 else list(content.units)
        if concept in NUMBERS and (other := self._ways.other_locale(each)):
            found["locale"] = other
        if concept == "coFinancingRate" and any("(" in text for text in each.column.texts):
            found["pattern"] = r"(\d+(?:[.,]\d+)?\s*%)"
        if concept in _CODED and (table := self._translation(each, _CODED[concept])) is not None:
            found["translate"] = table
        return found

    def _translation(self, each: Placement, kind: str) -> dict[str, str] | None:
        """Return what stands for which code, or None when codes and names of the lists are all there is."""
        split = re.compile(each.content.separator) if each.content.separator else None
        parts = [part for cell in each.column.texts for part in (split.split(cell) if split else [cell])]
        words = list(dict.fromkeys(texts.fold(part) for part in parts if part.strip()))
        found = self._recogniser.codes_of(kind, words)
        if len(found) == len(words) and all(found[word] == word for word in words):
            return None
        if len(words) > _MOST_WORDS:
            return None
        return {word: found.get(word, "") for word in words}

    def _party(self, alias: str) -> Iterator[str]:
        """Return the organisation that a row names beside its project, and its part in it."""
        each = self._proposal.of(alias)
        assert each is not None
        several = alias in self._splits()
        column = alias if several else each.column.name
        shape = "PublicOrganisation" if alias == "ministry" else "Organisation"
        organisation = f"{alias}-organisation"
        yield from ("", f"[things.{organisation}]", f"shape = {text(shape)}")
        yield f"for_each = {text(alias)}" if several else f"when = {text(column)}"
        yield f"key = {text(column)}"
        yield from ("", f"[things.{organisation}.fields]", f"name = {text(column)}")
        if self._country:
            yield f"country = {{ constant = {text(self._country)} }}"
        if alias == "beneficiary" and self._has_address():
            for part in _IN_ADDRESS:
                if placed := self._proposal.of(part):
                    yield from self._field(placed)
            yield from self._point()
            yield from self._address_country()
        yield from ("", f"[things.{alias}-participation]", 'shape = "Participation"')
        yield f"for_each = {text(alias)}" if several else f"when = {text(column)}"
        role = "line-ministry" if alias == "ministry" else alias
        parts = f"{{ thing = {text(self._alias)} }}, {{ thing = {text(organisation)} }}, {{ constant = {text(role)} }}"
        yield f"key = [{parts}]"
        yield from ("", f"[things.{alias}-participation.fields]", f"organisation = {{ thing = {text(organisation)} }}")
        yield from (f"project = {{ thing = {text(self._alias)} }}", f"role = {{ constant = {text(role)} }}")

    def _programme(self) -> Iterator[str]:
        if each := self._proposal.of("programme"):
            column = text(each.column.name)
            yield from ("", "[things.programme]", 'shape = "Programme"', f"when = {column}", f"key = {column}")
            yield from ("", "[things.programme.fields]", f"name = {column}")

    def _manager(self) -> Iterator[str]:
        if each := self._proposal.of("manager"):
            column = text(each.column.name)
            yield from ("", "[things.manager]", 'shape = "ClusterOrganisation"', f"when = {column}", f"key = {column}")
            yield from ("", "[things.manager.fields]", f"name = {column}")

    def _address_country(self) -> Iterator[str]:
        if self._country and any(self._proposal.of(part) for part in _IN_ADDRESS):
            yield f"address.country = {{ constant = {text(self._country)} }}"

    def _point(self) -> Iterator[str]:
        east, north = self._proposal.of("longitude"), self._proposal.of("latitude")
        if east is None or north is None:
            return
        options: dict[str, Any] = {"point": [east.column.name, north.column.name]}
        english = east.content.ways.get("en", 0) >= max(east.content.ways.values(), default=0)
        locale = "en" if english else self._ways.locale
        if locale and locale != "en":
            options["locale"] = locale
        crs = self._ways.system(east, north, locale or "en")
        if crs != CRS84:
            options["crs"] = crs
        yield f"location = {inline(options)}" + ("" if crs == CRS84 else "        # ? the system of coordinates")

    # Values

    def _patterns(self, each: Placement) -> Sequence[str]:
        return each.content.patterns if each.concept.content == "day" else ()
