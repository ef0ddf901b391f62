"""List pages: one mechanism for every kind of thing, driven by the table `collections.toml`.

`table` reads the table, `spelling` and `state` read an address, `index` counts and selects in memory, `texts` writes
the same as SPARQL, `facets`, `rows` and `figures` put the page together, `routes` answers.
"""
