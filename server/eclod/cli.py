"""The command line: one command, whose sub-commands other packages bring along as entry points."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import entry_points
from typing import Any

import click
from rich.console import Console

from eclod.core.errors import EclodError


class _Commands(click.Group):
    """The commands of the entry-point group `eclod.commands`, loaded when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group="eclod.commands"))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        for point in entry_points(group="eclod.commands", name=name):
            command: click.Command = point.load()
            return command
        return None

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except EclodError as error:
            Console(stderr=True, soft_wrap=True, highlight=False).print(f"eclod: {error.message}", markup=False)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="eclod", message="eclod %(version)s")
@click.option("--verbose", "-v", is_flag=True, help="Say more about what happens.")
def main(verbose: bool) -> None:
    """European Clusters Linked Open Data: build releases, serve them, ask them."""
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    # Each request that `eclod follow` or `eclod probe` makes is no news.
    logging.getLogger("httpx").setLevel(logging.DEBUG if verbose else logging.WARNING)
