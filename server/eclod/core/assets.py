"""Where the data-only folders are: beside the sources in a checkout, inside the package in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_CHECKOUT: Final = _PACKAGE.parents[1]


def folder(name: str) -> Path:
    """Return the folder `ontology`, `shapes`, `queries` or `registries`.

    Raises FileNotFoundError when the installation is incomplete.
    """
    inside = "loaders/registries" if name == "registries" else name
    root = checkout()
    candidate = root / inside if root else _PACKAGE / "assets" / name
    if not candidate.is_dir():
        raise FileNotFoundError(f"the folder {candidate} of this installation is missing; install it again")
    return candidate


def checkout() -> Path | None:
    """Return the root of the source checkout this code runs from, or None for an installed wheel."""
    return _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else None


def turtle_files(name: str) -> list[Path]:
    """Return the Turtle files of an asset folder in a fixed order; frozen releases of the ontology are left out."""
    root = folder(name)
    return sorted(p for p in root.rglob("*.ttl") if "releases" not in p.relative_to(root).parts)
