"""What was made of a sample, in a few lines for a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from eclod_loaders.declarations.registry import UNMAPPED
from eclod_loaders.onboarding.newcomer import Made


def lines(made: Made, file: Path) -> Iterator[str]:
    """Return where the columns went, what is to be decided, and what to do next."""
    proposal, folder = made.proposal, made.registry.folder
    source = made.registry.sources[0]
    mapped = source.adapter not in UNMAPPED
    yield f"A row is taken for: {proposal.shape}" if mapped else "The file is RDF: there is no mapping to write."
    for each in proposal.placements:
        mark = "" if each.sureness >= 0.85 else "  ?"
        yield f"  {' / '.join((each.column.name, *each.also))} -> {each.concept.path}{mark}"
    for column, why in source.mapping.ignored.items():
        yield f"  {column} -> ignored, {why}"
    for remark in (*made.sample.remarks, *proposal.remarks):
        yield f"? {remark}"
    yield f"{made.mapped} of {made.read} rows can be read with it."
    yield f"Written: {folder / 'registry.toml'}" + (f", {folder / source.mapping_file}" if mapped else "")
    command = ["eclod", "validate", str(file), "--registry", made.registry.name, "--registries", str(folder.parent)]
    yield f"Review them, then check: {shlex.join([*command, '--report', 'report'])}"
