"""Events as iCalendar (RFC 5545), so that people see them in the calendar they use.

The UID of an event is its IRI, and the time stamp that of the release, so that the same release gives the same bytes.
Days and moments are as the data has them; an event of which only the year is known is in no calendar.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

import pyoxigraph as ox
from icalendar import Calendar, Event, Timezone, TimezoneStandard
from werkzeug.urls import iri_to_uri

from eclod.core import labels
from eclod.core.namespaces import PREFIXES
from eclod.core.wkt import point_of
from eclod.web.resources import statements
from eclod.web.resources.statements import Reader

_PROLOGUE: Final = "".join(
    f"PREFIX {name}: <{PREFIXES[name]}>\n"
    for name in ("cv", "dcat", "dct", "eclod", "foaf", "geo", "locn", "skos", "time")
)
_DAY: Final = "?part time:hasTime/time:hasBeginning/time:inXSDDate ?day"
_PARTS: Final = (
    f"{_PROLOGUE}SELECT DISTINCT ?part ?event WHERE {{ ?part cv:parentEvent* ?event . {_DAY} }} ORDER BY ?part"
)
_HAS_PARTS: Final = f"{_PROLOGUE}ASK {{ ?part cv:parentEvent* ?event . {_DAY} }}"
#: What is read of each event.
_FACTS: Final = {
    "title": "dct:title",
    "description": "dct:description",
    "first": "time:hasTime/time:hasBeginning/time:inXSDDate",
    "last": "time:hasTime/time:hasEnd/time:inXSDDate",
    "begins": "time:hasTime/time:hasBeginning/time:inXSDDateTimeStamp",
    "ends": "time:hasTime/time:hasEnd/time:inXSDDateTimeStamp",
    "address": "locn:address/locn:fullAddress",
    "town": "locn:address/locn:postName",
    "country": "eclod:country/skos:prefLabel",
    "point": "geo:hasDefaultGeometry/geo:asWKT",
    "format": "cv:format/skos:prefLabel",
    "how": "cv:format/skos:notation",
    "page": "foaf:homepage",
    "status": "cv:eventStatus/skos:notation",
    "category": "(eclod:ecosystem|eclod:sector)/skos:prefLabel|dcat:keyword",
    "whole": "cv:parentEvent",
}
#: Statuses of the list `event-status` as RFC 5545 has them (section 3.8.1.11); on the day announced, nothing happens.
_STATUSES: Final = {
    "confirmed": "CONFIRMED",
    "tentative": "TENTATIVE",
    "postponed": "CANCELLED",
    "cancelled": "CANCELLED",
}
_PRODUCT: Final = "-//eclod//European Clusters Linked Open Data//EN"
_BATCH: Final = 400
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ONE_DAY: Final = datetime.timedelta(days=1)
_ENGLISH: Final = "en"
_ONLINE: Final = "online"

#: fact -> values
_Said = Mapping[str, Sequence[ox.NamedNode | ox.Literal]]


def is_dated(reader: Reader, event: str) -> bool:
    """Return whether the day of an event, or of a part of it, is known."""
    return reader.ask(_HAS_PARTS, event=event)


def parts(reader: Reader, event: str) -> list[str]:
    """Return an event and its parts, or the editions of a series, as far as their day is known."""
    return [cast("ox.NamedNode", row["part"]).value for row in reader.select(_PARTS, event=event)]


def language(asked: str | None) -> str:
    """Return the language of the texts: the one an address asks for, else English.

    What the headers ask for has no say: a program fetches a calendar, and one address gives everybody the same.
    """
    return (asked or "").strip().lower() or _ENGLISH


def title(reader: Reader, event: str, language: str) -> str:
    """Return the title of an event, for the calendar of its parts."""
    names = [triple.object for triple in statements.labels(reader, [event])]
    return _text(names, language)[0]


def write(reader: Reader, events: Sequence[str], title: str, made: datetime.datetime | None, language: str) -> bytes:
    """Return a calendar of some events, those without a day left out, in order of time.

    `made` is when the release was, `language` that of the texts; English, then any other, where there is none in it.
    """
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    for name in ("NAME", "X-WR-CALNAME"):  # RFC 7986, section 5.1, and what programs of before it read
        calendar.add(name, _plain(title))
    calendar.add("REFRESH-INTERVAL", _ONE_DAY, parameters={"VALUE": "DURATION"})
    stamp = made or datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    facts = _read(reader, events)
    dated = sorted((when[0].isoformat(), event) for event in events if (when := _when(facts.get(event, {}))))
    for _, event in dated:
        calendar.add_component(_event(event, facts[event], stamp.astimezone(datetime.UTC), language))
    if not dated:
        # A calendar has at least one component (RFC 5545, section 3.6).
        calendar.add_component(_utc())
    return bytes(calendar.to_ical())


def _read(reader: Reader, events: Sequence[str]) -> Mapping[str, _Said]:
    found: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(lambda: defaultdict(list))
    for batch in (events[start : start + _BATCH] for start in range(0, len(events), _BATCH)):
        values = " ".join(statements.spelled(event) for event in batch)
        branches = "\nUNION\n".join(
            f'{{ VALUES ?event {{ {values} }} ?event {path} ?value BIND ("{name}" AS ?what) }}'
            for name, path in _FACTS.items()
        )
        for row in reader.select(f"{_PROLOGUE}SELECT DISTINCT ?event ?what ?value WHERE {{\n{branches}\n}}"):
            if isinstance(row["value"], ox.NamedNode | ox.Literal):
                event, what = cast("ox.NamedNode", row["event"]).value, cast("ox.Literal", row["what"]).value
                found[event][what].append(row["value"])
    for said in found.values():
        for terms in said.values():
            terms.sort(key=str)
    return found


def _event(iri: str, said: _Said, stamp: datetime.datetime, language: str) -> Event:
    event = Event()
    event.add("UID", iri)
    event.add("DTSTAMP", stamp)
    for name, moment in zip(("DTSTART", "DTEND"), _when(said), strict=True):
        event.add(name, moment)
    for name, fact in (("SUMMARY", "title"), ("DESCRIPTION", "description")):
        text, tag = _text(said.get(fact, ()), language)
        if text:
            event.add(name, text, parameters={"LANGUAGE": tag} if tag else {})
    if place := _place(said, language):
        event.add("LOCATION", place)
    if point := next(filter(None, (point_of(term.value) for term in said.get("point", ()))), None):
        event.add("GEO", (point[1], point[0]))
    if categories := _categories(said.get("category", ()), language):
        event.add("CATEGORIES", categories)
    if status := _first(said, "status"):
        event.add("STATUS", _STATUSES.get(status, "TENTATIVE"))
    for whole in said.get("whole", ()):
        event.add("RELATED-TO", whole.value)
    event.add("URL", iri_to_uri(_first(said, "page") or iri))
    return event


def _when(said: _Said) -> tuple[datetime.date, datetime.date] | tuple[()]:
    """Return beginning and end: moments where both are known, else days, the last one being that after the event."""
    try:
        if (begins := _first(said, "begins")) and (ends := _first(said, "ends")):
            moments = (datetime.datetime.fromisoformat(begins), datetime.datetime.fromisoformat(ends))
            return moments[0].astimezone(datetime.UTC), moments[1].astimezone(datetime.UTC)
        first = datetime.date.fromisoformat(_first(said, "first"))
        last = datetime.date.fromisoformat(_first(said, "last") or _first(said, "first"))
        return first, max(first, last) + _ONE_DAY
    except (ValueError, OverflowError):
        return ()


def _place(said: _Said, language: str) -> str:
    if address := _first(said, "address"):
        return _plain(address)
    town, country = (_text(said.get(fact, ()), language)[0] for fact in ("town", "country"))
    if town or country:
        return ", ".join(filter(None, (town, country)))
    return _text(said.get("format", ()), language)[0] if _first(said, "how") == _ONLINE else ""


def _categories(terms: Sequence[ox.NamedNode | ox.Literal], language: str) -> list[str]:
    """Return labels in one language: of a code there are labels in many, of which one is enough."""
    literals = [term for term in terms if isinstance(term, ox.Literal)]
    wanted = language if any(term.language == language for term in literals) else _ENGLISH
    return list(dict.fromkeys(_plain(term.value) for term in literals if term.language in (wanted, None)))


def _text(terms: Iterable[object], language: str) -> tuple[str, str]:
    """Return the text in a language, or the best other, with its language."""
    pairs = ((term.value, term.language or "") for term in terms if isinstance(term, ox.Literal))
    text, tag = labels.choose(pairs, (language,)) or ("", "")
    return _plain(text), tag


def _first(said: _Said, fact: str) -> str:
    terms = said.get(fact, ())
    return terms[0].value if terms else ""


def _plain(text: str) -> str:
    """Return a text without signs that would end a line of the file."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _utc() -> Timezone:
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("TZID", "Etc/UTC")
    standard.add("DTSTART", datetime.datetime(1970, 1, 1))
    standard.add("TZOFFSETFROM", datetime.timedelta())
    standard.add("TZOFFSETTO", datetime.timedelta())
    zone.add_component(standard)
    return zone
