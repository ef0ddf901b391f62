"""European Clusters Linked Open Data: the service."""

from importlib.metadata import version

__version__ = version("eclod")
