"""The feed for feed readers: Atom (RFC 4287), an entry for each release, ten to a page (RFC 5005, section 3)."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from eclod.rdf.feed.model import FeedNames
from eclod.store.feed.head import Head
from eclod.web.context import Service
from eclod.web.pages.feed import rows
from eclod.web.pages.feed.rows import AnnouncementRow

_ATOM: Final = "http://www.w3.org/2005/Atom"
_TITLE: Final = "Changes of European Clusters Linked Open Data"
_ENTRIES: Final = 10
_BEGINNING: Final = "1970-01-01T00:00:00Z"


def pages(head: Head) -> int:
    """Return how many pages there are: at least one."""
    return max(1, -(-len(head.announcements) // _ENTRIES))


def links(number: int, last: int) -> list[tuple[str, str]]:
    """Return (relation, address) of the pages around one."""
    around = [("first", 1), ("previous", number - 1), ("next", number + 1), ("last", last)]
    return [(rel, _address(page)) for rel, page in around if 1 <= page <= last]


def write(found: Service, names: FeedNames, head: Head, number: int) -> bytes:
    """Return a page, newest entries first."""
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(feed, "id", f"{names.root}.atom")
    _text(feed, "title", _TITLE)
    _text(feed, "subtitle", "What each release brought: things that are new, that changed, that are gone.")
    _text(feed, "updated", head.last or _BEGINNING)
    author = ElementTree.SubElement(feed, "author")
    _text(author, "name", "European Clusters Linked Open Data")
    ElementTree.SubElement(feed, "link", {"rel": "self", "href": names.base + _address(number)})
    ElementTree.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": "/feed.html"})
    for rel, address in links(number, pages(head)):
        ElementTree.SubElement(feed, "link", {"rel": rel, "href": address})
    newest = head.announcements[::-1]
    for row in rows.announcements(found, head, newest[(number - 1) * _ENTRIES : number * _ENTRIES]):
        _entry(feed, names, row)
    ElementTree.indent(feed, " ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode").encode() + b"\n"


def _entry(feed: ElementTree.Element, names: FeedNames, row: AnnouncementRow) -> None:
    entry = ElementTree.SubElement(feed, "entry")
    _text(entry, "id", f"{names.root}#announcement-{row.number}")
    _text(entry, "title", f"Release {row.release}: {row.summary}")
    _text(entry, "updated", row.at)
    _text(entry, "published", row.at)
    ElementTree.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": row.href})
    related = {"rel": "related", "type": "text/html", "href": rows.release_address(row.release)}
    ElementTree.SubElement(entry, "link", related)
    content = _text(entry, "content", _as_html(row))
    content.set("type", "html")


def _as_html(row: AnnouncementRow) -> str:
    items = []
    for each in row.rows:
        name = escape(each.label)
        linked = f"<a href={quoteattr(each.href)}>{name}</a>" if each.href else name
        items.append(f"<li>{each.word}: {linked}</li>")
    more = row.total - len(row.rows)
    rest = f"<p><a href={quoteattr(row.href)}>and {more:,} more</a></p>" if more else ""
    return f"<ul>{''.join(items)}</ul>{rest}"


def _text(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = _without_controls(text)
    return child


def _without_controls(text: str) -> str:
    """Return a text without the characters that XML cannot hold (XML 1.0, section 2.2)."""
    return "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))


def _address(page: int) -> str:
    return f"/feed.atom?page={page}" if page > 1 else "/feed.atom"
