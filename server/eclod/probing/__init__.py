"""Trying what an installation promises, as a stranger would: over HTTP alone."""
