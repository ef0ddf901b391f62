"""`python -m eclod` is the command `eclod`."""

from __future__ import annotations

from eclod.cli import main

main(prog_name="eclod")
