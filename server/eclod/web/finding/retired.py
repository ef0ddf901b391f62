"""Identifiers of ours that are no longer valid, in any spelling: what took their place."""

from __future__ import annotations

from eclod.store.finding.index import Entry, own_code
from eclod.store.identities import MERGED, Identity
from eclod.web.context import service


def named(release: str, text: str) -> Identity | None:
    """Return the identity that a text names and that is no longer valid, or None."""
    text = text.strip()
    code = own_code(text)
    if code is None:
        return None
    return _by_code(release).get(code)


def successors(release: str, text: str) -> list[Entry]:
    """Return the things that took the place of what a text names; none for what is withdrawn or erased."""
    identity = named(release, text)
    if identity is None:
        return []
    index = service().search.for_release(release)
    return [entry for iri in identity.successors if (entry := index.get(iri)) is not None]


def merged_into(release: str, text: str) -> str | None:
    """Return the IRI of the thing that what a text names was merged into, at the end of the chain, or None."""
    identity = named(release, text)
    return identity.successors[0] if identity is not None and identity.state == MERGED and identity.successors else None


def _by_code(release: str) -> dict[str, Identity]:
    found = service()

    def read() -> tuple[dict[str, Identity], str]:
        return {each.code: each for each in found.identities.for_release(release).changed()}, release

    return found.remember("retired identifiers", release, read)
