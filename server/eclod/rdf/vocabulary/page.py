"""The page about the ontology, made by pyLODE: `python -m eclod.rdf.vocabulary.page` writes it for each language.

This runs when the project is set up and when an edition is frozen, never while serving: pyLODE changes the logging of
the whole process and reads pickles (docs/adr). What it makes is a whole HTML document with style, icons and a script;
what stays is the content for the frame of our pages, with the names of terms as anchors.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree

import html5lib  # type: ignore[import-untyped]
import pylode  # type: ignore[import-untyped]
import rdflib
from rdflib.namespace import RDF, RDFS, SKOS

from eclod.core.namespaces import ECLOD, PREFIXES
from eclod.rdf.vocabulary import editions, style
from eclod.rdf.vocabulary.editions import LANGUAGES, Edition

Element = ElementTree.Element

#: Of the files of an edition, those that pyLODE is to read: our terms, and what others' are called.
_READ: Final = ("eclod.ttl", "reused-labels.ttl")
#: What our frame shows already, or has another place for.
_LEFT_OUT: Final = frozenset({"h1"})

_BASE: Final = ECLOD.removesuffix("/ontology#")


def write(edition: Edition) -> None:
    """Write the page about an edition's ontology in each language beside its files."""
    for language in LANGUAGES:
        path = edition.page(language)
        path.parent.mkdir(exist_ok=True)
        path.write_text(render(edition, language), encoding="utf-8")


def render(edition: Edition, language: str) -> str:
    """Return the content of the page as HTML: a list of the terms, then sections with one block for each."""
    graph = _in_one_language(edition, language)
    made = pylode.OntPub(graph, sort_subjects=True)
    # pyLODE makes anchors of labels; those of a term have to be the fragment of its IRI, in every language.
    made.fids = {str(s): str(s).removeprefix(ECLOD) for s in graph.subjects() if editions.is_own(str(s))}
    document = html5lib.parse(made.make_html(), namespaceHTMLElements=False)
    found = {node.get("id"): node for node in document.iter("div") if node.get("id") in ("content", "toc")}
    content, toc = found["content"], found["toc"]
    toc.tag, toc.attrib = "nav", {"class": "terms", "aria-labelledby": "terms"}
    content.attrib = {"class": "lode"}
    for node in list(toc.iter()):
        if node.tag in ("h3", "h4"):
            node.tag = "p"
    toc[0].tag, toc[0].text = "h2", "Terms"
    toc[0].set("id", "terms")
    for node in (toc, content):
        _tidy(node)
    _add_datatypes(graph, content, toc)
    _check_anchors(graph, content)
    return "".join(ElementTree.tostring(node, encoding="unicode", method="html") for node in (toc, content))


def _in_one_language(edition: Edition, language: str) -> rdflib.Graph:
    """Return the ontology with its texts in one language; every text of ours is in all of them."""
    graph = rdflib.Graph()
    for name, namespace in PREFIXES.items():
        graph.bind(name, namespace)
    for name in _READ:
        graph.parse(edition.ontology / name)
    for triple in list(graph):
        value = triple[2]
        if isinstance(value, rdflib.Literal) and value.language not in (None, language):
            graph.remove(triple)
        if triple[1] == RDFS.isDefinedBy:
            graph.remove(triple)  # the whole page is about one ontology
    return graph


def _add_datatypes(graph: rdflib.Graph, content: Element, toc: Element) -> None:
    """Add what pyLODE passes over: the datatypes of notations, as it would show them."""
    section = ElementTree.Element("div", {"class": "section", "id": "datatypes"})
    ElementTree.SubElement(section, "h2").text = "Datatypes"
    entry = ElementTree.Element("li")
    ElementTree.SubElement(ElementTree.SubElement(entry, "p"), "a", {"href": "#datatypes"}).text = "Datatypes"
    names = ElementTree.SubElement(entry, "ul", {"class": "second"})
    for term in sorted({str(s) for s in graph.subjects(RDF.type, RDFS.Datatype)}):
        node, name = rdflib.URIRef(term), term.removeprefix(ECLOD)
        label = str(graph.value(node, RDFS.label))
        block = ElementTree.SubElement(section, "div", {"class": "property entity", "id": name})
        heading = ElementTree.SubElement(block, "h3")
        heading.text = label
        ElementTree.SubElement(heading, "sup", {"class": "sup-dt", "title": "RDFS Datatype"}).text = "d"
        table = ElementTree.SubElement(block, "table")
        _add_row(table, "IRI", ElementTree.Element("code")).text = term
        _add_row(table, "Description", ElementTree.Element("p")).text = str(graph.value(node, SKOS.definition))
        link = ElementTree.SubElement(ElementTree.SubElement(names, "li"), "a", {"href": f"#{name}"})
        link.text = label
    if len(names):
        place = next(n for n, node in enumerate(content) if node.get("id") == "namespaces")
        content.insert(place, section)
        toc_list = next(node for node in toc.iter("ul"))
        toc_list.insert(len(toc_list) - 1, entry)
        _tidy(section)


def _add_row(table: Element, name: str, value: Element) -> Element:
    row = ElementTree.SubElement(table, "tr")
    ElementTree.SubElement(row, "th").text = name
    ElementTree.SubElement(row, "td").append(value)
    return value


def _tidy(root: Element) -> None:
    """Take out what is not content, and make links, headings and tables ones of ours."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _LEFT_OUT or child.get("id") in ("legend", "pylode") or _is_legend(child):
                parent.remove(child)
    for node in root.iter():
        node.attrib.pop("style", None)
        node.text, node.tail = _one_space(node.text), _one_space(node.tail)
        if node.get("class") == "hover_property":
            _name_of_property(node)
        elif node.tag == "a" and node.get("href", "").startswith("http"):
            _lead_away(node)
        elif node.tag == "code" and editions.is_own(node.text or ""):
            _lead_to_data(node)


def _one_space(text: str | None) -> str | None:
    return re.sub(r"\s+", " ", text) if text else text


def _name_of_property(node: Element) -> None:
    """Make the link to the definition of a property plain words, with the definition for whoever points at them."""
    node.tag, title = "span", node.get("title", "")
    node.attrib = {} if title.endswith("Defined in None") else {"title": title}
    node.text = (node.text or "").capitalize().replace("iri", "IRI").replace("Sub class", "Subclass")


def _is_legend(node: Element) -> bool:
    return node.tag == "li" and any(link.get("href") == "#legend" for link in node.iter("a"))


def _lead_away(node: Element) -> None:
    href = node.get("href", "")
    if editions.is_own(href):
        node.set("href", "#" + href.removeprefix(ECLOD))
    elif href.startswith(_BASE):
        node.set("href", href.removeprefix(_BASE))
    else:
        node.set("rel", "external")
        node.set("class", f"{node.get('class', '')} external".strip())


def _lead_to_data(node: Element) -> None:
    """Make the IRI of a term lead to what the data says about it."""
    iri, node.text = node.text or "", None
    link = ElementTree.SubElement(node, "a", {"href": f"/describe?iri={quote(iri, safe=':/')}"})
    link.text = iri
    node.set("class", "iri")


def _check_anchors(graph: rdflib.Graph, content: Element) -> None:
    """Make sure that the IRI of every term leads to its place on the page, and that no place has two names."""
    anchors = [node.get("id") for node in content.iter() if node.get("id")]
    terms = {str(s).removeprefix(ECLOD) for s in graph.subjects() if editions.is_own(str(s))}
    if missing := sorted(terms - set(anchors)):
        raise ValueError(f"pyLODE left out {', '.join(missing)}; give them a type that it knows.")
    if twice := sorted(_repeated(anchors)):
        raise ValueError(f"The page has the anchors {', '.join(twice)} twice; a term is called like a section.")


def _repeated(names: Iterable[str | None]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name or "")


def main() -> None:
    """Write the pages about the current edition, unless it breaks its own rules."""
    logging.getLogger().setLevel(logging.WARNING)
    edition = editions.current()
    if broken := style.problems(edition):
        raise SystemExit("\n".join(broken))
    write(edition)


if __name__ == "__main__":
    main()
