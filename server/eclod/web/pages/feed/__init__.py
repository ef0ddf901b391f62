"""The feed over HTTP: its documents for programs, pages and Atom for people."""
