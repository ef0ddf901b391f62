"""European Clusters Linked Open Data: from registries' files to releases."""
