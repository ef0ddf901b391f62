"""Rows to statements, as a registry's mapping says."""
