"""Where the data-only folders are: beside the sources in a checkout, inside the package in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: Folders that a checkout has elsewhere.
_IN_CHECKOUT: Final = {"registries": "loaders/registries", "examples": "tests/shapes"}

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_CHECKOUT: Final = _PACKAGE.parents[1]


def folder(name: str) -> Path:
    """Return the folder `ontology`, `shapes`, `queries`, `registries` or `examples` (of what shapes accept and refuse).

    Raises FileNotFoundError when the installation is incomplete.
    """
    root = checkout()
    candidate = root / _IN_CHECKOUT.get(name, name) if root else _PACKAGE / "assets" / name
    if not candidate.is_dir():
        raise FileNotFoundError(f"the folder {candidate} of this installation is missing; install it again")
    return candidate


def checkout() -> Path | None:
    """Return the root of the source checkout this code runs from, or None for an installed wheel."""
    return _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else None


def gating_shapes() -> list[Path]:
    """Return the Turtle files of the shapes that all data are judged by: not those of profiles."""
    return [path for path in turtle_files("shapes") if path.parent.name != "profiles"]


def profile(name: str) -> Path:
    """Return the Turtle file of a profile, which things are held against without being refused."""
    return folder("shapes") / "profiles" / f"{name}.ttl"


def turtle_files(name: str) -> list[Path]:
    """Return the Turtle files of an asset folder in a fixed order; frozen releases of the ontology are left out."""
    root = folder(name)
    return sorted(p for p in root.rglob("*.ttl") if "releases" not in p.relative_to(root).parts)
