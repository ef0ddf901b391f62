"""European Clusters Linked Open Data: the service."""

from __future__ import annotations

from functools import cache

#: The version of the installed package.
__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: that takes a fifth of the time in which a host is ready."""
    if name == "__version__":
        return _version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415  # it is what takes the time

    return version("eclod")
