"""From a first file to a registry: what the file looks like, what its columns mean, and a mapping to review."""
