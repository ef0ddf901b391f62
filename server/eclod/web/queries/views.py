"""What the query form, the saved queries and tables of results show; see `resources.views` for how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eclod.core.formats import Format
from eclod.web.messages.views import Alternate, ErrorView
from eclod.web.resources.views import Term


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """A query to start from, with a sentence that says what it finds."""

    summary: str
    query: str
    href: str


@dataclass(frozen=True, slots=True)
class SparqlForm:
    """Template `sparql.html`, as variable `form`: a GET form to `action` with a textarea `query` and a select `format`.

    `formats` are the choices beside "table" (the empty value); `prefixes` are those of our data, to copy into a query.
    `described` is what IRIs of others begin with that this service has a page about. `error` is what was wrong with
    `query` when it was asked, to be shown above the text.
    """

    action: str
    query: str
    formats: tuple[Format, ...]
    prefixes: Mapping[str, str]
    examples: tuple[ExampleQuery, ...]
    alternates: tuple[Alternate, ...]
    release: str
    seconds: float = 0.0
    error: ErrorView | None = None
    described: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter of a saved query: name, what it means, the value it has on this page ("" for none).

    `control` is what the form shows for it: "choice" among `options`, "number" (with bounds and step), "date" or
    "text". `takes` says in words what a value is; `default` is "" for an optional one, of which `example` is a value.
    """

    name: str
    description: str
    value: str
    type: str
    control: str
    takes: str
    default: str = ""
    example: str = ""
    options: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    step: str = "any"


@dataclass(frozen=True, slots=True)
class SavedQueryView:
    """Templates `queries.html` (`topics`: lists of these by title) and `results.html` (`saved`): a saved query.

    `href` leads to its page, `data_href` to the answer for programs, with all values of this page, `text_href` to the
    query alone; `address` is where this service is asked. `text` is the query with these values; `users` for whom it
    was made.
    """

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    users: tuple[str, ...]
    parameters: tuple[ParameterView, ...]
    href: str
    text: str
    data_href: str
    text_href: str
    address: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A text that leads somewhere."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class CompetencyView:
    """Template `competency.html` (`systems`: title and lists of these by notation): a question this data answers.

    `asked_by` says who asks, with its article; `href` asks, `edit_href` opens the query page with the query, `uses`
    lead to saved queries that are close to it.
    """

    name: str
    question: str
    asked_by: str
    href: str
    edit_href: str
    uses: tuple[LinkView, ...]


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Template `results.html`, as variable `table`: the answer to a query, for people.

    `kind` is "bindings", "boolean" (then `boolean` holds the answer and there are no rows) or "graph" (columns subject,
    predicate, object). A cell is None where a variable is unbound. `rows` holds the first of `total` rows,
    `truncated` when there are more. `alternates` give the whole answer as a file. `edit_href` opens the
    query page with this query, `cite_href` gives it a receipt. `cut` is the number of rows after which the service
    itself stopped, None for an answer that is complete.
    """

    query: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    total: int
    truncated: bool
    boolean: bool | None
    alternates: tuple[Alternate, ...]
    edit_href: str
    release: str
    elapsed_seconds: float = 0.0
    cite_href: str = ""
    cut: int | None = None
