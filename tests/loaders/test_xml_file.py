"""XML as rows: namespaces, attributes, repeated elements, markup in texts, and hostile files refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Registry
from eclod_loaders.rows import Row

Make = Callable[..., Registry]
Read = Callable[[Registry], list[Row]]

REGISTRY = """title = { en = "Test" }
publisher = "P"
language = "en"
[[sources]]
file = "./rows.xml"
adapter = "xml"
"""
MAPPING = """
[file]
records = ["list", "list/body"]
namespaces = { "" = "http://example.org/ns", "geo" = "http://example.org/geo#" }
optional = ["@role", "geo:point", "tag", "../@year", "about/@xml:lang"]
[ignored]
"@year" = "x"
[things.body]
shape = "Organisation"
key = "name()"
[things.body.fields]
name = "about"
description = "geo:point"
keyword = ["tag", "@role", "../@year"]
legalName = { column = "about", language_column = "about/@xml:lang" }
"""
CONTENT = """<?xml version="1.0"?>
<!-- a comment --><?go on?>
<list xmlns="http://example.org/ns" xmlns:g="http://example.org/geo#" year="2026">
  <about xml:lang="fr">All <b class="x">of <i>them</i></b></about>
  <body role="lead"
        ><about><![CDATA[A & B]]></about><tag>x</tag><tag/><tag>y&#32;z</tag></body>
  <body><g:point>1 2</g:point><about/></body>
</list>
"""
BOMB = "<!DOCTYPE l [" + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'ha'}'>" for n in range(12)) + "]>"


@pytest.fixture
def load(make_registry: Make, read: Read) -> Callable[..., list[Row]]:
    return lambda content, mapping=MAPPING: read(make_registry(mapping, content, REGISTRY, "rows.xml"))


Load = Callable[..., list[Row]]


def test_elements_are_rows(load: Load) -> None:
    whole, one, two = load(CONTENT)
    assert [(row.number, row.place) for row in (whole, one, two)] == [(1, "line 3"), (2, "line 5"), (3, "line 7")]
    assert whole.cells["name()"] == ("list",)
    assert whole.cells["about"] == ("All of them",) and whole.cells["about/@xml:lang"] == ("fr",)
    assert one.cells == {
        "name()": ("body",),
        "about": ("A & B",),
        "about/@xml:lang": (),
        "geo:point": (),
        "tag": ("x", "y z"),
        "@role": ("lead",),
        "../@year": ("2026",),
    }
    assert two.cells["geo:point"] == ("1 2",) and two.cells["about"] == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1250"])
def test_a_file_says_its_own_encoding(load: Load, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><list xmlns="http://example.org/ns"><about>é</about></list>'
    assert load(text.encode(encoding))[0].cells["about"] == ("é",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1, column 1: not XML"),
        ("<list>", "not XML .*may be cut off"),
        ("<list></lost>", "line 1, column 9: not XML .mismatched tag"),
        (b"<list>\xff</list>", "not well-formed"),
        ('<?xml version="1.0" encoding="big5"?><list/>', "cannot be read: multi-byte encodings are not supported"),
        ('<?xml version="1.0" encoding="nonsense"?><list/>', "unknown encoding"),
        ("<list/>", "no record has 'about'"),
        ('<list xmlns="urn:other"/>', "the outermost names are '{urn:other}list'. Correct 'records' or 'namespaces'"),
        (CONTENT.replace("<tag/>", "<tig>1</tig>"), r"record 2 \(line 5\): 'tig' is not in the mapping"),
        (CONTENT.replace("<tag/>", "<tag n='1'/>"), "'tag/@n' is not in the mapping"),
        (CONTENT.replace("<tag/>", '<tag xmlns="urn:x">1</tag>'), "'{urn:x}tag' is not in the mapping"),
        ("<!DOCTYPE list><list/>", "line 1: it has a document type definition"),
        (BOMB + "<list><about>&e11;</about></list>", "document type definition"),
        ('<!DOCTYPE l [<!ENTITY e SYSTEM "secret.txt">]><list><about>&e;</about></list>', "document type definition"),
        ('<!DOCTYPE l SYSTEM "http://127.0.0.1:9/l.dtd"><list/>', "document type definition"),
        ('<!DOCTYPE l [<!ENTITY % p SYSTEM "secret.txt"> %p;]><list/>', "document type definition"),
        ("<list><about>&e;</about></list>", "undefined entity"),
        ("<a>" * 101 + "</a>" * 101, "line 1: nested more than 100 levels deep"),
        ("<a>" * 100_000, "nested more than 100 levels deep"),
    ],
    ids=range(19),
)
def test_faults_of_a_file_are_one_sentence(load: Load, content: str | bytes, message: str) -> None:
    with pytest.raises(BadInput, match=message) as fault:
        load(content)
    assert fault.value.message.startswith("rows.xml")
    assert len(fault.value.message) < 300


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("reading.xml_file.MAX_NODES", 5, "more than 5 values"),
        ("declarations.nodes.MAX_BYTES", 100, "has [0-9]+ bytes, and up to 100 are read"),
        ("reading.xml_file.MAX_DEPTH", 2, "line 4: nested more than 2 levels deep"),
    ],
)
def test_a_file_is_bounded(load: Load, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str) -> None:
    monkeypatch.setattr(f"eclod_loaders.{limit}", value)
    with pytest.raises(BadInput, match=message):
        load(CONTENT)


def test_nothing_outside_the_file_is_read(make_registry: Make, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    include = '<list xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="secret.txt"/><about>A</about></list>'
    registry = make_registry(MAPPING.replace('"": "http://example.org/ns", ', ""), include, REGISTRY, "rows.xml")
    (registry.folder / "secret.txt").write_text("secret", encoding="utf-8")
    opened: list[Path] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path) or real(path))  # type: ignore[func-returns-value]
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it connected"))
    with pytest.raises(BadInput, match="@href' is not in the mapping"):
        read(registry)
    assert [path.name for path in opened] == ["rows.xml"]
