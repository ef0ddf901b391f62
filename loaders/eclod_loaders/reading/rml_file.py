"""A file mapped by RML (https://rml.io/specs/rml/), as rows of RDF: morph-kgc makes the statements, in its own process.

morph-kgc 2.10 wants pyoxigraph below 0.4 and rdflib below 7.3, so it cannot be installed beside this service. It lives
in an environment of its own, of which `ECLOD_RML_PYTHON` names the Python.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat

from eclod.core import settings
from eclod.core.errors import BadInput
from eclod_loaders.declarations.registry import Source
from eclod_loaders.reading import rdf_file
from eclod_loaders.rows import Row

MAX_SECONDS: Final = 600
_SHOWN: Final = 300


def read_rml(path: Path, name: str, source: Source) -> Iterator[Row]:
    """Return the things that the RML mapping of a source makes of a file. `name` is the file's name in messages.

    The mapping reads this file, whatever its logical sources say. Raises BadInput when morph-kgc is not there, does not
    take the mapping or the file, or takes too long.
    """
    python = settings.from_environment().rml_python
    if not python:
        raise BadInput(
            f"{name} is mapped by RML, and there is no morph-kgc; install it into an environment of its own and name "
            "the Python of that with ECLOD_RML_PYTHON."
        )
    with tempfile.TemporaryDirectory(prefix="eclod-rml-") as folder:
        made = Path(folder) / "made.nq"
        config = Path(folder) / "config.ini"
        config.write_text(_config(path, source.rml or Path(), made), encoding="utf-8")
        _run(python, config, source.mapping_label)
        if not made.exists():
            raise BadInput(f"{source.mapping_label} makes nothing of {name}; check its sources and iterators.")
        content = made.read_bytes()
    if len(content) > rdf_file.MAX_BYTES:
        raise BadInput(f"{source.mapping_label} makes more than {rdf_file.MAX_BYTES >> 20} MiB of {name}; split it.")
    yield from rdf_file.rows(content, name, RdfFormat.N_QUADS)


def _config(path: Path, mapping: Path, made: Path) -> str:
    def written(path: Path) -> str:
        return str(path.resolve()).replace("$", "$$")  # $ begins a reference in this kind of file

    return (
        f"[CONFIGURATION]\noutput_file={written(made)}\noutput_format=N-QUADS\nnumber_of_processes=1\n"
        f"logging_level=ERROR\n\n[file]\nmappings={written(mapping)}\nfile_path={written(path)}\n"
    )


def _run(python: str, config: Path, label: str) -> None:
    try:
        done = subprocess.run(
            [python, "-m", "morph_kgc", str(config)],
            capture_output=True,
            text=True,
            timeout=MAX_SECONDS,
            check=False,
            cwd=config.parent,
        )
    except subprocess.TimeoutExpired:
        raise BadInput(f"{label} takes more than {MAX_SECONDS // 60} minutes; split the file.") from None
    except OSError as error:
        raise BadInput(f"{python} (ECLOD_RML_PYTHON) cannot be run: {error.strerror}.") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise BadInput(f"morph-kgc does not take {label}: {said[:_SHOWN]}")
