"""A diagram of classes and relations as SVG, drawn from the shapes.

A box is a class with its subclasses inside; its rows are the properties that lead to other classes. The class that most
properties lead to stands in the middle column, the others around it by how many steps they are away. Parts of things,
such as addresses and amounts, are left out. The same shapes give the same bytes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from eclod.core import labels
from eclod.rdf.vocabulary.shape_rules import ShapeBook, ShapeRules, Words

_WIDTH: Final = 236
_ROW: Final = 22
_PADDING: Final = 8
_ABOVE: Final = 18
_GAP: Final = 60
_MARGIN: Final = 12
#: For the file by itself; in our pages the classes are styled by their style sheet.
STYLE: Final = """<style>
text { font: 13px sans-serif; fill: #1b1f24 } .box { fill: #fff; stroke: #5b6570 } .name { font-weight: 600 }
.family, .relation { fill: #4a525c } .line { fill: none; stroke: #8a949e } .tip { fill: #8a949e }
@media (prefers-color-scheme: dark) {
  text { fill: #e9ecef } .box { fill: #16191d; stroke: #8a949e } .family, .relation { fill: #b9c1c9 }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A property of a class of ours that leads to another: names of the shapes and of the property's field."""

    source: str
    property: str
    path: str
    target: str
    label: str
    several: bool


@dataclass
class _Box:
    """A class with its subclasses: the rows that stand in it, and where it stands."""

    root: str
    rows: list[tuple[str, str, Relation | None]] = field(default_factory=list)
    column: int = 0
    y: float = 0

    @property
    def height(self) -> float:
        return _ROW * len(self.rows) + 2 * _PADDING


def relations(book: ShapeBook, languages: Sequence[str]) -> list[Relation]:
    """Return the properties by which things with pages lead to each other, those of each class once."""
    found = []
    for shape in _shown(book):
        for rules in shape.fields:
            target = book.shapes.get(rules.target or "")
            if target is not None and target.kind:
                several = not any(rule.parameter == "maxCount" for rule in rules.rules)
                label = chosen(rules.labels, languages)
                found.append(Relation(shape.name, rules.name, rules.path, target.name, label, several))
    return found


def draw(book: ShapeBook, languages: Sequence[str], title: str, description: str) -> str:
    """Return the diagram with labels in the best of some languages; every class links to its shape's page."""
    links = relations(book, languages)
    roots = {shape.name: _root(book, shape.name) for shape in _shown(book)}
    boxes = _boxes(book, links, roots, languages)
    joined = {name: {roots[r.target] for r in links if roots[r.source] == name} - {name} for name in boxes}
    for source, targets in list(joined.items()):
        for target in targets:
            joined[target] = joined[target] | {source}
    columns = _columns(boxes, links, roots, joined)
    lonely = sorted(set(boxes) - {name for column in columns for name in column})
    height = _place(boxes, columns, joined, lonely)
    count = max(box.column for box in boxes.values()) + 1
    width = count * _WIDTH + (count - 1) * _GAP + 2 * _MARGIN
    lines = [line for box in boxes.values() for line in _lines(box, boxes, roots)]
    body = "\n".join([*lines, *(_drawn(box) for box in boxes.values())])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" viewBox="0 0 {width} {height:.0f}" width="{width}" '
        f'height="{height:.0f}" role="img" aria-labelledby="diagram-title diagram-description">\n'
        f'<title id="diagram-title">{escape(title)}</title>\n'
        f'<desc id="diagram-description">{escape(description)}</desc>\n{body}\n</svg>\n'
    )


def chosen(words: Words, languages: Sequence[str]) -> str:
    """Return the best of some texts for a reader."""
    found = labels.choose(words, languages)
    return found[0] if found else ""


def _shown(book: ShapeBook) -> list[ShapeRules]:
    return [shape for shape in book.shapes.values() if shape.kind]


def _root(book: ShapeBook, name: str) -> str:
    return [shape.name for shape in book.lineage(name) if shape.kind][-1]


def _boxes(
    book: ShapeBook, links: Sequence[Relation], roots: Mapping[str, str], languages: Sequence[str]
) -> dict[str, _Box]:
    boxes = {root: _Box(root) for root in sorted(set(roots.values()))}
    # Subclasses stand after the class they belong to, however deep.
    for name in sorted(roots, key=lambda name: [shape.name for shape in reversed(book.lineage(name))]):
        rows, depth = boxes[roots[name]].rows, sum(shape.kind is not None for shape in book.lineage(name)) - 1
        label = chosen(book.shapes[name].labels, languages)
        rows.append((name, "\u00a0\u00a0" * depth + ("⊃ " if depth else "") + label, None))
        for link in links:
            if link.source == name:
                target = chosen(book.shapes[link.target].labels, languages)
                rows.append((link.target, f"{link.label} → {target}", link))
    return boxes


def _columns(
    boxes: Mapping[str, _Box], links: Sequence[Relation], roots: Mapping[str, str], joined: Mapping[str, set[str]]
) -> list[list[str]]:
    """Return the boxes of each column from left to right; what no property joins to the middle is in none."""
    popular = Counter(roots[link.target] for link in links)
    middle = min(boxes, key=lambda name: (-popular[name], name))
    steps, ring = {middle: 0}, [middle]
    while ring:
        ring = sorted({near for name in ring for near in joined[name]} - set(steps))
        steps |= {name: 1 + min(steps[near] for near in joined[name] if near in steps) for name in ring}
    sides: dict[str, int] = {middle: 0}
    heights = {-1: 0.0, 1: 0.0}
    for name in sorted((n for n in steps if steps[n] == 1), key=lambda n: (-boxes[n].height, n)):
        side = min(heights, key=lambda s: (heights[s], s))
        sides[name] = side
        heights[side] += boxes[name].height + _ABOVE
    for name in sorted((n for n in steps if steps[n] > 1), key=lambda n: (steps[n], n)):
        sides[name] = sides[min(near for near in joined[name] if near in sides)]
    found: dict[int, list[str]] = defaultdict(list)
    for name in steps:
        found[sides[name] * min(steps[name], 2)].append(name)
    return [found[column] for column in sorted(found)]


def _place(
    boxes: Mapping[str, _Box], columns: Sequence[list[str]], joined: Mapping[str, set[str]], lonely: Sequence[str]
) -> float:
    """Give every box its place, those of a column near what they are joined to; return the height of all."""
    for number, column in enumerate(columns):
        for name in column:
            boxes[name].column = number
    tallest = max(_height(boxes, column) for column in columns)
    for _ in range(4):
        for column in columns:
            order = sorted(column, key=lambda name: (_mean([boxes[near].y for near in joined[name]]), name))
            y = _MARGIN + (tallest - _height(boxes, column)) / 2
            for name in order:
                boxes[name].y = y
                y += boxes[name].height + _ABOVE
    bottoms = [tallest + 2 * _MARGIN + _ABOVE] * len(columns)
    for name in lonely:
        boxes[name].column = min(range(len(columns)), key=lambda number: (bottoms[number], number))
        boxes[name].y = bottoms[boxes[name].column]
        bottoms[boxes[name].column] += boxes[name].height + _ABOVE
    return max(*bottoms, tallest + 2 * _MARGIN)


def _height(boxes: Mapping[str, _Box], column: Sequence[str]) -> float:
    return sum(boxes[name].height + _ABOVE for name in column) - _ABOVE


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0


def _left(box: _Box) -> int:
    return _MARGIN + box.column * (_WIDTH + _GAP)


def _lines(box: _Box, boxes: Mapping[str, _Box], roots: Mapping[str, str]) -> Iterator[str]:
    for number, (_, _, link) in enumerate(box.rows):
        if link is None or roots[link.target] == box.root:
            continue
        target = boxes[roots[link.target]]
        row = next(n for n, (name, _, own) in enumerate(target.rows) if name == link.target and own is None)
        y1 = box.y + _PADDING + _ROW * (number + 0.5)
        y2 = target.y + _PADDING + _ROW * (row + 0.5)
        rightwards = target.column > box.column or (target.column == box.column == 0)
        x1 = _left(box) + (_WIDTH if rightwards else 0)
        same = target.column == box.column
        x2 = _left(target) + (0 if rightwards != same else _WIDTH)
        out, back = (_GAP / 2, -_GAP / 2) if rightwards else (-_GAP / 2, _GAP / 2)
        bend = out if same else back
        tip = 6 if bend > 0 else -6
        curve = f"M{x1} {y1:.0f}C{x1 + out:.0f} {y1:.0f} {x2 + bend:.0f} {y2:.0f} {x2 + tip} {y2:.0f}"
        yield f'<path class="line" d="{curve}"/><path class="tip" d="M{x2} {y2:.0f}l{tip} -4v8z"/>'


def _drawn(box: _Box) -> str:
    x = _left(box)
    rows = []
    for number, (name, text, link) in enumerate(box.rows):
        kind = "relation" if link else "name" if number == 0 else "family"
        y = box.y + _PADDING + _ROW * (number + 0.5) + 4.5
        indent = 22 if link else 12
        text = f'<text class="{kind}" x="{x + indent}" y="{y:.1f}">{escape(_short(text))}</text>'
        rows.append(f'<a href="/shapes/{name}">{text}</a>')
    frame = f'<rect class="box" x="{x}" y="{box.y:.0f}" width="{_WIDTH}" height="{box.height:.0f}" rx="4"/>'
    return f"<g>{frame}{''.join(rows)}</g>"


def _short(text: str, longest: int = 30) -> str:
    """Return a text that fits into a box."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
