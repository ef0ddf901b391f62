"""The search index of a release: a folder of tantivy's, written with the release and never changed afterwards.

Names are kept folded (`eclod.core.folding`) as words, as trigrams, whole and without blanks; identifiers without their
spaces and dashes. A later release takes over the files of the one before by hard links, so that it costs what changed:
tantivy never writes to a file that is there (docs/adr/0012-search.md).
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Occur, Query

from eclod.core import codes, folding, labels
from eclod.core.errors import BadIdentifier
from eclod.store.finding import queries
from eclod.store.releases import Releases

FOLDER: Final = "search"
#: How entries are kept: an index made otherwise is still read, but not taken over by a later release.
_FORM: Final = "2"
_FORM_FILE: Final = "form"

#: Characters and trigrams of a text that are looked at: no name is longer, and each further one costs.
_LONGEST_TEXT: Final = 500
_MOST_TRIGRAMS: Final = 64
_RARE_TRIGRAMS: Final = 11
#: What tantivy finds is put in order by how its names begin; of so many at least.
_LOOKED_AT: Final = 50
#: Fewer results than this, and words are also read as misspelt.
_FEW: Final = 3
_HEAP: Final = 64_000_000
#: Rewritten by tantivy under the same name (by renaming a new one); all other files stay as they are.
_REWRITTEN: Final = frozenset({"meta.json", ".managed.json"})
_OWN_PATH: Final = re.compile(r"/(?:id|doc)/(?P<kind>[a-z-]+)/(?P<code>[^/?#.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is found: IRI, kind of thing, label with language, a detail to tell it from others, and its weight.

    `names` are all its names, `labels` the texts with languages that may be its label, when there are several, `codes`
    its identifiers as written, `about` further texts that lead to it (places and sectors; they are not kept), `types`
    its classes, `sectors` what it does, `countries` and `places` the IRIs and `towns` the names of where it is.
    """

    iri: str
    kind: str
    label: str
    language: str = ""
    detail: str = ""
    weight: int = 0
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    homepage: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def all_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.label, *self.names)))

    def in_language(self, languages: Sequence[str]) -> Entry:
        """Return the entry with the label that suits the preferred languages (best first), else as it is."""
        best = labels.choose(self.labels, languages) if languages else None
        if best is None or best == (self.label, self.language):
            return self
        others = tuple(name for name in self.all_names if name != best[0])
        return dataclasses.replace(self, label=best[0], language=best[1], names=others)


#: What of an entry is stored with it.
_KEPT: Final = tuple(field.name for field in dataclasses.fields(Entry) if field.name != "about")


def squash(identifier: str) -> str:
    """Return an identifier without what stands between its characters: `CZ 250-43.412` becomes `cz25043412`."""
    return folding.plain(identifier[:_LONGEST_TEXT]).replace(" ", "")


def write(folder: Path, entries: Iterable[Entry]) -> None:
    """Write a new index."""
    folder.mkdir()
    _change(folder, (), entries)
    (folder / _FORM_FILE).write_text(_FORM)


def is_current(folder: Path) -> bool:
    """Return whether a folder has an index whose entries are kept as `write` keeps them."""
    form = folder / _FORM_FILE
    return (folder / "meta.json").exists() and form.exists() and form.read_text() == _FORM


def update(folder: Path, previous: Path, touched: Iterable[str], entries: Iterable[Entry]) -> None:
    """Write an index that differs from the previous one, which is current, in the touched IRIs only."""
    folder.mkdir()
    for file in previous.iterdir():
        if file.name in _REWRITTEN:
            shutil.copyfile(file, folder / file.name)
        elif file.suffix != ".lock":
            os.link(file, folder / file.name)
    _change(folder, touched, entries)


def _change(folder: Path, removed: Iterable[str], added: Iterable[Entry]) -> None:
    writer = _open(folder).writer(heap_size=_HEAP, num_threads=1)
    for iri in removed:
        writer.delete_documents_by_term("iri", iri)
    for entry in added:
        writer.add_document(_document(entry))
    writer.commit()
    writer.wait_merging_threads()


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(queries.SCHEMA, path=str(folder))
    index.register_tokenizer(queries.TRIGRAMS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(3, 3)).build())
    # A release never changes: nobody has to look out for that.
    index.config_reader(num_warmers=0, reload_policy="manual")
    return index


def _document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    names = [name[:_LONGEST_TEXT] for name in entry.all_names]
    keys, spelt = queries.unlike(map(folding.key, names)), queries.unlike(map(folding.plain, names))
    texts: dict[str, Iterable[str]] = {
        "iri": [entry.iri],
        "kind": [entry.kind],
        "type": entry.types,
        "key": [*keys, *queries.without_blanks(keys, spelt)],
        "code": queries.unlike(map(squash, entry.codes)),
        "name": spelt,
        "about": queries.unlike(map(folding.plain, (*entry.about, *entry.codes))),
        "parts": keys,
    }
    for field, values in texts.items():
        for value in values:
            document.add_text(field, value)
    document.add_unsigned("weight", entry.weight)
    row = {name: value for name in _KEPT if (value := getattr(entry, name))}
    stored = "\t".join(keys), "\t".join(spelt), json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    document.add_bytes("row", "\n".join(stored).encode())
    return document


class Hit:
    """An entry that was found, with its names as words (`spelt`) and without legal forms (`keys`).

    The entry is read when it is first asked for: most candidates are dropped for their names.
    """

    __slots__ = ("_entry", "_row", "keys", "spelt")

    def __init__(self, entry: Entry | None, keys: Sequence[str] = (), spelt: Sequence[str] = (), row: str = "") -> None:
        self._entry, self._row = entry, row
        self.keys, self.spelt = keys, spelt

    @classmethod
    def read(cls, stored: bytes) -> Hit:
        """Return what `_document` stored."""
        keys, spelt, row = stored.decode().split("\n", 2)
        return cls(None, keys.split("\t"), spelt.split("\t"), row)

    @property
    def entry(self) -> Entry:
        if self._entry is None:
            fields = json.loads(self._row)
            for name, value in fields.items():
                if value.__class__ is list:
                    fields[name] = tuple(map(tuple, value)) if name == "labels" else tuple(value)
            self._entry = Entry(**fields)
        return self._entry

    @property
    def iri(self) -> str:
        return self.entry.iri


class SearchIndex:
    """One release's index, open for reading; safe to share among threads. Without its folder nothing is found."""

    def __init__(self, folder: Path) -> None:
        self._searcher: tantivy.Searcher | None = None
        if (folder / "meta.json").exists():
            self._searcher = _open(folder).searcher()

    def search(self, text: str, limit: int = 20, kinds: Sequence[str] = ()) -> list[Hit]:
        """Return what has all the words of a text, the last as a beginning; best first, names before places.

        An identifier finds what it identifies. Words are read without legal forms, then without the blanks between
        them, then as misspelt, when they find little as they are.
        """
        text = text[:_LONGEST_TEXT]
        wanted = " ".join(folding.plain(text).split()[: queries.MOST_WORDS])
        if self._searcher is None or not wanted:
            return []
        found = {hit.iri: hit for hit in self.identified(text, kinds)}
        amount, few = max(limit, _LOOKED_AT), min(limit, _FEW)
        self._add(found, queries.all_words(wanted, kinds), amount, wanted)
        if len(found) < few:
            key = " ".join(folding.key(wanted).split())
            if key != wanted:
                self._add(found, queries.all_words(key, kinds), amount, key)
            if len(found) < few:
                self._add(found, queries.beginning_joined((wanted, key), kinds), amount, key, joined=True)
                self._add(found, queries.all_words(key, kinds, misspelt=True), amount, key)
            if len(found) < few:
                self._add(
                    found, queries.beginning_joined((wanted, key), kinds, misspelt=True), amount, key, joined=True
                )
        return list(found.values())[:limit]

    def alike(self, name: str, limit: int, types: Sequence[str] = (), kinds: Sequence[str] = ()) -> list[Hit]:
        """Return what has the very same name but for legal form, or else names made of the same parts of words."""
        key = folding.key(name[:_LONGEST_TEXT])
        if self._searcher is None or not key:
            return []
        narrowed = queries.narrowed(types, kinds)
        same = self._found(Query.boolean_query([(Occur.Must, queries.term("key", key)), *narrowed]), limit)
        if same:
            return same
        parts = dict.fromkeys(key[at : at + 3] for at in range(max(1, len(key) - 2)))
        # The rarest tell most; the others cost most, and tell next to nothing.
        often = {part: self._searcher.doc_freq("parts", part) for part in list(parts)[:_MOST_TRIGRAMS]}
        rare = sorted(filter(often.__getitem__, often), key=often.__getitem__)[:_RARE_TRIGRAMS]
        clauses = [(Occur.Should, queries.term("parts", part)) for part in rare]
        either = Query.boolean_query(clauses)
        # Alone, the parts are read by how much they can still add to a score (block-max WAND), not all.
        return self._found(Query.boolean_query([(Occur.Must, either), *narrowed]) if narrowed else either, limit)

    def identified(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Return what an IRI, a code of ours in any spelling or an identifier of somebody else's identifies."""
        text = text.strip()
        if self._searcher is None or (not any(map(str.isdecimal, text)) and ":" not in text):
            return []
        terms = [queries.term("iri", text)]
        if (squashed := squash(text)) and not squashed.isalpha():
            terms.append(queries.term("code", squashed))
        if own := own_code(text):
            terms.append(queries.term("code", own))
        either = Query.boolean_query([(Occur.Should, term) for term in terms])
        return self._found(Query.boolean_query([(Occur.Must, either), *queries.narrowed((), kinds)]), limit)

    def get(self, iri: str) -> Entry | None:
        """Return the entry about an IRI, or None when it is not in the index."""
        found = self._found(queries.term("iri", iri), 1)
        return found[0].entry if found else None

    def has_type(self, iri: str) -> bool:
        """Return whether anything in the index is of a class."""
        return self._searcher is not None and self._searcher.doc_freq("type", iri) > 0

    def all(self) -> Iterator[Entry]:
        """Return every entry, in no order."""
        if self._searcher is not None:
            for hit in self._found(Query.all_query(), max(1, self._searcher.num_docs)):
                yield hit.entry

    def _add(self, found: dict[str, Hit], query: Query, limit: int, wanted: str, joined: bool = False) -> None:
        hits = self._found(query, limit, weighted=True)
        nearness = _nearness_joined if joined else _nearness
        # Sorting keeps tantivy's order among equals.
        for hit in sorted(hits, key=lambda hit: nearness(hit, wanted)):
            found.setdefault(hit.iri, hit)

    def _found(self, query: Query, limit: int, weighted: bool = False) -> list[Hit]:
        searcher = self._searcher
        if searcher is None:
            return []
        weight = "weight" if weighted else None
        result = searcher.search(query, limit=limit, count=False, weight_by_field=weight)
        return [Hit.read(bytes(searcher.doc(address)["row"][0])) for _, address in result.hits]


def own_code(text: str) -> str | None:
    """Return the code of ours that a text is or an address ends with, or None when it is none."""
    path = _OWN_PATH.search(text)
    try:
        return codes.normalise(path["code"] if path else text)
    except BadIdentifier:
        return None


def _nearness(hit: Hit, wanted: str) -> int:
    if wanted in hit.spelt or wanted in hit.keys:
        return 0
    return 1 if any(name.startswith(wanted) for name in hit.spelt) else 2


def _nearness_joined(hit: Hit, key: str) -> int:
    wanted, names = key.replace(" ", ""), [name.replace(" ", "") for name in (*hit.keys, *hit.spelt)]
    if wanted in names:
        return 0
    return 1 if any(name.startswith(wanted) for name in names) else 2


class SearchIndexes:
    """The index of each release, opened when first asked for."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._open: dict[str, SearchIndex] = {}
        self._lock = threading.Lock()

    def for_release(self, release: str) -> SearchIndex:
        """Return the index of a release; raises NotFound when there is no such release."""
        with self._lock:
            if release not in self._open:
                self._open = {name: index for name, index in self._open.items() if len(self._open) < 8}
                self._open[release] = SearchIndex(self._releases.folder(release) / FOLDER)
            return self._open[release]
