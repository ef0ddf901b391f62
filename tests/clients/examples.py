"""The examples of a document: blocks of code with what the document says they print."""

from __future__ import annotations

import doctest
import io
import re
import subprocess
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.test_service import Service

ROOT = Path(__file__).resolve().parents[2]
#: Where the documents say that the service is.
ADDRESS = "localhost:8000"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A block of code, and what the document says it prints."""

    language: str
    code: str
    printed: str
    name: str


def examples(document: Path) -> list[Example]:
    """Return the blocks of a document that are not what another one prints."""
    text = document.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    found: list[Example] = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        language, code = block.groups()
        if language == "text":
            continue
        printed = after[2] if after is not None and after[1] == "text" else ""
        heading = [match[1] for match in _HEADING.finditer(text, 0, block.start())][-1]
        found.append(Example(language, code, printed, f"{language}-{len(found) + 1}-{heading}"))
    return found


def of(known: Sequence[Example], language: str) -> pytest.MarkDecorator:
    """Return the mark that runs a test for each example in a language."""
    chosen = [example for example in known if example.language == language]
    return pytest.mark.parametrize("example", chosen, ids=[example.name for example in chosen])


def here(text: str, service: Service) -> str:
    """Return what a document says with the address of this service in it."""
    return text.replace(ADDRESS, service.base.removeprefix("http://"))


def check(example: Example, printed: str) -> None:
    """Compare what was printed with what the document says."""
    printed = printed.replace("\r", "")
    assert printed.strip()
    assert doctest.OutputChecker().check_output(example.printed, printed, doctest.ELLIPSIS), printed


def python(example: Example, service: Service) -> str:
    """Run an example in Python and return what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(here(example.code, service), example.name, "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def shell(command: str, folder: Path) -> str:
    """Run a command, in which curl takes an error for a failure, and return what it prints."""
    (folder / ".curlrc").write_text("fail-with-body\n")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "CURL_HOME": str(folder)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
