"""The colours of the pages against WCAG 2.2: 4.5 to 1 for text (1.4.3), 3 to 1 for what is not text (1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import eclod.web

WEB = Path(eclod.web.__file__).parent
#: The files that have colours of their own, each with the light ones first and the dark ones after them.
FILES = [
    WEB / "static" / "base.css",
    WEB / "frontend" / "src" / "query" / "query.css",
    WEB / "frontend" / "src" / "chart.css",
]

TEXT = (
    [(ink, ground) for ink in ("ink", "soft", "link", "link-visited", "mark", "bad") for ground in ("paper", "wash")]
    + [(f"syntax-{token}", "paper") for token in ("keyword", "name", "variable", "literal")]
    + [("on-mark", "mark"), ("on-mark", "mark-strong"), ("paper", "link"), ("soft", "land"), ("soft", "sea")]
)
SHAPES = [("focus", "paper"), ("focus", "wash"), ("mark", "land"), ("mark", "sea")] + [
    (f"series-{number}", "paper") for number in range(1, 7)
]


def colours(scheme: str) -> dict[str, str]:
    """Return the tokens of one colour scheme; the dark one changes some of the light one's."""
    text = ""
    for file in FILES:
        light, dark = re.findall(r":root \{(.*?)\}", file.read_text(encoding="utf-8"), re.DOTALL)[:2]
        text += light if scheme == "light" else light + dark
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", text))


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2, definition of relative luminance)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(scheme: str, ink: str, ground: str) -> None:
    tokens = colours(scheme)
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(scheme: str, shape: str, ground: str) -> None:
    tokens = colours(scheme)
    assert contrast(tokens[shape], tokens[ground]) >= 3
