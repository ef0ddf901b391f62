"""What of names is kept without blanks, and what the index is asked for (`eclod.store.finding.index`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import tantivy
from tantivy import Occur, Query

#: Words of a text that are looked at.
MOST_WORDS: Final = 12
#: Beginnings of words shorter than this are looked for in names only.
_SHORT: Final = 3
#: Words without the blanks between them: the mark of such keys, the longest kept, the shortest looked for, and the
#: shortest of which one letter may be wrong.
_JOINED: Final = "="
_LONGEST_JOINED: Final = 60
_SHORTEST_JOINED: Final = 4
_SHORTEST_MISSPELT: Final = 6
_NAME_BOOST: Final = 3.0
TRIGRAMS: Final = "trigrams"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("iri", "kind", "type", "key", "code"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("name", "about"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("parts", tokenizer_name=TRIGRAMS, index_option="freq")
    builder.add_unsigned_field("weight", fast=True)
    builder.add_bytes_field("row", stored=True)
    return builder.build()


SCHEMA: Final = _schema()


def without_blanks(keys: Sequence[str], spelt: Sequence[str]) -> list[str]:
    """Return names without blanks and marked, and their ends from each word on that tells something."""
    ends = (words[at:] for words in map(str.split, keys) for at in range(min(len(words), MOST_WORDS)))
    return unlike(map(_joined, (*map(str.split, spelt), *ends)))


def _joined(words: Iterable[str]) -> str:
    return _JOINED + "".join(words)[:_LONGEST_JOINED]


def unlike(texts: Iterable[str]) -> list[str]:
    """Return the different texts that are not empty, in their order."""
    return [text for text in dict.fromkeys(texts) if text]


def all_words(text: str, kinds: Sequence[str], misspelt: bool = False) -> Query:
    """Return what asks for all the words of a text, the last as a beginning."""
    *words, last = text.split()
    clauses = [(Occur.Must, _word(word, misspelt)) for word in words]
    clauses += [(Occur.Must, _beginning(last, misspelt)), *narrowed((), kinds)]
    return Query.boolean_query(clauses)


def _word(word: str, misspelt: bool) -> Query:
    exact = Query.boost_query(term("name", word), _NAME_BOOST)
    either = [(Occur.Should, exact), (Occur.Should, term("about", word))]
    if misspelt and (distance := _tolerance(word)):
        either.append((Occur.Should, Query.fuzzy_term_query(SCHEMA, "name", word, distance=distance)))
    return Query.boolean_query(either)


def _beginning(word: str, misspelt: bool) -> Query:
    distance = _tolerance(word) if misspelt else 0
    begun = Query.fuzzy_term_query(SCHEMA, "name", word, distance=distance, prefix=True)
    either = [(Occur.Should, Query.boost_query(term("name", word), _NAME_BOOST)), (Occur.Should, begun)]
    if len(word) >= _SHORT:
        either += [(Occur.Should, Query.fuzzy_term_query(SCHEMA, f, word, distance=0, prefix=True)) for f in _REST]
    return Query.boolean_query(either)


_REST: Final = ("about", "code")


def beginning_joined(texts: Iterable[str], kinds: Sequence[str], misspelt: bool = False) -> Query:
    """Return what asks for names in which a text begins with some word, wherever either has a blank."""
    shortest = _SHORTEST_MISSPELT if misspelt else _SHORTEST_JOINED
    wanted = [text for text in unlike(_joined(text.split()) for text in texts) if len(text) > shortest]
    if misspelt:
        wanted = [text for text in wanted if not text.removeprefix(_JOINED).isdecimal()]
    distance = 1 if misspelt else 0
    begun = [Query.fuzzy_term_query(SCHEMA, "key", text, distance=distance, prefix=True) for text in wanted]
    either = Query.boolean_query([(Occur.Should, query) for query in begun])
    return Query.boolean_query([(Occur.Must, either), *narrowed((), kinds)])


def _tolerance(word: str) -> int:
    """Return how many letters of a word may be wrong, missing, too many or swapped."""
    if len(word) < 4 or word.isdecimal():
        return 0
    return 1 if len(word) < 8 else 2


def narrowed(types: Sequence[str], kinds: Sequence[str]) -> list[tuple[Occur, Query]]:
    """Return the clauses that ask for one of some classes, and for one of some kinds of things."""
    asked = (("type", types), ("kind", kinds))
    return [
        (Occur.Must, Query.const_score_query(Query.term_set_query(SCHEMA, field, list(values)), 0.0))
        for field, values in asked
        if values
    ]


def term(field: str, value: str) -> Query:
    """Return what asks for a value as it is."""
    return Query.term_query(SCHEMA, field, value, index_option="basic")
