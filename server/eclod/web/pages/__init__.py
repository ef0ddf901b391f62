"""Home, lists, releases, tables, statistics, health."""
