"""Anything that has an IRI: what is said of it, by whom, and its page."""
