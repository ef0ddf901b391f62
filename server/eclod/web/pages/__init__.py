"""Home, lists, releases, tables, search, statistics, health."""
