"""Finding things of a release by name or number: what is indexed, the index, and how well a candidate fits."""
