"""Files that registries offer on the web: fetched again only when they changed, within bounds, and patiently."""
