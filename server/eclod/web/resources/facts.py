"""The facts of a thing as HTML: its properties with their values, and the marks that lead to the sources of each.

In Python and not as macros of the template, since this is most of the work of a page. Spaces are as they were written
by people: they stand in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from markupsafe import Markup

from eclod.core.namespaces import PREFIXES, expand
from eclod.web.resources.typesetting import day, escaped, iri_of, term
from eclod.web.resources.views import Group, Said, Source, ThingView, Value

_AMOUNT: Final = expand("eurio:value")
_CURRENCY: Final = expand("eurio:currency")
_LOCATION: Final = PREFIXES["locn"]
_ASSESSMENT: Final = expand("eclod:assessment")
_TEST: Final = expand("earl:test")
_RESULT: Final = expand("earl:result")
#: In the order in which the platform asks for them.
_CRITERIA: Final = (
    *("management-team", "english-website", "committed-members", "triple-helix", "public-bodies"),
    *("recognition", "admission"),
)
#: So many values of a property are shown at once, the others on demand.
_MOST_SHOWN: Final = 12
#: More languages than these are counted, not named.
_MOST_NAMED: Final = 4
_REMEMBERED: Final = 4096
_ITEM: Final = "<li>"
_UNMERGED: Final = '<li class="unmerged">'


class Facts:
    """The facts of one page; `book` are the sources in the order of their first mention on it, which numbers them.

    `shown` are the properties among the facts: the description under the title need not stand there again, and
    assessments, which no source gives, stand by themselves in `assessed` (None when there are none).
    """

    def __init__(self, view: ThingView) -> None:
        self._text = view.description.text if view.description else None
        self._told = [group for group in view.groups if group.values[0].term.text == self._text]
        whole = next((group for group in reversed(self._told) if len(group.values) == 1), None)
        groups = [group for group in view.groups if group is not whole]
        self.assessed = next((group for group in groups if group.property_iri == _ASSESSMENT), None)
        self.shown = [group for group in groups if group.property_iri != _ASSESSMENT]
        self.book = list(view.sources)
        self._made: dict[Source, str] = {}

    def marks_of_description(self) -> Markup:
        """Return the marks of the text under the title."""
        return Markup(self._marks(self._told[-1].values[0].sources) if self._told else "")  # escaped

    def table(self) -> Markup:
        """Return the facts that are shown."""
        return Markup(self._facts(self.shown))  # escaped part by part

    def assessments(self) -> list[tuple[Markup, Markup]]:
        """Return what the data say about each admission criterion: (criterion, result)."""
        found = []
        for item in _in_order_of_criteria(self.assessed.values if self.assessed else ()):
            test, result = _property(item.nested, _TEST), _property(item.nested, _RESULT)
            if test and result:
                pair = (self._value(test.values[0]), self._value(result.values[0]))
                found.append((Markup(pair[0]), Markup(pair[1])))  # escaped part by part
        return found

    def _facts(self, groups: Iterable[Group]) -> str:
        rows = [
            f"\n    <div>\n      {_name(group.label, group.href, group.title, group.property_iri)}"
            f"\n      <dd>{self._values(group.values)}</dd>\n    </div>"
            for group in groups
        ]
        return f'<dl class="facts">{"".join(rows)}\n  </dl>'

    def _values(self, values: Sequence[Value]) -> str:
        """Return the values of a property: in the visitor's language first, in others on demand; long lists folded.

        Only literals are the same in another language; the names of two things are of two things.
        """
        is_told = values[0].term.text == self._text
        if len(values) == 1:
            return "" if is_told else self._value(values[0])
        literals = [value for value in values if value.term.iri is None]
        own, others = values, list[Value]()
        if literals and (first := literals[0].term.language):
            others = [value for value in literals if value.term.language not in (first, "")]
            own = [value for value in values if value not in others]
        if is_told:
            own = own[1:]
        made = self._listed(own[:_MOST_SHOWN]) if own else ""
        if len(own) > _MOST_SHOWN:
            made += _folded(f"{len(own) - _MOST_SHOWN} more", self._listed(own[_MOST_SHOWN:]))
        if others:
            made += _folded(_languages(others), self._listed(others))
        return made

    def _listed(self, items: Sequence[Value]) -> str:
        if len(items) == 1:
            return self._value(items[0])
        rows = [f"\n      {_ITEM if item.merged else _UNMERGED}{self._value(item)}</li>" for item in items]
        return f"<ul>{''.join(rows)}\n    </ul>"

    def _value(self, item: Value) -> str:
        if item.nested:
            return self._part(item)
        made = term(item.term) + self._marks(item.sources)
        if not item.merged and not item.said:
            made += ' <span class="unmerged-note">not in the merged view</span>'
        return made + iri_of(item.term) + _verdicts(item.said)

    def _part(self, item: Value) -> str:
        """Return a part: an amount and a single value in one line, an address with details, others as a list."""
        nested, marks = item.nested, self._marks
        amount, currency = _property(nested, _AMOUNT), _property(nested, _CURRENCY)
        if amount and currency:
            terms = f"{term(amount.values[0].term)} {term(currency.values[0].term)}"
            return terms + marks(item.sources) + _verdicts(nested[0].values[0].said)
        if len(nested) == 1 and len(nested[0].values) == 1:
            return self._value(nested[0].values[0])
        if item.term.text and nested[0].property_iri.startswith(_LOCATION):
            line = f"<span>{escaped(item.term.text)}</span>{marks(item.sources)}"
            return f"{line}\n    {_folded('in parts', self._facts(nested))}"
        return self._facts(nested)

    def _marks(self, sources: Iterable[Source]) -> str:
        return "".join([self._made.get(source) or self._mark(source) for source in sources])

    def _mark(self, source: Source) -> str:
        if source not in self.book:
            self.book.append(source)
        number = self.book.index(source) + 1
        title = escaped(f"{source.label}: {source.detail}" if source.detail else source.label)
        made = (
            f'<a class="mark" href="#source-{number}" title="{title}"><span class="hidden">Source </span>{number}</a>'
        )
        self._made[source] = made
        return made


@lru_cache(_REMEMBERED)
def _name(label: str, href: str | None, title: str, iri: str) -> str:
    shown = f'<a href="{escaped(href)}">{escaped(label)}</a>' if href else escaped(label)
    longer = f' title="{escaped(title)}"' if title else ""
    return f'<dt{longer}>{shown}<span class="iri shown-iri">{escaped(iri)}</span></dt>'


def _verdicts(said: Iterable[Said]) -> str:
    """Return what became of what each source says: at once where it lost or is doubtful, else when the switch is on."""
    return "".join(map(_verdict, said))


@lru_cache(_REMEMBERED)
def _verdict(said: Said) -> str:
    lost = said.verdict == "lost"
    kind = ("" if lost or said.warnings else " said-more") + (" unmerged-note" if lost else "")
    since = f", since {day(said.since)}" if said.since else ""
    others = escaped(", ".join(said.others))
    if lost:
        against = f" against {others}" if others else ""
        rule = "the order of registries" if said.rule.endswith("#order") else "a rule"
        reason = f" ({escaped(said.reason)})" if said.reason else ""
        became = f'lost{against}, by <a href="{escaped(said.rule)}">{rule}</a>{reason}; not in the merged view'
    else:
        became = f"agrees with {others}" if said.verdict == "agrees" else "taken into the merged view"
    warnings = "".join(f"; <strong>{escaped(warning)}</strong>" for warning in said.warnings)
    who = f'<a href="{escaped(said.href)}">{escaped(said.registry)}</a>'
    return f'<span class="said{kind}">\n      {who}{since}:\n      {became}{warnings}</span>'


def _languages(values: Iterable[Value]) -> str:
    """Return in which languages there are values, each once however it is spelt."""
    named: dict[str, str] = {}
    for value in values:
        named.setdefault(value.term.language.lower(), value.term.language)
    if len(named) > _MOST_NAMED:
        return f"in {len(named)} other languages"
    return f"also in {escaped(', '.join(named.values()))}"


def _folded(summary: str, content: str) -> str:
    return f'<details class="part"><summary>{summary}</summary>{content}</details>'


def _property(groups: Iterable[Group], iri: str) -> Group | None:
    return next((group for group in groups if group.property_iri == iri), None)


def _in_order_of_criteria(values: Sequence[Value]) -> Iterable[Value]:
    for name in _CRITERIA:
        yield from (v for v in values if v.term.iri and v.term.iri.endswith(f"#assessment-{name}"))
